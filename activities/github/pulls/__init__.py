"""Pull requests: looked up, their files listed, and one opened once for its head and base, and found again."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github import bodies
from activities.github.activity_errors import github_activity, required_github_activity
from activities.github.errors import Conflict, NotFound, Validation
from activities.github.issues import AddLabelsInput, add_labels
from activities.github.reviews import RequestReviewInput, request_review
from activities.github.urls import url_values
from activities.model import HeadPull, RepoRef
from activities.reporting import github_errors as texts
from activities.reporting.markdown import one_line

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

Json = Mapping[str, Any]

# GitHub's, in characters.
_TITLE = 256
# GitHub's: it lists no more files, however many pages are requested.
_MOST_FILES = 3000
# Bytes of paths. An activity's result stays in the history, and Temporal accepts 2 MB at most.
_MOST_BYTES = 500_000


@dataclass(frozen=True)
class PullInput:
    """A pull request by its number."""

    repo: RepoRef
    number: int


@dataclass(frozen=True)
class PullRequest:
    """A pull request as GitHub shows it. `fork`: its head is in another repository, or in one that was deleted.
    `updated_at`: GitHub's time in seconds since 1970; the head was this one then."""

    number: int
    title: str
    state: str
    draft: bool
    merged: bool
    head_sha: str
    head_ref: str
    base_sha: str
    base_ref: str
    fork: bool
    updated_at: float = 0.0


@dataclass(frozen=True)
class PullOfHeadInput:
    """Which open pull has this head? `branch` "" where it is not known."""

    repo: RepoRef
    sha: str
    branch: str = ""


@dataclass(frozen=True)
class PullOfHeadResult:
    """`pull` None: there is none."""

    pull: PullRequest | None = None


@dataclass(frozen=True)
class PullsOfHeadInput:
    """Which open pulls have this head? `numbers` and `branches` (of the repository itself) may have, and are looked up
    beside GitHub's own list."""

    repo: RepoRef
    sha: str
    numbers: tuple[int, ...] = ()
    branches: tuple[str, ...] = ()


@dataclass(frozen=True)
class PullsOfHeadResult:
    """By their numbers, drafts too: a draft becomes ready without another commit."""

    pulls: tuple[HeadPull, ...]


@dataclass(frozen=True)
class PullsInput:
    """All open pulls of a repository, or with `sha` those that hold that commit."""

    repo: RepoRef
    sha: str = ""


@dataclass(frozen=True)
class PullsResult:
    """Newest first."""

    pulls: tuple[PullRequest, ...]


@dataclass(frozen=True)
class PullFile:
    """One changed file. `status` is GitHub's: added, removed, modified, renamed, copied, changed, unchanged;
    `previous` the path before a rename, else ""."""

    path: str
    status: str
    additions: int
    deletions: int
    previous: str = ""


@dataclass(frozen=True)
class PullFilesResult:
    """`complete` False: the pull changes more files than GitHub lists (3,000)."""

    files: tuple[PullFile, ...]
    complete: bool


@dataclass(frozen=True)
class CreatePullInput:
    """An open pull from `head` (a branch, or `owner:branch` of a fork) into `base`. There is one for each such pair:
    its title and body become these if the pull is ours, labels and reviewers are added to those it has."""

    repo: RepoRef
    head: str
    base: str
    title: str
    body: str = ""
    draft: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreatePullResult:
    """`changed` False: it existed with just this content. `left_out`: people whom GitHub accepts no request for."""

    number: int
    url: str
    head_sha: str
    changed: bool
    left_out: tuple[str, ...] = ()


class PullActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @required_github_activity
    async def get_pull_request(self, input: PullInput) -> PullRequest:
        """Returns a pull request as it is now."""
        return await self._one(input.repo, input.number)

    @github_activity
    async def find_pull_of_head(self, input: PullOfHeadInput) -> PullOfHeadResult:
        """Returns the open pull request whose head is this commit.

        The newest one, and by its branch first, since a commit may be in many.
        """
        found = await self._open(input.repo, f"{input.repo.owner}:{input.branch}") if input.branch else ()
        found = found or await self._with_commit(input.repo, input.sha)
        fitting = [pull for pull in found if pull.state == "open" and pull.head_sha == input.sha]
        return PullOfHeadResult(max(fitting, key=lambda pull: pull.number, default=None))

    @required_github_activity
    async def list_pulls_of_head(self, input: PullsOfHeadInput) -> PullsOfHeadResult:
        """Returns the open pull requests that have a commit as their head.

        GitHub's list by commit has none from forks, and no open one for a commit of the default branch.
        """
        found = {pull.number: pull for pull in await self._with_commit(input.repo, input.sha)}
        for branch in input.branches:
            found |= {pull.number: pull for pull in await self._open(input.repo, f"{input.repo.owner}:{branch}")}
        for number in set(input.numbers) - set(found):
            with contextlib.suppress(NotFound):
                found[number] = await self._one(input.repo, number)
        return PullsOfHeadResult(
            tuple(
                HeadPull(number, pull.head_ref, pull.base_ref, pull.fork)
                for number, pull in sorted(found.items())
                if pull.state == "open" and pull.head_sha == input.sha
            )
        )

    @github_activity
    async def list_open_pulls(self, input: PullsInput) -> PullsResult:
        """Returns all open pull requests of a repository."""
        return PullsResult(await self._open(input.repo))

    @github_activity
    async def get_commit_pulls(self, input: PullsInput) -> PullsResult:
        """Returns the pull requests that contain a commit."""
        return PullsResult(await self._with_commit(input.repo, input.sha))

    @github_activity
    async def get_pr_files(self, input: PullInput) -> PullFilesResult:
        """Returns the files that a pull request changes.

        All of them in GitHub's order; `complete` is False where some are left out.
        """
        api = await self._github.installation(input.repo, {"pull_requests": "read"})
        where = url_values(input.repo, number=str(input.number))
        found: list[PullFile] = []
        size = 0
        async for data in api.getiter("/repos/{owner}/{repo}/pulls/{number}/files?per_page=100", where):
            file = PullFile(
                path=str(data["filename"]),
                status=str(data["status"]),
                additions=int(data["additions"]),
                deletions=int(data["deletions"]),
                previous=str(data.get("previous_filename") or ""),
            )
            size += len(f"{file.path}{file.previous}".encode("utf-8", "surrogatepass"))
            if size > _MOST_BYTES:
                return PullFilesResult(tuple(found), complete=False)
            found.append(file)
        if len(found) < _MOST_FILES:
            return PullFilesResult(tuple(found), complete=True)
        pull = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", where)
        return PullFilesResult(tuple(found), complete=int(pull["changed_files"]) <= len(found))

    @github_activity
    async def create_pull_request(self, input: CreatePullInput) -> CreatePullResult:
        """Opens a pull request of a head into a base, or updates the open one.

        One that another person opened is left as it is; a closed one does not count. `draft` is for a new one only:
        REST cannot change it.
        """
        api = await self._github.installation(input.repo, {"pull_requests": "write", "contents": "read"})
        found = await _find(api, input, by_head=True)
        pull, created = (found, False) if found else await _create(api, input)
        number, url, head = int(pull["number"]), str(pull["html_url"]), str(pull["head"]["sha"])
        if not (created or (await self._github.app()).wrote(pull)):
            return CreatePullResult(number, url, head, changed=False)
        changed = created
        if not created:
            title, body = one_line(input.title, _TITLE), bodies.fit(input.body)
            new = {} if bodies.same(pull["title"], title) else {"title": title}
            new |= {} if bodies.same(pull["body"], body) else {"body": body}
            if new:
                await api.patch(
                    "/repos/{owner}/{repo}/pulls/{number}", url_values(input.repo, number=str(number)), data=new
                )
                changed = True
        if input.labels:
            added = await add_labels(self._github, AddLabelsInput(input.repo, number, input.labels))
            changed = changed or added.changed
        if not input.reviewers:
            return CreatePullResult(number, url, head, changed)
        requested = await request_review(self._github, RequestReviewInput(input.repo, number, input.reviewers))
        return CreatePullResult(number, url, head, changed or requested.changed, requested.left_out)

    async def _one(self, repo: RepoRef, number: int) -> PullRequest:
        api = await self._github.for_gate(repo, {"pull_requests": "read"})
        where = url_values(repo, number=str(number))
        return pull_of(await api.getitem("/repos/{owner}/{repo}/pulls/{number}", where))

    async def _open(self, repo: RepoRef, head: str = "") -> tuple[PullRequest, ...]:
        """Newest first; `head` is `owner:branch`."""
        api = await self._github.for_gate(repo, {"pull_requests": "read"})
        where = url_values(repo, state="open", per_page="100") | ({"head": head} if head else {})
        found = api.getiter("/repos/{owner}/{repo}/pulls{?state,head,per_page}", where)
        return tuple([pull_of(data) async for data in found])

    async def _with_commit(self, repo: RepoRef, sha: str) -> tuple[PullRequest, ...]:
        """None for a commit that GitHub does not know (yet)."""
        api = await self._github.for_gate(repo, {"pull_requests": "read", "contents": "read"})
        found = api.getiter("/repos/{owner}/{repo}/commits/{sha}/pulls?per_page=100", url_values(repo, sha=sha))
        try:
            return tuple([pull_of(data) async for data in found])
        except (NotFound, Validation):
            return ()


