"""GitHub's JSON ends here: `parse_event` turns a verified body into one of our events, or says why it is none.

Payloads are untrusted until msgspec has checked them (`payloads.py`): what has the wrong shape is a BadPayload, never a
crash. Times are GitHub's own, in seconds since 1970, 0.0 where it gives none.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, get_args

import msgspec

from activities.model import Head, RepoRef
from bot.webhook import payloads
from bot.webhook.deployments import deployment_alert
from bot.webhook.events import (
    BranchMoved,
    ButtonPressed,
    CommentPosted,
    DeploymentEnded,
    Event,
    Ignored,
    InstallationChanged,
    LabelChanged,
    Origin,
    PullMoved,
    RepositoryMoved,
)
from bot.webhook.payloads import BRANCH_REF, BadPayload, branch_name
from workflows.messages import CommandInput, PullChanged, Pushed

SENT_ANYWAY = frozenset(("installation", "installation_repositories"))
"""GitHub sends these to every App, and takes no subscription to them."""

_BUTTONS = ("fix", "retest", "accept-baseline")


_UNHEARD = Ignored("The bot does not use this event.")
_OTHER_ACTION = Ignored("The bot does not use this action of the event.")
_NO_BRANCH = Ignored("Only branch pushes are checked.")
_NO_APP = Ignored("It comes from a repository's own webhook and not from the App, so there is no token to act with.")
_NO_MATTER = Ignored("It changes nothing that the bot uses.")


def parse_event(name: str, body: bytes, delivery: str) -> Event | Ignored:
    """The event that a verified body describes; Ignored for all that changes nothing here.

    Raises BadPayload. Of the body of an event that is not used, only the syntax is looked at.
    """
    try:
        if name not in used_events():
            payloads.decode(payloads.ANY_OBJECT, body)
            return _UNHEARD
        return _read(name, body, delivery)
    except payloads.LoneSurrogate:
        return _read(name, _without_surrogates(body), delivery)


def _read(name: str, body: bytes, delivery: str) -> Event | Ignored:
    peeked = payloads.decode(payloads.PEEK, body)
    reader = _readers().get((name, peeked.action or (peeked.ref or "")[: len(BRANCH_REF)]))
    if reader is None:
        return _NO_BRANCH if name == "push" else _OTHER_ACTION
    decoder, read = reader
    payload = payloads.decode(decoder, body)
    # GitHub leaves it out, or null, where no account caused the event: then nobody asked for anything.
    sender, person = (payload.sender.login, payload.sender.type == "User") if payload.sender else ("", False)
    if isinstance(payload, payloads.AppPayload):  # about an account, and no repository of it
        repo = RepoRef(payload.installation.account.login, "", payload.installation.id)
        return read(payload, Origin(repo, "", sender, person, delivery)) or _NO_MATTER
    if payload.installation is None:
        return _NO_APP
    owner, short_name = payload.repository.full_name.split("/")
    repo = RepoRef(owner, short_name, payload.installation.id, id=payload.repository.id)
    origin = Origin(repo, payload.repository.default_branch or "", sender, person, delivery)
    return read(payload, origin) or _NO_MATTER


def _without_surrogates(body: bytes) -> bytes:
    """With `?` for each half of a character: a path or a message that is no text must not cost the push."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        raise BadPayload("not JSON") from None


@cache
def used_events() -> frozenset[str]:
    """The names of the events that may change something: `app.yml` asks for these, `SENT_ANYWAY` excepted."""
    return frozenset(name for name, _ in _readers())


_Reader = Callable[[Any, Origin], Event | None]


