"""The one table from an event to what is done about it in Temporal. Pure: no input, output or memory of its own.

A branch of the repository itself is one `ContinuousQualityWorkflow`, a fork's pull request another; both
are fed by signals. What ends something is a plain signal: where nothing runs, nothing has to end.
Comments, buttons and labels need a look-up first, so each is a `CommandWorkflow` of its own; those of the comments in
one thread are started by its `ThreadWorkflow`, in the comments' order.
"""

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import assert_never

from activities.github.patch_requests.types import body_digest
from bot import commands
from bot.webhook.events import (
    BranchMoved,
    ButtonPressed,
    CommentPosted,
    DeploymentEnded,
    Event,
    Ignored,
    InstallationChanged,
    LabelChanged,
    PullMoved,
    RepositoryMoved,
)
from workflows import ids
from workflows.event_recovery.reconciliation import ReconciliationInput
from workflows.messages import CommandInput
from workflows.monitoring.requests import MonitoringInput
from workflows.quality.branch_state import ContinuousQualityInput
from workflows.threads import ThreadInput

QUALITY = "ContinuousQualityWorkflow"
COMMAND = "CommandWorkflow"
THREAD = "ThreadWorkflow"
RECONCILIATION = "ReconciliationWorkflow"

IN_REVIEWS = "patch"
"""The one command of review comments."""

PERMISSIONS = {
    "metadata": "read",  # repository; a person's permission, and the default branch
    "contents": "write",  # push; `Fix` commits, branches, merges, releases
    "pull_requests": "write",  # pull_request, issue_comment, reviews; pull requests, the gate's comment, threads
    "issues": "write",  # issues, issue_comment; issues, labels and answers in them
    "checks": "write",  # check_run, check_suite; the check runs
    "statuses": "write",  # what other checks a merge waits for, and a status of our own
    "merge_queues": "read",  # merge_group
    "deployments": "write",  # deployment_status; deploying a fix before it is merged
}
"""What GitHub wants the App to have before it sends the routes' events, and for the answers to them."""


@dataclass(frozen=True)
class Rules:
    """What the table depends on beside the event: who this App is (`app_id` 0 where it is unknown, as on a laptop),
    and which pushes count."""

    own_login: str
    app_id: int
    push_branches: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Start:
    """One workflow a request; the same id again is the same request, unless `again`: then it is only while it runs."""

    workflow: str
    id: str
    argument: CommandInput | ReconciliationInput
    again: bool = False


@dataclass(frozen=True)
class SignalWithStart:
    """Tells a workflow something, and starts it where it does not run."""

    workflow: str
    id: str
    argument: ContinuousQualityInput | ThreadInput | MonitoringInput
    signal: str
    message: object


@dataclass(frozen=True)
class Signal:
    """Tells a workflow something, if it runs."""

    id: str
    signal: str
    message: object = None


Action = Start | SignalWithStart | Signal


def route(event: Event, rules: Rules) -> Action | Ignored:
    """What an event asks for; Ignored where nothing is to be done.

    What this App writes or presses itself asks for nothing, or it would answer itself for ever. Its pushes and pull
    requests are gated like anybody's: a gate never pushes.
    """
    repo = event.origin.repo
    pushed = isinstance(event, BranchMoved) and event.by_push
    always = pushed or isinstance(event, PullMoved | InstallationChanged | RepositoryMoved)
    if event.origin.sender.lower() == rules.own_login.lower() and not always:
        return Ignored("This App caused the event itself.")
    action: Action | Ignored
    match event:
        case BranchMoved():
            action = _branch(event, rules)
        case PullMoved():
            action = _pull(event)
        case CommentPosted():
            action = _comment(event, rules)
        case ButtonPressed() if rules.app_id and event.app_id not in (0, rules.app_id):
            # GitHub tells only a check run's own App about its buttons.
            action = Ignored("The check run belongs to another App.")
        case ButtonPressed():
            action = Start(COMMAND, ids.command(repo.full_name, event.source), _pressed(event.request))
        case LabelChanged():
            action = _label(event)
        case InstallationChanged():
            request = ReconciliationInput(repo.installation_id, event.account)
            action = Start(RECONCILIATION, ids.reconciliation(repo.installation_id), request, again=True)
        case DeploymentEnded():
            action = _deployment(event)
        case RepositoryMoved():
            # Under its old name nothing goes on; what is open goes on under the new one.
            here = None if event.removed else repo
            request = ReconciliationInput(repo.installation_id, repo.owner, here, event.before)
            action = Start(RECONCILIATION, ids.reconciliation(repo.installation_id, event.before), request, again=True)
        case _:
            assert_never(event)
    return action


