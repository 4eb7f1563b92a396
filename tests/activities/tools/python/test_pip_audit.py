"""pip-audit against a server of advisories on this machine, and without any."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from activities.sandbox import ProcessResult, SandboxCommand, SandboxSpec
from activities.sandbox.unsandboxed import UnsandboxedRunner
from activities.tooling import OUR_TOOLS, Workbench
from activities.tools.pip_audit import tool
from tests.activities.tools.python.conftest import Make

ADVISORY = {
    "id": "PYSEC-2026-1",
    "aliases": ["CVE-2026-1"],
    "details": "Reads files that it must not read.\nMore.",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.2"}]}],
        }
    ],
}


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., None]:
    """Makes the metadata of an installed package, and nothing else of it."""

    def make(name: str, version: str, url: dict[str, object] | None = None) -> None:
        info = next(tmp_path.glob("env/lib/python3*/site-packages")) / f"{name}-{version}.dist-info"
        info.mkdir()
        if url:
            (info / "direct_url.json").write_text(json.dumps(url))

    return make


async def _query(request: web.Request) -> web.Response:
    package = (await request.json())["package"]["name"]
    return web.json_response({"vulns": [ADVISORY] if package == "jinja2" else []})


def asking(work: Workbench, tmp_path: Path, url: str) -> Workbench:
    """The same workbench with a network, and a server in the place of the public one."""
    runner = UnsandboxedRunner()
    box = SandboxSpec(work.project.root, work.out, work.env_root, read_only=(OUR_TOOLS, Path(sys.base_prefix)))

    async def run(command: SandboxCommand) -> ProcessResult:
        assert command.network
        argv = (*command.argv, "--vulnerability-service=osv", f"--osv-url={url}")
        return await runner.run(box, replace(command, argv=argv))

    return replace(work, run=run, paths=runner.paths(box))


async def test_vulnerable_and_unaudited_packages_are_named(
    bench: Make, tmp_path: Path, install: Callable[..., None]
) -> None:
    app = web.Application()
    app.router.add_post("/v1/query", _query)
    work = bench({"requirements.txt": "# jinja2-extra\nJinja2==3.1\n", "pyproject.toml": "[project]\nname = 'Me'\n"})
    install("jinja2", "3.1")
    install("fine", "1.0")
    install("of_the_gate", "1.0", {"url": "https://example.invalid/y.git", "vcs_info": {}})
    install("me", "9999.0.0", {"url": "file:///src", "dir_info": {"editable": True}})
    install("from_git", "1.0", {"url": "https://example.invalid/x.git", "vcs_info": {}})
    work = replace(work, added=("of-the-gate",))
    async with TestServer(app) as server:
        report = await tool.run(asking(work, tmp_path, str(server.make_url("/v1/query"))))
    assert (report.completed, report.problem) == (True, "")
    assert [(one.rule, one.path, one.line, one.severity, one.message) for one in report.findings] == [
        (
            "PYSEC-2026-1",
            "requirements.txt",
            2,
            "critical",
            "jinja2 3.1 is vulnerable: PYSEC-2026-1 (CVE-2026-1). Fixed in 3.2. Reads files that it must not read. More.",
        )
    ]
    assert report.advice == "1 of 3 packages could not be audited: from-git."


async def test_unavailable_advisories_are_an_advice(
    bench: Make, tmp_path: Path, install: Callable[..., None], unused_tcp_port: int
) -> None:
    work = bench({"requirements.txt": "jinja2==3.1\n"})
    install("jinja2", "3.1")
    report = await tool.run(asking(work, tmp_path, f"http://127.0.0.1:{unused_tcp_port}/v1/query"))
    assert (report.completed, report.problem) == (True, "")
    assert report.advice == "The advisories are unavailable, so nothing was audited."


async def test_without_an_environment_nothing_is_audited(bench: Make) -> None:
    report = await tool.run(replace(bench({"requirements.txt": "x\n"}), env_root=None))
    assert not report.completed
    assert "no versions" in report.problem


async def test_tools_of_the_gate_are_not_the_repositorys_dependencies(
    bench: Make, install: Callable[..., None]
) -> None:
    work = bench({"a.py": "x = 1\n"})
    install("pytest", "9.0")
    report = await tool.run(replace(work, added=("pytest",)))
    assert (report.completed, report.advice) == (True, "The repository declares no packages.")
