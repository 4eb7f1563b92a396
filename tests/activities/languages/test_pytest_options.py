"""Which of a project's own options pytest gets."""

from pathlib import Path

import pytest

from activities.languages.python.pytest_config import PytestConfig
from activities.languages.python.pytest_coverage import by_plugin
from activities.languages.python.pytest_options import project_options
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.tooling import Project, Workbench


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        ("-x --basetemp=/tmp --basetemp x", ""),
        ("-xvs --tb=short", "-vs --tb=short"),
        ("--exitfirst -q --maxfail 1 -k 'a and b' --maxfail=2", "-q -k 'a and b'"),
        ("--sw --stepwise-skip --lf --pdb --co -rxs", "-rxs"),
        ("-p no:benchmark -p no:junitxml -pno:terminal -n auto -m x -x", "-p no:benchmark -n auto -m x"),
        ("--junitxml report.xml --junit-xml=b.xml -W error", "-W error"),
        ("--cov src --cov --cov-report=term --no-cov -v", "-v"),
    ],
)
def test_options_that_hide_tests_are_left_out(own: str, kept: str) -> None:
    words = PytestConfig.split(own)
    config = PytestConfig(addopts=words, command=words)
    assert project_options(config, coverage=False) == (
        *PytestConfig.split(kept), "--maxfail=0", "-o", f"addopts={kept}"
    )  # fmt: skip


def test_options_of_coverage_stay_where_its_plugin_measures() -> None:
    config = PytestConfig(addopts=PytestConfig.split("--cov src --cov-branch --no-cov"))
    assert project_options(config, coverage=True) == ("--maxfail=0", "-o", "addopts=--cov src --cov-branch")
    assert project_options(PytestConfig(addopts=("-q",)), coverage=True) == ("--maxfail=0",)


@pytest.mark.parametrize(
    ("own", "switched"),
    [
        ("-p no:benchmark", False),
        ("-pno:benchmark", False),
        ("-p no:benchmark -p pytest_benchmark.plugin", True),
        ("-p benchmark -p no:benchmark", False),
        ("-p no:other --p no:benchmark", None),
        ("", None),
    ],
)
def test_last_word_about_a_plugin_counts(own: str, switched: bool | None) -> None:
    config = PytestConfig(addopts=PytestConfig.split(own))
    assert config.switched_plugin("benchmark", "pytest_benchmark") is switched


def test_project_may_switch_the_loading_of_plugins_off() -> None:
    assert PytestConfig().loads_plugins
    assert not PytestConfig(addopts=("--disable-plugin-autoload",)).loads_plugins
    assert not PytestConfig(variables=(("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),)).loads_plugins


@pytest.mark.parametrize(
    ("packages", "own", "measures"),
    [
        (("pytest_cov", "pytest_enabler"), "", True),  # it starts the other plug-in itself
        (("pytest_cov", "pytest_enabler"), "-p no:enabler", False),
        (("pytest_cov",), "", False),
        (("pytest_enabler",), "", False),
    ],
)
def test_pytest_cov_measures_where_another_plugin_starts_it(
    tmp_path: Path, packages: tuple[str, ...], own: str, measures: bool
) -> None:
    for name in packages:
        (tmp_path / f"env/lib/python3.11/site-packages/{name}-1.0.dist-info").mkdir(parents=True)

    async def run(command: SandboxCommand) -> ProcessResult:
        raise AssertionError(command)

    paths = SandboxPaths("/src", "/env", "/out", "/cache", "/home")
    bench = Workbench(Project(".", tmp_path, "python"), paths, tmp_path, run, tmp_path / "env")
    assert by_plugin(bench, PytestConfig(addopts=PytestConfig.split(own))) == measures
