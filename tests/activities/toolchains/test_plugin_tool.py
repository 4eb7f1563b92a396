"""A tool that another distribution brings in one file is treated as one of ours."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from activities import tools
from activities.quality_gate.tool_config_changes import edited
from activities.toolchains.python import toolchain
from tests.activities.toolchains.conftest import BACKEND, PROJECT, Install, Make
from tests.plugins.distribution import write_distribution

TOOL = '''
"""vulture: dead code."""

from activities.languages.python.tool_detection import PythonTool
from activities.model import ToolReport
from activities.tooling import ToolDetection, Workbench


class Vulture(PythonTool):
    name = "vulture"
    checks = ("linting",)
    requirements = ("vulture",)
    detection = ToolDetection(tables=("vulture",), files=("vulture.ini",), hooks=("vulture",), packages=("vulture",))

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        return ToolReport("vulture", version)


tool = Vulture()
'''
SETTINGS = "[tool.vulture]\nmin_confidence = 80\n"
HOOK = "repos:\n- repo: https://github.com/jendrikseipp/vulture\n  rev: v2.14\n  hooks:\n  - id: vulture\n"


@pytest.fixture(autouse=True)
def vulture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    write_distribution(tmp_path / "site", "tools", "vulture", TOOL)
    monkeypatch.syspath_prepend(tmp_path / "site")
    tools.registry.cache_clear()
    yield
    tools.registry.cache_clear()
    sys.modules.pop("autobuild_vulture", None)


def test_edit_of_its_configuration_is_named() -> None:
    texts = {"pyproject.toml": (SETTINGS, SETTINGS.replace("80", "100"))}
    assert edited("linting", ["pyproject.toml", "a/vulture.ini", "x.py"], texts) == ["a/vulture.ini", "pyproject.toml"]
    assert edited("security", ["pyproject.toml", "a/vulture.ini"], texts) == []


def test_edit_of_its_table_makes_no_new_environment(project: Make) -> None:
    keys = {
        toolchain.recipe(project({"pyproject.toml": PROJECT + settings, "backend.py": BACKEND})).key
        for settings in (SETTINGS, SETTINGS.replace("80", "100"))
    }
    assert len(keys) == 1


async def test_its_hook_installs_the_revision_of_the_hook(
    project: Make, install: Install, versions: Callable[[], dict[str, str]]
) -> None:
    made = project({"pyproject.toml": PROJECT, "backend.py": BACKEND, ".pre-commit-config.yaml": HOOK})
    assert (await install(made)).problem == ""
    assert versions()["vulture"] == "2.14"
