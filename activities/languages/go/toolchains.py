"""The Go of this host. None is downloaded; a sandbox sees what is installed, and nothing of the folders around it."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from activities.languages.go.modules import wanted_go
from activities.reporting.host_toolchains import no_toolchain, older_toolchain
from activities.tooling import Project

_PLACES = ("/usr/local/go", "/opt/go", "/usr/lib/go", "/usr/lib/golang")
_RELEASE = re.compile(r"go(\d+(?:\.\d+){1,2})")
_INSTALL = "https://go.dev/doc/install"


@dataclass(frozen=True)
class HostGo:
    """`folder` is its GOROOT; `version` as `1.24.2`."""

    folder: Path
    version: str

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    @property
    def numbers(self) -> tuple[int, ...]:
        return _numbers(self.version)


@dataclass(frozen=True)
class ChosenGo:
    """`toolchain` is None where this host has none that fits; then `missing` is the sentence for a person."""

    toolchain: HostGo | None
    missing: str = ""


@lru_cache(maxsize=256)
def chosen_go(project: Project) -> ChosenGo:
    """The one of this host for the module."""
    return choose(project, host_toolchains())


def choose(project: Project, here: Sequence[HostGo]) -> ChosenGo:
    """The first that is as new as go.mod or go.work ask for."""
    if not here:
        return ChosenGo(None, no_toolchain("Go", _INSTALL))
    asked, found_in = wanted_go(project)
    found = next((one for one in here if one.numbers >= _numbers(asked)), None)
    newest = max(here, key=lambda one: one.numbers)
    return ChosenGo(found, "" if found else older_toolchain("Go", asked, found_in, newest.version, _INSTALL))


@cache
def host_toolchains() -> tuple[HostGo, ...]:
    """Those of this host, the one that is installed in the usual place first."""
    found = ((folder, _version(folder)) for folder in dict.fromkeys(_folders()))
    return tuple(HostGo(folder, version) for folder, version in found if version)


def _folders() -> Iterator[Path]:
    yield from map(Path, _PLACES)
    yield from sorted(Path("/usr/lib").glob("go-[0-9]*"), reverse=True)
    with contextlib.suppress(RuntimeError):
        sdk = Path.home() / "sdk"
        yield from sorted(path for path in sdk.glob("go[0-9]*") if not path.is_symlink())


def _version(folder: Path) -> str:
    """By the file that every release has, "" for a folder that is none."""
    if not (folder / "bin" / "go").is_file():
        return ""
    with contextlib.suppress(OSError):
        if found := _RELEASE.match((folder / "VERSION").read_text("utf-8", "replace")[:200]):
            return found[1]
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
