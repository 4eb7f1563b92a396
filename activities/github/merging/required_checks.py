"""The state of the required checks of a head: what failed, and what is running or has not begun."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from activities.github.merging.branch_protection import RequiredCheck
from activities.github.urls import url_values
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import GitHub

Json = Mapping[str, Any]
State = Literal["passed", "waiting", "failed"]

# With GitHub each of these lets a merge pass.
_PASSED = ("success", "neutral", "skipped")
A_STATUS = -1
"""In the place of an App: a status does not show which App posted it."""


@dataclass(frozen=True)
class RequiredChecksState:
    """Names of required checks that have not passed, sorted."""

    failed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


async def state_of(github: "GitHub", repo: RepoRef, sha: str, required: Iterable[RequiredCheck]) -> RequiredChecksState:
    """A status and a check run of one name are both required, as on GitHub; one that is not there is waited for."""
    checks = sorted(required)
    if not checks:
        return RequiredChecksState()
    api = await github.installation(repo, {"checks": "read", "statuses": "read"})
    where = url_values(repo, sha=sha)
    # The newest of each name and suite, and the newest of each context.
    runs = api.getiter(
        "/repos/{owner}/{repo}/commits/{sha}/check-runs?filter=latest&per_page=100", where, iterable_key="check_runs"
    )
    statuses = api.getiter("/repos/{owner}/{repo}/commits/{sha}/status?per_page=100", where, iterable_key="statuses")
    found = [
        (RequiredCheck(str(run["name"]), int((run.get("app") or {}).get("id") or 0)), _run_state(run))
        async for run in runs
    ]
    status_states: Mapping[str, State] = {"success": "passed", "pending": "waiting"}
    found += [
        (RequiredCheck(str(each["context"]), A_STATUS), status_states.get(str(each["state"]), "failed"))
        async for each in statuses
    ]
    states = [(check.context, _worst(check, found)) for check in checks]
    return RequiredChecksState(
        failed=tuple(dict.fromkeys(name for name, state in states if state == "failed")),
        waiting=tuple(dict.fromkeys(name for name, state in states if state == "waiting")),
    )


def is_meant(required: RequiredCheck, found: RequiredCheck) -> bool:
    """Whether a check that was found is the required one. Capitals make no other check."""
    by_it = required.app in (0, found.app) or found.app == A_STATUS
    return by_it and required.context.lower() == found.context.lower()


def _worst(required: RequiredCheck, found: Iterable[tuple[RequiredCheck, State]]) -> State:
    """A status does not show which app posted it: there GitHub's own answer on the pull must do."""
    states = {state for check, state in found if is_meant(required, check)}
    return "failed" if "failed" in states else "waiting" if "waiting" in states or not states else "passed"


def _run_state(run: Json) -> State:
    if run["status"] != "completed":
        return "waiting"
    return "passed" if run.get("conclusion") in _PASSED else "failed"
