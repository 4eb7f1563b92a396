"""The activities of what `/patch` is asked for. They run on the host that works, whose result store gets the texts."""

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound
from activities.github.patch_requests import review_threads
from activities.github.patch_requests.failing_checks import FailingCheck, failing_checks, repair_task
from activities.github.patch_requests.review_threads import AskingThread
from activities.github.patch_requests.types import (
    PatchRequest,
    PatchRequests,
    ReadPatchRequestsInput,
    ReplyToThreadInput,
    ReplyToThreadResult,
    RequestKind,
    body_digest,
)
from activities.github.permissions import WRITERS, AskedPermissions, PermissionOf
from activities.github.urls import url_values
from activities.reporting import patch_requests as texts

if TYPE_CHECKING:
    from activities.agent_runs.backend import AgentTask
    from activities.github.client import GitHub
    from activities.result_store import ResultStore

_WHERE = {
    "comment": "/repos/{owner}/{repo}/issues/comments/{id}",
    "review_comment": "/repos/{owner}/{repo}/pulls/comments/{id}",
    "review": "/repos/{owner}/{repo}/pulls/{number}/reviews/{id}",
}
_MOST_THREADS, _MOST_CHECKS = 30, 20
_FLAG = re.compile(r"(?<!\S)(?:--|—|–)dry-run(?!\S)")


class PatchRequestActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub", results: "ResultStore") -> None:
        self._github = github
        self._results = results

    @github_activity
    async def read_patch_requests(self, input: ReadPatchRequestsInput) -> PatchRequests:
        """Reads the instruction, the unresolved review threads and the failing checks of a pull request.

        Only what people with write access wrote counts, as it was when they asked.
        """
        api = await self._github.installation(input.repo, {"issues": "read", "pull_requests": "read"})
        try:
            asked: dict[str, Any] = await api.getitem(
                _WHERE[input.kind], url_values(input.repo, number=str(input.number), id=str(input.comment_id))
            )
        except NotFound:
            return PatchRequests(refused=texts.DELETED)
        body, login = str(asked.get("body") or ""), str((asked.get("user") or {}).get("login") or "")
        if input.body_sha256 and body_digest(body) != input.body_sha256:
            return PatchRequests(refused=texts.EDITED)
        permission_of = AskedPermissions(self._github, input.repo)
        if await permission_of(login) not in WRITERS:
            return PatchRequests(refused=texts.NO_WRITE_ACCESS)
        at = str(asked.get("created_at") or asked.get("submitted_at") or "")
        app = await self._github.app()
        threads = await self._threads(input, at, app.slug, permission_of)
        if input.kind == "review_comment":
            return PatchRequests(tuple([await self._of_thread(each) for each in threads]))
        requests = []
        if instruction := _instruction(body, app.slug):
            said = _wrapped("instruction", login, instruction, await permission_of(login), already_shown=True)
            text = f"{texts.INSTRUCTION}\n\n{said}"
            requests.append(await self._put("instruction", str(input.comment_id), texts.instruction(login), text))
        checking = await self._github.installation(input.repo, {"checks": "read", "statuses": "read"})
        checks = await failing_checks(checking, app.id, input.repo, input.head_sha)
        requests += [await self._of_thread(each) for each in threads[:_MOST_THREADS]]
        requests += [await self._of_check(each) for each in checks[:_MOST_CHECKS]]
        left_out = max(len(threads) - _MOST_THREADS, 0) + max(len(checks) - _MOST_CHECKS, 0)
        return PatchRequests(tuple(requests), left_out=left_out)

    @github_activity
    async def reply_to_thread(self, input: ReplyToThreadInput) -> ReplyToThreadResult:
        """Replies in a review's thread, once for each key."""
        return await review_threads.reply_to_thread(self._github, input)

    async def _threads(
        self, input: ReadPatchRequestsInput, at: str, slug: str, permission_of: PermissionOf
    ) -> list[AskingThread]:
        """Those that are not resolved; of a comment in a thread, that thread."""
        api = await self._github.installation(input.repo, {"pull_requests": "read"})
        found = []
        async for thread in review_threads.review_threads(api, input.repo, input.number):
            one = input.kind == "review_comment"
            wanted = review_threads.holds(thread, input.comment_id) if one else not thread["isResolved"]
            if wanted and (asking := await review_threads.asking(thread, at, slug, permission_of)):
                found.append(asking)
        return found

    async def _of_thread(self, thread: AskingThread) -> PatchRequest:
        parts = [texts.thread(thread.path, thread.line, outdated=thread.outdated, left_out=thread.left_out)]
        parts += [_wrapped("diff", "git", thread.hunk), texts.SAID]
        parts += [_wrapped("review", one.login, one.body, one.permission) for one in thread.said]
        title = texts.thread_title(thread.said[0].login, thread.path, thread.line)
        return await self._put("thread", thread.id, title, "\n\n".join(parts), thread.path, thread.line)

    async def _of_check(self, check: FailingCheck) -> PatchRequest:
        title, task = texts.check_title(check.name), repair_task(check)
        return replace(await self._keep("check", check.id, title, task, check.line), check=check.own)

    async def _put(
        self, kind: RequestKind, id: str, title: str, text: str, path: str = "", line: int = 0
    ) -> PatchRequest:
        from activities.agent_runs.backend import AgentTask

        return await self._keep(kind, id, title, AgentTask("coder", text, (path,) if path else ()), line)

    async def _keep(self, kind: RequestKind, id: str, title: str, task: "AgentTask", line: int) -> PatchRequest:
        from activities.agent_runs.tasks import put_task

        task_id = await asyncio.to_thread(put_task, self._results, task)
        path = task.files[0] if task.files else ""
        return PatchRequest(kind, id, title, task_id, body_digest(task.text), path, line)


def _instruction(body: str, slug: str) -> str:
    """What stands behind `/patch` or the mention, to the end of the comment, as its readers see it."""
    from activities.agent_runs.command_text import text_behind
    from activities.agent_runs.shown_markdown import shown

    text = text_behind(body, ("patch",), slug)
    first, newline, rest = (shown(body) if text is None else text).partition("\n")
    return f"{_FLAG.sub(' ', first).strip()}{newline}{rest}".strip()


def _wrapped(kind: str, author: str, text: str, permission: str = "", *, already_shown: bool = False) -> str:
    from activities.agent_runs.untrusted_text import wrapped

    return wrapped(kind, author, text, permission, already_shown=already_shown)
