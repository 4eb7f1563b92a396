"""The one table from an event to what is done about it in Temporal. Pure: nothing is asked, nothing kept.

A branch of the repository itself is one `ContinuousQualityWorkflow`, a fork's pull request another; both
are fed by signals. What ends something is a plain signal: where nothing runs, nothing has to end.
Comments, buttons and labels need somebody looked up first, so each is a `CommandWorkflow` of its own.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import assert_never

from bot import commands
from bot.comments.visible_text import slash_lines
from bot.webhook.events import (
    BranchMoved,
    ButtonPressed,
    CommentPosted,
    Event,
    Ignored,
    InstallationChanged,
    LabelChanged,
    Origin,
    PullMoved,
    RepositoryMoved,
)
from workflows import ids
from workflows.event_recovery.reconciliation import ReconciliationInput
from workflows.messages import CommandInput, ContinuousQualityInput

QUALITY = "ContinuousQualityWorkflow"
COMMAND = "CommandWorkflow"
RECONCILIATION = "ReconciliationWorkflow"

PERMISSIONS = {
    "metadata": "read",  # repository; a person's permission, and the default branch
    "contents": "write",  # push; `Fix` commits, branches, merges, releases
    "pull_requests": "write",  # pull_request, issue_comment; pull requests and the gate's comment
    "issues": "write",  # issues, issue_comment; issues, labels and answers in them
    "checks": "write",  # check_run, check_suite; the check runs
    "statuses": "write",  # what other checks a merge waits for, and a status of our own
    "merge_queues": "read",  # merge_group
}
"""What GitHub wants the App to have before it sends the routes' events, and for the answers to them."""


@dataclass(frozen=True)
class Rules:
    """What the table depends on beside the event: who this App is (`app_id` 0 where nobody knows: a laptop), and
    which pushes count."""

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
    argument: ContinuousQualityInput
    signal: str
    message: object


@dataclass(frozen=True)
class Signal:
    """Tells a workflow something, if it runs."""

    id: str
    signal: str
    message: object


Action = Start | SignalWithStart | Signal
Asked = CommentPosted | ButtonPressed | LabelChanged | InstallationChanged | RepositoryMoved


def route(event: Event, rules: Rules) -> Action | Ignored:
    """What an event asks for; Ignored where nothing is to be done.

    What this App writes or presses itself asks for nothing, or it would answer its own deeds for ever. Its pushes and
    pull requests are gated like anybody's: a gate never pushes.
    """
    if event.origin.sender.lower() == rules.own_login.lower() and not _counts_for_everybody(event):
        return Ignored("This App did it itself.")
    if isinstance(event, BranchMoved | PullMoved):
        return _branch(event, rules) if isinstance(event, BranchMoved) else _pull(event)
    return _request(event, rules)


def _request(event: Asked, rules: Rules) -> Start | Ignored:
    match event:
        case CommentPosted():
            return _comment(event, rules)
        case ButtonPressed():
            return _button(event, rules)
        case LabelChanged():
            return _label(event)
        case InstallationChanged():
            return _installation(event)
        case RepositoryMoved():
            return _moved(event)
    assert_never(event)


def _counts_for_everybody(event: Event) -> bool:
    pushed = isinstance(event, BranchMoved) and event.by_push
    return pushed or isinstance(event, PullMoved | InstallationChanged | RepositoryMoved)


def _branch(event: BranchMoved, rules: Rules) -> Action | Ignored:
    id = ids.quality(event.origin.repo.full_name, event.branch)
    if not event.push.sha:
        return Signal(id, "pushed", event.push)
    # A merge group is asked for by the rules of its base branch, whatever pushes count.
    if not event.push.base_ref and not any(fnmatchcase(event.branch, glob) for glob in rules.push_branches):
        return Ignored("AUTOBUILD_PUSH_BRANCHES leaves this branch out.")
    return SignalWithStart(QUALITY, id, _own_branch(event.origin, event.branch), "pushed", event.push)


def _pull(event: PullMoved) -> Action:
    repo, pull = event.origin.repo, event.pull
    if pull.fork:
        id = ids.quality_of_fork(repo.full_name, pull.number)
        branch = ContinuousQualityInput(repo, event.branch, pull.number, True, event.origin.default_branch)
    else:
        id = ids.quality(repo.full_name, event.branch)
        branch = _own_branch(event.origin, event.branch)
    if pull.action == "closed":
        return Signal(id, "pull_changed", pull)
    return SignalWithStart(QUALITY, id, branch, "pull_changed", pull)


def _own_branch(origin: Origin, branch: str) -> ContinuousQualityInput:
    return ContinuousQualityInput(origin.repo, branch, default_branch=origin.default_branch)


def _comment(event: CommentPosted, rules: Rules) -> Start | Ignored:
    """Only a person's own words count: no bot's, and none that this App wrote in somebody's name."""
    if not event.origin.person or (event.app_id and event.app_id == rules.app_id):
        return Ignored("A bot wrote it.")
    deeds = commands.asked(slash_lines(event.body))
    if not deeds:
        return Ignored("No visible line of it begins with a command of ours.")
    request = CommandInput(
        "comment",
        event.origin.repo,
        event.origin.sender,
        pull=event.number,
        comment_id=event.comment_id,
        delivery=event.origin.delivery,
        deeds=deeds,
        on_pull=event.on_pull,
    )
    return Start(COMMAND, ids.command(event.origin.repo.full_name, f"comment-{event.comment_id}"), request)


def _button(event: ButtonPressed, rules: Rules) -> Start | Ignored:
    """GitHub tells a check run's own App alone about its buttons; one that names another is not ours."""
    if rules.app_id and event.app_id not in (0, rules.app_id):
        return Ignored("The check run is another App's.")
    return Start(COMMAND, ids.command(event.origin.repo.full_name, event.source), event.request)


def _label(event: LabelChanged) -> Start:
    """Whether the label means anything stands in the repository's configuration, which the door does not know."""
    word = "added" if event.added else "removed"
    request = CommandInput(
        "label",
        event.origin.repo,
        event.origin.sender,
        pull=event.issue,
        command=word,
        label=event.label,
        delivery=event.origin.delivery,
        on_pull=False,
    )
    source = f"label-{event.issue}-{event.label}-{word}-{event.at:.0f}"
    return Start(COMMAND, ids.command(event.origin.repo.full_name, source), request)


def _installation(event: InstallationChanged) -> Start:
    installation = event.origin.repo.installation_id
    return Start(
        RECONCILIATION, ids.reconciliation(installation), ReconciliationInput(installation, event.account), again=True
    )


def _moved(event: RepositoryMoved) -> Start:
    """Under its old name nothing goes on; what is open goes on under the new one."""
    repo = event.origin.repo
    wanted = ReconciliationInput(repo.installation_id, repo.owner, None if event.gone else repo, event.before)
    return Start(RECONCILIATION, ids.reconciliation(repo.installation_id, event.before), wanted, again=True)
