"""How a Python project's own files run its tests."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.languages.python.declared_tests import DeclaredTests
from activities.languages.python.pytest_config import pytest_config
from activities.languages.python.tests_of_repository import (
    declared_tests,
    linted_paths,
    named_paths,
    packages_for_types,
)
from activities.tooling import Project

TOX = """
[tox]
envlist = lint, py{39,310,311,312}-django{42,51}, docs
[shared]
deps =
    six
[testenv]
deps =
    {[shared]deps}
    -r{toxinidir}/requirements/test.txt
    django42: Django~=4.2
    django51: Django>=5.1,<5.2
    !py311: nowhere
    -c limits.txt
extras = test, gone
dependency_groups =
    suite
setenv =
    APP_MODE = test
    PYTHONPATH = {toxinidir}/src
    # a remark
    py39: OLD = 1
    SECRET = {env:NO_SUCH}
commands =
    python -c "print(1)"
    coverage run --source x -m pytest --strict-markers {posargs:-k "a b" tests \\
        other}
[testenv:lint]
deps = ruff
commands = ruff check
"""
PYPROJECT = (
    '[project]\nname = "p"\n[project.optional-dependencies]\ntest = []\nci = []\n[dependency-groups]\nsuite = ["x"]\n'
)
TOML = """
env_list = ["3.11", "lint"]
[env_run_base]
deps = ["six", "-r requirements/test.txt"]
set_env.APP_MODE = "test"
commands = [["python", "-m", "pytest", { replace = "posargs", default = ["tests"], extend = true }]]
[env.lint]
commands = [["ruff", "check"]]
"""
NOX = """
import nox
FLAGS = ["-p", "no:x"]
@nox.session
def lint(session):
    session.run("ruff", "check")
@nox.session(python=["3.9", "3.11"])
@nox.parametrize("django", ["4.2"])
def tests(session, django):
    session.install("-e", ".[test]", f"django=={django}", "six")
    session.install("-r", "requirements/test.txt")
    session.env["APP_MODE"] = "test"
    session.run("pytest", *FLAGS, *session.posargs or ["tests"], env={"OTHER": "1"})
"""
WORKFLOW = """
env: {FORCE_COLOR: 1, APP_MODE: test}
jobs:
  lint: {steps: [{run: ruff check}]}
  unit:
    env: {OTHER: "1", TOKEN: "${{ secrets.T }}"}
    steps:
      - uses: actions/checkout@v4
      - run: |
          pip install -e '.[test]' -r requirements/test.txt
          uv sync --group suite
      - run: uv run --group x pytest -n auto tests && echo done