def _deployment(event: DeploymentEnded) -> Start:
    """Whether it is an incident is in the repository's configuration, which the webhook server does not read."""
    origin = event.origin
    request = CommandInput("alert", origin.repo, origin.sender, delivery=origin.delivery, alert=event.alert)
    return Start(COMMAND, ids.command(origin.repo.full_name, f"deployment-status-{event.status}"), request)


def _branch(event: BranchMoved, rules: Rules) -> Action | Ignored:
    head = event.push.head
    id = ids.branch_workflow(head)
    if not head.sha:
        return Signal(id, "branch_deleted")
    # A merge group is asked for by the rules of its base branch, whatever pushes count.
    if not head.base_ref and not any(fnmatchcase(head.branch, glob) for glob in rules.push_branches):
        return Ignored("AUTOBUILD_PUSH_BRANCHES excludes this branch.")
    branch = ContinuousQualityInput.of(head, event.origin.default_branch)
    return SignalWithStart(QUALITY, id, branch, event.push.SIGNAL, event.push)


def _pull(event: PullMoved) -> Action:
    pull = event.pull
    id = ids.branch_workflow(pull.head)
    if pull.action == "closed":
        return Signal(id, pull.SIGNAL, pull)
    branch = ContinuousQualityInput.of(pull.head, event.origin.default_branch)
    return SignalWithStart(QUALITY, id, branch, pull.SIGNAL, pull)


def _comment(event: CommentPosted, rules: Rules) -> SignalWithStart | Ignored:
    """Only a person's own words count: no bot's, and none that this App wrote in somebody's name. The commands of one
    issue or pull request are carried out one after another."""
    if not event.origin.person or (event.app_id and event.app_id == rules.app_id):
        return Ignored("A bot wrote the comment.")
    actions = commands.parse_commands(lines_of(event, rules))
    if event.said_in != "comment":
        actions = tuple(action for action in actions if action.command == IN_REVIEWS)
    if not actions:
        return Ignored("No visible line of the comment begins with a command of this bot.")
    request = CommandInput(
        "comment",
        event.origin.repo,
        event.origin.sender,
        pull=event.number,
        comment_id=event.comment_id,
        delivery=event.origin.delivery,
        actions=actions,
        on_pull=event.on_pull,
        at=event.at,
        default_branch=event.origin.default_branch,
        said_in=event.said_in,
        body_sha256=body_digest(event.body),
    )
    id = ids.thread(event.origin.repo.full_name, event.number)
    return SignalWithStart(THREAD, id, ThreadInput(), "said", request)


def lines_of(event: CommentPosted, rules: Rules) -> list[str]:
    """The command lines of a comment. In a review a line that begins with the App's name stands for `/patch`. In the
    conversation it does not: people talk about the App there."""
    body = event.body
    if event.said_in != "comment":
        body = _mention(rules.own_login.removesuffix("[bot]").lower()).sub(rf"\1/{IN_REVIEWS} ", body)
    return commands.command_lines(body)


@cache
def _mention(slug: str) -> re.Pattern[str]:
    return re.compile(rf"^( {{0,3}})@{re.escape(slug)}(?:\[bot\])?(?![\w-])[:,]?[ \t]*", re.MULTILINE | re.IGNORECASE)


def _pressed(request: CommandInput) -> CommandInput:
    """*Accept baseline* stands for a command, and needs the permission of that command."""
    if request.command != "accept-baseline":
        return request
    return replace(request, actions=(commands.accept_by_button(request.check.removeprefix("autobuild / ")),))


def _label(event: LabelChanged) -> Start | Ignored:
    """What the label means is in the repository's configuration, which the webhook server does not read."""
    if event.on_pull and not event.origin.person:
        return Ignored("A bot labelled the pull request, where labels start nothing.")
    change = "added" if event.added else "removed"
    request = CommandInput(
        "label",
        event.origin.repo,
        event.origin.sender,
        pull=event.issue,
        command=change,
        label=event.label,
        delivery=event.origin.delivery,
        on_pull=event.on_pull,
        at=event.at,
    )
    source = f"label-{event.issue}-{event.label}-{change}-{event.at:.0f}"
    return Start(COMMAND, ids.command(event.origin.repo.full_name, source), request)
