"""Activities that talk to Temporal itself: waiting for a gate's verdict, signalling and querying other workflows."""

import asyncio
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
from activities.migration.types import MigrationResult
from activities.model import Head, RepoRef
from activities.quality_gate.types import GateInput, GateOutcome, RepositoryHistory

_RPC = timedelta(seconds=10)
_QUOTE = "'"
_MOST_LISTED = 100
_MOST_LOOKS = 50
_LOOK_EVERY_S = 0.2


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
class MigrationsInput:
    """The migrations that were asked for in this issue or pull request."""

    repo: RepoRef
    number: int


@dataclass(frozen=True)
class FoundMigration:
    """`result` is None while it runs, and where it ended without one."""

    id: str
    running: bool
    result: MigrationResult | None = None


@dataclass(frozen=True)
class MigrationsResult:
    """In the order of their ids."""

    migrations: tuple[FoundMigration, ...]


@dataclass(frozen=True)
class ListedInput:
    """A workflow that was started just now."""

    workflow_id: str


@dataclass(frozen=True)
class SendInput:
    """A signal to a workflow that may have ended."""

    workflow_id: str
    signal: str
    argument: Any = None


@dataclass(frozen=True)
class SendResult:
    """`sent` False: it has ended, or was never there."""

    sent: bool


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
    async def find_migrations(self, input: MigrationsInput) -> MigrationsResult:
        """Finds the migrations of an issue or pull request.

        Temporal lists a new workflow a little late, so each is asked for by its id: that of each recipe, and those
        that are listed.
        """
        prefix = workflow_ids.migration(input.repo.full_name, input.number, "")
        query = f"WorkflowId STARTS_WITH '{prefix.replace(_QUOTE, '')}'"
        listed = [one.id async for one in activity.client().list_workflows(query, limit=_MOST_LISTED)]
        ids = sorted({*listed, *(f"{prefix}{name}" for name in _built_in_recipes())})
        found = await asyncio.gather(*map(_migration, ids))
        return MigrationsResult(tuple(one for one in found if one))

    @activity.defn
    async def await_listed(self, input: ListedInput) -> None:
        """Waits until Temporal lists a migration by a repository's own recipe.

        Only so is it found by `find_migrations`. It is not waited for long: a person who looks for it can ask again.
        """
        if input.workflow_id.rpartition(":")[2] in _built_in_recipes():
            return
        query = f"WorkflowId = '{input.workflow_id.replace(_QUOTE, '')}'"
        for _ in range(_MOST_LOOKS):
            if [one async for one in activity.client().list_workflows(query, limit=1)]:
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    @activity.defn
    async def send_signal(self, input: SendInput) -> SendResult:
        """Signals a workflow; one that has ended needs no signal."""
        arguments = [] if input.argument is None else [input.argument]
        try:
            await activity.client().get_workflow_handle(input.workflow_id).signal(input.signal, args=arguments)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return SendResult(False)
        return SendResult(True)

    @activity.defn
    async def is_served(self, input: IsServedInput) -> IsServedResult:
        """Returns whether this deployment has a workflow of that type."""
        return IsServedResult(input.workflow in self._served)


def _built_in_recipes() -> tuple[str, ...]:
    from activities.migration.own_recipes import recipe_names

    return recipe_names({})


async def _migration(id: str) -> FoundMigration | None:
    handle = activity.client().get_workflow_handle(id, result_type=MigrationResult)
    try:
        status = (await handle.describe()).status
        if status is WorkflowExecutionStatus.RUNNING:
            return FoundMigration(id, True)
        if status is not WorkflowExecutionStatus.COMPLETED:
            return FoundMigration(id, False)
        return FoundMigration(id, False, await handle.result())
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            return None
        raise
