"""Activities that talk to Temporal itself: waiting for a gate's verdict, signalling and querying other workflows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition, WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from activities import workflow_ids
from activities.heartbeat import heartbeating
from activities.model import Head, RepoRef
from activities.quality_gate.types import GateInput, GateOutcome, RepositoryHistory

_RPC = timedelta(seconds=10)


@dataclass(frozen=True)
class SignalWithStartInput:
    """Signal `signal` with `argument` to the workflow `workflow_id`, started with `start` if it is not running.
    `start` and `argument` are the plain fields of the workflow's own dataclasses."""

    workflow: str
    workflow_id: str
    signal: str
    start: Mapping[str, Any] = field(default_factory=dict)
    argument: Any = None


@dataclass(frozen=True)
class BranchRequestInput:
    """Signals a branch's workflow with `first`, and then asks it for `request`, the plain fields of a `HeadRequest`.
    The same `request_id` is the same request."""

    first: SignalWithStartInput
    request: Mapping[str, Any]
    request_id: str


@dataclass(frozen=True)
class RequestAnswer:
    """What a branch's workflow answers to a request: why nothing was done, a sentence, "" where it was. `unsure`:
    GitHub has to be asked when the head was pushed. `pull` is the branch's pull request, 0 without one."""

    refusal: str = ""
    unsure: bool = False
    pull: int = 0


@dataclass(frozen=True)
class WorkflowQueryInput:
    """A query without arguments to a workflow that may not be there."""

    workflow_id: str
    query: str


@dataclass(frozen=True)
class WorkflowQueryResult:
    """`answer` is the query's as plain JSON. `there` False: no such workflow, or none that answers."""

    there: bool = False
    running: bool = False
    answer: Any = None


@dataclass(frozen=True)
class RunningInput:
    """Which workflows run whose ids begin with `prefix`?"""

    prefix: str


@dataclass(frozen=True)
class RunningResult:
    """Their ids, sorted."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class SendInput:
    """A signal to a workflow that may have ended."""

    workflow_id: str
    signal: str
    argument: Any = None


@dataclass(frozen=True)
class IsServedInput:
    """Does this deployment have a workflow of this type?"""

    workflow: str


@dataclass(frozen=True)
class IsServedResult:
    """The answer to `IsServedInput`."""

    here: bool


class WorkflowActivities:
    """`queue` is the task queue of the workflows, `served` the types of workflow that its workers know."""

    def __init__(self, queue: str, served: Collection[str] = ()) -> None:
        self._queue = queue
        self._served = frozenset(served)

    @activity.defn
    async def await_gate(self, input: GateInput) -> GateOutcome | None:
        """Waits for the verdict of the gate that runs for this head.

        None where it ends without one.
        """
        async with heartbeating():
            gate = workflow_ids.quality_gate(input.head.repo.full_name, input.head.sha)
            handle = activity.client().get_workflow_handle(gate, result_type=GateOutcome)
            try:
                outcome: GateOutcome = await handle.result(follow_runs=False)
                return outcome
            except WorkflowFailureError:
                return None
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return None
                raise

    @activity.defn
    async def get_last_verdict(self, head: Head) -> GateOutcome | None:
        """Returns the verdict of a head's newest gate.

        None where that gate still runs, or ended without one.
        """
        gate = workflow_ids.quality_gate(head.repo.full_name, head.sha)
        handle = activity.client().get_workflow_handle(gate, result_type=GateOutcome)
        try:
            if (await handle.describe()).status is not WorkflowExecutionStatus.COMPLETED:
                return None
            outcome: GateOutcome = await handle.result(follow_runs=False)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        return None if outcome.result.state in ("cancelled", "superseded") else outcome

    @activity.defn
    async def read_history(self, repo: RepoRef) -> RepositoryHistory:
        """Returns what a repository's gates know of each other.

        Nothing where its workflow does not run.
        """
        keeper = activity.client().get_workflow_handle(workflow_ids.history(repo.full_name))
        try:
            found: RepositoryHistory = await keeper.query(
                "get_history",
                result_type=RepositoryHistory,
                reject_condition=QueryRejectCondition.NOT_OPEN,
                rpc_timeout=_RPC,
            )
            return found
        except WorkflowQueryRejectedError:
            return RepositoryHistory()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return RepositoryHistory()
            raise

    @activity.defn
    async def signal_with_start(self, input: SignalWithStartInput) -> None:
        """Signals a workflow and starts it if it is not running.

        A second run signals again, so the signal must be idempotent.
        """
        await activity.client().start_workflow(
            input.workflow,
            input.start,
            id=input.workflow_id,
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=input.signal,
            start_signal_args=[] if input.argument is None else [input.argument],
        )

    @activity.defn
    async def request_of_branch(self, input: BranchRequestInput) -> RequestAnswer:
        """Asks a branch's workflow for what a person wants, and waits for its answer.

        The workflow may end just before it takes the request: the next attempt starts it again.
        """
        await self.signal_with_start(input.first)
        handle = activity.client().get_workflow_handle(input.first.workflow_id)
        answer: RequestAnswer = await handle.execute_update(
            "request", input.request, id=input.request_id, result_type=RequestAnswer
        )
        return answer

    @activity.defn
    async def query_workflow(self, input: WorkflowQueryInput) -> WorkflowQueryResult:
        """Queries a workflow, which may have ended or never have run."""
        handle = activity.client().get_workflow_handle(input.workflow_id)
        try:
            running = (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
            return WorkflowQueryResult(True, running, await handle.query(input.query))
        except RPCError as error:
            if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
                return WorkflowQueryResult()
            raise

    @activity.defn
    async def list_running(self, input: RunningInput) -> RunningResult:
        """Lists the running workflows whose ids have a beginning."""
        prefix = input.prefix.replace("'", "")
        query = f"WorkflowId STARTS_WITH '{prefix}' AND ExecutionStatus = 'Running'"
        return RunningResult(tuple(sorted([one.id async for one in activity.client().list_workflows(query)])))

    @activity.defn
    async def send_signal(self, input: SendInput) -> None:
        """Signals a workflow; one that has ended needs no signal."""
        arguments = [] if input.argument is None else [input.argument]
        try:
            await activity.client().get_workflow_handle(input.workflow_id).signal(input.signal, args=arguments)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    @activity.defn
    async def is_served(self, input: IsServedInput) -> IsServedResult:
        """Returns whether this deployment has a workflow of that type."""
        return IsServedResult(input.workflow in self._served)
