"""Whether Temporal answers, whether workers poll it, and whether lost events are recovered."""

import asyncio
import math
import re
import time
from collections.abc import Sequence

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest, ListWorkersRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import UserError
from bot.client import WORKER_HEARTBEAT
from bot.doctor.context import RPC_TIMEOUT, DoctorContext
from bot.doctor.results import DoctorError, DoctorResult, fail, ok, warn
from bot.processes import schedules as lost_event_schedules
from bot.settings.temporal import connection_settings

# A worker polls at least every minute; Temporal remembers pollers for five.
_POLLED_WITHIN_S = 90.0
# Two heartbeats may be late on a busy host.
_ALIVE_WITHIN_S = 2.4 * WORKER_HEARTBEAT.total_seconds()
_MOST_NAMED = 5
_EMBEDDED = "Start `autobuild up` or that server, or correct the TEMPORAL_… settings."
_START = "Start `autobuild worker` with the same TEMPORAL_… settings and AUTOBUILD_TASK_QUEUE."
_LOOPBACK = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|unix)(?::|$)", re.IGNORECASE)
_NOT_ALLOWED = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED)


async def reachable(context: DoctorContext) -> Sequence[DoctorResult]:
    """The server, and its namespace."""
    try:
        client = await context.temporal()
    except UserError as error:
        raise DoctorError(str(error), _EMBEDDED) from None
    where = client.service_client.config.target_host
    try:
        await context.temporal_namespace(client)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            create = f"`temporal operator namespace create -n {client.namespace}`"
            message = f"Temporal at {where} has no namespace {client.namespace}."
            raise DoctorError(message, f"Run {create}, or change TEMPORAL_NAMESPACE.") from None
        raise _refused(error, client) from None
    return [ok("Temporal", f"{where} answers, with the namespace {client.namespace}.")]


def _refused(error: RPCError, client: Client) -> DoctorError:
    where = client.service_client.config.target_host
    fix = "Check TEMPORAL_API_KEY and the certificates." if error.status in _NOT_ALLOWED else ""
    return DoctorError(f"Temporal at {where} answers {error.status.name}: {error.message}", fix)


async def access(context: DoctorContext) -> Sequence[DoctorResult]:
    """Who can use the server, by the settings alone: who can, starts and signals every workflow."""
    config = connection_settings(context.environ)
    where, tls = config["target_host"], config.get("tls", False)
    host = where.partition("://")[2] or where
    if _LOOPBACK.match(host):
        return [ok("Temporal access", f"{where} is on this host's loopback.")]
    certificate = bool(tls) and not isinstance(tls, bool) and tls.client_cert is not None
    if tls and (certificate or config.get("api_key")):
        return [ok("Temporal access", f"{where} is reached by TLS with {'a certificate' if certificate else 'a key'}.")]
    lacking = "without a key or a client certificate" if tls else "without TLS"
    message = f"{where} is used {lacking}: whoever reaches it can start and signal every workflow."
    fix = "Set TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH."
    return [warn("Temporal access", message, fix)]


async def workers(context: DoctorContext) -> Sequence[DoctorResult]:
    """Who polls the common task queue for workflows and for activities, and lives."""
    client, queue = await context.working_temporal(), context.settings.task_queue
    for_workflows = await _pollers(client, queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)
    for_activities = await _pollers(client, queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
    if gone := await _gone(client, queue, for_workflows | for_activities):
        for_workflows, for_activities = for_workflows - gone, for_activities - gone
        if not for_workflows | for_activities:
            message = f"No worker is alive on the task queue {queue}. Gone: {_named(gone)}."
            return [fail("workers", message, _START)]
    if not for_workflows and not for_activities:
        message = f"No worker polls the task queue {queue}: events are accepted, and nothing runs."
        return [fail("workers", message, _START)]
    if not for_workflows or not for_activities:
        kind = "workflows" if for_activities else "activities"
        return [fail("workers", f"No worker polls the task queue {queue} for {kind}.", _START)]
    return [ok("workers", f"{len(for_activities)} on {queue}: {_named(for_activities)}.")]


def _named(identities: set[str]) -> str:
    return ", ".join(sorted(identities)[:_MOST_NAMED])


async def _gone(client: Client, queue: str, pollers: set[str]) -> set[str]:
    """Those of whom no heartbeat came lately, and none comes while we wait for it: one may have started just now, and
    another host's clock may differ. None of them where this Temporal keeps no heartbeats."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    namespace = await client.workflow_service.describe_namespace(request, timeout=RPC_TIMEOUT)
    if not namespace.namespace_info.capabilities.worker_heartbeats:
        return set()
    first, oldest = await _heartbeats(client, queue), time.time() - _ALIVE_WITHIN_S
    gone = {one for one in pollers if first.get(one, 0.0) < oldest}
    for _ in range(math.ceil(_ALIVE_WITHIN_S / 2)):
        if not gone:
            break
        await asyncio.sleep(1)
        later = await _heartbeats(client, queue)
        gone = {one for one in gone if later.get(one, 0.0) <= first.get(one, 0.0)}
    return gone


async def _heartbeats(client: Client, queue: str) -> dict[str, float]:
    """When each worker on the queue was heard of last, by identity, in seconds of its own clock."""
    request = ListWorkersRequest(namespace=client.namespace, query=f'TaskQueue = "{queue}"', page_size=1000)
    answer = await client.workflow_service.list_workers(request, timeout=RPC_TIMEOUT)
    heard = [one.worker_heartbeat for one in answer.workers_info]
    return {
        one.worker_identity: one.heartbeat_time.seconds for one in sorted(heard, key=lambda h: h.heartbeat_time.seconds)
    }


async def _pollers(client: Client, queue: str, kind: "TaskQueueType.ValueType") -> set[str]:
    """The identities of those that polled lately."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        raise _refused(error, client) from None
    oldest = time.time() - _POLLED_WITHIN_S
    return {one.identity for one in answer.pollers if one.last_access_time.seconds > oldest}


async def schedules(context: DoctorContext) -> Sequence[DoctorResult]:
    """Those that recover lost events."""
    client = await context.working_temporal()
    results = []
    for name in lost_event_schedules.schedule_ids(context.settings.task_queue):
        try:
            found = await client.get_schedule_handle(name).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise _refused(error, client) from None
            results.append(warn("schedules", f"{name} does not exist yet.", "A worker creates it at its start."))
            continue
        if found.schedule.state.paused:
            fix = f"`temporal schedule toggle --unpause -s {name}`"
            results.append(warn("schedules", f"{name} is paused: missed events are not recovered.", fix))
    return results or [ok("schedules", "Missed events are recovered.")]