@cache
def _readers() -> dict[tuple[str, str], tuple["msgspec.json.Decoder[Any]", _Reader]]:
    """(event, action), a push's action being the kind of its ref, to how it is read. What is not here is
    answered unread."""
    table: dict[tuple[str, str], tuple[type[payloads.Shape], _Reader]] = {
        ("push", BRANCH_REF): (payloads.PushPayload, push),
        **{("pull_request", action): (payloads.PullRequestPayload, pull) for action in get_args(payloads.PullAction)},
        ("check_suite", "requested"): (payloads.CheckSuitePayload, suite_requested),
        ("check_suite", "rerequested"): (payloads.CheckSuitePayload, suite_rerequested),
        ("check_run", "rerequested"): (payloads.CheckRunPayload, run_button),
        ("check_run", "requested_action"): (payloads.CheckRunPayload, run_button),
        ("merge_group", "checks_requested"): (payloads.MergeGroupPayload, merge_group),
        ("merge_group", "destroyed"): (payloads.MergeGroupPayload, merge_group),
        ("issue_comment", "created"): (payloads.IssueCommentPayload, comment),
        ("pull_request_review_comment", "created"): (payloads.ReviewCommentPayload, review_comment),
        ("pull_request_review", "submitted"): (payloads.ReviewPayload, review),
        ("pull_request", "labeled"): (payloads.PullLabelPayload, pull_label),
        **{("issues", action): (payloads.IssueLabelPayload, label) for action in ("labeled", "unlabeled")},
        **{
            ("repository", action): (payloads.RepositoryChangePayload, repository)
            for action in ("renamed", "transferred", "deleted", "archived")
        },
        **{
            ("installation", action): (payloads.AppPayload, app)
            for action in ("created", "unsuspend", "new_permissions_accepted")
        },
        ("installation_repositories", "added"): (payloads.AppPayload, app),
        ("deployment_status", "created"): (payloads.DeploymentStatusPayload, deployment),
    }
    return {key: (msgspec.json.Decoder(shape), read) for key, (shape, read) in table.items()}


def push(payload: payloads.PushPayload, origin: Origin) -> BranchMoved:
    """A push to a branch; a deleted one has no sha."""
    deleted = payload.deleted or not payload.after.strip("0")
    branch = branch_name(payload.ref.removeprefix(BRANCH_REF))
    head = Head(origin.repo, "" if deleted else payload.after, branch)
    return BranchMoved(origin, Pushed(head, payload.before, origin.delivery, _seconds(payload.repository.pushed_at)))


def pull(payload: payloads.PullRequestPayload, origin: Origin) -> PullMoved | None:
    """A pull request's change, unless only its title or its text was edited."""
    if payload.action == "edited" and not (payload.changes and payload.changes.base):
        return None
    pull = payload.pull_request
    owner = pull.head.repo
    head = Head(
        origin.repo,
        pull.head.sha,
        branch_name(pull.head.ref),
        branch_name(pull.base.ref),
        pull=pull.number,
        # A deleted fork has no repository any more, and was never this one.
        fork=owner is None or owner.full_name.lower() != origin.repo.full_name.lower(),
    )
    changed = PullChanged(payload.action, head, bool(pull.draft), origin.delivery, _seconds(pull.updated_at))
    return PullMoved(origin, changed)


def suite_requested(payload: payloads.CheckSuitePayload, origin: Origin) -> BranchMoved | None:
    """The same as a push, where GitHub knows the branch. A fork's head is reported by its pull request instead."""
    suite = payload.check_suite
    ours = all(pull.head.repo.id == payload.repository.id for pull in suite.pull_requests)
    if suite.head_branch is None or not ours:
        return None
    at = _seconds(payload.repository.pushed_at)  # As the push has it, so that the two can be compared.
    head = Head(origin.repo, suite.head_sha, branch_name(suite.head_branch))
    return BranchMoved(origin, Pushed(head, suite.before or "", origin.delivery, at), by_push=False)


