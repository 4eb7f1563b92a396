"""The name of a run. Pure."""


def run_name(workflow_id: str, asked_by: str, round: int, model: str, request: str) -> str:
    """The same for each attempt, so that nothing is paid for twice. `asked_by` tells what was asked for later, under
    the same workflow id, from what was asked for before."""
    return f"{workflow_id}!{asked_by}!{round}!{model}!{request}"
