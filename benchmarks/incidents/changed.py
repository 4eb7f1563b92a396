"""Changes of the last three days: innocent ones all the time, and where a fault is a change's, the guilty one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from activities.incidents.types import ChangeSort, RecentChange
from benchmarks.incidents.faults import InjectedFault
from benchmarks.incidents.logged import FaultPlace
from benchmarks.incidents.words import STEMS, THINGS

if TYPE_CHECKING:
    import numpy as np

Hunks = dict[str, tuple[tuple[int, int], ...]]

WINDOW_S: Final = 72 * 3600.0
_TITLES: Final = (
    "Add a limit to {word} pages", "Fix rounding of {word} totals", "Refactor the {word} client",
    "Rename {word} fields",
    "Show {word} in the list",
    "Speed up the search for {word}", "Remove unused {word} code", "Log less of {word}",
)  # fmt: skip
_PATHS: Final = {"configuration": ("config/production.yml", "deploy/values.yaml", "settings.toml", ".env.production"),
                 "dependency": ("package-lock.json", "requirements.txt", "go.sum", "pom.xml")}  # fmt: skip


def code_place(rng: "np.random.Generator", name: str) -> FaultPlace:
    """Some file of a service, in one of the languages."""
    suffix = str(rng.choice(("py", "java", "js", "go")))
    stem = str(rng.choice(STEMS))
    return FaultPlace(f"{name}/src/{stem}.{suffix}", int(rng.integers(10, 400)), f"{rng.choice(THINGS)}_of")


def innocent_changes(
    rng: "np.random.Generator", names: Sequence[str], onset: float, per_day: float, close: bool
) -> list[RecentChange]:
    """Of each of the services, `per_day` on average; `close`: one more, minutes before the onset."""
    found: list[RecentChange] = []
    for name in names:
        backs = rng.uniform(0, WINDOW_S, size=rng.poisson(per_day * 3))
        found += [_innocent(rng, name, onset - float(back)) for back in backs]
    if close:
        found.append(_innocent(rng, str(rng.choice(list(names))), onset - float(rng.uniform(60, 1800))))
    return found


def _innocent(rng: "np.random.Generator", name: str, at: float) -> RecentChange:
    kind = rng.choice(("code", "documentation", "test", "configuration", "dependency"), p=(0.55, 0.12, 0.1, 0.13, 0.1))
    if kind == "code":
        places = [code_place(rng, name) for _ in range(rng.integers(1, 5))]
        hunks: Hunks = {one.path: ((one.line, one.line + int(rng.integers(1, 30))),) for one in places}
        return _change(rng, name, at, hunks)
    path = {"documentation": f"{name}/README.md", "test": f"{name}/tests/test_{rng.choice(THINGS)}.py"}.get(
        str(kind), ""
    )
    path = path or f"{name}/{rng.choice(_PATHS[str(kind)])}"
    return _change(rng, name, at, {path: ((1, int(rng.integers(1, 20))),)}, bot=kind == "dependency")


def guilty_change(rng: "np.random.Generator", name: str, fault: InjectedFault, place: FaultPlace) -> RecentChange:
    """Deployed shortly before its fault begins; the lines of the fault are among what it touches, nearly always."""
    at = fault.start - float(rng.exponential(60) + 5 if rng.random() < 0.8 else rng.uniform(120, 1500))
    if fault.origin in _PATHS:
        return _change(rng, name, at, {f"{name}/{rng.choice(_PATHS[fault.origin])}": ((3, 9),)})
    others = [code_place(rng, name) for _ in range(rng.integers(0, 6))]
    hunks = {one.path: ((one.line, one.line + 12),) for one in others}
    off = 0 if rng.random() < 0.8 else 60
    return _change(rng, name, at, {**hunks, place.path: ((max(1, place.line - 6 + off), place.line + 8 + off),)})


def _change(rng: "np.random.Generator", name: str, at: float, hunks: Hunks, bot: bool = False) -> RecentChange:
    sha = rng.bytes(20).hex()
    lines = sum(last - first + 1 for ranges in hunks.values() for first, last in ranges)
    title = str(rng.choice(_TITLES)).format(word=rng.choice(THINGS))
    sort: ChangeSort = "merge" if rng.random() < 0.7 else "commit"
    return RecentChange(
        sha, sort, at, title, "example/example", name, sha, int(rng.integers(1, 999)) if sort == "merge" else 0,
        tuple(hunks), hunks, lines, lines // 2, bot,
    )  # fmt: skip
