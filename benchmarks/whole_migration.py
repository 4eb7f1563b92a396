"""`autobuild migrate react18` on an application of 500 files, the whole command, beside ast-grep's one rewrite of it.

Nothing is installed for the repository: its package.json asks for no tool and it has no lock file. What the recipe's
own programs need is installed before.
"""

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from activities.workspace.git import git_environment
from benchmarks import Benchmark, Effort
from benchmarks.compared.clones import git
from benchmarks.rows import Goal, Row, median
from benchmarks.support.codemods import Codemods, must_be_rewritten
from benchmarks.support.taken import Took, adopting, timed

_ROUNDS = 3
_FILES, _SMALL = 500, 100


@dataclass(frozen=True)
class WholeMigration:
    """`data` is the folder of the command."""

    data: Path
    codemods: Codemods

    async def migrate(self, count: int) -> Took:
        """A repository that was never migrated, until the command has ended well."""
        shutil.rmtree(self.data / "results", ignore_errors=True)
        tree = self.codemods.fresh(count)
        git(tree, "init", "--quiet", "--initial-branch=main")
        git(tree, "add", "--all")
        git(tree, "commit", "--quiet", "--message", "A shop")
        passed_on = {name: os.environ[name] for name in ("AUTOBUILD_SANDBOX", "UV_SYSTEM_CERTS") if name in os.environ}
        env = git_environment({"AUTOBUILD_DATA": str(self.data), **passed_on})
        argv = (sys.executable, "-m", "bot", "migrate", "react18", str(tree), "--json")
        async with timed() as took:
            process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=asyncio.subprocess.PIPE)
            said, _ = await process.communicate()
        found = json.loads(said)
        if found["state"] != "done":
            raise RuntimeError(f"the migration must be done: {found['reason']} {found['steps']}")
        must_be_rewritten(tree, count)
        return took[0]


@contextlib.asynccontextmanager
async def _setup(folder: Path) -> AsyncIterator[WholeMigration]:
    codemods = Codemods(folder / "codemods")
    async with adopting():
        yield WholeMigration(folder / "data", codemods)


async def _measure(subject: WholeMigration, effort: Effort) -> list[Row]:
    count = _SMALL if effort.small else _FILES
    await subject.migrate(count)  # installs what its programs need
    ours, others = [], []
    for _ in range(effort.times(_ROUNDS)):
        others.append(await subject.codemods.ast_grep(count))
        ours.append(await subject.migrate(count))
    title, against = f"react18 of {count} files", "ast-grep, one rewrite"
    wall, other = (median([took.wall for took in each]) for each in (ours, others))
    cpu, other_cpu = (median([took.cpu for took in each]) for each in (ours, others))
    return [
        Row(f"{title}: autobuild migrate", "s", wall, other, against, Goal("measured", at_most=60)),
        Row(f"{title}: processor time", "s", cpu, other_cpu, against),
    ]


benchmark = Benchmark(_setup, _measure)
