"""GitHub's activities as the worker registers them: thin, and each may run again without doing anything twice."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from temporalio import activity

from activities.branch_activities import BranchActivities
from activities.errors import UserError
from activities.event_activities import EventActivities
from activities.github import check_runs, comments, queries
from activities.github.client import GitHub
from activities.github.client.activity_errors import as_application_error
from activities.github.client.errors import NotFound
from activities.github.types.check_runs import (
    GATE,
    CommentResult,
    CompleteCheckRunInput,
    CompleteCheckRunResult,
    CompleteGateRunInput,
    CreateCheckRunsInput,
    CreateCheckRunsResult,
    EndCheckRunsInput,
    GateCommentInput,
    ReactionInput,
    ReplyInput,
    StartCheckRunInput,
    SuiteRuns,
    SuiteRunsInput,
)
from activities.github.types.lookups import (
    Permission,
    PermissionInput,
    PullInput,
    PullOfHeadInput,
    PullOfHeadResult,
    PullRequest,
    Pulls,
    PullsInput,
)
from activities.issue_activities import IssueActivities
from activities.label_activities import LabelActivities
from activities.model import CheckResult, QualityCheck, RepoRef
from activities.pull_activities import PullActivities
from activities.reporting import (
    GATE_MARK,
    Conclusion,
    Links,
    check_ending,
    early_ending,
    gate_comment,
    gate_ending,
    reply,
    reply_mark,
)
from activities.result_store import ResultStore
from activities.settings_activities import SettingsActivities

_UNKNOWN_COMMIT = 4
"""Attempts, about a second apart."""


class GitHubActivities(
    EventActivities,  # keeps something in mind, so its `__init__` is the one that runs
    BranchActivities,
    PullActivities,
    IssueActivities,
    SettingsActivities,
    LabelActivities,
):
    """All of them; `results` holds what the checks of this host found."""

    def __init__(self, github: GitHub, results: ResultStore) -> None:
        super().__init__(github)
        self._results = results

    def all(self) -> list[Callable[..., Any]]:
        """What the worker registers, inherited activities too."""
        names = dict.fromkeys(name for kind in type(self).__mro__ for name in vars(kind))
        methods = [getattr(self, name) for name in names]
        return [method for method in methods if hasattr(method, "__temporal_activity_definition")]

    @activity.defn
    @as_application_error
    async def create_check_runs(self, wanted: CreateCheckRunsInput) -> CreateCheckRunsResult:
        """All check runs of a head as queued, at once. GitHub may be slower than its event, so a commit that it does
        not know is asked for again."""
        try:
            return CreateCheckRunsResult(await check_runs.create_all(self._github, wanted))
        except NotFound as error:
            if activity.info().attempt < _UNKNOWN_COMMIT:
                raise
            raise UserError(f"{wanted.head_sha} is not on GitHub: was it removed by a force push? ({error})") from None

    @activity.defn
    @as_application_error
    async def start_check_run(self, wanted: StartCheckRunInput) -> None:
        """A queued run becomes one in progress."""
        await check_runs.start(self._github, wanted.repo, wanted.run_id)

    @activity.defn
    @as_application_error
    async def complete_check_run(self, end: CompleteCheckRunInput) -> CompleteCheckRunResult:
        """A check's verdict, its findings beside the code, and its buttons."""
        judged = await asyncio.to_thread(self._judged, end.check)
        ending = await asyncio.to_thread(check_ending, judged, self._places(end.repo, end.head_sha))
        key = check_runs.external_id(end.owner_key, end.head_sha, end.check.name, end.attempt)
        run = check_runs.Run(end.repo, end.head_sha, end.run_id, end.check.name, key, end.details_url)
        return CompleteCheckRunResult(await check_runs.finish(self._github, run, ending))

    @activity.defn
    @as_application_error
    async def complete_gate_run(self, end: CompleteGateRunInput) -> CompleteCheckRunResult:
        """The gate's verdict in its own run."""
        fixable = await asyncio.to_thread(self._fixable, end.result.checks)
        places = self._places(end.repo, end.head_sha)
        ending = gate_ending(end.result, places, end.check_run_ids, end.newer_sha, fixable)
        key = check_runs.external_id(end.owner_key, end.head_sha, GATE, end.attempt)
        run = check_runs.Run(end.repo, end.head_sha, end.run_id, GATE, key, end.details_url)
        return CompleteCheckRunResult(await check_runs.finish(self._github, run, ending))

    @activity.defn
    @as_application_error
    async def end_check_runs(self, ended: EndCheckRunsInput) -> None:
        """Runs that will have no verdict of their own come to their end, each with the reason."""
        ids = {*ended.ids.values(), *(await self._left_open(ended))}
        places = self._places(ended.repo, ended.head_sha)
        ending = early_ending(cast(Conclusion, ended.conclusion), ended.title, ended.summary, ended.newer_sha, places)
        await check_runs.finish_plainly(self._github, ended.repo, sorted(ids), ending)

    async def _left_open(self, ended: EndCheckRunsInput) -> list[int]:
        if not ended.owner_key:
            return []
        runs = await check_runs.suite_runs(self._github, ended.repo, ended.head_sha)
        mine = f"{ended.owner_key}|{ended.head_sha}|"
        return [run.id for run in runs if run.external_id.startswith(mine) and run.status != "completed"]

    @activity.defn
    @as_application_error
    async def list_suite_runs(self, wanted: SuiteRunsInput) -> SuiteRuns:
        """Our runs on a head, newest first: GitHub's "re-run all" names none."""
        return SuiteRuns(await check_runs.suite_runs(self._github, wanted.repo, wanted.head_sha))

    @activity.defn
    @as_application_error
    async def update_gate_comment(self, wanted: GateCommentInput) -> CommentResult:
        """The pull request's one comment, written only when it says something new."""
        places = self._places(wanted.repo, wanted.head_sha or wanted.result.head_sha)
        body = gate_comment(wanted.result, places, wanted.check_run_ids)
        said = comments.Said(wanted.repo, wanted.pull, GATE_MARK, body, wanted.comment_id)
        return await comments.say_once(self._github, said)

    @activity.defn
    @as_application_error
    async def reply_comment(self, wanted: ReplyInput) -> CommentResult:
        """An answer in a thread, once for each key."""
        mark, body = reply_mark(wanted.marker_key), reply(wanted.marker_key, wanted.body)
        return await comments.say_once(self._github, comments.Said(wanted.repo, wanted.number, mark, body))

    @activity.defn
    @as_application_error
    async def add_reaction(self, wanted: ReactionInput) -> None:
        """A sign at a comment that it was seen."""
        await comments.react(self._github, wanted)

    @activity.defn
    @as_application_error
    async def get_pull_request(self, wanted: PullInput) -> PullRequest:
        """A pull request as it is now."""
        return await queries.pull_request(self._github, wanted.repo, wanted.number)

    @activity.defn
    @as_application_error
    async def find_pull_of_head(self, wanted: PullOfHeadInput) -> PullOfHeadResult:
        """The open pull whose head is this commit."""
        return await queries.pull_of_head(self._github, wanted)

    @activity.defn
    @as_application_error
    async def list_open_pulls(self, wanted: PullsInput) -> Pulls:
        """All open pulls of the repository."""
        return Pulls(await queries.open_pulls(self._github, wanted.repo))

    @activity.defn
    @as_application_error
    async def get_commit_pulls(self, wanted: PullsInput) -> Pulls:
        """The pulls that hold a commit."""
        return Pulls(await queries.pulls_with(self._github, wanted.repo, wanted.sha))

    @activity.defn
    @as_application_error
    async def get_permission(self, wanted: PermissionInput) -> Permission:
        """What a person may do, asked at this moment; nothing where it cannot be told."""
        return await queries.permission(self._github, wanted.repo, wanted.login)

    def _places(self, repo: RepoRef, sha: str) -> Links:
        return Links(self._github.web_url, repo.full_name, sha)

    def _judged(self, check: QualityCheck) -> CheckResult:
        stored = self._results.get(check.result_id) if check.result_id else None
        # The verdict is the history's; the file only says what lies behind it.
        return CheckResult(check, stored.findings, stored.reports) if stored else CheckResult(check)

    def _fixable(self, checks: tuple[QualityCheck, ...]) -> bool:
        judged = [self._judged(check) for check in checks if check.new_findings]
        return any(finding.fixable and finding.new for each in judged for finding in each.findings)
