"""What people ask of patches in a pull request: a start, a stop, and how far it is."""

from dataclasses import asdict

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.pulls import PullInput
    from activities.github_activities import PullActivities
    from activities.patching import texts
    from activities.patching.types import IncrementalPatchInput
    from activities.workflow_activities import SendInput, SignalWithStartInput, WorkflowActivities, WorkflowQueryInput
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.messages import CommandAction, CommandInput


async def start(input: CommandInput, action: CommandAction) -> list[str]:
    """Starts a patch, or puts it behind the one that runs; the answer is its comment."""
    assert action.patch
    pull = await ask_for_person(PullActivities.get_pull_request, PullInput(input.repo, input.pull))
    if pull.state != "open":
        return [texts.PULL_IS_CLOSED]
    if pull.fork:
        return [texts.PULL_IS_FORK]
    patch = IncrementalPatchInput(
        input.repo, input.pull, input.comment_id, input.body_sha256, input.actor, action.patch.dry_run,
        said_in=input.said_in, delivery=input.delivery,
    )  # fmt: skip
    start = SignalWithStartInput("IncrementalPatchWorkflow", _id(input), "asked", asdict(patch), asdict(patch))
    await ask_for_person(WorkflowActivities.signal_with_start, start)
    return []


async def stop(input: CommandInput) -> bool:
    """`/stop` also ends a patch: whether there was one."""
    if not input.on_pull:
        return False
    return (await ask_for_person(WorkflowActivities.send_signal, SendInput(_id(input), "stop"))).sent


async def status(input: CommandInput) -> list[str]:
    """A line of `/status` while a patch runs."""
    asked = WorkflowQueryInput(_id(input), "get_progress")
    found = await ask_for_person(WorkflowActivities.query_workflow, asked)
    if not found.running or not found.answer:
        return []
    states = (found.answer.get("requests") or {}).values()
    ended = sum(state in ("done", "nothing", "failed") for state in states)
    answer = found.answer
    return [texts.running(answer["stage"], ended, len(states), answer["round"], answer["spent"], answer["waiting"])]


def _id(input: CommandInput) -> str:
    return ids.incremental_patch(input.repo.full_name, input.pull)