def merge_group(payload: payloads.MergeGroupPayload, origin: Origin) -> BranchMoved:
    """A merge queue's group: a branch that knows its base; destroyed, it is deleted."""
    group = payload.merge_group
    head = Head(
        origin.repo,
        "" if payload.action == "destroyed" else group.head_sha,
        branch_name(group.head_ref.removeprefix(BRANCH_REF)),
        group.base_ref.removeprefix(BRANCH_REF),
        group.base_sha,
    )
    pushed = Pushed(head, delivery=origin.delivery, sent_at=_seconds(payload.repository.pushed_at))
    return BranchMoved(origin, pushed, by_push=False)


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
        at=_seconds(suite.updated_at),
        default_branch=origin.default_branch,
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
        external_id=run.external_id or "",
        delivery=origin.delivery,
        at=_seconds(run.check_suite.updated_at),
        default_branch=origin.default_branch,
    )
    # One press by GitHub's facts: a redelivery has the same ones. Whatever a press causes ends in a check run that is
    # written, which moves the suite's `updated_at`: so the next press has another name, while a double click has the
    # same.
    press = f"{button if own_button else 'rerequested'}-{run.check_suite.updated_at}-{run.completed_at or ''}"
    source = f"check-run-{run.id}-{press}".rstrip("-")
    return ButtonPressed(origin, source, request, _id(run.app or run.check_suite.app))


def comment(payload: payloads.IssueCommentPayload, origin: Origin) -> CommentPosted | None:
    """A comment on a pull request or an issue."""
    comment, issue = payload.comment, payload.issue
    if not comment.body:
        return None
    app = _id(comment.performed_via_github_app)
    on_pull, at = issue.pull_request is not None, _seconds(comment.created_at)
    return CommentPosted(origin, issue.number, comment.id, comment.body, app, on_pull, at)


def review_comment(payload: payloads.ReviewCommentPayload, origin: Origin) -> CommentPosted | None:
    """A comment in a thread of a review."""
    comment = payload.comment
    if not comment.body:
        return None
    app, at = _id(comment.performed_via_github_app), _seconds(comment.created_at)
    number = payload.pull_request.number
    return CommentPosted(origin, number, comment.id, comment.body, app, at=at, said_in="review_comment")


def review(payload: payloads.ReviewPayload, origin: Origin) -> CommentPosted | None:
    """A review's own text; its threads have events of their own."""
    review = payload.review
    if not review.body:
        return None
    app, at = _id(review.performed_via_github_app), _seconds(review.submitted_at)
    return CommentPosted(origin, payload.pull_request.number, review.id, review.body, app, at=at, said_in="review")


def label(payload: payloads.IssueLabelPayload, origin: Origin) -> LabelChanged | None:
    """A label on an issue. GitHub leaves out the name of a deleted label."""
    issue, added = payload.issue, payload.action == "labeled"
    if issue.pull_request is not None or (added and payload.label is None):
        return None
    name = payload.label.name if payload.label else ""
    return LabelChanged(origin, issue.number, name, added, _seconds(issue.updated_at))


def pull_label(payload: payloads.PullLabelPayload, origin: Origin) -> LabelChanged | None:
    """A label that was put on a pull request: it starts nothing there, but whoever put it on may expect that."""
    pull = payload.pull_request
    if payload.label is None:
        return None
    return LabelChanged(origin, pull.number, payload.label.name, True, _seconds(pull.updated_at), on_pull=True)


def app(payload: payloads.AppPayload, origin: Origin) -> InstallationChanged:
    """The App was installed, unsuspended, or given more."""
    return InstallationChanged(origin, payload.installation.account.login, payload.action)


def repository(payload: payloads.RepositoryChangePayload, origin: Origin) -> RepositoryMoved | None:
    """Another name, another owner, or the end of a repository."""
    repo, changes = origin.repo, payload.changes
    if payload.action in ("deleted", "archived"):
        return RepositoryMoved(origin, repo.full_name, removed=True)
    if payload.action == "renamed" and changes and changes.repository and changes.repository.name:
        return RepositoryMoved(origin, f"{repo.owner}/{changes.repository.name.from_}")
    if payload.action == "transferred" and changes and changes.owner:
        before = changes.owner.from_.user or changes.owner.from_.organization
        return RepositoryMoved(origin, f"{before.login}/{repo.name}") if before else None
    return None


def deployment(payload: payloads.DeploymentStatusPayload, origin: Origin) -> DeploymentEnded | None:
    """A deployment that ended. A transient environment, such as the preview of a pull request, is nobody's incident."""
    alert = None if payload.deployment.transient_environment else deployment_alert(payload, origin.repo)
    return DeploymentEnded(origin, payload.deployment_status.id, alert) if alert else None


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
