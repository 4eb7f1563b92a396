"""Which Python a project's checks run with."""

import sys
from pathlib import Path

import pytest

from activities.languages.python.interpreters import OURS, chosen_python, host_pythons, interpreter_folders
from activities.tooling import Project

MAJOR, MINOR = sys.version_info[:2]
NEXT = f"{MAJOR}.{MINOR + 1}"


def project(root: Path, files: dict[str, str]) -> Project:
    for name, text in files.items():
        (root / name).write_text(text)
    return Project(".", root, "python")


@pytest.mark.parametrize(
    ("files", "version", "found_in"),
    [
        ({}, OURS, ""),
        ({".python-version": "3.99.1\n"}, "3.99", ".python-version"),
        ({".python-version": f"# a remark\n3.99\ncpython-{OURS}\n"}, OURS, ".python-version"),
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.8'\n"}, OURS, ""),
        ({"pyproject.toml": f"[project]\nrequires-python = '>={OURS}.1,<4'\n"}, OURS, ""),
        ({"pyproject.toml": f"[project]\nrequires-python = '>={NEXT},<{MAJOR}.{MINOR + 2}'\n"}, NEXT, "pyproject.toml"),
        ({"pyproject.toml": f"[tool.poetry.dependencies]\npython = '^{NEXT}'\n"}, None, "pyproject.toml"),
        ({"setup.cfg": f"[options]\npython_requires = =={NEXT}.*\n"}, NEXT, "setup.cfg"),
        ({"setup.py": f"setup(python_requires='=={NEXT}.*')\n"}, NEXT, "setup.py"),
        ({"pyproject.toml": "[project]\nrequires-python = '>=4'\n"}, OURS, ""),
        ({"pyproject.toml": "[project]\nrequires-python = 'nonsense'\n"}, OURS, ""),
        ({"tox.ini": f"[tox]\nenvlist = lint, py{MAJOR}{MINOR}, py{MAJOR}{MINOR + 1}\n"}, OURS, ""),
        ({"tox.ini": f"[tox]\nenvlist = lint, py{MAJOR}{MINOR + 1}-x\n"}, NEXT, "tox's list of environments"),
    ],
)
def test_project_says_which_python_it_wants(
    tmp_path: Path, files: dict[str, str], version: str | None, found_in: str
) -> None:
    chosen = chosen_python(project(tmp_path, files))
    assert chosen.found_in == found_in
    assert version is None or chosen.version == version
    assert chosen.path == host_pythons().get(chosen.version)


def test_what_cannot_be_had_says_what_to_install(tmp_path: Path) -> None:
    chosen = chosen_python(project(tmp_path, {".python-version": "3.99\n"}))
    assert chosen.path is None
    assert chosen.missing.startswith(".python-version asks for Python 3.99, which this host does not have and uv could")
    assert "Install Python 3.99 on the host" in chosen.missing


def test_interpreters_of_the_host_are_there() -> None:
    assert host_pythons()[OURS] == Path(sys.base_prefix, "bin", f"python{OURS}")
    assert all(path.exists() for path in host_pythons().values())
    assert Path("/usr") not in interpreter_folders()
