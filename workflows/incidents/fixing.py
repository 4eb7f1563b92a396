"""The fix of an incident: a revert of the culprit, judged by the gate and opened as a pull request."""

from dataclasses import replace

from temporalio import workflow
from temporalio.workflow import ChildWorkflowCancellationType

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput, CreateBranchInput, DeleteBranchInput
    from activities.github.pulls import PullsInput
    from activities.github.pulls.states import ClosePullInput
    from activities.github_activities import BranchActivities, HotfixActivities, PullActivities, PullStateActivities
    from activities.incidents import fix_texts, texts
    from activities.incidents.acting import CountHotfixesInput, GuardInput, Hotfix, OpenHotfixInput
    from activities.incidents.types import GenerateFixInput
    from activities.model import Head
    from activities.patching.types import PushRequestInput
    from activities.quality_gate.types import GateInput, GateOutcome, Workspace
    from activities.reporting.wording import shortened
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.config import WorkflowTimeouts
    from workflows.failures import trace_of
    from workflows.incidents import host_calls
    from workflows.incidents.comment import IncidentComment
    from workflows.incidents.state import IncidentRun, is_sha
    from workflows.patching import host_calls as patch_calls
    from workflows.planned_changes.stopping import Stop
    from workflows.quality.gate import QualityGateWorkflow
    from workflows.saga import Saga

_A_DAY = 24 * 3600.0


class IncidentFixer:
    """`saga` takes back what it makes on GitHub."""

    def __init__(self, state: IncidentRun, stop: Stop, comment: IncidentComment, saga: Saga) -> None:
        self._state = state
        self._stop = stop
        self._comment = comment
        self._saga = saga
        self._heads: tuple[str, ...] = ()
        self.left_open = ""
        """The sentence why the pull request stays open although all was undone, "" where it does not."""

    def refusal(self) -> str:
        """Why nothing is fixed, before anything is tried; "" where that is not known yet."""
        state = self._state
        consensus = state.consensus
        if state.input.report_only:
            return texts.REPORT_ONLY
        if not (state.scope.repo and state.issue):
            return texts.NO_ISSUE if state.scope.repo else texts.NO_REPOSITORY
        if not consensus.act:
            return consensus.why_not or texts.NOT_SURE
        first = consensus.causes[0]
        if not (is_sha(first.change) and first.verified):
            return texts.not_verified(first.change) if is_sha(first.change) else texts.NO_CULPRIT
        if not (state.workspace and state.rules):
            return texts.NOT_PREPARED
        return "" if state.rules.fix else texts.FIXES_OFF

    async def fix(self) -> str:
        """Why there is no pull request with a fix, "" where there is one."""
        state = self._state
        assert state.workspace
        assert state.rules
        await self._comment.stage("fixing")
        cause = state.consensus.causes[0]
        scope, workspace, now = state.scope, state.workspace, workflow.now().timestamp()
        counted = CountHotfixesInput(workspace.repo, now - _A_DAY)
        today = (await ask_for_person(HotfixActivities.count_hotfixes, counted)).count
        guards = GuardInput(scope, workspace, state.rules, cause.change, now, today)
        allowed = await self._stop.unless(host_calls.check_guards(guards))
        if allowed.refusal:
            return allowed.refusal
        wanted = GenerateFixInput(scope, workspace, cause.change, allowed.title)
        made = await self._stop.unless(host_calls.generate_fix(wanted))
        if not made.sha:
            return made.reason
        state.hotfix = Hotfix(
            cause.change,
            made.kind,
            allowed.title,
            made.sha,
            self._branch(),
            paths=made.paths,
            tests=state.tests,
            reverted=allowed.pull,
        )
        await self._comment.stage("checking")
        gate = await self._gate(made.sha)
        if gate:
            return gate
        await self._comment.stage("publishing")
        return await self._published(workspace)

    def _branch(self) -> str:
        return f"{texts.HOTFIX_BRANCH}{self._state.issue}"

    async def _gate(self, sha: str) -> str:
        """The sentence why the fix does not pass, "" where it does. The gate compares it with the head that it goes
        upon, so only what the fix breaks counts."""
        state = self._state
        assert state.workspace
        base = state.workspace.head
        head = Head(base.repo, sha, self._branch(), base.branch)
        input = GateInput(head, publish=False, host=state.queue, default_branch=base.branch)
        handle = await workflow.start_child_workflow(
            QualityGateWorkflow.run, input, id=ids.quality_gate(base.repo.full_name, sha),
            cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            execution_timeout=WorkflowTimeouts.QUALITY_GATE,
        )  # fmt: skip
        await workflow.wait_condition(lambda: handle.done() or self._stop.asked)
        if not handle.done():
            handle.cancel()
        outcome: GateOutcome = await handle
        self._stop.go_on()
        result = outcome.result
        said = shortened(result.reason) or result.state
        state.change_hotfix(gate=said)
        return "" if result.state == "passed" else f"{texts.GATE_FAILS} {said}".strip()

    async def _published(self, workspace: Workspace) -> str:
        state, hotfix = self._state, self._state.hotfix
        assert hotfix
        repo, base, branch = workspace.repo, workspace.head, hotfix.branch
        there = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo, branch))
        if there.sha:
            return texts.branch_is_there(branch)
        self._saga.add(f"branch {branch}", self._delete_branch)
        await ask_for_person(BranchActivities.create_branch, CreateBranchInput(repo, branch, base.sha))
        self._heads = (base.sha,)
        there_now = replace(workspace, head=replace(base, branch=branch))
        pull = f"{repo.full_name}#{hotfix.reverted}" if hotfix.reverted else ""
        message = fix_texts.revert_message(hotfix.title, hotfix.culprit, state.scope.service, pull)
        pushed = await patch_calls.push(PushRequestInput(there_now, base.sha, hotfix.commit, message))
        if pushed.moved:
            return texts.branch_is_there(branch)
        self._heads = (*self._heads, pushed.sha)
        state.change_hotfix(head=pushed.sha)
        self._saga.add(f"pull request of {branch}", self._close_pull)
        opened = await patch_calls.on_github(
            HotfixActivities.open_hotfix_pull, OpenHotfixInput(state.view(), repo, base.branch), state.queue
        )
        state.change_hotfix(pull=opened.number, url=opened.url)
        state.note(texts.proposed(opened.number), "fix")
        return ""

    async def _delete_branch(self) -> None:
        hotfix, workspace = self._state.hotfix, self._state.workspace
        if hotfix and workspace and not self.left_open:
            await ask_for_person(
                BranchActivities.delete_branch, DeleteBranchInput(workspace.repo, hotfix.branch, self._heads)
            )

    async def _close_pull(self) -> None:
        """One that was opened, even where nobody heard of it; not one that somebody works with."""
        hotfix, workspace = self._state.hotfix, self._state.workspace
        if not hotfix or not workspace:
            return
        pulls = (await ask_for_person(PullActivities.list_open_pulls, PullsInput(workspace.repo))).pulls
        for pull in pulls:
            if pull.head_ref == hotfix.branch and not pull.fork:
                closing = ClosePullInput(workspace.repo, pull.number, texts.CLOSED_BY_STOP, "incident", self._heads)
                closed = await ask_for_person(PullStateActivities.close_pull_request, closing)
                self.left_open = "" if closed.closed else closed.reason


def undo_failed(what: str, error: Exception) -> None:
    """For `Saga.undo`."""
    workflow.logger.error(f"undo=failed what={what!r}", exc_info=trace_of(error))
