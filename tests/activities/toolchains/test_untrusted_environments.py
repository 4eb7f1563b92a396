"""What an installation leaves behind is hostile: to the next installation, to the host, and to other trust levels."""

import hashlib
import os
from pathlib import Path

import pytest

from activities.environments import PROTECTED, Environment, Environments, InstallSource
from activities.languages.javascript.programs import program
from activities.model import RepoRef
from activities.sandbox import SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.toolchains.node import toolchain as node
from activities.toolchains.python import toolchain as python
from activities.tooling import Project, Workbench
from tests.activities.toolchains.conftest import BACKEND, PROJECT

REPO = RepoRef("octocat", "example")
FORK = f"fork-7-{'1' * 40}"
PLANT = """
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/dev", "/usr")) or folder.count("/") > 8:
        folders.clear()
        continue
    for name in ("planted", "planted.lock", "planted.json"):
        try:
            open(os.path.join(folder, name), "w").close()
        except OSError:
            pass
"""
CHANGE = """
for top in ("/cache", "/env"):
    for folder, folders, files in os.walk(top):
        for name in files:
            try:
                path = os.path.join(folder, name)
                os.chmod(path, 0o644)
                open(path, "a").write("# changed")
            except OSError:
                pass
"""
REMOVE = "import shutil; shutil.rmtree('/cache', ignore_errors=True); shutil.rmtree('/env', ignore_errors=True)"
LINKS = """
for folder, folders, files in os.walk("/cache"):
    for name in (name for name in files if name != ".lock"):  # the installer would wait for it for ever
        path = os.path.join(folder, name)
        for top in ("/env", "/out", "/src", "/tmp"):
            try:
                os.link(path, os.path.join(top, "linked-" + name))
                open(os.path.join(top, "linked-" + name), "a").write("# changed")
            except OSError:
                pass
        try:
            os.unlink(path)
            os.symlink("/env/pyvenv.cfg", path)
        except OSError:
            pass
"""


