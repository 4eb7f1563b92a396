"""The sentences of incidents that workflows and activities give as reasons."""

from activities.incidents.types import ConsensusResult, RankedCause
from activities.incidents.watching import PredictedCrossing
from activities.reporting.markdown import code, one_line
from activities.reporting.wording import plural

HOTFIX_BRANCH = "autobuild/incident-"
"""The beginning of the branches of fixes; the number of the incident's issue is the rest."""

RESOLVED = "The alert was resolved before anything was changed."
UNDONE = "What was made for it is undone."
STOPPED = f"Stopped on request. {UNDONE}"
NOT_SURE = "No cause is sure enough to act on."
HEALTHY = "The data shows no fault."
NO_DATA = "There is no data that could show a cause."
NO_REPOSITORY = "No repository of this service is known, so nothing could be reverted."
FIXES_OFF = "The configuration of the repository says `incidents.fix: false`."
NO_ISSUE = "The issue of this incident could not be opened, so nobody would see what is changed."
REPORT_ONLY = "Nothing is changed by a report."
NOT_PREPARED = "The repository could not be prepared. Whoever runs this deployment finds why in the worker's log."
NO_CULPRIT = "The likeliest cause names no commit, so there is nothing to revert."
GATE_FAILS = "The gate of the fix does not pass."
PULL_CLOSED = "The pull request of the fix was closed."
NOT_MERGED = "The pull request of the fix waits to be merged."
RESOLVED_BEFORE = "The alert was resolved before it was merged, so it was not merged without a person."
TAKEN_BACK = "The fix was taken back on request."
CLOSED_BY_STOP = "Closed, since the incident that it was for was stopped."
APPROVED = "A person approved the fix."
NOT_FETCHED = "It could not be fetched. Whoever runs this deployment finds why in the worker's log."
NO_DIAGNOSIS = "It failed. Whoever runs this deployment finds why in the worker's log."
WORKER_DIED = "The worker died each time that it ran this. Whoever runs this deployment finds why in the worker's log."
HOST_GONE = "The host that did the work is gone, and no other could do it."
APPROVE = "Merge the pull request, or comment `/approve`."
DRAFT = "So the pull request of the fix is a draft."
NOT_TRIED = "The fix could not be tried in staging. Whoever runs this deployment finds why in the worker's log."
NOT_ROLLED_BACK = "It could not be rolled back. Whoever runs this deployment finds why in the worker's log."


def unknown_service(name: str) -> str:
    """No configured service has this name."""
    asked = f"The alert is about {code(name)}, and no service of that name is" if name else "The alert names no service"
    closing = "in the file of `AUTOBUILD_INCIDENTS`." if name else "that is in the file of `AUTOBUILD_INCIDENTS`."
    return f"{asked} {closing}"


def reported(cause: RankedCause) -> str:
    """The likeliest cause."""
    return f"The likeliest cause is {code(cause.entity)} ({cause.fault}), at {cause.probability:.0%}."


def proposed(pull: int) -> str:
    """A fix waits."""
    return f"The fix is in #{pull}."


def merged(pull: int) -> str:
    """For the time line."""
    return f"#{pull} was merged."


def fixed(pull: int, *, recovered: bool, minutes: int) -> str:
    """It was merged, and the service was watched for so many minutes."""
    if recovered:
        return f"#{pull} was merged, and the alert is resolved or the metrics are as they were before."
    if not minutes:
        return f"#{pull} was merged. Whether that helps was not watched: `incidents.recovery_minutes` is 0."
    return (
        f"#{pull} was merged, but nothing showed within {plural(minutes, 'minute')} that it helps. Look at the alert."
    )


def looked_at(consensus: ConsensusResult) -> str:
    """The first message to a channel."""
    if consensus.causes:
        return f"{reported(consensus.causes[0])} {'' if consensus.act else NOT_SURE}".strip()
    return HEALTHY if consensus.healthy else NO_DATA


def not_verified(change: str) -> str:
    """It fits in time, and more is needed to take it back."""
    return (
        f"Nothing shows that {code(change[:12])} brought it: it changes no line that a new error comes from, and no "
        "test of the repository is known to fail because of it. So it is not reverted."
    )


def branch_is_there(branch: str) -> str:
    """From an earlier incident, or somebody else's."""
    return f"The branch {code(branch)} is there already with something else, so the fix was not pushed."


def stopped_after(pull: int) -> str:
    """A person ended it when its fix was merged already."""
    return f"Stopped on request. #{pull} was merged before that and stays; nobody watches the metrics any more."


def revert_by_hand(pull: int) -> str:
    """It was merged, and a person wants it back."""
    return f"#{pull} was merged already. Press *Revert* there to take it back."


PREDICTION_OVER = "The trend is over: nothing is foreseen to cross the limit any more."


def predicted_title(rule: str, service: str) -> str:
    """Of the issue that is opened before a limit is crossed."""
    return one_line(f"{rule} of {service} will cross its limit", 200)


def predicted_body(one: PredictedCrossing) -> str:
    """What is foreseen, and what to do."""
    return f"{one.summary} The rule is {code(one.rule)}.\n\nThis issue is closed when the trend is over."


def alerts_refused(name: str, unknown: int, most_unknown: int) -> str:
    """The message to the channels, once, where alerts only count from now on. `unknown` incidents of services that
    nobody configured run."""
    if unknown >= most_unknown:
        why = f"{plural(unknown, 'incident')} of services that are not in the file of services run"
        next_step = "Next: add these services to the file that AUTOBUILD_INCIDENTS names"
    else:
        why, next_step = "too many incidents run", "Next: look at what they have in common"
    text = f"The alert {one_line(name, 100)} starts no incident, since {why}. Further ones are only counted."
    return f"{text} {next_step}, or end incidents that need nobody by /stop."


def internal_error(workflow_id: str) -> str:
    """Nobody can do anything about it here."""
    where = f"Whoever runs this deployment finds it in the log by {code(workflow_id)}."
    return f"Something went wrong inside Autobuild. {where}"
