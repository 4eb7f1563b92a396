"""The accepted baseline of a repository: kept by its `BaselineWorkflow`, judged by GitHub's facts at that moment."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from temporalio import activity
from temporalio.client import WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from activities import workflow_ids
from activities.github.activity_errors import github_activity, required_github_activity
from activities.github.errors import NotFound
from activities.github.event_recovery import branch_signals
from activities.github.pulls import PullRequest, pull_of
from activities.github.urls import url_values
from activities.model import Acceptance, Head, RepoRef
from activities.quality_gate.accepted_baseline import counting_on_all, may_concern
from activities.reporting import baseline as texts
from activities.workflow_ids import branch_workflow

if TYPE_CHECKING:
    from activities.github.client import GitHub

MOST_FINDINGS, MOST_ACCEPTED = 500, 5_000
"""Findings of one acceptance, and of all in a repository: each gate's history holds them, and has its limits."""

_LONGEST = timedelta(days=366)
_MOST_PULLS = 200
_AT_ONCE = 8
_RPC = timedelta(seconds=10)
T = TypeVar("T")


@dataclass(frozen=True)
class AcceptedBaseline:
    """What is accepted in a repository. `closed_pulls` were closed since GitHub was last asked about them: what was
    accepted for them counts only if they were merged, even if they are open again."""

    acceptances: tuple[Acceptance, ...] = ()
    closed_pulls: tuple[int, ...] = ()


@dataclass(frozen=True)
class BaselineInput:
    """What is accepted for all of these: one commit in each of its pull requests into one base. Without any, everything
    in the repository."""

    repo: RepoRef
    heads: tuple[Head, ...] = ()


@dataclass(frozen=True)
class ReviewBaselineInput:
    """Is this still so?"""

    repo: RepoRef
    baseline: AcceptedBaseline


@dataclass(frozen=True)
class CheckAcceptanceInput:
    """May so many findings be accepted until this day, or until this issue is closed? Without either there is no
    end."""

    repo: RepoRef
    findings: int
    until: str = ""
    issue: int = 0


@dataclass(frozen=True)
class CheckAcceptanceResult:
    """`problem` is Markdown, "" where there is none."""

    problem: str = ""


@dataclass(frozen=True)
class RejudgeInput:
    """These do not count any more: the heads that they counted on are judged again."""

    repo: RepoRef
    acceptances: tuple[Acceptance, ...]


@dataclass(frozen=True)
class RejudgeResult:
    """How many branches received it."""

    branches: int


