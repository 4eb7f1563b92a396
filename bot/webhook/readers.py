"""What each kind of payload tells: one function an event, from GitHub's shape to our noun."""

from datetime import UTC, datetime

import msgspec

from activities.model import RepoRef
from bot.webhook import payloads
from bot.webhook.events import (
    BranchMoved,
    ButtonPressed,
    CommentPosted,
    InstallationChanged,
    LabelChanged,
    Origin,
    PullMoved,
    RepositoryMoved,
)
from bot.webhook.payloads import BadPayload
from workflows.messages import CommandInput, PullChanged, Pushed

BRANCH = "refs/heads/"
_BUTTONS = ("fix", "retest", "accept-baseline")
_LONGEST_BRANCH = 255


def origin(payload: payloads.Payload, delivery: str) -> Origin:
    """Where it comes from; an event without an installation is none of ours."""
    owner, name = payload.repository.full_name.split("/")
    installation = payload.installation.id if payload.installation else 0
    person = payload.sender.type == "User"
    repo = RepoRef(owner, name, installation, id=payload.repository.id)
    return Origin(repo, payload.repository.default_branch or "", payload.sender.login, person, delivery)


def origin_of_app(payload: payloads.AppPayload, delivery: str) -> Origin:
    """Where it comes from: an account, and no repository of it."""
    sender = payload.sender
    repo = RepoRef(payload.installation.account.login, "", payload.installation.id)
    return Origin(repo, "", sender.login, sender.type == "User", delivery)


def push(payload: payloads.PushPayload, origin: Origin) -> BranchMoved:
    """A push to a branch; a deleted one has no sha."""
    gone = payload.deleted or not payload.after.strip("0")
    at = _seconds(payload.repository.pushed_at)
    push = Pushed("" if gone else payload.after, payload.before, delivery=origin.delivery, sent_at=at)
    return BranchMoved(origin, _branch(payload.ref.removeprefix(BRANCH)), push)


def pull(payload: payloads.PullRequestPayload, origin: Origin) -> PullMoved | None:
    """A pull request's change, unless it is an edit of its words."""
    if payload.action == "edited" and not (payload.changes and payload.changes.base):
        return None  # Its title or its text.
    pull = payload.pull_request
    head = pull.head.repo
    changed = PullChanged(
        action=payload.action,
        number=pull.number,
        head_sha=pull.head.sha,
        base_ref=_branch(pull.base.ref),
        base_sha=pull.base.sha,
        draft=bool(pull.draft),
        # A deleted fork has no repository any more, and was never this one.
        fork=head is None or head.full_name.lower() != origin.repo.full_name.lower(),
        delivery=origin.delivery,
        sent_at=_seconds(pull.updated_at),
    )
    return PullMoved(origin, _branch(pull.head.ref), changed)


def suite_requested(payload: payloads.CheckSuitePayload, origin: Origin) -> BranchMoved | None:
    """The same as a push, where GitHub knows the branch: a fork's head is told by its pull request."""
    suite = payload.check_suite
    ours = all(pull.head.repo.id == payload.repository.id for pull in suite.pull_requests)
    if suite.head_branch is None or not ours:
        return None  # A fork's head, which its pull request tells about.
    at = _seconds(payload.repository.pushed_at)  # As the push has it, so that the two can be compared.
    push = Pushed(suite.head_sha, suite.before or "", delivery=origin.delivery, sent_at=at)
    return BranchMoved(origin, _branch(suite.head_branch), push, by_push=False)


def group(payload: payloads.MergeGroupPayload, origin: Origin) -> BranchMoved:
    """A merge queue's group: a branch that knows its base; destroyed, it is gone."""
    group = payload.merge_group
    destroyed = payload.action == "destroyed"
    push = Pushed(
        sha="" if destroyed else group.head_sha,
        base_ref=group.base_ref.removeprefix(BRANCH),
        base_sha=group.base_sha,
        delivery=origin.delivery,
        sent_at=_seconds(payload.repository.pushed_at),
    )
    return BranchMoved(origin, _branch(group.head_ref.removeprefix(BRANCH)), push, by_push=False)


