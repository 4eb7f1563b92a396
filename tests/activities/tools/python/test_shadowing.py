"""Modules of the tree with the names of a tool's: the real tool runs, or none. A hostile tree is never green."""

import os
import sysconfig
from pathlib import Path

import pytest

from activities.sandbox import ResourceLimits
from activities.tooling import Workbench
from activities.tools import registry
from tests.activities.tools.python.conftest import Make

# Each leaves a mark, and ends the process as if all were well.
MARK = "import os\nopen('/out/ran-' + __name__, 'w').close()\n"
HOSTILE = MARK + "os._exit(0)\n"
OF_TOOLS = (
    *("pytest", "_pytest", "pluggy", "iniconfig", "coverage", "mypy", "mypy_extensions", "pylint", "astroid", "flake8"),
    *(
        "pycodestyle",
        "pyflakes",
        "mccabe",
        "black",
        "click",
        "pathspec",
        "platformdirs",
        "isort",
        "bandit",
        "stevedore",
    ),
    *("yaml", "rich", "packaging", "typing_extensions"),
)
# What some of them use if it is there.
OPTIONAL = ("uvloop", "orjson", "lxml", "colorama", "toml", "simplejson", "IPython", "tokenize_rt", "setuptools_scm")
OF_PYTHON = (
    "json",
    "typing",
    "argparse",
    "xml",
    "ast",
    "subprocess",
    "logging",
    "runpy",
    "site",
    "types",
    "collections",
)
AT_START = ("sitecustomize", "usercustomize")

LIMITS = ResourceLimits(wall_s=600)

CODE = "import sys, os\n\ndef f(a: int) -> str:\n    eval('1')\n    return a\n"
SETTINGS = {
    "mypy": {"mypy.ini": "[mypy]\nfiles = product.py\n"},
    "pylint": {".pylintrc": "[MAIN]\n"},
    "flake8": {".flake8": "[flake8]\n"},
    "black": {"pyproject.toml": "[tool.black]\n"},
    "isort": {".isort.cfg": "[settings]\n"},
    "bandit": {"bandit.yaml": "{}\n"},
    "ruff": {"ruff.toml": ""},
}


def hostile(*names: str, text: str = HOSTILE) -> dict[str, str]:
    """Modules and packages of these names, at the root and among the tests."""
    packages = {f"{name}/{file}": text for name in names for file in ("__init__.py", "__main__.py")}
    return {f"{name}.py": text for name in names} | {f"tests/{path}": text for path in packages}


def as_installed(work: Workbench) -> Workbench:
    """With all our tools in the project's own environment, which also has the project, in editable form."""
    assert work.env_root
    (packages,) = work.env_root.glob("lib/python3*/site-packages")
    for source in Path(sysconfig.get_path("purelib")).iterdir():
        if source.suffix != ".pth" and not (packages / source.name).exists():
            (packages / source.name).symlink_to(source)
    (packages / "tree.pth").write_text("/src\n/src/src\n")
    for program in (*SETTINGS, "coverage"):
        script = Path(sysconfig.get_path("scripts"), program).read_bytes()
        if script.startswith(b"#!"):
            script = b"#!/env/bin/python\n" + script.partition(b"\n")[2]
        (work.env_root / "bin" / program).write_bytes(script)
        (work.env_root / "bin" / program).chmod(0o755)
    return work


def marks(work: Workbench) -> set[str]:
    return {name.removeprefix("ran-") for name in os.listdir(work.out) if name.startswith("ran-")}


@pytest.mark.parametrize("own", [False, True], ids=["ours", "the project's own"])
@pytest.mark.parametrize("tool", SETTINGS)
async def test_a_linter_runs_nothing_of_the_tree(bench: Make, tool: str, own: bool) -> None:
    names = (*OF_TOOLS, *OPTIONAL, *OF_PYTHON, *AT_START)
    files = {"product.py": CODE, **hostile(*names), **{f"src/{name}": text for name, text in hostile(*names).items()}}
    work = bench({**files, **SETTINGS[tool]}, LIMITS)
    report = await registry()[tool].run(as_installed(work) if own else work)
    # pylint needs the tree on the path: it may find there what it would use if it were installed.
    assert marks(work) <= (set(OPTIONAL) if tool == "pylint" and own else set())
    assert not report.completed or report.problem or any(one.path == "product.py" for one in report.findings)
    assert tool in {"mypy", "pylint"} or report.completed


async def test_a_plugin_of_the_project_still_runs(bench: Make) -> None:
    """It is named in the verdict where a change edits it."""
    plugin = (
        "from mypy.plugin import Plugin\n" + MARK + "def plugin(version: str) -> type[Plugin]:\n    return Plugin\n"
    )
    settings = {"mypy.ini": "[mypy]\nfiles = product.py\nplugins = own_plugin\n"}
    work = as_installed(bench({"product.py": CODE, "own_plugin.py": plugin, **hostile(*AT_START), **settings}, LIMITS))
    report = await registry()["mypy"].run(work)
    assert marks(work) == {"own_plugin"}
    assert [one.path for one in report.findings] == ["product.py"]


TESTS = {"tests/test_product.py": "import product\n\ndef test_product():\n    assert product.f(1) == 2\n"}


@pytest.mark.parametrize("coverage", [False, True], ids=["alone", "with coverage"])
@pytest.mark.parametrize("own", [False, True], ids=["installed", "installed in editable form"])
async def test_the_real_pytest_runs(bench: Make, own: bool, coverage: bool) -> None:
    names = (
        "pytest",
        "_pytest",
        "pluggy",
        "iniconfig",
        "coverage",
        "json",
        "typing",
        "argparse",
        "xml",
        "runpy",
        "site",
    )
    work = bench({"product.py": CODE, **TESTS, **hostile(*names)}, LIMITS, select="unit", coverage=coverage)
    report = await registry()["pytest"].run(as_installed(work) if own else work)
    assert marks(work) == set()
    assert [(one.id, one.outcome) for one in report.tests] == [("tests/test_product.py::test_product", "failed")]
    assert any(file.path == "product.py" for file in report.coverage) == coverage, (report.problem, report.output_tail)


async def test_the_projects_folder_is_still_first_on_the_path(bench: Make) -> None:
    """As with `python -m pytest`, also for a project whose module has the name of one that is installed."""
    tests = "import sys, platformdirs, product\n\ndef test_a():\n    assert platformdirs.ours\n    assert sys.path[0]\n"
    files = {"product.py": "", "platformdirs.py": "ours = True\n", "tests/test_a.py": tests, "tests/__init__.py": ""}
    report = await registry()["pytest"].run(bench(files, LIMITS, select="unit"))
    assert [one.outcome for one in report.tests] == ["passed"]


async def test_processes_of_tests_start_as_usual(bench: Make) -> None:
    """A script's folder is on its path, and `multiprocessing` finds the module that it was started from."""
    tests = (
        "import multiprocessing, subprocess, sys\n"
        "def work(x):\n    return x + 1\n"
        "def test_script():\n    subprocess.run([sys.executable, 'scripts/run.py'], check=True)\n"
        "def test_spawn():\n    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        assert pool.map(work, [1]) == [2]\n"
    )
    files = {"tests/test_a.py": tests, "scripts/run.py": "import beside\n", "scripts/beside.py": ""}
    report = await registry()["pytest"].run(bench(files, LIMITS, select="unit", coverage=True))
    assert [(one.id, one.outcome, one.message) for one in report.tests if one.outcome != "passed"] == []
