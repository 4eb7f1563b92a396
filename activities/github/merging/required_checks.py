"""How the required checks of a head stand: what failed, and what has not ended or not even begun."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from activities.github.merging.branch_protection import Required
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

Json = Mapping[str, Any]
State = Literal["good", "waiting", "bad"]

# With GitHub each of these lets a merge pass.
_GOOD = ("success", "neutral", "skipped")
_A_STATUS = -1


@dataclass(frozen=True)
class Standing:
    """Names of required checks that are not good, sorted."""

    failed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


async def standing(github: "GitHub", repo: RepoRef, sha: str, required: Iterable[Required]) -> Standing:
    """A status and a check run of one name are both required, as on GitHub; one that nobody posted is waited for."""
    wanted = tuple(required)
    if not wanted:
        return Standing()
    api = await github.installation(repo, {"checks": "read", "statuses": "read"})
    names = {"owner": repo.owner, "repo": repo.name, "sha": sha}
    said = [*await _check_runs(api, names), *await _statuses(api, names)]
    states = [(each.context, _state(each, said)) for each in sorted(wanted)]
    return Standing(failed=_those(states, "bad"), waiting=_those(states, "waiting"))


def _those(states: Iterable[tuple[str, State]], wanted: State) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name, state in states if state == wanted))


def _state(wanted: Required, said: Iterable[tuple[Required, State]]) -> State:
    states = {state for by, state in said if _is_by(by, wanted)}
    return "bad" if "bad" in states else "waiting" if "waiting" in states or not states else "good"


def _is_by(said: Required, wanted: Required) -> bool:
    """A status does not tell whose app made it: there GitHub's own verdict on the pull must do."""
    by_whom = wanted.app in (0, said.app) or said.app == _A_STATUS
    return by_whom and said.context.lower() == wanted.context.lower()


async def _check_runs(api: "API", names: Mapping[str, str]) -> list[tuple[Required, State]]:
    """The newest of each name and suite."""
    url = "/repos/{owner}/{repo}/commits/{sha}/check-runs?filter=latest&per_page=100"
    return [
        (Required(str(run["name"]), int((run.get("app") or {}).get("id") or 0)), _of_run(run))
        async for run in api.getiter(url, names, iterable_key="check_runs")
    ]


def _of_run(run: Json) -> State:
    if run["status"] != "completed":
        return "waiting"
    return "good" if run.get("conclusion") in _GOOD else "bad"


async def _statuses(api: "API", names: Mapping[str, str]) -> list[tuple[Required, State]]:
    """The newest of each context."""
    url = "/repos/{owner}/{repo}/commits/{sha}/status?per_page=100"
    states: Mapping[str, State] = {"success": "good", "pending": "waiting"}
    return [
        (Required(str(status["context"]), _A_STATUS), states.get(str(status["state"]), "bad"))
        async for status in api.getiter(url, names, iterable_key="statuses")
    ]