def pull_of(data: Json) -> PullRequest:
    """GitHub's pull as ours. The lists lack `merged`."""
    head, base = data["head"], data["base"]
    head_repo = str((head.get("repo") or {}).get("full_name") or "")
    return PullRequest(
        number=int(data["number"]),
        title=str(data.get("title") or ""),
        state=str(data["state"]),
        draft=bool(data.get("draft")),
        merged=bool(data.get("merged_at")),
        head_sha=str(head["sha"]),
        head_ref=str(head["ref"]),
        base_sha=str(base["sha"]),
        base_ref=str(base["ref"]),
        fork=head_repo.lower() != str(base["repo"]["full_name"]).lower(),
        updated_at=datetime.fromisoformat(str(data["updated_at"])).timestamp(),
    )


async def _find(api: "API", input: CreatePullInput, *, by_head: bool) -> Json | None:
    """GitHub's filter by head knows no former name of an owner; without it, all open pulls of the base are read."""
    owner, _, branch = input.head.rpartition(":")
    where = url_values(input.repo, state="open", base=input.base, per_page="100")
    if by_head:
        where["head"] = f"{owner or input.repo.owner}:{branch}"
    async for pull in api.getiter("/repos/{owner}/{repo}/pulls{?state,base,head,per_page}", where):
        if _is_from(pull, owner, branch) and pull["base"]["ref"] == input.base:
            found: Json = pull
            return found
    return None


def _is_from(pull: Json, owner: str, branch: str) -> bool:
    """Two repositories of one owner may have a branch of that name: without an owner it is the base's own."""
    head = pull["head"]
    if owner:
        login = (head.get("user") or {}).get("login") or ""
        return bool(head["ref"] == branch and login.lower() == owner.lower())
    return bool(head["ref"] == branch and (head.get("repo") or {}).get("id") == pull["base"]["repo"]["id"])


async def _create(api: "API", input: CreatePullInput) -> tuple[Json, bool]:
    """(the pull, whether we created it): another try may have been quicker."""
    data = {
        "title": one_line(input.title, _TITLE),
        "head": input.head,
        "base": input.base,
        "body": bodies.fit(input.body),
        "draft": input.draft,
    }
    try:
        return await api.post("/repos/{owner}/{repo}/pulls", url_values(input.repo), data=data), True
    except Validation as error:
        if "already exists" not in error.reason:
            raise _explained(error, input) from None
    for by_head in (True, False):
        if found := await _find(api, input, by_head=by_head):
            return found, False
    raise Conflict(texts.pull_not_shown_yet(input.head), 1.0)


def _explained(error: Validation, input: CreatePullInput) -> Exception:
    if "No commits between" in error.reason:
        return UserError(texts.no_new_commits(input.head, input.base))
    for field, branch in (("head", input.head), ("base", input.base)):
        if f'"field": "{field}"' in error.reason:
            return UserError(texts.unknown_pull_branch(branch, field))
    if "draft pull requests are not supported" in error.reason.lower():
        return UserError(texts.NO_DRAFTS)
    return error