class Host:
    """The environments of one host, and trees with a build backend."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self._folder = folder
        self.data = folder / "data"
        self.environments = Environments(self.data, BubblewrapRunner(
            {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels)}, (wheels,)
        ))  # fmt: skip

    def tree(self, name: str, code: str = "", project: str = PROJECT) -> Project:
        root = self._folder / "trees" / name
        root.mkdir(parents=True)
        for file, text in {"pyproject.toml": project, "backend.py": BACKEND + code, "me.py": ""}.items():
            (root / file).write_text(text)
        return Project(".", root, "python")

    async def install(self, project: Project, level: str) -> Environment:
        return await self.environments.get(REPO, project, InstallSource(level, project, project.root))

    def contents(self, folder: Path) -> dict[str, str]:
        """Each file below a folder and what is in it; a link is what it points to. Bytecode holds times."""
        return {
            path.relative_to(folder).as_posix(): _content(path)
            for path in folder.rglob("*")
            if not path.is_dir() and path.suffix != ".pyc"
        }


def _content(path: Path) -> str:
    return str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def host(tmp_path: Path, wheels: Path) -> Host:
    return Host(tmp_path, wheels)


@pytest.mark.parametrize("code", [PLANT, CHANGE, REMOVE, LINKS], ids=["plant", "change", "remove", "links"])
@pytest.mark.parametrize("level", [FORK, "branch-a"])
async def test_other_level_changes_no_file_of_protected_branches(host: Host, code: str, level: str) -> None:
    first = await host.install(host.tree("first"), PROTECTED)
    assert first.root
    downloads = host.data / "downloads"
    before = host.contents(first.root), host.contents(downloads)
    assert before[1]
    await host.install(host.tree("bad", code, PROJECT.replace("linter<2", "linter")), level)
    assert (host.contents(first.root), host.contents(downloads)) == before
    after = await host.install(host.tree("after", "", PROJECT.replace("linter<2", "linter<3")), PROTECTED)
    assert after.root
    assert not [path for path in host.contents(after.root) if "planted" in path or "linked" in path]


async def test_sandbox_writes_to_its_own_folders_alone(host: Host) -> None:
    """Locks, results, accepted findings, checkouts and mirrors are out of its reach, and so are other environments."""
    for name in ("scratch/locks", "results/ab", "accepted/octocat/example", "checkouts", "mirrors", "prepared"):
        (host.data / name).mkdir(parents=True)
    await host.install(host.tree("other"), "branch-b")
    bad = await host.install(host.tree("bad", PLANT), "branch-a")
    assert bad.root
    planted = {path.parent for path in host.data.rglob("planted*")}
    assert planted  # the plan works where it may
    assert all(
        path.is_relative_to(bad.root) or path.is_relative_to(bad.root.parent / "build-output") for path in planted
    )


async def test_layer_over_the_downloads_is_thrown_away(host: Host) -> None:
    await host.install(host.tree("first"), PROTECTED)
    read = "print(len(os.listdir('/cache/archive-v0')), file=open('/env/seen', 'w'))"
    other = await host.install(host.tree("other", read, PROJECT.replace("linter<2", "linter")), FORK)
    assert other.root
    assert int((other.root / "seen").read_text()) > 0
    assert sorted(path.name for path in other.root.parent.iterdir()) == ["build-output", "env", "installed.json"]


@pytest.mark.parametrize("level", [PROTECTED, FORK])
async def test_links_of_an_interrupted_installation_are_not_followed(host: Host, tmp_path: Path, level: str) -> None:
    project = host.tree("tree", "open('made.py', 'w').close()\n")
    (tmp_path / "victim").mkdir()
    folder = host.data / "environments/octocat/example" / level / python.recipe(project).key[:32]
    folder.mkdir(parents=True)
    for name in ("env", "out", "build-output", "cache", "installed.part"):
        (folder / name).symlink_to(tmp_path / "victim")
    (folder / "locked").mkdir(mode=0)
    environment = await host.install(project, level)
    assert environment.problem == ""
    assert list((tmp_path / "victim").iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == ["build-output", "env", "installed.json"]
    assert not any(path.is_symlink() for path in folder.iterdir())


async def test_environment_of_a_protected_branch_serves_every_level(host: Host) -> None:
    first = host.tree("first")
    made = await host.install(first, PROTECTED)
    own = InstallSource(FORK, host.tree("fork", CHANGE), first.root)
    source = await host.environments.source(REPO, own, None)
    assert source == InstallSource(PROTECTED, own.project, None)
    assert (await host.environments.get(REPO, own.project, source)).root == made.root


async def test_missing_environment_is_never_installed_for_those_who_only_read_it(host: Host) -> None:
    project = host.tree("tree")
    with pytest.raises(FileNotFoundError):
        await host.environments.get(REPO, project, InstallSource(PROTECTED, project, None))


async def test_no_level_uses_what_another_one_made(host: Host) -> None:
    made = await host.install(host.tree("a"), "branch-a")
    own = InstallSource("branch-b", other := host.tree("b"), other.root)
    assert await host.environments.source(REPO, own, None) == own
    assert (await host.install(other, "branch-b")).root != made.root


async def test_prepared_tree_is_of_its_own_level(host: Host) -> None:
    root = host.tree("tree").root
    os.symlink("/etc", root / "link")
    command = "mkfifo pipe && ln -s / there && echo x >> count"
    first, problem = await host.environments.prepared(REPO, "branch-a", root, ".", command)
    other, _ = await host.environments.prepared(REPO, PROTECTED, root, ".", command)
    again, _ = await host.environments.prepared(REPO, "branch-a", root, ".", command)
    assert (problem, first == other, first == again) == ("", False, True)
    assert (first / "count").read_text() == "x\n"
    assert not (root / "count").exists()


def test_packages_behind_a_link_are_not_mounted(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/package.json").write_text('{"workspaces": ["packages/*"]}')
    for name in ("packages/a", "packages/b", "packages/c"):
        (tmp_path / "tree" / name).mkdir(parents=True)
    for name in ("elsewhere/node_modules/x", "env/packages/a", "env/packages/c/node_modules"):
        (tmp_path / name).mkdir(parents=True)
    env = tmp_path / "env"
    (env / "node_modules").symlink_to("/")
    (env / "packages/a/node_modules").symlink_to(tmp_path / "elsewhere/node_modules")
    (env / "packages/b").symlink_to(tmp_path / "elsewhere")
    own = Project(".", tmp_path / "tree", "javascript")
    assert node.mounts(own, env) == ((env / "packages/c/node_modules", "packages/c/node_modules"),)


def test_program_behind_a_link_is_not_found_on_the_host(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env/bin").symlink_to("/bin")
    (tmp_path / "env/node_modules").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/.bin").mkdir(parents=True)
    (tmp_path / "elsewhere/.bin/tool").touch()
    (tmp_path / "tree").mkdir()
    own = Project(".", tmp_path / "tree", "javascript")
    spec = SandboxSpec(own.root, tmp_path)
    bench = Workbench(own, BubblewrapRunner().paths(spec), tmp_path, None, env_root=tmp_path / "env")  # type: ignore[arg-type]
    assert bench.own_environment("sh") is None
    assert program(bench, "tool") == ""
