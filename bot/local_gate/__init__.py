"""The gate on a folder of this machine: the same workflow, worker and tools as on a server, without GitHub.

A verdict that is known is printed at once. What the workflow needs is imported only where it has to run.
"""

import contextlib
import gc
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from activities.model import RepoRef
from activities.result_store import ResultStore
from activities.workspace.mirror import Workspaces
from bot.local_gate.folder import LocalHead, local_head
from bot.local_gate.known_verdicts import KnownVerdict, KnownVerdicts
from bot.printable import printable
from bot.settings import Settings
from bot.settings.data_folder import default_cache, make_private

PASSED, FAILED, COULD_NOT_RUN = 0, 1, 2


@dataclass(frozen=True)
class GateOptions:
    """The options of `autobuild gate`."""

    path: Path
    base: str = ""
    as_json: bool = False
    sarif: Path | None = None
    fix: bool = False


async def run(options: GateOptions, environ: Mapping[str, str]) -> int:
    """The exit code: 0 passed, 1 failed, 2 could not run."""
    settings = folder_settings(environ)
    data = settings.data.resolve()
    make_private(data)
    workspaces = Workspaces(data, lambda repo: repo.path, no_auth)
    verdicts = KnownVerdicts(ResultStore(data / "results"))
    head = await local_head(options.path, options.base, workspaces, environ)
    for sentence in head.left_out:
        print(f"Not looked at: {printable(sentence)}", file=sys.stderr)
    known = None if options.fix else verdicts.get(head)
    if known is None:
        head, known = await _run(options, settings, environ, head, workspaces, verdicts)
    elif not options.as_json:
        from bot.local_gate.terminal import print_head

        print_head(head)
    if options.sarif:
        from importlib.metadata import version

        from activities.reporting import sarif

        log = sarif(known.findings, version("autobuild"), head.head_sha)
        options.sarif.write_text(json.dumps(log, indent=1), "utf-8")
    if options.as_json:
        print(json.dumps(document(known), indent=2))
    else:
        from bot.local_gate.terminal import print_verdict

        print_verdict(known)
    return {"passed": PASSED, "failed": FAILED}.get(known.result.state, COULD_NOT_RUN)


async def _run(
    options: GateOptions,
    settings: Settings,
    environ: Mapping[str, str],
    head: LocalHead,
    workspaces: Workspaces,
    verdicts: KnownVerdicts,
) -> tuple[LocalHead, KnownVerdict]:
    """The verdict by the workflow, with `--fix` on the files as they are then."""
    from bot.processes.temporal_server import starting_server

    async with contextlib.AsyncExitStack() as exits:
        # The server takes as long to start as all that the worker needs takes to be imported.
        starting = await exits.enter_async_context(starting_server())
        gc.disable()  # nothing of what is imported becomes garbage
        from bot.local_gate.running import engine, fix, run_gate

        gc.enable()
        client = await exits.enter_async_context(engine(settings, environ, starting))
        outcome = await run_gate(client, settings, head, quiet=options.as_json)
        if options.fix and outcome.workspace and await fix(client, head, outcome, workspaces):
            head = await local_head(options.path, options.base, workspaces, environ)
            outcome = await run_gate(client, settings, head, quiet=options.as_json)
    return head, verdicts.put(head, outcome.result)


def folder_settings(environ: Mapping[str, str]) -> Settings:
    """Without an App. Results are kept in the user's cache folder, so that a second run is quick."""
    without_app = {name: value for name, value in environ.items() if not name.startswith("AUTOBUILD_APP")}
    settings = Settings.load(without_app, needs=())
    return settings if environ.get("AUTOBUILD_DATA", "").strip() else replace(settings, data=default_cache())


async def no_auth(_repo: RepoRef) -> tuple[str, str]:
    """A folder needs no credentials."""
    return "", ""


def document(known: KnownVerdict) -> dict[str, Any]:
    """What `--json` prints."""
    result = known.result
    facts = ("name", "status", "score", "required", "duration_s", "cached", "new_findings", "known_findings", "reason")
    noted = ("mistakes", "broken", "changes")
    parts = ("check", "tool", "rule", "path", "line", "message", "severity", "new", "informational")
    return {
        "can_merge": result.can_merge,
        "overall_score": result.overall_score,
        "state": result.state,
        "reason": result.reason,
        "head_sha": result.head_sha,
        "base_sha": result.base_sha,
        "lacking": list(result.lacking),
        "checks": [
            {**{name: getattr(check, name) for name in facts}, "metrics": dict(check.metrics)}
            for check in result.checks
        ],
        "configuration": {name: [asdict(each) for each in getattr(result.config, name)] for name in noted},
        "findings": [{name: getattr(finding, name) for name in parts} for finding in known.findings],
    }
