"""What a repository's CI says of a commit: every check of its head is read before anything is said."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.check_run_requests import PREFIX
from activities.github.ci import runs as reading
from activities.github.ci import texts
from activities.github.ci.classification import JudgedCheck, judged
from activities.github.ci.runs import CiRun
from activities.github.errors import Forbidden, NotFound
from activities.github.merging import branch_protection
from activities.github.merging.branch_protection import RequiredCheck
from activities.github.merging.required_checks import A_STATUS, is_meant
from activities.github.patch_requests.failing_checks import FailingCheck, failing_run, failing_status, repair_task
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.planned_changes.types import CiCheck, CiState, ReadCiInput
from activities.reporting.markdown import one_line

if TYPE_CHECKING:
    from activities.github.client import API, AppClient, GitHub
    from activities.result_store import ResultStore

_MOST_CHECKS, _MOST_TASKS = 100, 20
_NAME = 120
_FIRST = ("failed", "running", "infrastructure", "flaky", "older", "passed")


class CiActivities:
    """May run again. Runs on the host that works, whose result store gets the tasks."""

    def __init__(self, github: "GitHub", results: "ResultStore") -> None:
        self._github = github
        self._results = results

    @github_activity
    async def read_ci(self, input: ReadCiInput) -> CiState:
        """Reads every check run and commit status of a commit, and what each says of the change.

        Our own are left out. A task to repair what fails because of the change is kept on the host.
        """
        api = await self._github.installation(input.repo, {"checks": "read"})
        reader = _CiReader(self._github, api, await self._github.app(), input.repo)
        head = await reader.runs(input.head_sha)
        checks = judged(head)
        if any(check.kind == "failed" for check in checks):
            checks = judged(head, await reader.runs_before(input.base_sha))
        workflows = judged(await reading.empty_workflows(api, input.repo, input.head_sha))
        missing = await self._not_begun(input, reader.app, head)
        found = [
            *await self._shown(reader, checks),
            *(_shown_check(each, texts.without_check(each)) for each in workflows),
            *(CiCheck(one_line(name, _NAME), "running", reason=texts.NOT_BEGUN) for name in missing),
        ]
        if reader.statuses_refused:
            found.append(CiCheck(texts.STATUSES, "infrastructure", reason=texts.STATUSES_UNREADABLE))
        kept = sorted(found, key=lambda check: _FIRST.index(check.kind))[:_MOST_CHECKS]
        return CiState(
            tuple(sorted(kept, key=lambda check: (check.name, check.by))),
            complete=all(check.kind != "running" for check in found),
            left_out=len(found) - len(kept),
        )

    async def _shown(self, reader: "_CiReader", checks: Iterable[JudgedCheck]) -> list[CiCheck]:
        from activities.agent_runs.tasks import put_task

        shown, tasks = [], 0
        for check in checks:
            one = _shown_check(check, texts.reason(check))
            if check.kind == "failed" and tasks < _MOST_TASKS:
                run, tasks = check.run, tasks + 1
                says = failing_status(run.data) if run.app == A_STATUS else await reader.says(run)
                one = replace(one, task_id=await asyncio.to_thread(put_task, self._results, repair_task(says)))
            shown.append(one)
        return shown

    async def _not_begun(self, input: ReadCiInput, app: "AppClient", head: Sequence[CiRun]) -> list[str]:
        """The names of what the base branch requires and nobody has begun. What we report ourselves does not count."""
        api = await self._github.installation(input.repo, {"contents": "read"})
        where = url_values(input.repo)
        base = input.base or str((await api.getitem("/repos/{owner}/{repo}", where))["default_branch"])
        try:
            required = (await branch_protection.read(api, input.repo, base)).checks
        except NotFound:  # the branch was deleted, and requires nothing
            return []
        begun = [RequiredCheck(run.name, run.app) for run in head]
        return [
            check.context
            for check in required
            if not (check.app in (0, app.id) and f"{check.context.lower()} / ".startswith(PREFIX))
            and not any(is_meant(check, run) for run in begun)
        ]


class _CiReader:
    """Reads the runs of commits. `statuses_refused`: the account has not granted the App to read statuses."""

    def __init__(self, github: "GitHub", api: "API", app: "AppClient", repo: RepoRef) -> None:
        self._github, self._api, self.app, self._repo = github, api, app, repo
        self.statuses_refused = False

    async def runs(self, sha: str) -> list[CiRun]:
        """Check runs and statuses; raises `NotFound` for a commit that GitHub does not know (yet)."""
        found = await reading.check_runs(self._api, self.app, self._repo, sha)
        if self.statuses_refused:
            return found
        try:
            api = await self._github.installation(self._repo, {"statuses": "read"})
            return [*found, *await reading.statuses(api, self.app, self._repo, sha)]
        except Forbidden:
            self.statuses_refused = True
            return found

    async def runs_before(self, sha: str) -> list[CiRun]:
        """Those of the commit upon which the change is, none where it is not known."""
        try:
            return await self.runs(sha) if sha else []
        except NotFound:
            return []

    async def says(self, run: CiRun) -> FailingCheck:
        return await failing_run(self._api, self._repo, run.data)


def _shown_check(check: JudgedCheck, reason: str) -> CiCheck:
    run = check.run
    return CiCheck(one_line(run.name, _NAME), check.kind, one_line(run.by, _NAME), reason, run.url)
