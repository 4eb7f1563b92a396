"""GitHub's JSON ends here: `parse_event` turns a verified body into one of four events, or into nothing.

Payloads are hostile until msgspec has checked them (`bot.payloads`): what has the wrong shape is a
BadPayload, never a crash. Times are GitHub's own, in seconds since 1970, 0.0 where it gives none.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, get_args

import msgspec

from activities.model import RepoRef
from bot import payloads
from bot.nouns import BranchMoved, ButtonPressed, CommentPosted, Event, Origin, PullMoved
from workflows.messages import PullChanged, Pushed, Request

_Reader = Callable[[Any, Origin], Event | None]
_BUTTONS = ("fix", "retest", "accept-baseline")
_LONGEST_BRANCH = 255
_BRANCH = "refs/heads/"
_HEAD = msgspec.json.Decoder(payloads.Head)


class BadPayload(ValueError):
    """Not JSON, or not what GitHub sends; the text names the field and never its content."""


def parse_event(name: str, body: bytes, delivery: str) -> Event | None:
    """The event that a verified body describes; None for all that changes nothing here.

    Raises BadPayload. The body of an event that nobody wants is not even decoded.
    """
    if name not in heard():
        return None
    head = _decode(_HEAD, body)
    wanted = _readers().get((name, head.action or (head.ref or "")[: len(_BRANCH)]))
    if wanted is None:
        return None
    decoder, read = wanted
    payload = _decode(decoder, body)
    if payload.installation is None:
        return None  # From a repository's own webhook: there is no token to act with.
    return read(payload, _origin(payload, delivery))


@cache
def heard() -> frozenset[str]:
    """The names of the events that may change something: `app.yml` asks for just these."""
    return frozenset(name for name, _ in _readers())


@cache
def _readers() -> dict[tuple[str, str], tuple["msgspec.json.Decoder[Any]", _Reader]]:
    """(event, action), a push's action being the kind of its ref, to how it is read. What is not here is
    answered unread."""
    table: dict[tuple[str, str], tuple[type[payloads.Payload], _Reader]] = {
        ("push", _BRANCH): (payloads.Push, _push),
        **{("pull_request", action): (payloads.PullRequest, _pull) for action in get_args(payloads.PullAction)},
        ("check_suite", "requested"): (payloads.CheckSuite, _suite_requested),
        ("check_suite", "rerequested"): (payloads.CheckSuite, _suite_rerequested),
        ("check_run", "rerequested"): (payloads.CheckRun, _run_button),
        ("check_run", "requested_action"): (payloads.CheckRun, _run_button),
        ("merge_group", "checks_requested"): (payloads.MergeGroup, _group),
        ("merge_group", "destroyed"): (payloads.MergeGroup, _group),
        ("issue_comment", "created"): (payloads.IssueComment, _comment),
    }
    return {key: (msgspec.json.Decoder(shape), read) for key, (shape, read) in table.items()}


def _decode(decoder: "msgspec.json.Decoder[Any]", body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPayload(str(error) if isinstance(error, msgspec.DecodeError) else "not UTF-8") from None
    except RecursionError:
        raise BadPayload("nested too deeply") from None


def _origin(payload: payloads.Payload, delivery: str) -> Origin:
    owner, name = payload.repository.full_name.split("/")
    installation = payload.installation.id if payload.installation else 0
    person = payload.sender.type == "User"
    repo = RepoRef(owner, name, installation)
    return Origin(repo, payload.repository.default_branch or "", payload.sender.login, person, delivery)


def _push(payload: payloads.Push, origin: Origin) -> BranchMoved:
    gone = payload.deleted or not payload.after.strip("0")
    at = _seconds(payload.repository.pushed_at)
    push = Pushed("" if gone else payload.after, payload.before, delivery=origin.delivery, sent_at=at)
    return BranchMoved(origin, _branch(payload.ref.removeprefix(_BRANCH)), push)


def _pull(payload: payloads.PullRequest, origin: Origin) -> PullMoved | None:
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


def _suite_requested(payload: payloads.CheckSuite, origin: Origin) -> BranchMoved | None:
    suite = payload.check_suite
    ours = all(pull.head.repo.id == payload.repository.id for pull in suite.pull_requests)
    if suite.head_branch is None or not ours:
        return None  # A fork's head, which its pull request tells about.
    at = _seconds(payload.repository.pushed_at)  # As the push has it, so that the two can be compared.
    push = Pushed(suite.head_sha, suite.before or "", delivery=origin.delivery, sent_at=at)
    return BranchMoved(origin, _branch(suite.head_branch), push, by_push=False)


def _group(payload: payloads.MergeGroup, origin: Origin) -> BranchMoved:
    group = payload.merge_group
    destroyed = payload.action == "destroyed"
    push = Pushed(
        sha="" if destroyed else group.head_sha,
        base_ref=group.base_ref.removeprefix(_BRANCH),
        base_sha=group.base_sha,
        delivery=origin.delivery,
        sent_at=_seconds(payload.repository.pushed_at),
    )
    return BranchMoved(origin, _branch(group.head_ref.removeprefix(_BRANCH)), push, by_push=False)


def _suite_rerequested(payload: payloads.CheckSuite, origin: Origin) -> ButtonPressed:
    suite = payload.check_suite
    request = Request(
        "rerun_suite",
        origin.repo,
        origin.sender,
        pull=_only(suite.pull_requests),
        sha=suite.head_sha,
        branch=suite.head_branch or "",
        delivery=origin.delivery,
    )
    return ButtonPressed(
        origin, f"check-suite-{suite.id}-{suite.updated_at}", request, suite.app.id if suite.app else 0
    )


def _run_button(payload: payloads.CheckRun, origin: Origin) -> ButtonPressed | None:
    run = payload.check_run
    button = payload.requested_action.identifier if payload.requested_action else ""
    own_button = payload.action == "requested_action"
    if own_button and button not in _BUTTONS:
        return None
    request = Request(
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


def _press(run: payloads.Run, button: str) -> str:
    """Names one press by GitHub's facts: a redelivery has the same ones.

    Whatever a press causes ends in a check run that is written, which moves the suite's `updated_at`:
    so the next press has another name, while a double click has the same.
    """
    return f"check-run-{run.id}-{button}-{run.check_suite.updated_at}-{run.completed_at or ''}".rstrip("-")


def _id(app: payloads.App | None) -> int:
    return app.id if app else 0


def _only(pulls: tuple[payloads.LinkedPull, ...]) -> int:
    """The pull request's number where there is exactly one; the API is asked otherwise."""
    return pulls[0].number if len(pulls) == 1 else 0


def _comment(payload: payloads.IssueComment, origin: Origin) -> CommentPosted | None:
    if payload.issue.pull_request is None or not payload.comment.body:
        return None
    comment = payload.comment
    return CommentPosted(
        origin, payload.issue.number, comment.id, comment.body or "", _id(comment.performed_via_github_app)
    )


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