class BaselineActivities:
    """Each may run again. They fail closed: an issue or a pull request that GitHub does not show is not open."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @required_github_activity
    async def read_baseline(self, input: BaselineInput) -> AcceptedBaseline:
        """Returns the accepted findings that count on a commit, or have ended.

        GitHub is asked which pull requests were merged and which issues are open, and the clock for the date.
        """
        baseline, heads = await _stored(input.repo), input.heads
        if heads:
            concerning = (each for each in baseline.acceptances if any(may_concern(each, head) for head in heads))
            baseline = replace(baseline, acceptances=tuple(concerning))
        reviewed = [each for each in await self._reviewed(input.repo, baseline) if each.ended != "pull"]
        return AcceptedBaseline(counting_on_all(reviewed, heads) if heads else tuple(reviewed))

    @github_activity
    async def review_baseline(self, input: ReviewBaselineInput) -> AcceptedBaseline:
        """Returns the accepted findings as GitHub and the clock say now."""
        return AcceptedBaseline(tuple(await self._reviewed(input.repo, input.baseline)))

    @github_activity
    async def check_acceptance(self, input: CheckAcceptanceInput) -> CheckAcceptanceResult:
        """Returns why findings cannot be accepted with this end."""
        today = datetime.now(UTC).date()
        if input.until and not today <= date.fromisoformat(input.until) <= today + _LONGEST:
            return CheckAcceptanceResult(texts.date_out_of_range(input.until, today.isoformat()))
        if input.issue and not await self._is_open(input.repo, input.issue):
            return CheckAcceptanceResult(texts.no_open_issue(input.issue))
        accepted = sum(len(each.fingerprints) for each in (await _stored(input.repo)).acceptances if not each.ended)
        if input.findings > MOST_FINDINGS or input.findings + accepted > MOST_ACCEPTED:
            return CheckAcceptanceResult(texts.too_many_findings(input.findings, MOST_FINDINGS, MOST_ACCEPTED))
        return CheckAcceptanceResult()

    @github_activity
    async def rejudge_heads(self, input: RejudgeInput) -> RejudgeResult:
        """Has the heads judged again on which findings counted as accepted that no longer are."""
        ids: dict[str, list[str]] = {}
        for base in {each.base for each in input.acceptances if each.merged}:
            merged = [each.id for each in input.acceptances if each.merged and each.base == base]
            for head in await self._heads_into(input.repo, base):
                ids.setdefault(branch_workflow(head), []).extend(merged)
        for each in input.acceptances:
            if not each.merged:
                head = Head(input.repo, branch=each.branch, pull=each.pull, fork=each.fork)
                ids.setdefault(branch_workflow(head), []).append(each.id)
        branches = {workflow_id: activity.client().get_workflow_handle(workflow_id) for workflow_id in ids}
        sent = [await branch_signals.send(branches[each], "baseline_changed", {"ids": ids[each]}) for each in ids]
        return RejudgeResult(sum(sent))

    async def _reviewed(self, repo: RepoRef, baseline: AcceptedBaseline) -> list[Acceptance]:
        active = [each for each in baseline.acceptances if not each.ended]
        slots = asyncio.Semaphore(_AT_ONCE)

        async def ask(about: Callable[[RepoRef, int], Awaitable[T]], number: int) -> T:
            async with slots:
                return await about(repo, number)

        pulls = {each.pull for each in active if each.pull and not each.merged}
        issues = {each.issue for each in active if each.issue}
        asked_pulls = asyncio.gather(*(ask(self._pull, number) for number in pulls))
        asked_issues = asyncio.gather(*(ask(self._is_open, number) for number in issues))
        of_pulls = dict(zip(pulls, await asked_pulls, strict=True))
        are_open = dict(zip(issues, await asked_issues, strict=True))
        today = datetime.now(UTC).date().isoformat()

        def now(each: Acceptance) -> Acceptance:
            if each.ended:
                return each
            if each.pull and not each.merged:
                pull = of_pulls[each.pull]
                merged = pull is not None and pull.merged and pull.base_ref == each.base
                still_open = pull is not None and pull.state == "open" and each.pull not in baseline.closed_pulls
                if not (merged or still_open):
                    return replace(each, ended="pull")
                each = replace(each, merged=merged)
            if each.until and each.until < today:
                return replace(each, ended="date")
            return replace(each, ended="issue") if each.issue and not are_open[each.issue] else each

        return [now(each) for each in baseline.acceptances]

    async def _pull(self, repo: RepoRef, number: int) -> PullRequest | None:
        api = await self._github.for_gate(repo, {"pull_requests": "read"})
        try:
            return pull_of(
                await api.getitem("/repos/{owner}/{repo}/pulls/{number}", url_values(repo, number=str(number)))
            )
        except NotFound:
            return None

    async def _is_open(self, repo: RepoRef, number: int) -> bool:
        """Whether that is an open issue, and no pull request."""
        api = await self._github.for_gate(repo, {"issues": "read"})
        try:
            issue = await api.getitem("/repos/{owner}/{repo}/issues/{number}", url_values(repo, number=str(number)))
        except NotFound:
            return False
        return issue.get("state") == "open" and not issue.get("pull_request")

    async def _heads_into(self, repo: RepoRef, base: str) -> list[Head]:
        """The base itself, and the newest open pull requests into it."""
        api = await self._github.for_gate(repo, {"pull_requests": "read"})
        where = url_values(repo, state="open", base=base, per_page="100")
        found = [Head(repo, branch=base)]
        async for data in api.getiter("/repos/{owner}/{repo}/pulls{?state,base,per_page}", where):
            pull = pull_of(data)
            found.append(Head(repo, pull.head_sha, pull.head_ref, base, pull=pull.number, fork=pull.fork))
            if len(found) > _MOST_PULLS:
                break
        return found


async def _stored(repo: RepoRef) -> AcceptedBaseline:
    """Of the workflow that holds it; nothing where none runs."""
    keeper = activity.client().get_workflow_handle(workflow_ids.baseline(repo.full_name))
    try:
        found: AcceptedBaseline = await keeper.query(
            "get_baseline",
            result_type=AcceptedBaseline,
            reject_condition=QueryRejectCondition.NOT_OPEN,
            rpc_timeout=_RPC,
        )
        return found
    except WorkflowQueryRejectedError:
        return AcceptedBaseline()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return AcceptedBaseline()
        raise
