"""A recipe's steps on a folder, one after another, as the engine runs them: in the sandbox, on copies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.migration.recipe import Recipe, StepReport
from activities.migration.types import Leftover
from activities.migration_engine.steps import StepSite, run_step
from activities.model import Finding
from activities.sandbox.ownership import claimed
from activities.untrusted_files import UntrustedFolder
from activities.workspace.commits import FILE, CommittedFile
from tests.runners import runner_with_registries


@dataclass(frozen=True)
class Migrated:
    """What the steps left, by the step's name; `changed` are the paths that each changed, created or removed."""

    reports: dict[str, StepReport]
    changed: dict[str, tuple[str, ...]]

    @property
    def leftovers(self) -> list[Leftover]:
        return [each for report in self.reports.values() for each in report.leftovers]


async def migrate(
    folder: Path,
    recipe: Recipe,
    data: Path,
    *,
    only: Collection[str] = (),
    to: str = "",
    scope: str = ".",
    findings: tuple[Sequence[Finding], Sequence[Finding]] = ((), ()),
) -> Migrated:
    """Changes the files of `folder`. `data` stands for the data folder; `findings` are what every tool says (before the
    migration, now)."""

    async def ask(_tool: str) -> tuple[Sequence[Finding], Sequence[Finding]]:
        return findings

    done = Migrated({}, {})
    files = UntrustedFolder(folder)
    data.mkdir(parents=True, exist_ok=True)
    with claimed(data):
        site = StepSite(await runner_with_registries(), data)
        for step in recipe.steps:
            if (only and step.name not in only) or (step.optional and not only):
                continue
            committed = {path: CommittedFile(FILE, "") for path in files.files()}
            stepped = await run_step(site, folder, committed, step, scope=scope, to=to or recipe.to, findings=ask)
            done.reports[step.name] = stepped.report
            done.changed[step.name] = (*stepped.changed, *stepped.removed)
            for path, content in stepped.changed.items():
                files.write(path, content, executable=path in stepped.executable)
            for path in stepped.removed:
                files.remove(path)
    return done
