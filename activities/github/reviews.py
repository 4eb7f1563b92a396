"""Review requests: to those who are not requested yet and have not reviewed this head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from activities.github.activity_errors import github_activity
from activities.github.errors import Validation
from activities.github.urls import url_values
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

Json = Mapping[str, Any]
Reviewer = tuple[Literal["reviewers", "team_reviewers"], str]
"""A person's login or a team's slug in small letters, under GitHub's word for the list that it is in."""

# Reviews that say something. A dismissed one does not count any more, a pending one was not sent.
_REVIEWED = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED")


@dataclass(frozen=True)
class RequestReviewInput:
    """People by login and teams by slug, who are to review the pull."""

    repo: RepoRef
    number: int
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequestReviewResult:
    """`reviewers` and `teams` are those of the input who are requested now or have reviewed this head already;
    `left_out` those whom GitHub does not accept: the author, and who may not see the repository."""

    reviewers: tuple[str, ...]
    teams: tuple[str, ...]
    left_out: tuple[str, ...]
    changed: bool


class ReviewActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def request_pr_review(self, input: RequestReviewInput) -> RequestReviewResult:
        """Requests reviews of those who are not requested yet and have not reviewed this head."""
        return await request_review(self._github, input)


async def request_review(github: "GitHub", input: RequestReviewInput) -> RequestReviewResult:
    """Requests who is missing. A team of which one member has reviewed is requested again: GitHub does not show for
    whom a person reviewed."""
    api = await github.installation(input.repo, {"pull_requests": "write"})
    where = url_values(input.repo, number=str(input.number))
    pull = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", where)
    shown: dict[Reviewer, str] = {("reviewers", login.lower()): login for login in input.reviewers}
    shown |= {("team_reviewers", slug.lower()): slug for slug in input.teams}
    there = _requested(pull)
    async for review in api.getiter("/repos/{owner}/{repo}/pulls/{number}/reviews?per_page=100", where):
        if review.get("commit_id") == pull["head"]["sha"] and review["state"] in _REVIEWED:
            there.add(_person(review.get("user")))
    missing = [each for each in shown if each not in there and each != _person(pull.get("user"))]
    there |= await _request(api, where, [(each, shown[each]) for each in missing])
    return RequestReviewResult(
        reviewers=tuple(name for each, name in shown.items() if each in there and each[0] == "reviewers"),
        teams=tuple(name for each, name in shown.items() if each in there and each[0] == "team_reviewers"),
        left_out=tuple(name for each, name in shown.items() if each not in there),
        changed=any(each in there for each in missing),
    )


def _requested(pull: Json) -> set[Reviewer]:
    people = {_person(user) for user in pull.get("requested_reviewers") or ()}
    return people | {("team_reviewers", str(team["slug"]).lower()) for team in pull.get("requested_teams") or ()}


def _person(user: Json | None) -> Reviewer:
    """Who has left GitHub is ""."""
    return "reviewers", str((user or {}).get("login") or "").lower()


async def _request(api: "API", where: Mapping[str, str], whom: Sequence[tuple[Reviewer, str]]) -> set[Reviewer]:
    """Who is requested now. GitHub refuses the whole request for one whom it does not accept (who may not see the
    repository), so then each is requested alone."""
    if not whom:
        return set()
    lists: dict[str, list[str]] = {}
    for (kind, _), name in whom:
        lists.setdefault(kind, []).append(name)
    try:
        return _requested(await api.post("/repos/{owner}/{repo}/pulls/{number}/requested_reviewers", where, data=lists))
    except Validation:
        alone = whom if len(whom) > 1 else ()
    found: set[Reviewer] = set()
    for each in alone:
        found |= await _request(api, where, [each])
    return found
