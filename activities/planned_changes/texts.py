"""Why a planned change is where it is: the sentences that its workflow gives as reasons. Pure.

They are Markdown with code and nothing else, since they are shown beside what models wrote: see `model_text.prose`."""

from collections.abc import Sequence

from activities.planned_changes.types import PlannedStage
from activities.reporting.markdown import code, inert
from activities.reporting.wording import listed, plural

UNDONE = "What was made for it is undone."
STOPPED = f"Stopped on request. {UNDONE}"
LABEL_REMOVED = f"Stopped, since the label was taken off or the issue was closed. {UNDONE}"
PLAN_REJECTED = "A person rejected the plan. No code was written."
WORKER_DIED = "The worker died each time that it ran this. Whoever runs this deployment finds why in the worker's log."
HOST_GONE = "The host that did the work is gone, and no other could do it."
NOTHING_PUSHED = "The repository has no commit yet. Push one, then ask again."
NOTHING_TO_CHANGE = "The agents changed nothing."
OUT_OF_MONEY = "The limit of money is reached."
INTERNAL_TASK = "An internal error ended it."
ISSUE_CLOSED_MEANWHILE = (
    "The issue was closed meanwhile, so nothing was pushed. Reopen it if the change is still wanted."
)
MERGED_MEANWHILE = "Somebody merged the pull request meanwhile, so its CI was not waited for."
PULL_CLOSED_MEANWHILE = "Somebody closed the pull request meanwhile."
CLOSED_BY_STOP = "Closed, since the work on its issue was stopped. The issue says why."

ASKS_ALWAYS = "`agent.plan_approval` says that every plan has to be approved."
OTHER_PLAN = "it is for another plan than the one that is shown here"
BEFORE_PLAN = "it was given before this plan was shown"
PLANNED_AGAIN = "The base branch changed files of the plan since it was approved, so the plan was made again."

TOOLS = "tools"
REPAIR = "Repair what the gate and the review found"
GATE_STILL_FAILS = "The gate does not pass."
SAME_FAILURES = "The same failures came back, so no further round was tried."
ALL_OR_NONE = "The pull requests of all repositories stay drafts, since they belong together."
NOT_PROVEN = "Whether its tests fail without the change could not be found out."

STAGES: dict[PlannedStage, str] = {
    "preparing": "Fetching the code",
    "reading": "Reading the issue",
    "designing": "Designing the change",
    "planning": "Planning the tasks",
    "approval": "The plan waits for approval",
    "coding": "Writing the code",
    "joining": "Joining the tasks' changes",
    "checking": "Running the gate on the change",
    "reviewing": "Reviewing the change",
    "fixing": "Repairing the change",
    "publishing": "Opening the pull request",
    "ci": "Waiting for the repository's CI",
    "undoing": "Undoing what was made",
    "ended": "Ended",
}


def no_plan(problem: str) -> str:
    """No agent gave a plan or a design that can be used."""
    return f"There is no plan that can be carried out. {problem}".strip()


def internal_error(workflow_id: str) -> str:
    """An error that is nobody's but ours."""
    return f"An internal error ended it. Whoever runs this deployment finds it by its id, {code(workflow_id)}."


def another_pull_closes(number: int) -> str:
    """Somebody works on it already."""
    return (
        f"#{number} is open and says that it closes this issue. To have another one all the same, comment "
        "`/autobuild --anyway`."
    )


def branch_has_others(branch: str, number: int) -> str:
    """What other people pushed is never written over. `number` is the pull request's, 0 without one."""
    where = f"#{number}, whose branch is {code(branch)}," if number else f"The branch {code(branch)}"
    return f"{where} has commits of somebody else, so it was left as it is. Merge, close or delete it, then ask again."


def asks_files(count: int, most: int) -> str:
    """The plan is large."""
    return f"It changes {plural(count, 'file')}, and a plan with more than {most:,} has to be approved."


def asks_dollars(dollars: float, most: float) -> str:
    """The plan is expensive."""
    return f"It may cost ${dollars:.2f}, and a plan above ${most:.2f} has to be approved."


def asks_protected(paths: Sequence[str]) -> str:
    """The plan has files that no agent changes unasked."""
    return f"It changes protected files: {listed([code(path) for path in paths])}."


def stale_approval(why: str) -> str:
    """An approval that does not count."""
    return f"The last approval does not count: {why}. Approve the plan as it is shown now."


def needs_task(title: str) -> str:
    """A task before it was not done."""
    return f"It needs “{inert(title, 80)}”, which was not done."


def tasks_not_done(titles: Sequence[str]) -> str:
    """What is missing."""
    return f"Not done: {listed([f'“{inert(title, 80)}”' for title in titles])}."


def older(reason: str) -> str:
    """A check that fails without the change as well."""
    return f"Fails without the change as well. {reason}".strip()


def rounds_used(rounds: int) -> str:
    """The last round did not pass either."""
    return f"It still fails after {plural(rounds, 'round')} of fixes."


def fixed_by_tools(checks: Sequence[str]) -> str:
    """A round without an agent."""
    return f"The repository's own tools fixed {listed(checks)}."


def repaired(what: Sequence[str]) -> str:
    """A round of an agent that helped, or may have."""
    return f"Worked on: {listed(what, 3)}" if what else "Worked on what the review found."


def not_repaired(why: str) -> str:
    """A round of an agent that gave nothing."""
    return f"Gave no change that can be used. {why}".strip()


def no_review(why: str) -> str:
    """No reviewer could be asked."""
    return f"There was no review: {why}"


def ci_silent(minutes: int) -> str:
    """The repository's own checks did not end."""
    return (
        f"The repository's own checks did not end within {plural(minutes, 'minute')}. Look at them before merging; "
        "`agent.ci_minutes` says how long to wait."
    )


def ci_failed(names: Sequence[str]) -> str:
    """The repository's own checks fail because of the change."""
    return f"The repository's own checks fail: {listed([inert(name, 80) for name in names])}."


def ci_commit(name: str) -> str:
    """The message of a commit for a check of the CI."""
    return f"Fix {inert(name, 60)}"


def base_moved(branch: str) -> str:
    """The change is upon an older commit."""
    return (
        f"{code(branch)} moved meanwhile and changed the same files, so the pull request is upon the commit before "
        "that. Resolve the conflicts in it."
    )


def not_merged_in_time(repository: str) -> str:
    """The pull requests after it wait."""
    return (
        f"The pull request of {code(repository)} was not merged in time, so those that need it stay drafts. Merge it, "
        "then mark them as ready."
    )


def left_open(reason: str, whys: Sequence[str]) -> str:
    """The reason of an end that could not take back every pull request; `whys` says of each why it stays open."""
    return " ".join((reason.replace(UNDONE, "").strip(), *whys)).strip()


def kept_on_branch(branch: str) -> str:
    """Where the best change so far is."""
    return f"The best change so far is on the branch {code(branch)}."


def approve_command(digest: str) -> str:
    """The command that approves this plan and no other one."""
    return code(f"/approve {digest[:8]}")
