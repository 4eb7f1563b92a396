"""Crash reports of activities and workflows: each unexpected error once, with the workflow's id and repository.

A `UserError` is an answer, a cancellation is a request, and GitHub's outages are retried: none of these is reported.
"""

import contextlib
import threading
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from cachetools import LRUCache
from temporalio import activity, workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ApplicationErrorCategory,
    ChildWorkflowError,
    is_cancelled_exception,
)
from temporalio.exceptions import TimeoutError as TimedOut
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from workflows.config import NEVER_RETRIED

# GitHub's, as `activities/github/failures.py` names them: a retry helps, or the workflow handles them.
_RETRIED = ("Conflict", "NotFound", "RateLimited", "Unavailable")
_EXPECTED = frozenset({*NEVER_RETRIED, *_RETRIED})

# A failed workflow task is retried again and again, and an activity some times.
_reported_before: LRUCache[tuple[str, ...], bool] = LRUCache(1000)
_lock = threading.Lock()


class FailureReports(Interceptor):
    """For a worker, where `report_crashes` was called."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return ReportingActivity(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return ReportingWorkflow


def unexpected(error: BaseException) -> bool:
    """Whether it is a fault of the product. Compared by name: the workflow sandbox has its own copies of classes."""
    if is_cancelled_exception(error):
        return False
    if isinstance(error, ActivityError | ChildWorkflowError):
        # It was reported where it happened, unless its worker died.
        return isinstance(error.cause, TimedOut)
    if isinstance(error, ApplicationError):
        return error.type not in _EXPECTED and error.category != ApplicationErrorCategory.BENIGN
    return not any(kind.__name__ in _EXPECTED for kind in type(error).__mro__)


class ReportingActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except Exception as error:
            if unexpected(error):
                info = activity.info()
                tags = {"workflow": info.workflow_id or "", "activity": info.activity_type}
                _report(error, tags | {"attempt": str(info.attempt), "repository": _repository(input.args)})
            raise


class ReportingWorkflow(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        with _reported(input.args):
            return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        with _reported(input.args):
            await super().handle_signal(input)


@contextlib.contextmanager
def _reported(args: Sequence[Any]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not workflow.unsafe.is_replaying() and unexpected(error):
            info = workflow.info()
            tags = {"workflow": info.workflow_id, "type": info.workflow_type, "repository": _repository(args)}
            # The SDK imports, locks and reads the clock; none of it changes what the workflow does.
            with workflow.unsafe.sandbox_unrestricted(), workflow.unsafe.imports_passed_through():
                _report(error, tags)
        raise


def _report(error: Exception, tags: dict[str, str]) -> None:
    import sentry_sdk

    last = traceback.extract_tb(error.__traceback__)[-1:]
    key = (
        tags["workflow"],
        tags.get("activity", ""),
        type(error).__name__,
        *(f"{it.filename}:{it.lineno}" for it in last),
    )
    with _lock:
        if key in _reported_before:
            return
        _reported_before[key] = True
    with sentry_sdk.new_scope() as scope:
        scope.set_tags({name: value for name, value in tags.items() if value})
        scope.capture_exception(error)


def _repository(args: Sequence[Any]) -> str:
    """The repository in the one input of an activity or a workflow, "" where it has none."""
    request = args[0] if args else None
    repo = getattr(request, "repo", None) or getattr(getattr(request, "workspace", None), "repo", None)
    return str(getattr(repo, "full_name", ""))
