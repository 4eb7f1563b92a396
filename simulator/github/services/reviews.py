"""Deeds around reviews: who is asked for one, and what they say."""

from collections.abc import Iterable

from simulator.github import serializers
from simulator.github.serializers import pull as shapes_pull
from simulator.github.services.entities import PullDetails, Repository, User
from simulator.github.services.nouns import Review
from simulator.github.services.pulls import Pulls, Unprocessable

STATES = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED")


class Reviews(Pulls):
    """See the module."""

    def add_team(self, full_name: str, slug: str) -> None:
        """A team of the owner's organisation with access to the repository."""
        self.repository(full_name).teams.add(slug)
        self.changed()

    def approve(self, full_name: str, number: int, login: str = "octocat", body: str = "") -> Review:
        return self.review(full_name, number, "APPROVED", login, body)

    def review(
        self, full_name: str, number: int, state: str, login: str = "octocat", body: str = "", sha: str = ""
    ) -> Review:
        """`state` is one of `STATES`; Refused for one's own pull request, except for a comment."""
        repo, issue, pull = self.pull(full_name, number)
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {', '.join(STATES)}")
        person = self.add_user(login)
        if person is issue.user and state != "COMMENTED":
            what = "approve" if state == "APPROVED" else "request changes on"
            raise Unprocessable(f"Can not {what} your own pull request")
        review = Review(self.new_id(), person, state, body, sha or pull.head_sha, self.now())
        pull.reviews.append(review)
        pull.reviewers = [each for each in pull.reviewers if each is not person]
        said = {**shapes_pull.review(self, repo, issue, review), "state": state.lower()}
        about = {"review": said, "pull_request": shapes_pull.simple_pull(self, repo, issue)}
        self.emit("pull_request_review", repo, person, {"action": "submitted", **about})
        self.changed()
        return review

    def request_review(
        self, full_name: str, number: int, reviewers: Iterable[str], teams: Iterable[str] = (), login: str = "octocat"
    ) -> None:
        """All or nobody: Refused for the author and for whoever has no access. An event for each who is new."""
        repo, issue, pull = self.pull(full_name, number)
        people, slugs = [self._reviewer(repo, issue.user, name) for name in reviewers], list(teams)
        if not set(slugs) <= repo.teams:
            raise _stranger(repo)
        sender = self.add_user(login)
        for person in dict.fromkeys(each.login for each in people if each not in pull.reviewers):
            pull.reviewers.append(self.add_user(person))
            more = {"requested_reviewer": serializers.user(self, self.add_user(person))}
            self.tell_pull("review_requested", repo, issue, sender, more)
        for slug in dict.fromkeys(each for each in slugs if each not in pull.teams):
            pull.teams.append(slug)
            more = {"requested_team": shapes_pull.team(self, repo, slug)}
            self.tell_pull("review_requested", repo, issue, sender, more)

    def unrequest_review(
        self, full_name: str, number: int, reviewers: Iterable[str], teams: Iterable[str] = (), login: str = "octocat"
    ) -> None:
        """Nobody is missed who was not asked."""
        repo, issue, pull = self.pull(full_name, number)
        names, slugs, sender = {name.lower() for name in reviewers}, set(teams), self.add_user(login)
        for person in [each for each in pull.reviewers if each.login.lower() in names]:
            pull.reviewers.remove(person)
            more = {"requested_reviewer": serializers.user(self, person)}
            self.tell_pull("review_request_removed", repo, issue, sender, more)
        _drop_teams(pull, slugs)
        self.changed()

    def _reviewer(self, repo: Repository, author: User, name: str) -> User:
        person = self.users.get(name.lower())
        if person is author:
            raise Unprocessable("Review cannot be requested from pull request author.")
        known = person and (person.login == repo.owner.login or repo.collaborators.get(person.login, "none") != "none")
        if person is None or not known:
            raise _stranger(repo)
        return person


def _drop_teams(pull: PullDetails, slugs: set[str]) -> None:
    pull.teams = [slug for slug in pull.teams if slug not in slugs]


def _stranger(repo: Repository) -> Unprocessable:
    return Unprocessable(
        "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a "
        f"collaborator of the {repo.full_name} repository."
    )
