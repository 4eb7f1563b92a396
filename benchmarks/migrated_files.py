"""A migration's analysis and one step on React applications of 500 and 5,000 files, beside jscodeshift and ast-grep.

The step is the one of react18 that gives each container a root: it looks at what is declared where, shares a root among
calls and files, and changes imports. The other tools replace one call by another. The step's commit is not measured;
its files are written, as the others write theirs. All have the low priority of a sandbox.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.migration.recipe import FileLayer
from activities.migration.types import MigrationInput
from activities.migration_engine.analysis import analyzed
from activities.migration_engine.steps import StepSite, run_step, source_tree
from activities.model import Finding, Head, RepoRef
from activities.recipes.react18 import recipe
from activities.sandbox.ownership import claimed
from activities.sandbox.select import make_runner
from activities.untrusted_files import UntrustedFolder
from activities.workspace.commits import FILE, CommittedFile
from benchmarks import Benchmark, Effort
from benchmarks.rows import Goal, Row, median
from benchmarks.support.codemods import Codemods, must_be_rewritten
from benchmarks.support.taken import Took, adopting, timed
from bot.settings.registries import egress_proxy, install_settings

_ROUNDS = 5
_STEP = "roots"
_SIZES, _SMALL = (500, 5000), (100,)


@dataclass(frozen=True)
class MigratedFiles:
    """`site` is where the step runs."""

    site: StepSite
    codemods: Codemods

    async def migrate(self, count: int) -> Took:
        """A fresh tree of `count` files, from its analysis to the written files."""
        tree = self.codemods.fresh(count)
        files = UntrustedFolder(tree)
        committed = {path: CommittedFile(FILE, "") for path in files.files()}  # which git knows
        input = MigrationInput(Head(RepoRef("octocat", "shop"), "0" * 40), "react18", only=(_STEP,))
        [step] = [step for step in recipe.steps if step.name == _STEP]
        async with timed() as took:
            found = source_tree(files, committed, ".", FileLayer())
            analysis, _ = await asyncio.to_thread(analyzed, recipe, input, found, recipe.to)
            done = await run_step(self.site, tree, committed, step, scope=".", to=recipe.to, findings=_no_findings)
            for path, content in done.changed.items():
                files.write(path, content)
        if analysis.refusal or done.report.problem or done.report.leftovers:
            raise RuntimeError(f"the step must be done: {analysis.refusal} {done.report}")
        must_be_rewritten(tree, count)
        return took[0]


async def _no_findings(_tool: str) -> tuple[Sequence[Finding], Sequence[Finding]]:
    return (), ()


@contextlib.asynccontextmanager
async def _setup(folder: Path) -> AsyncIterator[MigratedFiles]:
    codemods = Codemods(folder / "codemods")
    await codemods.install()
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    kind = os.environ.get("AUTOBUILD_SANDBOX", "bubblewrap")
    runner = await make_runner(kind, *install_settings(os.environ), egress_proxy(os.environ, ()))
    with claimed(data):
        async with adopting():
            yield MigratedFiles(StepSite(runner, data), codemods)


async def _measure(subject: MigratedFiles, effort: Effort) -> list[Row]:
    rows = []
    for count in _SMALL if effort.small else _SIZES:
        await subject.migrate(count)  # installs what the step needs
        ours, others = [], []
        for _ in range(effort.times(_ROUNDS)):
            others.append(await subject.codemods.ast_grep(count))
            ours.append(await subject.migrate(count))
        slow = await subject.codemods.jscodeshift(count)
        rows += _rows(count, ours, others, slow)
    return rows


def _rows(count: int, ours: Sequence[Took], others: Sequence[Took], slow: Took) -> list[Row]:
    title, one = f"migration step, {count} files", "ast-grep, one rewrite"
    wall, other = (median([took.wall for took in each]) for each in (ours, others))
    cpu, other_cpu = (median([took.cpu for took in each]) for each in (ours, others))
    return [
        Row(f"{title}: wall time", "s", wall, other, one, Goal("ratio", at_most=1.5)),
        Row(f"{title}: processor time", "s", cpu, other_cpu, one),
        Row(f"{title}: files a second", "/s", count / wall, count / other, one),
        Row(f"{title}: files a second", "/s", count / wall, count / slow.wall, "jscodeshift, one rewrite"),
    ]


benchmark = Benchmark(_setup, _measure)
