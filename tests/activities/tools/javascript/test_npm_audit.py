"""npm audit against a registry of our own on this machine, and the other managers' reports by their text."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from activities.egress.allow_list import EgressAllowList
from activities.egress.proxy import EgressProxy
from activities.languages.javascript.programs import MANAGER_FOLDER
from activities.sandbox.select import make_runner
from activities.tools.npm_audit import RegistryUnavailable, read_berry, read_npm, read_pnpm, read_yarn
from activities.tools.npm_audit import tool as npm_audit
from tests.activities.tools.javascript.conftest import ReplayedProject, SandboxedProject

PACKAGE = '{"name": "example", "version": "1.0.0", "dependencies": {"left-pad": "1.0.0"}}'
LOCK = """{
  "name": "example", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
  "packages": {
    "": {"name": "example", "version": "1.0.0", "dependencies": {"left-pad": "1.0.0"}},
    "node_modules/left-pad": {"version": "1.0.0"}
  }
}
"""
ADVISORY = {
    "id": 1001, "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc", "title": "Pads to the wrong side",
    "severity": "critical", "vulnerable_versions": "<1.3.0", "cwe": [], "cvss": {"score": 9.8, "vectorString": None},
}  # fmt: skip


class Registry:
    """The part of a registry that an audit asks: `answer` is its status and its advisories by package."""

    def __init__(self) -> None:
        self.status = 200
        self.advisories: dict[str, list[dict[str, object]]] = {}
        self.url = ""

    async def bulk(self, request: web.Request) -> web.Response:
        return web.json_response(self.advisories, status=self.status)

    async def package(self, request: web.Request) -> web.Response:
        return web.json_response({"name": "left-pad", "versions": {"1.0.0": {}, "1.3.0": {}}})


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    registry = Registry()
    app = web.Application()
    app.router.add_post("/-/npm/v1/security/advisories/bulk", registry.bulk)
    app.router.add_get("/left-pad", registry.package)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    registry.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield registry
    await runner.cleanup()


@pytest.fixture
async def audited(sandboxed: SandboxedProject, registry: Registry) -> SandboxedProject:
    """The deployment allows the registry; the repository names it."""
    allowed = EgressAllowList.of(registry.url.removeprefix("http://").rstrip("/"))
    sandboxed.runner = await make_runner("bubblewrap", egress=EgressProxy(allowed))
    sandboxed.write("package.json", PACKAGE)
    sandboxed.write("package-lock.json", LOCK)
    sandboxed.write(".npmrc", f"registry={registry.url}\n")
    return sandboxed


async def test_advisory_is_placed_at_its_package_in_the_lock_file(
    audited: SandboxedProject, registry: Registry
) -> None:
    registry.advisories = {"left-pad": [ADVISORY]}
    report = await npm_audit.run(audited.bench())
    assert [(one.rule, one.path, one.line, one.severity, one.message) for one in report.findings] == [
        (
            "GHSA-aaaa-bbbb-cccc",
            "package-lock.json",
            5,
            "critical",
            "left-pad (versions <1.3.0): Pads to the wrong side",
        )
    ]
    assert report.advice == ""


async def test_without_advisories_the_report_is_clean(audited: SandboxedProject, registry: Registry) -> None:
    report = await npm_audit.run(audited.bench())
    assert (report.completed, report.findings, report.problem, report.advice) == (True, (), "", "")


@pytest.mark.parametrize("status", [404, 405, 401, 400])
async def test_registry_error_is_an_advice(audited: SandboxedProject, registry: Registry, status: int) -> None:
    registry.status = status
    report = await npm_audit.run(audited.bench())
    assert report.findings == ()
    assert str(status) in report.advice
    assert "127.0.0.1" not in report.advice


async def test_registry_that_only_the_repository_names_is_refused_and_named(
    audited: SandboxedProject, registry: Registry
) -> None:
    audited.runner = await make_runner("bubblewrap")
    report = await npm_audit.run(audited.bench())
    assert report.findings == ()
    host = registry.url.removeprefix("http://").rstrip("/")
    assert f"npm-audit asked for {host}, which is not an allowed registry." in report.advice


async def test_unreachable_registry_is_an_advice(audited: SandboxedProject) -> None:
    audited.write(".npmrc", "registry=http://127.0.0.1:9/\n")
    report = await npm_audit.run(audited.bench())
    assert report.findings == ()
    assert "advisories are unavailable" in report.advice


async def test_an_audit_sees_the_manifests_and_runs_no_program_of_the_repository(audited: SandboxedProject) -> None:
    """Yarn's own program would be started from the tree, and has a network."""
    env = audited.root / "env"
    yarn = env / MANAGER_FOLDER / "node_modules/.bin/yarn"
    yarn.parent.mkdir(parents=True)
    says = '{"type": "error", "data": "\'"$YARN_IGNORE_PATH $(echo $(find . -type f | sort))"\'"}'
    yarn.write_text(f"#!/bin/sh\necho '{says}'\n")
    yarn.chmod(0o755)
    audited.box = replace(audited.box, env=env)
    audited.write("yarn.lock", "__metadata:\n  version: 8\n")
    (audited.root / "tree/package-lock.json").unlink()
    audited.write(".yarnrc.yml", "yarnPath: evil.cjs\n")
    audited.write("evil.cjs", "")
    audited.write("source.js", "")
    report = await npm_audit.run(audited.bench())
    assert "1 ./.npmrc ./.yarnrc.yml ./package.json ./yarn.lock" in report.advice


def test_used_where_the_package_has_dependencies(replayed: ReplayedProject) -> None:
    assert npm_audit.used_by(replayed.bench({}, "{}").project) == ""
    assert npm_audit.used_by(replayed.bench({}, PACKAGE).project) == "the dependencies in package.json"


def test_npm_package_that_only_depends_on_a_vulnerable_one_has_no_advisory() -> None:
    data = b'{"vulnerabilities": {"a": {"via": ["b"]}, "b": {"nodes": ["node_modules/b"], "via": [{"source": 7}]}}}'
    assert [(one.package, one.id, one.place) for one in read_npm(data)] == [("b", "7", "node_modules/b")]


def test_pnpm_advisories_are_read() -> None:
    data = b'{"advisories": {"1": {"module_name": "a", "severity": "high", "title": "Bad", "github_advisory_id": "GHSA-x"}}}'
    assert [(one.id, one.package, one.severity) for one in read_pnpm(data)] == [("GHSA-x", "a", "error")]


def test_yarn_1_advisory_of_several_paths_is_read_once() -> None:
    line = b'{"type": "auditAdvisory", "data": {"advisory": {"id": 5, "module_name": "a", "severity": "moderate"}}}\n'
    assert [(one.id, one.severity) for one in read_yarn(line * 3 + b"not JSON\n")] == [("5", "warning")]


def test_yarn_berry_advisories_are_read() -> None:
    line = b'{"value": "a", "children": {"ID": 3, "Issue": "Bad", "URL": "https://x/GHSA-y", "Severity": "low"}}\n'
    assert [(one.id, one.package, one.severity) for one in read_berry(line)] == [("GHSA-y", "a", "notice")]


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"error": {"code": "ENOLOCK"}}', b'{"statusCode": 404}'])
def test_answer_without_advisories_means_the_registry_is_unavailable(data: bytes) -> None:
    for read in (read_npm, read_pnpm):
        with pytest.raises(RegistryUnavailable):
            list(read(data))
