"""What older manifests of Python projects declare: setup.py, setup.cfg, pipenv's files."""

from pathlib import Path

import pytest

from activities.languages.python.dependencies import declared, dependencies, extras, required_by_tests
from activities.languages.python.install import constraints, install_items
from activities.languages.python.interpreters import chosen_python
from activities.languages.python.tool_versions import wanted_version
from activities.tooling import Project

SETUP = """
from setuptools import find_packages, setup
with open("requirements.txt") as file:
    required = file.read().splitlines()
TESTS = ["pytest>=7", "mock"]
extras = {"docs": ["sphinx"], "test": TESTS + ["tox"]}
extras["dev"] = extras["test"] + unknown() + ["ruff==0.9.1"]
setup(
    name="Octo_Cat",
    version=get_version(),
    packages=find_packages(),
    install_requires=["six", *required, "attrs>=20"],
    extras_require={**extras, "speed": ("ujson",), unknown(): ["x"]},
    tests_require=TESTS,
)
"""
OPTIONS = """
import setuptools
options = dict(name="octo-cat", extras_require=dict(test="pytest\\nmock"), tests_require="six")
if __name__ == "__main__":
    setuptools.setup(**options)
"""
PIPFILE = """
[packages]
six = "*"
attrs = {version = ">=20", extras = ["a"], markers = "python_version > '3.5'"}
own = {path = ".", editable = true}
[dev-packages]
pytest = "~=8.0"
ruff = "==0.9.1"
[requires]
python_version = "3.11"
"""
LOCK = '{"default": {"six": {"version": "==1.16.0"}}, "develop": {"mypy": {"version": "==1.9"}, "x": {"git": "y"}}, "_meta": 3}'


def project(root: Path, **files: str) -> Project:
    for name, text in files.items():
        (root / name.replace("_py", ".py").replace("_cfg", ".cfg").replace("_lock", ".lock")).write_text(text)
    return Project(".", root, "python")


def test_setup_py_is_read_as_far_as_it_is_plain(tmp_path: Path) -> None:
    made = project(tmp_path, setup_py=SETUP)
    assert dependencies(made) == ("six", "attrs>=20")
    assert required_by_tests(made) == ("pytest>=7", "mock")
    test = ("pytest>=7", "mock", "tox")
    assert extras(made) == {"docs": ("sphinx",), "test": test, "dev": (*test, "ruff==0.9.1"), "speed": ("ujson",)}
    assert declared(made).keys() == {"pytest", "mock", "tox", "ruff"}
    assert [item.arguments[:2] for item in install_items(made)] == [("pytest>=7", "mock"), ("-e", ".[dev,test]")]


def test_setup_with_a_table_of_options(tmp_path: Path) -> None:
    made = project(tmp_path, setup_py=OPTIONS)
    assert (extras(made), required_by_tests(made)) == ({"test": ("pytest", "mock")}, ("six",))


def test_setup_cfg_comes_before_setup_py(tmp_path: Path) -> None:
    made = project(
        tmp_path, setup_py=SETUP, setup_cfg="[options]\ntests_require =\n  nose\n[options.extras_require]\na = b\n"
    )
    assert (required_by_tests(made), extras(made)) == (("nose",), {"a": ("b",)})


@pytest.mark.parametrize(
    "text",
    [
        "setup(", "setup(extras_require=3, tests_require={1: 2}, name=[])", "setup(*a, **b)", "\x00",
        "a = []\n" + "a = a + a + ['x']\n" * 200 + "setup(tests_require=a)",
        "a = 'x'\n" + "a = a + a\n" * 200 + "setup(tests_require=a)",
        "setup(tests_require=" + "[" * 90 + "]" * 90 + ")", "setup(tests_require=" + "+".join(["x"] * 2000) + ")",
        "a = {}\na['a'] = a\nsetup(extras_require=a)",
    ],
)  # fmt: skip
def test_odd_setup_scripts_say_little(tmp_path: Path, text: str) -> None:
    made = project(tmp_path, setup_py=text)
    assert len(required_by_tests(made)) < 10_000
    assert all(isinstance(line, str) for lines in extras(made).values() for line in lines)


def test_pipfile_is_installed_in_the_locked_versions(tmp_path: Path) -> None:
    made = project(tmp_path, Pipfile=PIPFILE, Pipfile_lock=LOCK)
    lines = ("six", "attrs[a]>=20 ; python_version > '3.5'", "pytest~=8.0", "ruff==0.9.1")
    assert [(item.what, item.arguments) for item in install_items(made)] == [("the packages of Pipfile", lines)]
    assert constraints(made) == "mypy==1.9\nsix==1.16.0\n"
    assert declared(made) == {"pytest": "dev-packages of Pipfile", "ruff": "dev-packages of Pipfile"}
    versions = [str(wanted_version(made, name)) for name in ("mypy", "ruff", "pytest")]
    assert versions == ["1.9 (Pipfile.lock)", "0.9.1 (Pipfile)", "~=8.0 (Pipfile)"]
    assert chosen_python(made).version == "3.11"


@pytest.mark.parametrize(
    ("pipfile", "lock"),
    [("packages = 3", "[]"), ("[packages]\nx = 3\ny = {version = 3}", "{"), ("[", '{"default": [1]}')],
)
def test_odd_files_of_pipenv_say_nothing(tmp_path: Path, pipfile: str, lock: str) -> None:
    made = project(tmp_path, Pipfile=pipfile, Pipfile_lock=lock)
    assert (install_items(made), constraints(made), declared(made)) == ((), "", {})
