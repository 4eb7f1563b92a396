"""One language's way to install what a project declares, a file each: `python.py`, `node.py`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from activities.plugins import load
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths, SandboxSpec
from activities.tools import Language, Project


@dataclass(frozen=True)
class Recipe:
    """How one project's environment is made.

    `key` is the hash of all that decides the environment (lock files, manifests, the interpreter's and
    the installer's versions): the same key means the same environment. `steps` are sentences for a
    person ("uv sync --frozen --all-groups"). `locked` says that a lock file decided the versions.
    """

    key: str
    steps: tuple[str, ...]
    locked: bool


@dataclass(frozen=True)
class Installed:
    """`problem` is empty when all went well, else what could not be installed and what to do about it.
    A partly made environment is still usable by tools that need less."""

    problem: str = ""
    output_tail: str = ""
    partly: bool = False


@dataclass(frozen=True)
class Site:
    """Where an installation happens: a box whose `env` is writable and whose `cache` is shared by the
    repository. `run` starts a command in it; `network=True` is allowed there and nowhere else."""

    project: Project
    box: SandboxSpec
    places: SandboxPaths
    run: Callable[[SandboxCommand], Awaitable[ProcessResult]]


def nothing_over(project: Project, env_root: Path) -> tuple[tuple[Path, str], ...]:
    """Most languages find their environment by its own path."""
    return ()


def nothing_moves(env_root: Path, was: str, now: str) -> Mapping[str, str]:
    """An environment that does not name the tree fits every checkout."""
    return {}


@dataclass(frozen=True)
class Toolchain:
    """`detect` is True when the folder holds a project of this language.
    `paths` are what every command of the language needs to see read-only (interpreters).
    `over(project, env_root)` is the `SandboxSpec.mounts` of every command that works with that environment.
    `moved(env_root, was, now)`: variables for commands that see the tree elsewhere (`now`) than where the environment
    was made for it (`was`)."""

    name: str
    language: Language
    detect: Callable[[Path], bool]
    recipe: Callable[[Project], Recipe]
    install: Callable[[Site, Recipe], Awaitable[Installed]]
    paths: Callable[[], tuple[Path, ...]]
    over: Callable[[Project, Path], tuple[tuple[Path, str], ...]] = nothing_over
    moved: Callable[[Path, str, str], Mapping[str, str]] = nothing_moves


@cache
def registry() -> dict[str, Toolchain]:
    """Every toolchain by its name."""
    import activities.toolchains as package

    return load(package, Toolchain)
