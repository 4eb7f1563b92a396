"""How a lock file is written anew: what a package manager is given, and what it is asked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from activities.tooling import Project


@dataclass(frozen=True)
class LockPlan:
    """How one lock file is written: the `files` that decide it, by their paths in the folder of the lock file, and the
    commands that are run there one after another, in one sandbox. `whole`: on a copy of the whole repository instead,
    since a project may have to be built to say what it needs."""

    files: Mapping[str, bytes]
    commands: tuple[tuple[str, ...], ...]
    env: Mapping[str, str]
    whole: bool = False


@dataclass(frozen=True)
class LockKind:
    """`manifests` are the names of files after whose change it is written anew, `homes` says in which folders it may be
    for the project of such a file; `plan` is given that, its text, a folder for programs, and whether packages
    that want other versions of their peers are to be let pass. `by_hand` is what a person runs. `settled` gives the new
    text, as it is kept, of a new and an old one: packages come from the registry that the file named before, not
    from this host's mirror of it."""

    manifests: tuple[str, ...]
    homes: Callable[[Project], Iterable[Project]]
    plan: Callable[[Project, str, str, bool], LockPlan]
    by_hand: str
    settled: Callable[[str, str], str]
