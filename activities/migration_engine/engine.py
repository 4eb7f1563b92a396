"""A migration's steps on one host: what a recipe finds, its plan, each step as a commit of the mirror, and the end.

A step that is asked for again gives what it gave: it is stored by what it depends on. Nothing is written to the
repository itself, or to the folder on a laptop.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from activities.errors import CommitsLost, UserError
from activities.migration.own_recipes import FOLDER, find_recipe
from activities.migration.recipe import FileLayer, FilesSeen, Recipe, RecipeStep, SourceTree
from activities.migration.types import (
    AnalyzeInput,
    FinishInput,
    GenerateStepInput,
    JoinStepInput,
    Leftover,
    MigrationAnalysis,
    MigrationEnd,
    MigrationInput,
    MigrationParts,
    MigrationPlan,
    MigrationStep,
    PlanInput,
    SplitInput,
    StepResult,
    StepVerdict,
    ValidateStepInput,
)
from activities.migration_engine.analysis import analyzed, steps_to_run
from activities.migration_engine.judging import StepJudge
from activities.migration_engine.leftovers import get_leftovers, moved_to, put_leftovers
from activities.migration_engine.splitting import split
from activities.migration_engine.steps import StepSite, run_step, source_tree
from activities.model import Finding
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host, our_versions
from activities.quality_gate.types import Workspace
from activities.reporting import migration as texts
from activities.result_store import digest
from activities.untrusted_files import UntrustedFolder
from activities.workspace.commits import committed_files
from activities.workspace.git import git_line
from activities.workspace.leases import leases
from activities.workspace.own_commits import commit_contents, commit_paths, has_commit

_MOST_RECIPES = 200
_VERSION = "2"


class MigrationEngine:
    """`gate` judges what a step made; its checkouts and results are those of `host`."""

    def __init__(self, host: Host, gate: GateEngine) -> None:
        self._host = host
        self._gate = gate
        self._site = StepSite(host.runner, host.data)
        self._judge = StepJudge(host, gate)

    async def analyze(self, input: AnalyzeInput, seen: FilesSeen | None = None) -> MigrationAnalysis:
        """What the recipe finds. Raises UserError for a recipe or a step that does not exist."""
        workspace, migration = input.workspace, input.migration
        with leases():
            recipe = await self._recipe(workspace, migration)
            to = _version(recipe, migration)
            tree = await self._tree(workspace, migration.scope, workspace.head_sha, seen)
            analysis, blockers = await asyncio.to_thread(analyzed, recipe, migration, tree, to)
            stored = await asyncio.to_thread(put_leftovers, self._host.results, blockers)
            return replace(analysis, blockers_id=stored)

    async def plan(self, input: PlanInput) -> MigrationPlan:
        """The recipe's steps, each after what it needs, and the checks that judge them, where anything may change."""
        with leases():
            return await self._planned(input.workspace, input.migration, input.analysis)

    async def _planned(
        self, workspace: Workspace, migration: MigrationInput, analysis: MigrationAnalysis
    ) -> MigrationPlan:
        recipe = await self._recipe(workspace, migration)
        steps = steps_to_run(recipe, migration)
        names = {step.name for step in steps}
        planned = tuple(
            MigrationStep(
                step.name, step.title, analysis.matched.get(step.name, 0), analysis.dependents.get(step.name, 0),
                tuple(need for need in step.needs if need in names), step.risk, step.reversible, step.essential,
                recipe.tolerates,
            )
            for step in steps
        )  # fmt: skip
        judged = not migration.dry_run and any(analysis.matched.values())
        return MigrationPlan(planned, await self._judge.checks(workspace) if judged else None)

    async def generate(self, input: GenerateStepInput, seen: FilesSeen | None = None) -> StepResult:
        """The step on top of the commit `at`, as a commit that only the mirror has."""
        workspace, migration, repo = input.workspace, input.migration, input.workspace.repo
        with leases():
            recipe = await self._recipe(workspace, migration)
            step = next((one for one in recipe.steps if one.name == input.step.name), None)
            if step is None:
                raise UserError(texts.no_such_step(input.step.name, [one.name for one in recipe.steps]))
            await self._require(workspace, input.at)
            facts = json.dumps(
                [migration.recipe, migration.scope, migration.to, migration.dry_run, asdict(input.step)], default=list
            )
            own = workspace.config_sha or workspace.head_sha
            key = digest(
                "migration step", _VERSION, repo.full_name, own, workspace.head_sha, input.at, facts, our_versions()
            )
            known = await asyncio.to_thread(self._host.results.value, key, StepResult)
            if known and await self._is_there(workspace, known):
                return known
            result = await self._generated(input, recipe, step, seen)
            if result.status != "failed":
                await asyncio.to_thread(self._host.results.put_value, key, result)
            return result

    async def _generated(
        self, input: GenerateStepInput, recipe: Recipe, step: RecipeStep, seen: FilesSeen | None
    ) -> StepResult:
        workspace, migration, at = input.workspace, input.migration, input.at
        mirror = self._host.workspaces.mirror(workspace.repo)
        checkout = await self._host.workspaces.checkout(workspace.repo, at)
        committed = await committed_files(mirror, at)

        async def findings(tool: str) -> tuple[Sequence[Finding], Sequence[Finding]]:
            return await self._judge.findings(workspace, at, tool)

        stepped = await run_step(
            self._site, checkout, committed, step,
            scope=migration.scope, to=_version(recipe, migration), findings=findings, seen=seen,
        )  # fmt: skip
        if stepped.report.problem:
            return StepResult(step.name, "failed", reason=stepped.report.problem)
        message = "\n\n".join((step.title, *stepped.report.notes))
        made = await commit_contents(self._host.workspaces, self._host.scratch, workspace.repo, at, stepped, message)
        untouched = made == at or migration.dry_run
        sha = made if untouched else await self._judge.tidied(workspace, at, made)
        rows = stepped.report.leftovers
        stored = await asyncio.to_thread(put_leftovers, self._host.results, rows)
        return StepResult(
            step.name,
            "done" if sha != at else "nothing",
            commit_sha=sha if sha != at else "",
            files_changed=len(stepped.changed) + len(stepped.removed) if sha != at else 0,
            leftovers=len(rows),
            report_id=stored,
            seen_at=made,
        )

    async def join(self, input: JoinStepInput) -> StepResult:
        """The step's change as a commit upon `onto`; `nothing` where that changes one of its files too."""
        with leases():
            await self._require(input.workspace, input.result.commit_sha, input.onto)
            return await self._joined(input)

    async def _joined(self, input: JoinStepInput) -> StepResult:
        repo, result, workspaces = input.workspace.repo, input.result, self._host.workspaces
        mirror = workspaces.mirror(repo)
        parent = await git_line(mirror, "rev-parse", "--verify", f"{result.commit_sha}^")
        mine = await workspaces.changed_paths(repo, parent, result.commit_sha)
        if not mine.keys().isdisjoint(await workspaces.changed_paths(repo, parent, input.onto)):
            return replace(result, status="nothing", commit_sha="")
        files = await committed_files(mirror, result.commit_sha)
        message = (await git_line(mirror, "log", "-1", "--format=%B", result.commit_sha)).strip()
        sha = await commit_paths(workspaces, self._host.scratch, repo, input.onto, mine, files, message)
        return replace(result, commit_sha=sha)

    async def validate(self, input: ValidateStepInput) -> StepVerdict:
        """Whether the commit is as good as the one before it."""
        with leases():
            await self._require(input.workspace, input.before, input.commit)
            return await self._judge.verdict(input)

    async def split(self, input: SplitInput) -> MigrationParts:
        """The migration's change as several commits."""
        with leases():
            return MigrationParts(await split(self._host.workspaces, self._host.scratch, input))

    async def finish(self, input: FinishInput) -> MigrationEnd:
        """All that is left, with the lines of the last commit; what changed; and the checks' numbers before and
        after."""
        workspace, workspaces = input.workspace, self._host.workspaces
        with leases():
            end = input.end or workspace.head_sha
            await self._require(workspace, end)
            rows = await self._left(input, end)
            changed = await workspaces.changed_paths(workspace.repo, workspace.head_sha, end)
            before = after = None
            if input.plan.checks and end != workspace.head_sha:
                if any(step.broke for step in input.steps):
                    verdict = await self._judge.verdict(
                        ValidateStepInput(workspace, input.plan, workspace.head_sha, end)
                    )
                    rows += get_leftovers(self._host.results, verdict.report_id)
                before = await self._judge.numbers(workspace, input.plan.checks, workspace.head_sha)
                after = await self._judge.numbers(workspace, input.plan.checks, end)
            report_id = await asyncio.to_thread(put_leftovers, self._host.results, rows)
            kept = get_leftovers(self._host.results, report_id)
            return MigrationEnd(
                report_id, len(kept), sum(row.breaks_build for row in kept), len(changed),
                before or input.before, after or input.before, git_dir=str(workspaces.mirror(workspace.repo)),
            )  # fmt: skip

    async def _left(self, input: FinishInput, end: str) -> list[Leftover]:
        """What the analysis and the steps left, and what was not done."""
        workspace, workspaces = input.workspace, self._host.workspaces
        rows = [*await moved_to(workspaces, workspace.repo, get_leftovers(self._host.results, input.blockers_id),
                                workspace.head_sha, end)]  # fmt: skip
        titles = {step.name: step.title for step in input.plan.steps}
        for step in input.steps:
            if step.status in ("done", "nothing"):
                mine = await asyncio.to_thread(get_leftovers, self._host.results, step.report_id)
                rows += await moved_to(workspaces, workspace.repo, mine, step.seen_at or end, end)
            else:
                rows += await self._not_done(workspace, step, titles.get(step.name, step.name))
        return rows

    async def _not_done(self, workspace: Workspace, step: StepResult, title: str) -> list[Leftover]:
        """A row for each file that the step would have changed."""
        repo, paths = workspace.repo, ["."]
        if step.commit_sha and await has_commit(self._host.workspaces, repo, step.commit_sha):
            parent = await git_line(self._host.workspaces.mirror(repo), "rev-parse", "--verify", f"{step.commit_sha}^")
            paths = list(await self._host.workspaces.changed_paths(repo, parent, step.commit_sha))
        return [Leftover(path, 0, texts.step_not_done(title, step.reason), texts.FIX_BY_HAND) for path in paths]

    async def _require(self, workspace: Workspace, *commits: str) -> None:
        """Raises CommitsLost where one of ours is not here any more; the migration's own is fetched."""
        await self._host.workspaces.fetch(workspace.repo, workspace.head_sha)
        for commit in commits:
            if not await has_commit(self._host.workspaces, workspace.repo, commit):
                raise CommitsLost(commit)

    async def _is_there(self, workspace: Workspace, known: StepResult) -> bool:
        """With its rows."""
        if known.report_id and not await asyncio.to_thread(get_leftovers, self._host.results, known.report_id):
            return False
        return await has_commit(self._host.workspaces, workspace.repo, known.seen_at)

    async def _tree(self, workspace: Workspace, scope: str, commit: str, seen: FilesSeen | None) -> SourceTree:
        repo = workspace.repo
        checkout = await self._host.workspaces.checkout(repo, commit)
        committed = await committed_files(self._host.workspaces.mirror(repo), commit)
        return source_tree(UntrustedFolder(checkout), committed, scope, FileLayer(), seen)

    async def _recipe(self, workspace: Workspace, migration: MigrationInput) -> Recipe:
        """By its name; a repository's own are those of the commit whose configuration judges."""
        repo, sha = workspace.repo, workspace.config_sha or workspace.head_sha
        await self._host.workspaces.fetch(repo, sha)
        files = await committed_files(self._host.workspaces.mirror(repo), sha)
        paths = [path for path in files if path.startswith(f"{FOLDER}/") and path.endswith((".yml", ".yaml"))]
        texts = [await self._host.workspaces.read_file(repo, sha, path) or "" for path in paths[:_MOST_RECIPES]]
        return await asyncio.to_thread(find_recipe, migration.recipe, dict(zip(paths, texts, strict=False)))


def _version(recipe: Recipe, migration: MigrationInput) -> str:
    if migration.to and not recipe.takes_version:
        raise UserError(texts.takes_no_version(migration.recipe))
    return migration.to or recipe.to
