"""The name of a run. Pure."""

from activities.patching.types import IncrementalPatchInput


def run_name(workflow_id: str, patch: IncrementalPatchInput, round: int, model: str, request: str) -> str:
    """The same for each attempt, so that nothing is paid for twice."""
    return f"{workflow_id}!{patch.comment_id}!{round}!{model}!{request}"
