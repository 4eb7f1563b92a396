"""What the runs of a check say of a commit, without I/O.

A name is not yet one check: two workflows, or one for the push and one for the pull request, may use the same name at
the same time. So a run replaces an older one where it is in the same suite, as with GitHub, or began after that ended;
else each counts. And only runs that replace one another are attempts that can show a check to be flaky.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from activities.github.ci.runs import CiRun
from activities.planned_changes.types import CiKind

_ORDER: tuple[CiKind, ...] = ("running", "failed", "older", "flaky", "infrastructure", "passed")
"""The first that one of a check's runs is, the check is: what is to be waited for, then the worst."""


@dataclass(frozen=True)
class JudgedCheck:
    """A check, and the run that says so."""

    run: CiRun
    kind: CiKind


def judged(head: Iterable[CiRun], base: Iterable[CiRun] = ()) -> list[JudgedCheck]:
    """Each check of the head. `base` are the runs of the commit upon which it is."""
    on_base = _by_check(base)
    found = []
    for key, runs in _by_check(head).items():
        fails_before = any(run.state == "failed" for run in _current(on_base.get(key, ())))
        kinds = [JudgedCheck(run, _kind(run, runs, fails_before)) for run in _current(runs)]
        found.append(min(kinds, key=lambda one: (_ORDER.index(one.kind), -one.run.id)))
    return sorted(found, key=lambda one: (one.run.name, one.run.app))


def _by_check(runs: Iterable[CiRun]) -> Mapping[tuple[int, str], list[CiRun]]:
    found: dict[tuple[int, str], list[CiRun]] = {}
    for run in runs:
        found.setdefault(run.key, []).append(run)
    return found


def _current(runs: Sequence[CiRun]) -> list[CiRun]:
    """Those that no newer one replaces."""
    return [run for run in runs if not any(other.id > run.id and _attempts(run, other) for other in runs)]


def _attempts(first: CiRun, second: CiRun) -> bool:
    """Whether these are attempts of one check, and not two checks that share a name."""
    if first.suite == second.suite:
        return True
    if not (first.ended and second.ended):  # one that ended and a newer one, or none can be said to follow the other
        older, newer = sorted((first, second), key=lambda run: run.id)
        return bool(older.ended and newer.started >= older.ended)
    return first.started >= second.ended or second.started >= first.ended


def _kind(run: CiRun, runs: Sequence[CiRun], fails_before: bool) -> CiKind:
    opposite = {"passed": "failed", "failed": "passed"}.get(run.state)
    if any(other.state == opposite and _attempts(run, other) for other in runs):
        return "flaky"
    return "older" if run.state == "failed" and fails_before else run.state
