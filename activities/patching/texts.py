"""What `/patch` says: reasons and answers. Pure."""

from collections.abc import Sequence

from activities.reporting.markdown import code, inert

PULL_IS_CLOSED = "This pull request is closed. Reopen it, then comment `/patch` again."
PULL_IS_FORK = (
    "This pull request comes from a fork, to which the bot cannot push. Push its branch to this repository, then "
    "comment `/patch` in a pull request of that."
)
NOTHING_TO_DO = (
    "There is no instruction, no unresolved review and no failing check. Write what has to change: `/patch Handle an "
    "empty list in parse()`."
)
FIXED_BEFORE = "A change above fixed it."
STOPPED = "Stopped on request. Nothing more was pushed."
STOPPED_BEFORE = "Stopped on request before it began."
WORKER_DIED = "The worker died each time that it ran this. Comment `/patch` again."
HOST_GONE = "The host that did the work is gone, and no other could do it. Comment `/patch` again."
SAME_FAILURES = "The same failures came back, so no further round was tried."
MOVED_AND_CHANGED = (
    "The branch moved meanwhile and changed the same files, so this was not pushed. Comment `/patch` again."
)
MOVED_AGAIN = "The branch moved again while this was pushed. Comment `/patch` again."
MOVED_AND_WORSE = "The branch moved meanwhile, and upon its new head this breaks something"
INTERNAL_STEP = "An internal error ended it."


def rounds_used(rounds: int) -> str:
    """The last round did not pass either."""
    return f"It still fails after {rounds} rounds."


def at_place(path: str, line: int, sentence: str) -> str:
    """Plain text: a sentence about a place."""
    return f"{path}{f':{line}' if line else ''}: {sentence}"


def left_out(count: int) -> str:
    """More was asked for than is done at once."""
    return f"{count} more reviews or checks were left out. Comment `/patch` again for them." if count else ""


def still_fails(reasons: Sequence[str]) -> str:
    """What is wrong with the change."""
    return " ".join(reasons)


def internal_error(workflow_id: str) -> str:
    """An error that is nobody's but ours."""
    return f"An internal error ended it. Its id is {code(workflow_id)}."


def timed_out(minutes: float) -> str:
    """An activity that does not end."""
    return f"It took longer than {minutes:.0f} minutes."


def running(stage: str, ended: int, requests: int, round: int, spent: float, waiting: int) -> str:
    """A line of `/status`."""
    at = f", round {round}" if round else ""
    more = f" {waiting} more wait{'s' if waiting == 1 else ''} behind it." if waiting else ""
    count = f"{ended} of {requests} request{'' if requests == 1 else 's'} ended, " if requests else ""
    return f"A patch runs: {stage}{at}; {count}${spent:.2f} spent.{more} `/stop` ends it."


def commit_headline(kind: str, title: str) -> str:
    """The first line of a commit's message."""
    if kind == "instruction":
        return "Apply the requested change"
    what = inert(title, 50)
    return f"Address the review of {what}" if kind == "thread" else f"Fix {what}"


def commit_message(kind: str, title: str, number: int, actor: str, comment_id: int) -> str:
    """Who asked for it, and where; nothing that an agent wrote."""
    asked = f"Asked for by {inert(actor)} " if actor else "Asked for "
    return f"{commit_headline(kind, title)}\n\n{asked}in pull request {number}, comment {comment_id}."


def thread_done(commit: str) -> str:
    """The answer to a review thread."""
    return f"Changed in {commit}."


def thread_not_done(reason: str) -> str:
    """The answer to a review thread whose request was not carried out."""
    return f"Not changed. {reason}".strip()
