"""From the issue to a plan that may be carried out: read, designed, planned, and approved where a person is asked."""

from collections.abc import Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.agent_runs.types import RunLimits
    from activities.github.branches import BranchInfoInput
    from activities.github.permissions import PermissionInput
    from activities.github_activities import BranchActivities, PermissionActivities
    from activities.model import Head, RepoRef
    from activities.planned_changes import texts
    from activities.planned_changes.stages import AgentStage, DesignResult, PlannedRules, PlanResult, PlanTouchedInput
    from activities.planned_changes.types import ChangePlan, Design, PlanApproval, PlanRevision, ReadIssueInput
    from workflows.activity_calls import ask_for_person
    from workflows.failures import trace_of, was_cancelled
    from workflows.planned_changes import host_calls
    from workflows.planned_changes.agent_answers import answer_of
    from workflows.planned_changes.comment import ChangeComment
    from workflows.planned_changes.state import ChangeState, RepositoryChange
    from workflows.planned_changes.stopping import Stop
    from workflows.quality import gate_activities

_JUDGING = ("unit_tests", "integration_tests", "static_analysis", "linting")


class RefusedChange(Exception):
    """It cannot begin; the text says why, and what to do."""


class NothingToChange(Exception):
    """The architect says so; the text is why."""


class ChangePlanner:
    """`decisions` are what people said of the plan, in their order."""

    def __init__(self, state: ChangeState, stop: Stop, comment: ChangeComment) -> None:
        self._state = state
        self._stop = stop
        self._comment = comment
        self.decisions: list[PlanApproval | PlanRevision] = []
        self._again = ""

    async def plan(self) -> None:
        """A plan that nobody has to approve, or somebody has. Raises RefusedChange, NothingToChange, NoAnswer and
        NoMoney."""
        await self._prepare()
        while True:
            await self._read()
            await self._design()
            plan = await self._split()
            if not plan.asks or plan.digest == self._state.approved:
                return
            if await self._is_approved(plan):
                self._state.approved = plan.digest
                return

    async def _prepare(self) -> None:
        """The default branch on one host, and the other repositories beside it."""
        state = self._state
        await self._comment.stage("preparing")
        head = await self._tip(state.change.repo)
        state.repositories = {state.change.repo.full_name: await self._repository(head)}
        rules = state.rules = await host_calls.read_rules(state.main.workspace)
        if refusal := rules.choices["coder"].refusal or rules.choices["architect"].refusal:
            raise RefusedChange(refusal)
        await state.spending.begin(rules.choices["coder"])
        for name in rules.repositories:
            await self._add_repository(name)

    async def _add_repository(self, name: str) -> None:
        """One more of the installation in which there may be tasks, if the person may write there."""
        state, (owner, _, repository) = self._state, name.partition("/")
        repo = RepoRef(owner, repository, state.change.repo.installation_id)
        try:
            asked = PermissionInput(repo, state.change.actor)
            if not (await ask_for_person(PermissionActivities.get_permission, asked)).at_least("write"):
                return
            state.repositories[name] = await self._repository(await self._tip(repo), host=state.queue)
        except ActivityError as error:  # not of this installation, empty, or gone
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"repository={name} planned=no", exc_info=trace_of(error))

    async def _tip(self, repo: RepoRef) -> Head:
        found = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo))
        if not found.sha:
            raise RefusedChange(texts.NOTHING_PUSHED)
        return Head(repo, found.sha, found.name)

    async def _repository(self, head: Head, host: str = "") -> RepositoryChange:
        workspace = await self._stop.unless(gate_activities.prepare(head, host=host))
        plan = await gate_activities.list_checks(workspace)
        checks = tuple(one for one in plan.checks if one.name in _JUDGING and one.applies)
        return RepositoryChange(workspace, replace(plan, checks=checks), workspace.head_sha)

    async def _read(self) -> None:
        state, change = self._state, self._state.change
        await self._comment.stage("reading")
        wanted = ReadIssueInput(change.repo, change.issue, change.asked_at, state.revisions)
        issue = await self._stop.unless(host_calls.read_issue(state.main.workspace, wanted))
        if issue.refused:
            raise RefusedChange(issue.refused)
        state.issue = issue
        other = next((one for one in issue.related if one.closes and not one.ours), None)
        if other and not change.anyway:
            raise RefusedChange(texts.another_pull_closes(other.number))

    async def _design(self) -> None:
        state = self._state
        await self._comment.stage("designing")

        async def ask(run: str, model: str, limits: RunLimits, problem: str) -> DesignResult:
            return await host_calls.design(self._stage_of(run, model, limits, problem))

        result = await answer_of(state, self._stop, "architect", "design", ask)
        assert result.design
        state.design = result.design
        if state.design.nothing:
            raise NothingToChange(state.design.summary)

    async def _split(self) -> ChangePlan:
        state = self._state
        await self._comment.stage("planning")

        async def ask(run: str, model: str, limits: RunLimits, problem: str) -> PlanResult:
            return await host_calls.plan(self._stage_of(run, model, limits, problem))

        result = await answer_of(state, self._stop, "planner", "plan", ask)
        assert result.plan
        assert state.rules
        candidates = state.rules.candidates
        tasks = tuple(replace(one, dollars=round(one.dollars * candidates, 2)) for one in result.plan.tasks)
        plan = replace(result.plan, tasks=tasks, dollars=round(result.plan.dollars * candidates, 2))
        state.plan = replace(plan, asks=asks(plan, state.rules))
        return state.plan

    def _stage_of(self, run: str, model: str, limits: RunLimits, problem: str) -> AgentStage:
        state = self._state
        assert state.issue
        main, *others = (one.workspace for one in state.repositories.values())
        design = state.design or Design("feature", "", "")
        return AgentStage(
            main, run, model, limits, state.issue.text_id, design.design_id, design.kind, problem, tuple(others)
        )

    async def _is_approved(self, plan: ChangePlan) -> bool:
        """Whether a person approved this plan; False where it has to be made again. An approval counts for the plan
        that its author saw, and as long as the base branch changes none of its files."""
        state, note, shown_at = self._state, self._again, 0.0
        self._again = ""
        while True:
            await self._comment.stage("approval", note)
            shown_at = shown_at or self._comment.shown_at
            await workflow.wait_condition(lambda: bool(self.decisions) or self._stop.asked)
            self._stop.go_on()
            decision = self.decisions.pop(0)
            if isinstance(decision, PlanRevision):
                state.revisions = (*state.revisions, decision)
                return False
            if decision.digest and not plan.digest.startswith(decision.digest.lower()):
                note = texts.stale_approval(texts.OTHER_PLAN)
            elif not decision.digest and decision.at < shown_at:
                note = texts.stale_approval(texts.BEFORE_PLAN)
            elif await self._base_changed(plan):
                await self._prepare()
                self._again = texts.PLANNED_AGAIN
                return False
            else:
                state.approved_by = decision.actor
                return True

    async def _base_changed(self, plan: ChangePlan) -> bool:
        """Whether the base branch has changed files of the plan since."""
        workspace = self._state.main.workspace
        tip = await self._tip(workspace.repo)
        if tip.sha == workspace.head_sha:
            return False
        return (await host_calls.is_plan_touched(PlanTouchedInput(workspace, plan, tip.sha))).touched


def asks(plan: ChangePlan, rules: PlannedRules) -> tuple[str, ...]:
    """Why a person has to approve the plan. Pure."""
    found: Sequence[str] = (
        texts.ASKS_ALWAYS if rules.always_asks else "",
        texts.asks_files(len(plan.files), rules.most_files) if len(plan.files) > rules.most_files else "",
        texts.asks_dollars(plan.dollars, rules.most_dollars) if plan.dollars > rules.most_dollars else "",
        texts.asks_protected(plan.protected) if plan.protected else "",
    )
    return tuple(each for each in found if each)
