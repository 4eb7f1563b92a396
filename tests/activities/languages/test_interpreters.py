"""Which Python a project's checks run with."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.languages.python.interpreters import (
    OURS,
    chosen_python,
    host_pythons,
    installed_beside,
    interpreter_folders,
)
from activities.sandbox import ownership
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
        ({"pyproject.toml": f"[project]\nrequires-python = '>={'9' * 5000}'\n"}, OURS, ""),
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


def installation(folder: Path, version: str = "3.9") -> Path:
    """A folder like that of an installed Python; its interpreter."""
    for name in (f"bin/python{version}", f"lib/python{version}/os.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder / "bin" / f"python{version}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home folder of an account, with its data folder and temporary folder in places of their own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "var" / "tmp"))
    with ownership.claimed(tmp_path / "srv" / "data"):
        yield tmp_path / "home"


def test_only_installations_beside_ours_are_seen_by_a_sandbox(home: Path, tmp_path: Path) -> None:
    versions = home / ".pyenv" / "versions"
    ours, other = versions / "ours", installation(versions / "3.9.1")
    installation(ours)
    (versions / "3.9").symlink_to("3.9.1")
    (versions / "mine").symlink_to("/usr")
    for name in ("project", "environment"):
        (versions / name / "bin").mkdir(parents=True)
        (versions / name / "bin" / "python3.9").symlink_to(other)
    installation(versions / "new environment")
    (versions / "new environment" / "pyvenv.cfg").touch()
    (versions / "environment" / "lib" / "python3.9").mkdir(parents=True)
    (versions / "environment" / "lib" / "python3.9" / "os.py").symlink_to(versions / "3.9.1/lib/python3.9/os.py")
    assert set(installed_beside(ours)) == {ours / "bin" / "python3.9", other}


@pytest.mark.parametrize("place", ["home", "home/.local", "srv", "srv/data", "var", "var/tmp"])
def test_no_folder_with_private_files_is_seen_by_a_sandbox(home: Path, tmp_path: Path, place: str) -> None:
    """Also not where a whole Python is installed in it."""
    beside = tmp_path / place
    installation(beside)
    installation(tmp_path / "opt" / "ours")
    (tmp_path / "opt" / "link").symlink_to(beside)
    installed = {path.parent.parent for path in installed_beside(beside.parent / "ours")}
    assert beside not in installed
    assert {path.parent.parent.name for path in installed_beside(tmp_path / "opt" / "ours")} == {"ours"}


@pytest.mark.parametrize("place", ["home", ""])
def test_nothing_beside_a_python_in_the_home_folder_is_seen(home: Path, tmp_path: Path, place: str) -> None:
    installation(home / "project")
    installation(tmp_path / "project")
    assert list(installed_beside(tmp_path / place / "python")) == []
    assert list(installed_beside(Path("/usr"))) == []
