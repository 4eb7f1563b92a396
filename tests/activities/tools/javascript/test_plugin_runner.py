"""A test runner that another distribution brings in one file has its scripts to itself, as ours have."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities import tools
from activities.tools import registry
from tests.activities.tools.javascript.conftest import ReplayedProject
from tests.plugins.distribution import write_distribution

RUNNER = '''
"""uvu: the tests of a package whose test script starts it."""

from activities.languages.javascript.test_runs import ScriptRunner, Tests
from activities.tooling import Workbench


class Uvu(ScriptRunner):
    name = "uvu"
    report = "uvu.tap"

    def command(
        self, bench: Workbench, binary: str, args: tuple[str, ...], files: tuple[str, ...], measure: bool
    ) -> tuple[str, ...]:
        return (binary, *args, *files)

    def read(self, data: bytes, bench: Workbench) -> Tests:
        return (), ""


tool = Uvu()
'''


@pytest.fixture(autouse=True)
def uvu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    write_distribution(tmp_path / "site", "tools", "uvu", RUNNER)
    monkeypatch.syspath_prepend(tmp_path / "site")
    tools.registry.cache_clear()
    yield
    tools.registry.cache_clear()
    sys.modules.pop("autobuild_uvu", None)


@pytest.mark.parametrize(
    ("script", "runner"),
    [
        ("uvu --verbose", "uvu"),
        ("node node_modules/.bin/uvu", "uvu"),
        ("node --enable-source-maps node_modules/uvu/entrypoints/cli.mjs", "uvu"),
        ("jest", "jest"),
        ("lab tests", "node-test"),
    ],
)
def test_script_belongs_to_the_runner_that_it_starts(replayed: ReplayedProject, script: str, runner: str) -> None:
    project = replayed.bench({}, f'{{"scripts": {{"test": "{script}"}}}}').project
    able = [name for name, tool in registry().items() if tool.language == "javascript" and "unit_tests" in tool.checks]
    assert [name for name in able if registry()[name].used_by(project)] == [runner]
    assert [name for name in able if registry()[name].has_work(project, "unit_tests")] == [runner]


async def test_generic_runner_leaves_the_script_alone(replayed: ReplayedProject) -> None:
    bench = replayed.bench({}, '{"scripts": {"test": "uvu"}}')
    report = await registry()["node-test"].run(bench)
    assert (report.tests, replayed.commands) == ((), [])