def suite_rerequested(payload: payloads.CheckSuitePayload, origin: Origin) -> ButtonPressed:
    """`Re-run all checks`."""
    suite = payload.check_suite
    request = CommandInput(
        "rerun_suite",
        origin.repo,
        origin.sender,
        pull=_only(suite.pull_requests),
        sha=suite.head_sha,
        branch=suite.head_branch or "",
        delivery=origin.delivery,
    )
    return ButtonPressed(origin, f"check-suite-{suite.id}-{suite.updated_at}", request, _id(suite.app))


def run_button(payload: payloads.CheckRunPayload, origin: Origin) -> ButtonPressed | None:
    """`Re-run` of one check run, or one of our own buttons on it."""
    run = payload.check_run
    button = payload.requested_action.identifier if payload.requested_action else ""
    own_button = payload.action == "requested_action"
    if own_button and button not in _BUTTONS:
        return None
    request = CommandInput(
        "button" if own_button else "rerun_check",
        origin.repo,
        origin.sender,
        pull=_only(run.pull_requests),
        command=button if own_button else "",
        sha=run.head_sha,
        branch=run.check_suite.head_branch or "",
        check=run.name,
        check_run_id=run.id,
        external_id=run.external_id or "",
        delivery=origin.delivery,
    )
    source = _press(run, button if own_button else "rerequested")
    return ButtonPressed(origin, source, request, _id(run.app or run.check_suite.app))


def comment(payload: payloads.IssueCommentPayload, origin: Origin) -> CommentPosted | None:
    """A comment on a pull request or an issue."""
    comment, issue = payload.comment, payload.issue
    if not comment.body:
        return None
    app = _id(comment.performed_via_github_app)
    return CommentPosted(origin, issue.number, comment.id, comment.body, app, issue.pull_request is not None)


def label(payload: payloads.IssueLabelPayload, origin: Origin) -> LabelChanged | None:
    """A label on an issue; on a pull request it asks for nothing. GitHub leaves the name of a deleted one out."""
    issue, added = payload.issue, payload.action == "labeled"
    if issue.pull_request is not None or (added and payload.label is None):
        return None
    name = payload.label.name if payload.label else ""
    return LabelChanged(origin, issue.number, name, added, _seconds(issue.updated_at))


def app(payload: payloads.AppPayload, origin: Origin) -> InstallationChanged:
    """The App was installed, woken up, or given more."""
    return InstallationChanged(origin, payload.installation.account.login, payload.action)


def repository(payload: payloads.RepositoryChangePayload, origin: Origin) -> RepositoryMoved | None:
    """Another name, another owner, or the end of it."""
    repo, changes = origin.repo, payload.changes
    if payload.action in ("deleted", "archived"):
        return RepositoryMoved(origin, repo.full_name, gone=True)
    if payload.action == "renamed" and changes and changes.repository and changes.repository.name:
        return RepositoryMoved(origin, f"{repo.owner}/{changes.repository.name.from_}")
    if payload.action == "transferred" and changes and changes.owner:
        before = changes.owner.from_.user or changes.owner.from_.organization
        return RepositoryMoved(origin, f"{before.login}/{repo.name}") if before else None
    return None


def _branch(name: str) -> str:
    try:
        msgspec.convert(name, payloads.Ref)
    except msgspec.ValidationError:
        raise BadPayload("not a branch name") from None
    if len(name.encode()) > _LONGEST_BRANCH:
        raise BadPayload("a branch name of more than 255 bytes")
    return name


def _seconds(moment: int | str | None) -> float:
    if not isinstance(moment, str):
        return float(moment or 0)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return 0.0
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _only(pulls: tuple[payloads.LinkedPull, ...]) -> int:
    """The pull request's number where there is exactly one; the API is asked otherwise."""
    return pulls[0].number if len(pulls) == 1 else 0


def _id(app: payloads.AppPart | None) -> int:
    return app.id if app else 0


def _press(run: payloads.CheckRunPart, button: str) -> str:
    """Names one press by GitHub's facts: a redelivery has the same ones.

    Whatever a press causes ends in a check run that is written, which moves the suite's `updated_at`:
    so the next press has another name, while a double click has the same.
    """
    return f"check-run-{run.id}-{button}-{run.check_suite.updated_at}-{run.completed_at or ''}".rstrip("-")
