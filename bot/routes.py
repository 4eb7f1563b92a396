"""The one table from an event to what is done about it in Temporal. Pure: nothing is asked, nothing kept.

A branch of the repository itself is one `ContinuousQualityWorkflow`, a fork's pull request another; both
are fed by signals. What ends something is a plain signal: where nothing runs, nothing has to end.
Comments and buttons need somebody looked up first, so each is a `CommandWorkflow` of its own.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import assert_never

from bot import commands
from bot.nouns import BranchMoved, ButtonPressed, CommentPosted, Event, Origin, PullMoved
from bot.visible_text import slash_lines
from workflows import ids
from workflows.messages import QualityBranch, Request

QUALITY = "ContinuousQualityWorkflow"
COMMAND = "CommandWorkflow"

PERMISSIONS = {
    "metadata": "read",  # a person's permission, and the default branch
    "contents": "write",  # push; `Fix` commits
    "pull_requests": "write",  # pull_request, issue_comment; the gate's comment
    "checks": "write",  # check_run, check_suite; the check runs
    "merge_queues": "read",  # merge_group
}
"""What GitHub wants the App to have before it sends the routes' events, and for the answers to them."""


@dataclass(frozen=True)
class Rules:
    """What the table depends on beside the event: who this App is, and which pushes count."""

    own_login: str
    app_id: int
    push_branches: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Start:
    """One workflow a request; the same id again is the same request."""

    workflow: str
    id: str
    argument: Request


@dataclass(frozen=True)
class SignalWithStart:
    """Tells a workflow something, and starts it where it does not run."""

    workflow: str
    id: str
    argument: QualityBranch
    signal: str
    message: object


@dataclass(frozen=True)
class Signal:
    """Tells a workflow something, if it runs."""

    id: str
    signal: str
    message: object


Action = Start | SignalWithStart | Signal


def route(event: Event, rules: Rules) -> Action | None:
    """What an event asks for; None where nothing is to be done.

    What this App caused itself asks for nothing, or it would answer its own deeds for ever.
    """
    if event.origin.sender.lower() == rules.own_login.lower():
        return None
    match event:
        case BranchMoved():
            return _branch(event, rules)
        case PullMoved():
            return _pull(event)
        case CommentPosted():
            return _comment(event, rules)
        case ButtonPressed():
            return _button(event, rules)
    assert_never(event)


def _branch(event: BranchMoved, rules: Rules) -> Action | None:
    id = ids.quality(event.origin.repo.full_name, event.branch)
    if not event.push.sha:
        return Signal(id, "pushed", event.push)
    # A merge group is asked for by the rules of its base branch, whatever pushes count.
    if not event.push.base_ref and not any(fnmatchcase(event.branch, glob) for glob in rules.push_branches):
        return None
    return SignalWithStart(QUALITY, id, _own_branch(event.origin, event.branch), "pushed", event.push)


def _pull(event: PullMoved) -> Action:
    repo, pull = event.origin.repo, event.pull
    if pull.fork:
        id = ids.quality_of_fork(repo.full_name, pull.number)
        branch = QualityBranch(repo, event.branch, pull.number, True, event.origin.default_branch)
    else:
        id = ids.quality(repo.full_name, event.branch)
        branch = _own_branch(event.origin, event.branch)
    if pull.action == "closed":
        return Signal(id, "pull_changed", pull)
    return SignalWithStart(QUALITY, id, branch, "pull_changed", pull)


def _own_branch(origin: Origin, branch: str) -> QualityBranch:
    return QualityBranch(origin.repo, branch, default_branch=origin.default_branch)


def _comment(event: CommentPosted, rules: Rules) -> Start | None:
    """Only a person's own words count: no bot's, and none that this App wrote in somebody's name."""
    if not event.origin.person or event.app_id == rules.app_id:
        return None
    asks = commands.asked(slash_lines(event.body))
    if not asks:
        return None
    (command, *args), *more = asks
    request = Request(
        "comment",
        event.origin.repo,
        event.origin.sender,
        pull=event.pull,
        comment_id=event.comment_id,
        command=command,
        args=tuple(args),
        delivery=event.origin.delivery,
        more=tuple(more),
        permission=commands.permission(asks),
    )
    return Start(COMMAND, ids.command(event.origin.repo.full_name, f"comment-{event.comment_id}"), request)


def _button(event: ButtonPressed, rules: Rules) -> Start | None:
    """GitHub tells a check run's own App alone about its buttons; one that names another is not ours."""
    if event.app_id not in (0, rules.app_id):
        return None
    return Start(COMMAND, ids.command(event.origin.repo.full_name, event.source), event.request)
