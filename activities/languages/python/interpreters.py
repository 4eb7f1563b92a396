"""Which Python a project's checks run with: the one that it asks for, as far as this host has it or uv may fetch it."""

import platform
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.specifiers import SpecifierSet

from activities.languages.python.config import section, toml, toml_table
from activities.languages.python.tox_files import tox_environments
from activities.sandbox import ownership
from activities.tooling import Project

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
_KNOWN = tuple(f"3.{minor}" for minor in range(15, 6, -1))
"""Versions that a project may be tried with, the newest first."""
_PINNED = re.compile(r"^\s*(?:cpython-|python-?)?(3\.[0-9]{1,3})\b", re.MULTILINE)
_PLACES = (Path("/usr/bin"), Path("/usr/local/bin"))


@dataclass(frozen=True)
class ChosenPython:
    """`version` is as `3.12`; `path` where this host has it, None where uv has to fetch it. `found_in` names the file
    that asks for it, "" where the product's own is as good as any, and `asked` is what stands there."""

    version: str
    path: Path | None
    found_in: str = ""
    asked: str = ""

    @property
    def missing(self) -> str:
        """The sentence for a version that cannot be had."""
        return (
            f"{self.found_in} asks for Python {self.asked}, which this host does not have and uv could not download."
            f" Install Python {self.version} on the host, beside the one that runs Autobuild or in /usr/local/bin."
        )


def chosen_python(project: Project) -> ChosenPython:
    """`.python-version` decides, then what the project requires; within that our own version, unless tox's list has
    others only."""
    own = own_python()
    if pinned := _PINNED.findall(project.read(".python-version")):
        version = next((one for one in pinned if one in host_pythons()), pinned[0])
        return ChosenPython(version, host_pythons().get(version), ".python-version", version)
    required, where = _required(project)
    fitting = [version for version in (OURS, *_KNOWN) if _fits(required, version)]
    if not fitting:
        return own
    listed = set(_of_tox(project))
    preferred = [version for version in fitting if version in listed] or fitting
    if OURS in (preferred if listed else fitting):
        return own
    here = [version for version in preferred if version in host_pythons()] or [
        version for version in fitting if version in host_pythons()
    ]
    version = (here or preferred)[0]
    found_in, asked = (where, required) if OURS not in fitting else ("tox's list of environments", version)
    return ChosenPython(version, host_pythons().get(version), found_in, asked)


def own_python() -> ChosenPython:
    """The interpreter that runs the product."""
    return ChosenPython(OURS, Path(sys.base_prefix, "bin", f"python{OURS}"))


@cache
def host_pythons() -> Mapping[str, Path]:
    """Version → interpreter: our own, those installed beside it (as pyenv and uv do), and the system's."""
    beside = sorted(installed_beside(Path(sys.base_prefix)), key=_patch)
    found = [*(path for place in _PLACES for path in place.glob("python3.*")), *beside]
    versions = {match[1]: path for path in found if (match := re.fullmatch(r"python(3\.\d+)", path.name))}
    return {**versions, OURS: own_python().path or Path()}


def installed_beside(own: Path) -> Iterator[Path]:
    """The interpreters of the installations beside that one. The sandbox will see their folders whole, so a folder of a
    person, a virtual environment or a link to one is none, and neither is anything in `/` or in the home folder."""
    private = _private_folders()
    if _is_too_wide(own.resolve().parent, private[:1]):
        return
    for path in own.parent.glob("*/bin/python3.*"):
        folder = path.parent.parent.resolve()
        module = folder / "lib" / path.name / "os.py"
        real = [each.resolve() for each in (folder / "bin" / path.name, module)]
        if (
            all(each.is_file() and each.is_relative_to(folder) for each in real)
            and not (folder / "pyvenv.cfg").exists()
            and not _is_too_wide(folder, private)
            and not _is_too_wide(folder.parent, private[:1])
        ):
            yield folder / "bin" / path.name


def interpreter_folders() -> tuple[Path, ...]:
    """The folders that a sandbox has to see for the interpreters of this host. Our own may be in a folder with much
    else in it: then only its programs and libraries."""
    private = _private_folders()
    folders = [path.parent.parent for path in host_pythons().values()]
    parts = ((each / "bin", each / "lib") if _is_too_wide(each.resolve(), private) else (each,) for each in folders)
    return tuple(dict.fromkeys(part for some in parts for part in some if part != Path("/usr")))


def _private_folders() -> tuple[Path, ...]:
    """The home folder first, then the folders of temporary files and of our data."""
    from platformdirs import user_data_path  # workflows import this module

    try:
        usual = [Path.home(), user_data_path("autobuild")]
    except RuntimeError:  # this account has no home folder
        usual = [Path("/")]
    found = (*usual, Path(tempfile.gettempdir()), *ownership.claimed_folders())
    return tuple(path.resolve() for path in found)


def _is_too_wide(folder: Path, private: Iterable[Path]) -> bool:
    """Whether it is one of these folders, or has one of them in it."""
    return any(path.is_relative_to(folder) for path in private)


def _patch(path: Path) -> list[int]:
    """So that the newest of several installations of one version counts."""
    return [int(number) for number in re.findall(r"\d+", path.parent.parent.name)]


def _required(project: Project) -> tuple[str, str]:
    """(specifier, file) of the versions that the project admits, ("", "") where it does not say."""
    options = section(project, "setup.cfg", "options") or {}
    poetry = toml_table(project, "tool.poetry.dependencies").get("python")
    setup = re.search(r"python_requires\s*=\s*[\"']([^\"']+)[\"']", project.read("setup.py"))
    candidates = (
        (toml_table(project, "project").get("requires-python"), "pyproject.toml"),
        (_of_poetry(poetry) if isinstance(poetry, str) else None, "pyproject.toml"),
        (options.get("python_requires"), "setup.cfg"),
        (setup[1] if setup else None, "setup.py"),
        (_of_pipfile(project), "Pipfile"),
    )
    return next(((text.strip(), file) for text, file in candidates if isinstance(text, str) and text.strip()), ("", ""))


def _of_pipfile(project: Project) -> str:
    """pipenv makes its environment with that minor version."""
    requires = toml(project.read("Pipfile")).get("requires")
    version = requires.get("python_version") if isinstance(requires, dict) else ""
    return f"=={version}.*" if isinstance(version, str) and re.fullmatch(r"3\.\d{1,3}", version) else ""


def _of_poetry(text: str) -> str:
    """Poetry's caret, as in `^3.9`, in the words of packaging."""
    return ",".join(re.sub(r"^\^\s*(\d+)(.*)", r">=\1\2,<4", part.strip()) for part in text.split(","))


def _fits(required: str, version: str) -> bool:
    """Any patch release may be meant: a bound inside of a minor version does not rule it out."""
    exact = platform.python_version() if version == OURS else f"{version}.99"
    try:
        return SpecifierSet(required).contains(exact, prereleases=True)
    except ValueError:  # no specifier, or numbers of thousands of digits
        return True


def _of_tox(project: Project) -> Iterator[str]:
    for name in tox_environments(project):
        if match := re.match(r"(?:py|python)?3\.?(\d+)(?:$|[-.])", name):
            yield f"3.{match[1]}"
