"""Reviews asked for: of those who are not asked yet and have not looked at this head."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.client.errors import Validation
from activities.github.types.pulls import RequestReviewInput, RequestReviewResult

Json = Mapping[str, Any]
Who = tuple[Literal["reviewers", "team_reviewers"], str]
"""A person's login or a team's slug in small letters, under GitHub's word for the list that it stands in."""

# Reviews that say something. A dismissed one does not count any more, a pending one was not sent.
_LOOKED = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED")


async def request(github: GitHub, wanted: RequestReviewInput) -> RequestReviewResult:
    """Asks those who are missing. A team that was asked and answered by one of its people is asked again: GitHub does
    not tell for whom somebody looked."""
    api = await github.installation(wanted.repo, {"pull_requests": "write"})
    names = {"owner": wanted.repo.owner, "repo": wanted.repo.name, "number": str(wanted.number)}
    pull = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", names)
    shown = _shown(wanted)
    there = _asked(pull) | await _looked(api, names, str(pull["head"]["sha"]))
    missing = [who for who in shown if who not in there and who != _person(pull.get("user"))]
    there |= await _ask(api, names, [(who, shown[who]) for who in missing])
    return RequestReviewResult(
        reviewers=tuple(name for who, name in shown.items() if who in there and who[0] == "reviewers"),
        teams=tuple(name for who, name in shown.items() if who in there and who[0] == "team_reviewers"),
        left_out=tuple(name for who, name in shown.items() if who not in there),
        changed=any(who in there for who in missing),
    )


def _shown(wanted: RequestReviewInput) -> dict[Who, str]:
    people: dict[Who, str] = {("reviewers", login.lower()): login for login in wanted.reviewers}
    return people | {("team_reviewers", slug.lower()): slug for slug in wanted.teams}


def _asked(pull: Json) -> set[Who]:
    people = {_person(user) for user in pull.get("requested_reviewers") or ()}
    return people | {("team_reviewers", str(team["slug"]).lower()) for team in pull.get("requested_teams") or ()}


async def _looked(api: API, names: Mapping[str, str], head: str) -> set[Who]:
    reviews = api.getiter("/repos/{owner}/{repo}/pulls/{number}/reviews?per_page=100", names)
    return {
        _person(review.get("user"))
        async for review in reviews
        if review.get("commit_id") == head and review["state"] in _LOOKED
    }


def _person(user: Json | None) -> Who:
    """Who has left GitHub is ""."""
    return "reviewers", str((user or {}).get("login") or "").lower()


async def _ask(api: API, names: Mapping[str, str], whom: Sequence[tuple[Who, str]]) -> set[Who]:
    """Who is asked now. GitHub refuses the whole request for one whom it will not ask (who may not see the
    repository), so then each is asked alone."""
    if not whom:
        return set()
    url = "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers"
    lists: dict[str, list[str]] = {}
    for (kind, _), name in whom:
        lists.setdefault(kind, []).append(name)
    try:
        return _asked(await api.post(url, names, data=lists))
    except Validation:
        alone = whom if len(whom) > 1 else ()
    found: set[Who] = set()
    for each in alone:
        found |= await _ask(api, names, [each])
    return found
