"""A run of an agent whose answer is read: asked once more where it cannot be, then the next model."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.agent_runs.types import AgentRunResult, Role, RunLimits
    from activities.patching import texts
    from activities.patching.report import ending_sentence
    from activities.patching.run_names import run_name
    from workflows.failures import for_a_person, trace_of, was_cancelled, worker_died
    from workflows.migrating.interruption import to_its_end
    from workflows.planned_changes.state import ChangeState
    from workflows.planned_changes.stopping import Stop


class NoAnswer(Exception):
    """No model gave an answer that can be used; the text says why."""


class NoMoney(Exception):
    """The limit of money is reached; the text says which."""


class AgentAnswer(Protocol):
    """What a run of an agent gave, read; `problem` says why it could not be."""

    @property
    def run(self) -> AgentRunResult: ...

    @property
    def problem(self) -> str: ...


A = TypeVar("A", bound=AgentAnswer)
Ask = Callable[[str, str, RunLimits, str], Coroutine[Any, Any, A]]
"""By the run's name, the model, the limits, and what was wrong with the answer before."""

_ASKED = 2


async def answer_of(state: ChangeState, stop: Stop, role: Role, what: str, ask: "Ask[A]") -> A:
    """The first answer that can be used. `what` tells the runs of one role from each other. Raises NoAnswer and
    NoMoney."""
    assert state.rules
    choice, why = state.rules.choices[role], ""
    if choice.refusal:
        raise NoAnswer(choice.refusal)
    for model in choice.models:
        problem = ""
        for attempt in range(_ASKED):
            name = run_name(workflow.info().workflow_id, state.asked_by, attempt, model, what)
            limits = await state.spending.reserve(name, choice.limits)
            if limits is None:
                raise NoMoney(state.spending.refusal)
            try:
                answer = await stop.unless(ask(name, model, limits, problem))
            except ActivityError as error:
                why = _why(error)
                break
            await to_its_end(state.spending.settle(name, answer.run.costs))
            if answer.run.ending == "done" and not answer.problem:
                return answer
            why = answer.problem or f"{ending_sentence(answer.run.ending)} {answer.run.explanation}".strip()
            if answer.run.ending != "done":
                break
            problem = answer.problem
    raise NoAnswer(why)


def _why(error: ActivityError) -> str:
    """Raises a cancel."""
    if was_cancelled(error):
        raise error
    if worker_died(error):
        return texts.WORKER_DIED
    if reason := for_a_person(error, ""):
        return reason
    workflow.logger.error("agent=failed", exc_info=trace_of(error))
    return texts.INTERNAL_STEP
