"""What GitHub stores: users, repositories, issues, check runs and so on. Services change them in place.

Times are GitHub's strings (`2026-01-31T09:30:00Z`); ids are unique over all kinds of things.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simulator.github.branch_rules import BranchRules, Ruleset
from simulator.github.git import Commit, Person

Json = dict[str, Any]
LEVELS = ("none", "read", "triage", "write", "maintain", "admin")
"""What a user may do in a repository, least first."""
MERGE_METHODS = ("merge", "squash", "rebase")
"""How a pull request may be merged."""


@dataclass
class User:
    """`token` is the user's password for git and for the API.

    `replacement` is what is shown for a user whose account was deleted: `ghost` or `null`.
    """

    id: int
    login: str
    token: str
    type: str = "User"
    replacement: str = ""

    @property
    def person(self) -> Person:
        """As the author of commits."""
        return Person(self.login, f"{self.id}+{self.login}@users.noreply.example.com")


@dataclass
class GitHubApp:
    """The one GitHub App; id 0 before one is registered. `permissions` maps a permission to `read` or `write`.

    Only its owner can install one that is not `public`.
    """

    id: int
    slug: str
    owner: User
    bot: User
    permissions: dict[str, str]
    events: tuple[str, ...]
    created_at: str
    name: str = ""
    description: str = ""
    external_url: str = ""
    setup_url: str = ""
    public: bool = True

    @property
    def client_id(self) -> str:
        return f"Iv23li{self.id:014d}"


@dataclass
class Label:
    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class Reaction:
    id: int
    user: User
    content: str
    created_at: str


@dataclass(frozen=True)
class ContentEdit:
    """Somebody changed a description or a comment."""

    id: int
    editor: User
    at: str


@dataclass
class Comment:
    id: int
    user: User
    body: str
    created_at: str
    updated_at: str
    reactions: list[Reaction] = field(default_factory=list)
    edits: list[ContentEdit] = field(default_factory=list)


@dataclass
class Review:
    """`state` is `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `DISMISSED`; `sha` is the head that was reviewed."""

    id: int
    user: User
    state: str
    body: str
    sha: str
    submitted_at: str


@dataclass
class ReviewComment(Comment):
    """A comment in a review's thread; `edited_at` is None for one that was never edited."""

    edited_at: str | None = None


@dataclass
class ReviewThread:
    """Comments on a line of a file. `outdated`: the line has changed since `sha`."""

    id: int
    review: Review
    path: str
    line: int
    sha: str
    hunk: str
    resolved: bool = False
    outdated: bool = False
    comments: list[ReviewComment] = field(default_factory=list)


@dataclass
class PullDetails:
    """What a pull request has beyond an issue.

    `mergeable` and `mergeable_state` are those of the last request for them; the next `undecided_requests` requests
    find null and `unknown`.
    """

    id: int
    head_repository: "Repository"
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    merged_at: str | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    commits: int = 0
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0
    mergeable: bool | None = None
    mergeable_state: str = "unknown"
    undecided_requests: int = 0
    reviewers: list[User] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    threads: list[ReviewThread] = field(default_factory=list)


@dataclass(frozen=True)
class LabelEvent:
    """`event` is `labeled` or `unlabeled`."""

    id: int
    event: str
    actor: User
    label: Label
    created_at: str


@dataclass(frozen=True)
class RenameEvent:
    """The title `before` became `after`."""

    id: int
    actor: User
    before: str
    after: str
    created_at: str


@dataclass
class SimulatedIssue:
    """Also what a pull request has in common with one; `linked` are issues that it closes though its text does not."""

    id: int
    number: int
    title: str
    body: str | None
    user: User
    created_at: str
    updated_at: str
    state: str = "open"
    state_reason: str | None = None
    closed_at: str | None = None
    locked: bool = False
    lock_reason: str | None = None
    assignees: list[User] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    events: list[LabelEvent | RenameEvent] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    edits: list[ContentEdit] = field(default_factory=list)
    linked: set[int] = field(default_factory=set)
    pull: PullDetails | None = None


@dataclass
class CheckSuite:
    """All runs of the app on one commit. `head_branch` is None for a fork's commit. `by` is the slug of another App
    that it is of, "" for ours."""

    id: int
    commit: Commit
    head_branch: str | None
    before: str | None
    created_at: str
    updated_at: str
    status: str = "queued"
    conclusion: str | None = None
    runs: list["CheckRun"] = field(default_factory=list)
    by: str = ""

    @property
    def head_sha(self) -> str:
        return self.commit.sha

    def latest_runs(self) -> list["CheckRun"]:
        """The newest of each name."""
        return list({run.name: run for run in self.runs}.values())


@dataclass
class CheckRun:
    """`by` is the slug of another App that made it, "" for ours."""

    id: int
    suite: CheckSuite
    name: str
    status: str
    external_id: str
    details_url: str
    started_at: str
    completed_at: str | None = None
    conclusion: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)
    by: str = ""


@dataclass
class Status:
    """One commit status; `state` is error, failure, pending or success."""

    id: int
    context: str
    state: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: str


@dataclass
class Release:
    """`published_at` is None for a draft, whose tag may not exist yet."""

    id: int
    tag: str
    target: str
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    author: User
    created_at: str
    published_at: str | None = None


@dataclass
class Repository:
    """`path` is its bare git repository. `collaborators` maps a login to one of `LEVELS`.

    `rules` holds those of `protected` branches, classic or as if of one ruleset. `rulesets` are those made by the API;
    a private repository has them, and drafts, in paid plans only (`has_rulesets`). `statuses` maps a sha to its own,
    oldest first; `others_suites` are those of other apps; `merge_methods` are those allowed for pulls; `last_number` is
    the newest issue's, deleted or not. `transferred` maps a number to where its issue is now.
    """

    id: int
    owner: User
    name: str
    path: Path
    private: bool
    default_branch: str
    created_at: str
    pushed_at: str
    parent: "Repository | None" = None
    archived: bool = False
    deleted: bool = False
    protected: set[str] = field(default_factory=set)
    rules: dict[str, BranchRules] = field(default_factory=dict)
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    has_rulesets: bool = True
    merge_methods: set[str] = field(default_factory=lambda: set(MERGE_METHODS))
    teams: set[str] = field(default_factory=set)
    collaborators: dict[str, str] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, SimulatedIssue] = field(default_factory=dict)
    suites: dict[str, CheckSuite] = field(default_factory=dict)
    others_suites: list[CheckSuite] = field(default_factory=list)
    statuses: dict[str, list[Status]] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)
    last_number: int = 0
    transferred: dict[int, tuple["Repository", SimulatedIssue]] = field(default_factory=dict)
    has_issues: bool = True

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def level(self, login: str) -> str:
        """What this user may do here; everyone may read what is public."""
        if login == self.owner.login:
            return "admin"
        return self.collaborators.get(login, "none" if self.private else "read")

    def rules_of(self, branch: str) -> BranchRules:
        """Everything that holds for it. Where both kinds do, administrators are held to both: GitHub holds them to a
        ruleset only."""
        own, checks = self.own_rules_of(branch), self.ruleset_checks(branch)
        if not checks:
            return own
        if branch not in self.protected:
            return BranchRules(checks, enforce_admins=True, allow_force=True, allow_deletion=True, ruleset=True)
        return replace(own, checks=tuple(dict.fromkeys((*own.checks, *checks))), enforce_admins=True)

    def own_rules_of(self, branch: str) -> BranchRules:
        """Without those of `rulesets`."""
        return self.rules.get(branch) or BranchRules()

    def ruleset_checks(self, branch: str) -> tuple[str, ...]:
        return tuple(name for each in self.rulesets_of(branch) for name in each.checks)

    def rulesets_of(self, branch: str) -> list[Ruleset]:
        """Those that apply to it."""
        return [each for each in self.rulesets.values() if each.applies(branch, self.default_branch)]

    def is_protected(self, branch: str) -> bool:
        return branch in self.protected or bool(self.rulesets_of(branch))

    def runs(self) -> list[CheckRun]:
        """All check runs, oldest first, those of other apps too."""
        suites = (*self.suites.values(), *self.others_suites)
        return sorted((run for suite in suites for run in suite.runs), key=lambda run: run.id)


@dataclass
class Installation:
    """`repositories` None means all of the account's."""

    id: int
    account: User
    repositories: set[int] | None
    permissions: dict[str, str]
    created_at: str
    suspended_at: str | None = None
    suspended_by: User | None = None

    def covers(self, repository: Repository) -> bool:
        if self.repositories is None:
            return repository.owner is self.account
        return repository.id in self.repositories


@dataclass
class AccessToken:
    """An installation token. `repositories` None means all that the installation covers; `expires` is in seconds."""

    value: str
    installation: Installation
    repositories: set[int] | None
    permissions: dict[str, str]
    expires: float

    def covers(self, repository: Repository) -> bool:
        chosen = self.repositories is None or repository.id in self.repositories
        return chosen and self.installation.covers(repository)

    def allows(self, permission: str, level: str) -> bool:
        given = self.permissions.get(permission, "read" if permission == "metadata" else "none")
        return ("none", "read", "write", "admin").index(given) >= ("read", "write").index(level) + 1
