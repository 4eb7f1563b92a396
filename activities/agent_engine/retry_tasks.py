"""The task of another round: the one before it, with what is wrong with the change so far."""

from activities.agent_runs.backend import AgentTask
from activities.agent_runs.tasks import put_task
from activities.agent_runs.untrusted_text import wrapped
from activities.errors import CommitsLost
from activities.migration_engine.leftovers import get_leftovers
from activities.patching.types import PatchTask, RetryTaskInput
from activities.result_store import ResultStore

_MOST_ROWS = 50
_AGAIN = (
    "The files have the change that was made for this so far. It cannot be pushed, since checks say the following. "
    "Change it so that they pass, and keep what the task asks for."
)


def put_retry_task(results: ResultStore, input: RetryTaskInput) -> PatchTask:
    """Raises CommitsLost where the task before it is not on this host."""
    task = results.value(input.task_id, AgentTask)
    if task is None:
        raise CommitsLost(input.task_id)
    found = (f"{row.file}:{row.line}: {row.reason}" for row in get_leftovers(results, input.report_id)[:_MOST_ROWS])
    wrong = "\n".join(f"- {line}" for line in (*input.sentences, *found))
    text = f"{task.text}\n\n{_AGAIN}\n\n{wrapped('output', 'the checks', wrong)}\n"
    return PatchTask(put_task(results, AgentTask(task.role, text, task.files, task.rules)))
