"""Installing through the proxy: from registries on this host that are configured as an operator would, and never from
elsewhere. What was refused is named."""

import base64
import contextlib
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from activities.environments import PROTECTED, Environments, InstallSource
from activities.model import RepoRef
from activities.sandbox import Runner
from activities.sandbox.select import make_runner
from activities.tooling import Project
from bot.settings.registries import egress_proxy, install_settings
from tests.activities.toolchains.conftest import BACKEND, PROJECT, Make

REPO = RepoRef("octocat", "example")
ASK = "import urllib.request\nurllib.request.urlopen('http://metadata.internal/latest')\n"


async def runner_for(**environ: str) -> Runner:
    """As a worker with this environment makes it."""
    return await make_runner("bubblewrap", *install_settings(environ), egress_proxy(environ, ()))


@contextlib.asynccontextmanager
async def serving(*routes: web.RouteDef) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes)
    site = web.AppRunner(app)
    await site.setup()
    await web.TCPSite(site, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{site.addresses[0][1]}"
    finally:
        await site.cleanup()


@contextlib.asynccontextmanager
async def python_index(wheels: Path, elsewhere: str = "") -> AsyncIterator[str]:
    """A simple index of the wheels; files are `elsewhere` where that is given."""

    async def page(request: web.Request) -> web.Response:
        name = request.match_info["name"].replace("-", "_")
        links = "".join(f'<a href="/files/{one.name}">{one.name}</a>' for one in wheels.glob(f"{name}-*.whl"))
        return web.Response(text=links, content_type="text/html", status=200 if links else 404)

    async def file(request: web.Request) -> web.StreamResponse:
        if elsewhere:
            raise web.HTTPFound(f"{elsewhere}/{request.match_info['name']}")
        return web.FileResponse(wheels / request.match_info["name"])

    async with serving(web.get("/simple/{name}/", page), web.get("/files/{name}", file)) as url:
        yield f"{url}/simple"


async def problem(runner: Runner, project: Project, tmp_path: Path) -> str:
    source = InstallSource(PROTECTED, project, project.root)
    return (await Environments(tmp_path / "data", runner).get(REPO, project, source)).problem


async def test_uv_installs_from_the_configured_index(project: Make, wheels: Path, tmp_path: Path) -> None:
    async with python_index(wheels) as index:
        made = project({"pyproject.toml": PROJECT, "backend.py": BACKEND, "me.py": ""})
        assert await problem(await runner_for(UV_DEFAULT_INDEX=index), made, tmp_path) == ""
    assert list((tmp_path / "data/environments").rglob("dep-2.0.dist-info"))


async def test_index_that_no_operator_configured_is_refused_and_named(
    project: Make, wheels: Path, tmp_path: Path
) -> None:
    async with python_index(wheels) as index:
        # The repository itself names it.
        text = f'[project]\nname = "me"\nversion = "1"\ndependencies = ["dep"]\n[[tool.uv.index]]\nurl = "{index}"\ndefault = true\n'
        found = await problem(await runner_for(), project({"pyproject.toml": text, "me.py": ""}), tmp_path)
    host = index.removeprefix("http://").removesuffix("/simple")
    assert found.startswith(
        f"The install step asked for {host}, which is not an allowed registry. "
        "An operator can allow it with AUTOBUILD_EGRESS_ALLOW. Could not install"
    )


async def test_redirect_to_another_host_is_refused_and_named(project: Make, wheels: Path, tmp_path: Path) -> None:
    async with python_index(wheels) as other, python_index(wheels, other.replace("/simple", "/files")) as index:
        made = project({"requirements.txt": "dep\n", "me.py": ""})
        found = await problem(await runner_for(UV_DEFAULT_INDEX=index), made, tmp_path)
    host = other.removeprefix("http://").removesuffix("/simple")
    assert found.startswith(f"The install step asked for {host}, which is not an allowed registry.")


async def test_build_that_asks_for_another_host_is_named(project: Make, wheels: Path, tmp_path: Path) -> None:
    async with python_index(wheels) as index:
        made = project({"pyproject.toml": PROJECT, "backend.py": BACKEND + ASK, "me.py": ""})
        found = await problem(await runner_for(UV_DEFAULT_INDEX=index), made, tmp_path)
    assert found.startswith("The install step asked for metadata.internal:80, which is not an allowed registry.")
    assert "the project itself" in found


async def test_refused_host_is_no_problem_where_all_was_installed(project: Make, wheels: Path, tmp_path: Path) -> None:
    async with python_index(wheels) as index:
        forgiving = "try:\n    " + ASK.replace("\n", "\n    ") + "pass\nexcept OSError: pass\n"
        made = project({"pyproject.toml": PROJECT, "backend.py": BACKEND + forgiving, "me.py": ""})
        assert await problem(await runner_for(UV_DEFAULT_INDEX=index), made, tmp_path) == ""


async def test_configured_command_that_asks_for_another_host_is_named(project: Make, tmp_path: Path) -> None:
    made = project({"me.txt": ""})
    environments = Environments(tmp_path / "data", await runner_for())
    _, found = await environments.prepared(
        REPO, PROTECTED, made.root, ".", "git ls-remote http://metadata.internal/x.git"
    )
    assert found.startswith("The install step asked for metadata.internal:80, which is not an allowed registry.")
    assert "The install command ended with code 128." in found


@pytest.mark.parametrize("allowed", [True, False])
async def test_git_over_https_reaches_allowed_hosts_alone(project: Make, tmp_path: Path, allowed: bool) -> None:
    """The repository does not exist: what counts is whether git was let through to be told so."""

    async def nothing(_: web.Request) -> web.Response:
        return web.Response(status=404)

    async with serving(web.get("/{path:.*}", nothing)) as url:
        environ = {"AUTOBUILD_SANDBOX": "bubblewrap"}
        also = (url.removeprefix("http://"),) if allowed else ()
        runner = await make_runner("bubblewrap", *install_settings(environ), egress_proxy(environ, also))
        made = project({"requirements.txt": f"dep @ git+{url}/octocat/dep\n", "me.py": ""})
        found = await problem(runner, made, tmp_path)
    assert ("is not an allowed registry" in found) is not allowed
    assert "Could not install the requirements of requirements.txt." in found


async def test_npm_installs_from_the_configured_registry(tmp_path: Path) -> None:
    made = Project(".", tmp_path / "tree", "javascript")
    made.root.mkdir()
    (made.root / "package.json").write_text('{"name": "example", "dependencies": {"dep": "1.0.0"}}')
    async with node_registry() as registry:
        assert await problem(await runner_for(npm_config_registry=registry), made, tmp_path) == ""
    assert list((tmp_path / "data/environments").rglob("node_modules/dep/package.json"))


async def test_npm_names_a_registry_that_is_not_configured(tmp_path: Path) -> None:
    made = Project(".", tmp_path / "tree", "javascript")
    made.root.mkdir()
    async with node_registry() as registry:
        (made.root / "package.json").write_text(f'{{"dependencies": {{"dep": "{registry}/dep.tgz"}}}}')
        found = await problem(await runner_for(), made, tmp_path)
    assert found.startswith(f"The install step asked for {registry.removeprefix('http://')}, which is not an allowed")


@contextlib.asynccontextmanager
async def node_registry() -> AsyncIterator[str]:
    """A registry of one package, `dep`."""
    packed = io.BytesIO()
    text = b'{"name": "dep", "version": "1.0.0"}'
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("package/package.json")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(packed.getvalue()).digest()).decode()}"

    async def package(request: web.Request) -> web.Response:
        dist = {"tarball": f"http://{request.host}/dep.tgz", "integrity": integrity}
        version = {"name": "dep", "version": "1.0.0", "dist": dist}
        return web.json_response({"name": "dep", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}})

    async def tarball(_: web.Request) -> web.Response:
        return web.Response(body=packed.getvalue())

    async with serving(web.get("/dep", package), web.get("/dep.tgz", tarball)) as url:
        yield url
