"""Whether Temporal answers, whether anybody works for it, and whether lost events are looked for."""

from collections.abc import Sequence
from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import UserError
from bot.doctor.context import DoctorContext
from bot.doctor.results import DoctorError, DoctorResult, look, right, wrong
from bot.processes import schedules as the_schedules

_RPC = timedelta(seconds=8)
# A worker asks again after a minute at the latest; Temporal remembers those of the last five.
_FRESH_S = 90.0
_EMBEDDED = "`autobuild up` starts one of its own and prints its address: set TEMPORAL_ADDRESS to that, and ask again."
_START = "Start `autobuild worker` with the same TEMPORAL_… and AUTOBUILD_TASK_QUEUE."


async def answers(case: DoctorContext) -> Sequence[DoctorResult]:
    """The server, and in it the namespace."""
    try:
        client = await case.temporal()
    except UserError as error:
        raise DoctorError(str(error), _EMBEDDED) from None
    where = client.service_client.config.target_host
    try:
        await case.namespace(client)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            mend = f"Make it (`temporal operator namespace create -n {client.namespace}`), or set TEMPORAL_NAMESPACE."
            raise DoctorError(f"Temporal at {where} has no namespace {client.namespace}.", mend) from None
        raise _refused(error, where) from None
    return [right("Temporal", f"{where} answers, with the namespace {client.namespace}.")]


def _refused(error: RPCError, where: str) -> DoctorError:
    mend = "Look at TEMPORAL_API_KEY, and at the certificates." if error.status in _NOT_ALLOWED else ""
    return DoctorError(f"Temporal at {where} says {error.status.name}: {error.message}", mend)


_NOT_ALLOWED = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED)


async def workers(case: DoctorContext) -> Sequence[DoctorResult]:
    """Who asks the common queue for work, both kinds of it."""
    client, queue = await case.known_temporal(), case.settings.task_queue
    stories = await _pollers(client, queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)
    deeds = await _pollers(client, queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
    if not stories and not deeds:
        return [wrong("workers", f"Nobody works on {queue}: events are taken, and nothing happens.", _START)]
    if not stories or not deeds:
        kind = "workflows" if deeds else "activities"
        return [wrong("workers", f"Nobody works on the {kind} of {queue}.", _START)]
    return [right("workers", f"{len(deeds)} on {queue}: {', '.join(sorted(deeds)[:5])}.")]


async def _pollers(client: Client, queue: str, kind: "TaskQueueType.ValueType") -> set[str]:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request, timeout=_RPC)
    except RPCError as error:
        raise _refused(error, client.service_client.config.target_host) from None
    now = Timestamp()
    now.GetCurrentTime()
    return {one.identity for one in answer.pollers if _fresh(one, now)}


def _fresh(one: PollerInfo, now: Timestamp) -> bool:
    return now.seconds - one.last_access_time.seconds < _FRESH_S


async def schedules(case: DoctorContext) -> Sequence[DoctorResult]:
    """Those that look for events which were lost."""
    client = await case.known_temporal()
    lines = []
    for name in the_schedules.names(case.settings.task_queue):
        try:
            there = await client.get_schedule_handle(name).describe(rpc_timeout=_RPC)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise _refused(error, client.service_client.config.target_host) from None
            lines.append(look("schedules", f"There is no {name} yet.", "A worker makes it at its start."))
            continue
        if there.schedule.state.paused:
            mend = f"`temporal schedule toggle --unpause -s {name}`"
            lines.append(look("schedules", f"{name} is paused: lost events stay lost.", mend))
    return lines or [right("schedules", "Lost events are looked for.")]
