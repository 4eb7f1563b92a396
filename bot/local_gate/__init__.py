"""The gate on a folder of this machine: the same workflow, worker and tools as on a server, without GitHub."""

import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from temporalio.client import Client

from activities.errors import UserError
from activities.model import CheckResult, Head, RepoRef
from activities.quality_gate.types import FixInput, GateInput, GateOutcome
from activities.reporting import command_replies
from activities.result_store import ResultStore
from activities.tool_activities import ToolActivities
from activities.workspace.mirror import Workspaces
from bot.client import WorkflowClient, connect
from bot.host_state import host_problem
from bot.local_gate.applied_fixes import apply_fixes
from bot.local_gate.folder import LocalHead, local_head
from bot.local_gate.terminal import follow, print_verdict
from bot.printable import printable
from bot.processes.parts import Part, Parts
from bot.processes.temporal_server import temporal_server
from bot.settings import Settings
from bot.settings.data_folder import default_cache
from bot.worker import make_worker_activities, run_worker
from workflows.config import ActivityTimeouts

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
    settings = _settings(environ)
    async with engine(settings, environ) as client:
        if problem := await host_problem(settings.data, settings.data_reserve):  # nobody wants to wait for that here
            raise UserError(problem.message)
        workspaces = Workspaces(settings.data.resolve(), lambda repo: repo.path, _no_auth)
        head = await local_head(options.path, options.base, workspaces, environ)
        for sentence in head.left_out:
            print(f"Not looked at: {printable(sentence)}", file=sys.stderr)
        outcome = await _gate(client, settings, head, quiet=options.as_json)
        if options.fix and outcome.workspace and await _fix(client, head, outcome, workspaces):
            head = await local_head(options.path, options.base, workspaces, environ)
            outcome = await _gate(client, settings, head, quiet=options.as_json)
    store = ResultStore(settings.data.resolve() / "results")
    stored = {check.name: store.get(check.result_id) for check in outcome.result.checks if check.result_id}
    results = {name: result for name, result in stored.items() if result}
    if options.sarif:
        from activities.reporting import sarif

        found = [finding for result in results.values() for finding in result.findings]
        options.sarif.write_text(json.dumps(sarif(found, version("autobuild"), head.head_sha), indent=1), "utf-8")
    if options.as_json:
        print(json.dumps(document(outcome, results), indent=2))
    else:
        print_verdict(outcome, results)
    return {"passed": PASSED, "failed": FAILED}.get(outcome.result.state, COULD_NOT_RUN)


@contextlib.asynccontextmanager
async def engine(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Client]:
    """A Temporal server that keeps nothing, and a worker in this process."""
    async with temporal_server(None) as server:
        temporal = Part("Temporal server", server.process, lost="Run this again.")
        async with Parts(temporal).watched(), make_worker_activities(settings, environ) as activities:
            client = await connect(server.address)
            async with run_worker(client, settings, activities):
                yield client


def _settings(environ: Mapping[str, str]) -> Settings:
    """Without an App. Results are kept in the user's cache folder, so that a second run is quick."""
    without_app = {name: value for name, value in environ.items() if not name.startswith("AUTOBUILD_APP")}
    settings = Settings.load(without_app, needs=())
    return settings if environ.get("AUTOBUILD_DATA", "").strip() else replace(settings, data=default_cache())


async def _no_auth(_repo: RepoRef) -> tuple[str, str]:
    return "", ""


async def _gate(client: Client, settings: Settings, head: LocalHead, *, quiet: bool) -> GateOutcome:
    workflows = WorkflowClient(client, settings.task_queue)
    input = GateInput(Head(head.repo, head.head_sha, base_sha=head.base_sha), publish=False)
    workflow_id = await workflows.start_quality_gate(input)
    if quiet:
        return await workflows.wait_for_gate(workflow_id)
    return await follow(workflows, client, workflow_id, head)


async def _fix(client: Client, head: LocalHead, outcome: GateOutcome, workspaces: Workspaces) -> bool:
    """Applies the fixes to the folder's own files. False where there was nothing to fix."""
    workspace, plan = outcome.workspace, outcome.plan
    assert workspace
    assert plan
    fixed = await client.execute_activity_method(
        ToolActivities.apply_fixes,
        FixInput(workspace, plan),
        id=f"fix:{head.repo.full_name}@{head.head_sha}",
        task_queue=workspace.queue,
        start_to_close_timeout=ActivityTimeouts.FIX,
    )
    for sentence in fixed.left_out:
        print(f"Not taken over from the fix: {printable(sentence)}", file=sys.stderr)
    if fixed.worse or not fixed.commit_sha:
        said = command_replies.fix_worse(fixed.worse) if fixed.worse else command_replies.fix_nothing(())
        print(printable(said), file=sys.stderr)
        return False
    await apply_fixes(head.root, workspaces.mirror(workspace.repo), workspace.head_sha, fixed.commit_sha)
    print(f"Fixed {fixed.files} files with {printable(', '.join(fixed.by))}.", file=sys.stderr)
    return True


def document(outcome: GateOutcome, results: Mapping[str, CheckResult]) -> dict[str, Any]:
    """What `--json` prints."""
    result = outcome.result
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
        "findings": [
            {name: getattr(finding, name) for name in parts} for each in results.values() for finding in each.findings
        ],
    }