"""
THERE = {"requirements/test.txt": "", "tests/test_a.py": "", "other/test_b.py": "", "pyproject.toml": PYPROJECT}


def project(root: Path, files: Mapping[str, str]) -> Project:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Project(".", root, "python")


def test_tox_environment_of_this_interpreter_counts(tmp_path: Path) -> None:
    made = project(tmp_path, {**THERE, "tox.ini": TOX})
    assert declared_tests(made) == DeclaredTests(
        found_in="tox.ini [testenv]",
        requirements=("six", "Django~=4.2"),  # the first of two that fit as well
        files=("requirements/test.txt",),
        extras=("test",),
        groups=("suite",),
        variables=(("APP_MODE", "test"), ("PYTHONPATH", "{tox_root}/src"), ("SECRET", "")),
        runner="pytest",
        words=("--strict-markers", "-k", "a b", "tests", "other"),
    )
    config = pytest_config(made)
    assert (config.command, config.targets) == (("--strict-markers", "-k", "a b"), ("tests", "other"))


@pytest.mark.parametrize(
    ("files", "found_in"),
    [
        ({"tox.toml": TOML}, "tox.toml [env_run_base]"),
        ({"noxfile.py": NOX}, "noxfile.py, session tests"),
        ({".github/workflows/ci.yml": WORKFLOW}, ".github/workflows/ci.yml, job unit"),
        ({"Makefile": "test:\n\tpip install -e .[test] -r requirements/test.txt six\n\tAPP_MODE=test python -m pytest -v tests\n"},
         "Makefile"),
    ],
    ids=["tox.toml", "nox", "workflow", "make"],
)  # fmt: skip
def test_other_places_that_run_tests_are_read(tmp_path: Path, files: dict[str, str], found_in: str) -> None:
    found = declared_tests(project(tmp_path, {**THERE, **files}))
    assert (found.found_in, found.runner, found.files) == (found_in, "pytest", ("requirements/test.txt",))
    assert dict(found.variables)["APP_MODE"] == "test"
    assert set(dict(found.variables)) <= {"APP_MODE", "OTHER"}


@pytest.mark.parametrize(
    ("install", "found_in"),
    [
        ("pdm install -G test -Gsuite", "job unit"),
        ("pdm install -dG test,suite", "job unit"),
        ("pip install nox .[test]", "noxfile.py"),
    ],
)
def test_what_ci_runs_counts_before_a_noxfile_that_it_does_not_start(
    tmp_path: Path, install: str, found_in: str
) -> None:
    job = f"jobs: {{unit: {{steps: [{{run: '{install}'}}, {{run: pytest tests}}]}}}}\n"
    files = {".github/workflows/ci.yml": job, "noxfile.py": NOX.replace("[test]", "")}
    found = declared_tests(project(tmp_path, {**THERE, **files}))
    assert (found_in in found.found_in, found.extras) == (True, ("test",))
    assert found.groups == ("suite",) * (found_in == "job unit")


@pytest.mark.parametrize(
    ("line", "requirements"),
    [
        ("pip install setuptools gevent 'peewee>=3' psycopg[binary]", ("setuptools", "gevent", "peewee>=3", "psycopg[binary]")),
        ("python -m pip install -U pip wheel tox six==1.17.0", ("six==1.17.0",)),
        ("uv pip install --system -c limits.txt -i https://example.com/simple six", ("six",)),
        ("pip install -e . -r requirements/test.txt ./other six.whl other/ git+https://example.com/six", ()),
        ("pip install pip-tools tox-uv pytest-tox", ("pip-tools", "pytest-tox")),
        ("poetry install six", ()),
        ("npm install six", ()),
        ("pip install six${{ matrix.six }}", ()),
    ],
)  # fmt: skip
def test_packages_that_ci_installs_for_its_tests_are_read(
    tmp_path: Path, line: str, requirements: tuple[str, ...]
) -> None:
    made = project(tmp_path, {**THERE, ".gitlab-ci.yml": f"script:\n  - {line}\n  - python -m unittest\n"})
    assert declared_tests(made).requirements == requirements


@pytest.mark.parametrize(
    ("command", "runner", "words"),
    [
        ("xvfb-run -a python -W error -m unittest discover -v", "python", ("-m", "unittest", "discover", "-v")),
        ("./manage.py test --parallel", "python", ("manage.py", "test", "--parallel")),
        ("coverage run --branch manage.py test", "python", ("manage.py", "test")),
        ("django-admin test --settings tests.settings", "python", ("-m", "django", "test", "--settings", "tests.settings")),
        ("python -Wd tests/runtests.py --failfast", "python", ("tests/runtests.py", "--failfast")),
        ("poetry run python -m coverage run -m pytest -q > log.txt", "pytest", ("-q",)),
        ("python setup.py sdist", "", ()),
        ("echo pytest", "", ()),
        ("pytest 'unbalanced", "", ()),
    ],
)  # fmt: skip
def test_commands_that_run_tests_are_recognized(
    tmp_path: Path, command: str, runner: str, words: tuple[str, ...]
) -> None:
    found = declared_tests(project(tmp_path, {"tox.ini": f"[testenv]\ncommands =\n    {command}\n"}))
    assert (found.runner, found.words) == (runner, words)


@pytest.mark.parametrize(
    ("files", "runner"),
    [
        ({"manage.py": "import django\n", "app/tests.py": ""}, "python"),
        ({"manage.py": "import django\n", "pytest.ini": ""}, ""),
        ({"manage.py": "import django\n", "pyproject.toml": "[dependency-groups]\ndev = ['pytest-django']\n"}, ""),
        ({"manage.py": "import flask\n"}, ""),
        ({"runtests.py": "import pytest\n", "Makefile": "test:\n\tpython runtests.py\n"}, ""),
        ({"runtests.py": "import unittest\n", "Makefile": "test:\n\tpython runtests.py\n"}, "python"),
    ],
)
def test_own_runner_of_django_and_scripts(tmp_path: Path, files: dict[str, str], runner: str) -> None:
    assert declared_tests(project(tmp_path, files)).runner == runner


@pytest.mark.parametrize(
    "files",
    [
        {"tox.ini": "[testenv\ncommands = pytest\n"},
        {"tox.ini": "[testenv]\ncommands = {[testenv]commands}\n"},
        {"noxfile.py": "def ("},
        {".github/workflows/a.yml": "jobs: [1, {steps: 3}]"},
        {"tox.toml": "env = 3\nenv_run_base = 4\n"},
    ],
)
def test_files_that_make_no_sense_say_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert declared_tests(project(tmp_path, files)) == DeclaredTests()


OWN = "[testenv:{0}]\ncommands = pytest -m {0}\n"


@pytest.mark.parametrize(
    ("listed", "sections", "words"),
    [
        ("py38,py39,bench", OWN.format("bench"), ("suite",)),
        ("py39,py310,docs", OWN.format("docs"), ("suite",)),
        ("py3, doctest", OWN.format("doctest"), ("suite",)),
        ("smoke, django, other", OWN.format("smoke"), ("suite",)),
        ("lint, check", OWN.format("check"), ("-m", "check")),
        ("slow, unit", OWN.format("slow") + OWN.format("unit"), ("-m", "unit")),
        ("py38-smoke, py38, cov", OWN.format("py38-smoke") + OWN.format("cov"), ("suite",)),
        ("test-a, test-b", OWN.format("test-a") + OWN.format("test-b"), ("-m", "test-a")),
        ("bench", OWN.format("bench"), ("suite",)),
    ],
)
def test_tox_environment_of_the_suite_counts(
    tmp_path: Path, listed: str, sections: str, words: tuple[str, ...]
) -> None:
    lint = "[testenv:lint]\ncommands = ruff check\n"
    text = f"[tox]\nenvlist = {listed}\n[testenv]\ncommands = pytest suite\n{lint}{sections}"
    assert declared_tests(project(tmp_path, {"tox.ini": text})).words == words


@pytest.mark.parametrize(
    ("sessions", "name"),
    [
        (("smoke", "tests"), "tests"),
        (("smoke", "unit_all"), "unit_all"),
        (("smoke", "other"), "smoke"),
        (("tests", "test"), "tests"),
        (("bench", "x(name='pytest')"), "pytest"),
    ],
)
def test_nox_session_of_the_suite_counts(tmp_path: Path, sessions: tuple[str, ...], name: str) -> None:
    text = "import nox\n"
    for one in sessions:
        function, _, own = one.partition("(")
        text += f"@nox.session({own or ')'}\ndef {function}(session):\n    session.run('pytest')\n"
    assert declared_tests(project(tmp_path, {"noxfile.py": text})).found_in == f"noxfile.py, session {name}"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("pytest -m smoke -v", ("-v",)),
        ("pytest -k easy --ignore a --ignore=b --ignore-glob=c --deselect d -p no:x", ("-p", "no:x")),
        ("pytest -msmoke --benchmark-only --doctest-modules --doctest-glob x -n 2 docs", ("-n", "2")),
        ("pytest --version\npytest -q", ("-q",)),
        ("pytest --help\npytest -h\npython -m pytest -V\npytest --collect-only\npytest -q", ("-q",)),
        ("python -m unittest -h\npython -m unittest -v", ("-m", "unittest", "-v")),
        ("python -m unittest tests.test_smoke -v", ("-m", "unittest", "discover", "-v")),
        ("python -m unittest loose/test_smoke.py", ("-m", "unittest", "discover", "loose")),
        ("python -m unittest discover -s tests -k smoke", ("-m", "unittest", "discover", "-s", "tests")),
        ("python -m unittest discover tests", ("-m", "unittest", "discover", "tests")),
        ("python manage.py test app1 app2 --tag=smoke --tag x -v 2", ("manage.py", "test", "-v", "2")),
        ("django-admin test a --parallel 4 --settings s b", ("-m", "django", "test", "--parallel", "4", "--settings", "s")),
    ],
)  # fmt: skip
def test_a_line_of_make_or_ci_does_not_limit_the_suite(tmp_path: Path, lines: str, words: tuple[str, ...]) -> None:
    there = {"tests/__init__.py": "", "loose/test_smoke.py": ""}
    make = project(tmp_path / "make", {**there, "Makefile": "x:\n" + lines.replace("pytest", "\tpytest")})
    steps = "\n".join(f"      - run: {line}" for line in lines.splitlines())
    text = f"jobs:\n  smoke:\n    steps:\n{steps}\n  all:\n    steps: [{{run: pytest --other}}]\n"
    ci = project(tmp_path / "ci", {**there, ".github/workflows/ci.yml": text})
    assert [declared_tests(make).words, declared_tests(ci).words] == [words, words]
    kept = project(tmp_path / "tox", {"tox.ini": "[testenv]\ncommands = pytest -m smoke\n"})
    assert declared_tests(kept).words == ("-m", "smoke")


UNITTEST = "python -m unittest discover"


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        (["pytest -c other.ini", "pytest -q"], [()]),
        (["pytest -c other.ini\npytest"], [()]),
        (["pytest --config-file=other.ini -q", "pytest"], [("-q",)]),
        (["pytest -c other.ini"], [("-c", "other.ini")]),
        ([f"{UNITTEST} -s loose -v", UNITTEST], [("-m", "unittest", "discover"), ("-m", "unittest", "discover", "-s", "loose", "-v")]),
        ([f"{UNITTEST} -s tests -v", UNITTEST], [("-m", "unittest", "discover")]),
        ([f"{UNITTEST} -s loose", f"{UNITTEST} -v loose", f"{UNITTEST} tests"],
         [("-m", "unittest", "discover", "-s", "loose"), ("-m", "unittest", "discover", "tests")]),
        (["python runtests.py smoke", "python runtests.py -v"], [("runtests.py", "-v")]),
        (["python runtests.py smoke\npython runtests.py full", "python runtests.py smoke"],
         [("runtests.py", "smoke"), ("runtests.py", "full")]),
        (["python runtests.py smoke"], [("runtests.py", "smoke")]),
        (["python -m tests.runtests smoke", "python -m tests.runtests"], [("-m", "tests.runtests")]),
        (["python tests/run_tests.py a", "python runtests.py"], [("tests/run_tests.py", "a")]),
    ],
)  # fmt: skip
def test_a_narrow_command_of_several_does_not_hide_the_rest(
    tmp_path: Path, jobs: list[str], words: list[tuple[str, ...]]
) -> None:
    there = {"tests/__init__.py": "", "loose/test_smoke.py": "", "runtests.py": "", "other.ini": "[pytest]\n"}
    text = "jobs:\n"
    for number, lines in enumerate(jobs):
        text += f"  job{number}:\n    steps:\n" + "".join(f"      - run: {line}\n" for line in lines.splitlines())
    found = declared_tests(project(tmp_path, {**there, ".github/workflows/ci.yml": text}))
    assert [found.words, *found.more] == words


def test_variables_of_ci_do_not_limit_the_suite(tmp_path: Path) -> None:
    made = project(tmp_path, {"Makefile": "test:\n\tPYTEST_ADDOPTS='-q -m smoke' pytest\n"})
    assert declared_tests(made).variables == (("PYTEST_ADDOPTS", "-q"),)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff[testenv]\ndeps = pytest # x\ncommands = pytest\n",
        "[testenv]\ndeps:\n    pytest  # x\ncommands:\n    pytest\n",
    ],
)
def test_tox_files_are_read_as_tox_does(tmp_path: Path, text: str) -> None:
    found = declared_tests(project(tmp_path, {"tox.ini": text}))
    assert (found.requirements, found.runner) == (("pytest",), "pytest")


def test_nox_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert declared_tests(project(tmp_path, {"noxfile.py": f"\ufeff{NOX}"})).runner == "pytest"


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (".PHONY: mypy tests\ncheck: lint mypy tests\nx:\n\techo mypy tests\n\tpip install mypy tests\n", ()),
        ("x:\n\t$(VENV)/bin/mypy --strict src/ ./tests gone\n", ("src", "tests")),
        ("x:\n\tuv run mypy src && poetry run python -m mypy tests; ls other\n", ("src", "tests")),
    ],
)
def test_paths_of_a_command_that_starts_the_program(tmp_path: Path, text: str, paths: tuple[str, ...]) -> None:
    there = {"src/a.py": "", "tests/a.py": "", "other/a.py": ""}
    assert named_paths(project(tmp_path, {**there, "Makefile": text}), "mypy") == paths


HATCH = """
[envs.default]
dependencies = ["six"]
features = ["test", "gone"]
[envs.default.env-vars]
APP_MODE = "test"
HOME = "{root:home}"
[envs.default.scripts]
suite = "python -m pytest {args:tests}"
cov = ["suite --strict-markers other", "coverage report"]
[envs.lint]
detached = true
dependencies = ["ruff"]
scripts.test = "ruff check"
"""
HATCH_TEST = """
[tool.hatch.envs.hatch-test]
extra-dependencies = ["six"]
extra-args = ["-vv"]
default-args = ["suite"]
"""


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("hatch.toml", HATCH,
         DeclaredTests("hatch.toml [envs.default]", ("six",), extras=("test",), variables=(("APP_MODE", "test"),),
                       runner="pytest", words=("tests",))),
        ("hatch.toml", HATCH.replace("suite = ", "tidy = ").replace('"suite ', '"pytest '),
         DeclaredTests("hatch.toml [envs.default]", ("six",), extras=("test",), variables=(("APP_MODE", "test"),),
                       runner="pytest", words=("tests",))),
        ("hatch.toml", HATCH + "[envs.test]\nextra-dependencies = ['more']\n",
         DeclaredTests("hatch.toml [envs.test]", ("six", "more"), extras=("test",), variables=(("APP_MODE", "test"),),
                       runner="pytest", words=("tests",))),
        ("pyproject.toml", HATCH_TEST,
         DeclaredTests("pyproject.toml [tool.hatch.envs.hatch-test]", ("coverage[toml]", "pytest", "pytest-mock", "six"),
                       runner="pytest", words=("-vv", "suite"))),
        ("pyproject.toml", HATCH_TEST.replace("extra-dep", "dep") + "scripts.run = 'python -m unittest {args}'\n",
         DeclaredTests("pyproject.toml [tool.hatch.envs.hatch-test]", ("six",), runner="python", words=("-m", "unittest"))),
        ("pyproject.toml", "[tool.hatch.envs.test]\ndependencies = ['pytest>=8', 'six']\n",
         DeclaredTests("pyproject.toml [tool.hatch.envs.test]", ("pytest>=8", "six"), runner="pytest")),
        ("Makefile", "test:\n\thatch -v test --cover\n",
         DeclaredTests("pyproject.toml [tool.hatch.envs.hatch-test]", ("coverage[toml]", "pytest", "pytest-mock"),
                       runner="pytest")),
        ("hatch.toml", "[envs.a.scripts]\ntest = 'b'\nb = 'test'\n", DeclaredTests()),
        ("hatch.toml", "[envs.a]\ntemplate = 'b'\n[envs.b]\ntemplate = 'a'\nscripts = 3\n", DeclaredTests()),
        ("hatch.toml", "[envs]\na = 1\n[envs.bench.scripts]\nrun = 'echo'\n", DeclaredTests()),
    ],
)  # fmt: skip
def test_environments_of_hatch_are_read(tmp_path: Path, file: str, text: str, expected: DeclaredTests) -> None:
    extra = '[project]\nname = "p"\n[project.optional-dependencies]\ntest = []\n'
    made = project(tmp_path, {"pyproject.toml": extra, file: text if file != "pyproject.toml" else extra + text})
    assert declared_tests(made) == expected


@pytest.mark.parametrize(
    ("files", "paths"),
    [
        ({"Makefile": "lint:\n\truff check pkg/\n"}, ("pkg",)),
        ({"Makefile": "lint:\n\truff check pkg tests/test_a.py\n\truff format .\n"}, ("pkg", "tests/test_a.py")),
        ({"Makefile": "lint:\n\truff check pkg\nfix:\n\truff check --fix\n"}, (".",)),
        ({"Makefile": "lint:\n\truff check pkg $(MORE)\n"}, (".",)),
        ({"Makefile": "lint:\n\truff check nowhere\n"}, (".",)),
        ({"Makefile": "lint:\n\truff check --exit-zero\n\truff check pkg\n"}, ("pkg",)),
        ({"Makefile": "lint:\n\truff check pkg\n", ".pre-commit-config.yaml": "repos: [{hooks: [{id: ruff}]}]"}, (".",)),
        ({}, (".",)),
    ],
)  # fmt: skip
def test_a_linter_looks_where_the_repository_starts_it(
    tmp_path: Path, files: dict[str, str], paths: tuple[str, ...]
) -> None:
    made = project(tmp_path, {"pkg/x.py": "", "tests/test_a.py": "", **files})
    assert linted_paths(made, "ruff", ("ruff", "ruff-check"), "check") == paths


@pytest.mark.parametrize(
    ("files", "packages"),
    [
        ({"tox.ini": "[testenv]\ndeps = six\n[testenv:a]\ndeps = types-six\ncommands = python -m mypy .\n"}, ("types-six",)),
        ({"tox.ini": "[testenv:a]\ndeps = types-six\ncommands = echo mypy\n"}, ()),
        ({"noxfile.py": "import nox\n@nox.session\ndef a(s):\n    s.install('-e.', 'nox')\n    s.run('mypy')\n"}, ("nox",)),
        ({".github/workflows/a.yml": "jobs: {a: {steps: [{run: pip install types-six}, {run: pyright}]}}\n"}, ("types-six",)),
        ({}, ()),
    ],
)  # fmt: skip
def test_what_is_installed_where_types_are_checked(
    tmp_path: Path, files: dict[str, str], packages: tuple[str, ...]
) -> None:
    assert packages_for_types(project(tmp_path, files)) == packages
