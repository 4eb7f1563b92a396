"""Reviews of pull requests, and requests for them."""

from collections.abc import Iterable

from simulator.github import serializers
from simulator.github.entities import Repository, Review, User
from simulator.github.errors import Unprocessable
from simulator.github.serializers import pull as pull_json
from simulator.github.services.events import Events
from simulator.github.store import Store

STATES = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED")


class ReviewService:
    """Reviews and review requests. `login` is the user who acts."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events

    def approve(self, full_name: str, number: int, login: str = "octocat", body: str = "") -> Review:
        return self.review(full_name, number, "APPROVED", login, body)

    def review(
        self, full_name: str, number: int, state: str, login: str = "octocat", body: str = "", sha: str = ""
    ) -> Review:
        """`state` is one of `STATES`; Unprocessable for one's own pull request, except for a comment."""
        repo, issue, pull = self._store.pull(full_name, number)
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {', '.join(STATES)}")
        person = self._store.add_user(login)
        if person is issue.user and state != "COMMENTED":
            what = "approve" if state == "APPROVED" else "request changes on"
            raise Unprocessable(f"Can not {what} your own pull request")
        review = Review(self._store.new_id(), person, state, body, sha or pull.head_sha, self._store.now())
        pull.reviews.append(review)
        pull.reviewers = [each for each in pull.reviewers if each is not person]
        review_json = {**pull_json.review(self._store, repo, issue, review), "state": state.lower()}
        payload = {"review": review_json, "pull_request": pull_json.simple_pull(self._store, repo, issue)}
        self._events.send("pull_request_review", repo, person, {"action": "submitted", **payload})
        return review

    def request_review(
        self, full_name: str, number: int, reviewers: Iterable[str], teams: Iterable[str] = (), login: str = "octocat"
    ) -> None:
        """All or none: Unprocessable for the author and for those without access. An event for each new one."""
        repo, issue, pull = self._store.pull(full_name, number)
        people, slugs = [self._reviewer(repo, issue.user, name) for name in reviewers], list(teams)
        if not set(slugs) <= repo.teams:
            raise _no_collaborator(repo)
        sender = self._store.add_user(login)
        for person in dict.fromkeys(each.login for each in people if each not in pull.reviewers):
            pull.reviewers.append(self._store.add_user(person))
            more = {"requested_reviewer": serializers.user(self._store, self._store.add_user(person))}
            self._events.send_issue("review_requested", repo, issue, sender, more)
        for slug in dict.fromkeys(each for each in slugs if each not in pull.teams):
            pull.teams.append(slug)
            more = {"requested_team": pull_json.team(self._store, repo, slug)}
            self._events.send_issue("review_requested", repo, issue, sender, more)

    def unrequest_review(
        self, full_name: str, number: int, reviewers: Iterable[str], teams: Iterable[str] = (), login: str = "octocat"
    ) -> None:
        """Those who were not requested are ignored."""
        repo, issue, pull = self._store.pull(full_name, number)
        names, slugs, sender = {name.lower() for name in reviewers}, set(teams), self._store.add_user(login)
        for person in [each for each in pull.reviewers if each.login.lower() in names]:
            pull.reviewers.remove(person)
            more = {"requested_reviewer": serializers.user(self._store, person)}
            self._events.send_issue("review_request_removed", repo, issue, sender, more)
        pull.teams = [slug for slug in pull.teams if slug not in slugs]
        self._store.changed()

    def _reviewer(self, repo: Repository, author: User, name: str) -> User:
        person = self._store.users.get(name.lower())
        if person is author:
            raise Unprocessable("Review cannot be requested from pull request author.")
        known = person and (person.login == repo.owner.login or repo.collaborators.get(person.login, "none") != "none")
        if person is None or not known:
            raise _no_collaborator(repo)
        return person


def _no_collaborator(repo: Repository) -> Unprocessable:
    return Unprocessable(
        "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a "
        f"collaborator of the {repo.full_name} repository."
    )
