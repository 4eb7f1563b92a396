"""A migration of a folder of this machine: the same workflow as on a server, without GitHub.

The folder is changed only at the end, when the migration is done: what ends earlier leaves it as it was.
"""

import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from activities.errors import UserError
from activities.migration.types import Leftover, MigrationInput, MigrationResult
from activities.migration_engine.leftovers import get_leftovers
from activities.model import Head
from activities.result_store import ResultStore
from activities.workspace.mirror import Workspaces
from bot.local_gate import COULD_NOT_RUN, folder_settings, no_auth
from bot.local_gate.applied_change import apply_change
from bot.local_gate.folder import LocalHead, local_head
from bot.local_migration.commits import add_commits
from bot.local_migration.terminal import follow, print_diff, print_result
from bot.printable import printable
from bot.settings.data_folder import make_private

DONE, STOPPED = 0, 1
_NAMED = 5


@dataclass(frozen=True)
class MigrateOptions:
    """The options of `autobuild migrate`. `as_json`: print the document; `leftovers_file`: write the list there."""

    path: Path
    recipe: str
    to: str = ""
    only: tuple[str, ...] = ()
    dry_run: bool = False
    batch: bool = False
    commit: bool = False
    stop: bool = False
    as_json: bool = False
    leftovers_file: Path | None = None


async def run(options: MigrateOptions, environ: Mapping[str, str]) -> int:
    """The exit code: 0 done, 1 stopped or something is left that breaks the build, 2 could not run."""
    from bot.processes.temporal_server import starting_server

    settings = folder_settings(environ)
    data = settings.data.resolve()
    make_private(data)
    workspaces = Workspaces(data, lambda repo: repo.path, no_auth)
    head = await local_head(options.path, "", workspaces, environ)
    await _require_clean(head, workspaces, options)
    start = head.committed or head.head_sha
    input = MigrationInput(
        Head(head.repo, start), options.recipe, _scope(head, options.path), options.to, options.only,
        options.dry_run, options.batch, "stop" if options.stop else "continue", publish=False,
    )  # fmt: skip
    async with contextlib.AsyncExitStack() as exits:
        starting = await exits.enter_async_context(starting_server())
        from bot.client import WorkflowClient
        from bot.local_gate.running import engine
        from workflows.migration import CodeMigrationWorkflow
        from workflows.quality.gate import QualityGateWorkflow

        known = (CodeMigrationWorkflow, QualityGateWorkflow)
        client = await exits.enter_async_context(engine(settings, environ, starting, known))
        workflows = WorkflowClient(client, settings.task_queue)
        result = await follow(workflows, client, input, head, quiet=options.as_json)
    leftovers = get_leftovers(ResultStore(data / "results"), result.report_id)
    mirror = workspaces.mirror(head.repo)
    if result.commit_sha and options.dry_run:
        if not options.as_json:
            await print_diff(mirror, start, result.commit_sha)
    elif result.commit_sha and options.commit:
        await add_commits(head.root, mirror, start, result.commit_sha)
    elif result.commit_sha:
        await apply_change(head.root, mirror, start, result.commit_sha)
    _report(options, result, leftovers)
    return _exit_code(result)


def _exit_code(result: MigrationResult) -> int:
    if result.state in ("refused", "failed", "cancelled"):
        return COULD_NOT_RUN
    return STOPPED if result.state in ("stopped", "rolled_back") or result.breaks_build else DONE


def _report(options: MigrateOptions, result: MigrationResult, leftovers: tuple[Leftover, ...]) -> None:
    if options.leftovers_file:
        rows = [_row(each) for each in leftovers]
        options.leftovers_file.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if options.as_json:
        print(json.dumps(_document(result, leftovers), indent=2))
    else:
        print_result(result, leftovers, applied=not options.dry_run)


def _row(leftover: Leftover) -> dict[str, Any]:
    return {name: getattr(leftover, name) for name in ("file", "line", "reason", "fix")}


def _document(result: MigrationResult, leftovers: tuple[Leftover, ...]) -> dict[str, Any]:
    """What `--json` prints."""
    steps = [{**asdict(step), "broke": list(step.broke)} for step in result.steps]
    for step in steps:
        del step["report_id"], step["seen_at"]
    return {
        "state": result.state,
        "reason": result.reason,
        "steps": steps,
        "leftovers": [{**_row(each), "breaks_build": each.breaks_build} for each in leftovers],
        "before": dict(result.before.checks),
        "after": dict(result.after.checks),
        "files_changed": result.files_changed,
    }


async def _require_clean(head: LocalHead, workspaces: Workspaces, options: MigrateOptions) -> None:
    """Files that git does not have are left alone. A person's edits could not be separated from the migration's."""
    if not head.committed:
        if options.commit:
            raise UserError(f"{head.root} is no Git repository with a commit. Leave out --commit.")
        return
    if head.head_sha == head.committed or options.dry_run:
        return
    changed = await workspaces.changed_paths(head.repo, head.committed, head.head_sha)
    edited = sorted(path for path, letter in changed.items() if letter != "A")
    if edited:
        more = f" and {len(edited) - _NAMED} more" if len(edited) > _NAMED else ""
        names = ", ".join(printable(path) for path in edited[:_NAMED])
        raise UserError(f"There are changes that are not committed: {names}{more}. Commit or stash them first.")
    print("Files that Git does not have are left as they are.", file=sys.stderr)


def _scope(head: LocalHead, path: Path) -> str:
    return path.resolve().relative_to(head.root.resolve()).as_posix()
