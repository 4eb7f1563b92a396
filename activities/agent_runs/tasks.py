"""Where the tasks of agents are kept: on the host that works on them, under an id that is made of what they say."""

from activities.agent_runs.backend import AgentTask
from activities.result_store import ResultStore, digest


def put_task(results: ResultStore, task: AgentTask) -> str:
    """Keeps the task, and gives its id. The same task has the same id. Blocking."""
    key = digest("agent task", task.role, task.text, *task.files, "", task.rules)
    results.put_value(key, task)
    return key
