"""`autobuild gate`: the same workflow, worker and tools as on a server, on a folder of this machine."""

import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from temporalio.client import Client

from activities.model import CheckResult, Finding, RepoRef
from activities.quality_gate.types import FixInput, FixResult, GateInput, GateOutcome, Workspace
from activities.result_store import ResultStore
from activities.workspace.git import git
from activities.workspace.mirror import Workspaces
from bot.cli.local_repo import LocalHead, local_head
from bot.cli.progress import follow, print_verdict
from bot.client import WorkflowClient, connect
from bot.processes.temporal_server import temporal_server
from bot.settings import Settings
from bot.worker import make_worker_activities, run_worker
from workflows.config import ActivityTimeouts

PASSED, FAILED, COULD_NOT_RUN = 0, 1, 2


@dataclass(frozen=True)
class GateOptions:
    """What the command line asked for."""

    path: Path
    base: str = ""
    as_json: bool = False
    sarif: Path | None = None
    fix: bool = False


async def run(options: GateOptions, environ: Mapping[str, str]) -> int:
    """The exit code: 0 passed, 1 failed, 2 could not run."""
    settings = _settings(environ)
    async with engine(settings, environ) as client:
        workspaces = Workspaces(settings.data.resolve(), lambda repo: repo.path, _no_auth)
        head = await local_head(options.path, options.base, workspaces)
        outcome = await _gate(client, settings, head, quiet=options.as_json)
        if options.fix and outcome.workspace and await _fix(client, settings, head, outcome, workspaces):
            head = await local_head(options.path, options.base, workspaces)
            outcome = await _gate(client, settings, head, quiet=options.as_json)
    judged = _judged(settings, outcome)
    _report(options, head, outcome, judged)
    return _exit_code(outcome)


@contextlib.asynccontextmanager
async def engine(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Client]:
    """A Temporal server that forgets, and a worker in this process."""
    async with temporal_server(None) as server:
        client = await connect(server.address)
        async with make_worker_activities(settings, environ) as activities, run_worker(client, settings, activities):
            yield client


def _settings(environ: Mapping[str, str]) -> Settings:
    """No GitHub is needed. Results are kept in the user's cache folder, so that a second look is quick."""
    plain = {name: value for name, value in environ.items() if not name.startswith("AUTOBUILD_APP")}
    settings = Settings.load(plain, needs=())
    if "AUTOBUILD_DATA" in environ:
        return settings
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return replace(settings, data=cache / "autobuild")


async def _no_auth(repo: RepoRef) -> tuple[str, str]:
    return "", ""


async def _gate(client: Client, settings: Settings, head: LocalHead, *, quiet: bool) -> GateOutcome:
    workflows = WorkflowClient(client, settings.task_queue)
    request = GateInput(head.repo, head.head_sha, base_sha=head.base_sha, publish=False)
    workflow_id = await workflows.start_quality_gate(request)
    if quiet:
        return await workflows.wait_for_gate(workflow_id)
    return await follow(workflows, client, workflow_id, head)


async def _fix(
    client: Client, settings: Settings, head: LocalHead, outcome: GateOutcome, workspaces: Workspaces
) -> bool:
    """Applies the fixes to the folder's own files. False where there was nothing to fix."""
    assert outcome.workspace
    assert outcome.plan
    fixed = await client.execute_activity(
        "apply_fixes",
        FixInput(outcome.workspace, outcome.plan),
        result_type=FixResult,
        id=f"fix:{head.repo.full_name}@{head.head_sha}",
        task_queue=outcome.workspace.queue,
        start_to_close_timeout=ActivityTimeouts.FIX,
    )
    if not fixed.commit_sha:
        return False
    await _write_back(workspaces, head, outcome.workspace, fixed.commit_sha)
    print(f"Fixed {fixed.files} files by {', '.join(fixed.by)}.", file=sys.stderr)
    return True


async def _write_back(workspaces: Workspaces, head: LocalHead, workspace: Workspace, commit: str) -> None:
    """As a patch, so that a file that was edited in the meantime is refused and not overwritten."""
    mirror = workspaces.mirror(workspace.repo)
    patch = await git(mirror, "diff", "--binary", "--no-color", "--no-ext-diff", workspace.head_sha, commit)
    await git(head.root, "apply", "--whitespace=nowarn", "-", stdin=patch)


def _judged(settings: Settings, outcome: GateOutcome) -> dict[str, CheckResult]:
    store = ResultStore(settings.data.resolve() / "results")
    found = {check.name: store.get(check.result_id) for check in outcome.result.checks if check.result_id}
    return {name: judged for name, judged in found.items() if judged}


def _report(options: GateOptions, head: LocalHead, outcome: GateOutcome, judged: Mapping[str, CheckResult]) -> None:
    if options.sarif:
        from importlib.metadata import version

        from activities.reporting import sarif

        found = [finding for one in judged.values() for finding in one.findings]
        options.sarif.write_text(json.dumps(sarif(found, version("autobuild"), head.head_sha), indent=1), "utf-8")
    if options.as_json:
        print(json.dumps(document(outcome, judged), indent=2))
    else:
        print_verdict(outcome, judged, head)


def document(outcome: GateOutcome, judged: Mapping[str, CheckResult]) -> dict[str, Any]:
    """What `--json` prints."""
    result = outcome.result
    return {
        "can_merge": result.can_merge,
        "overall_score": result.overall_score,
        "state": result.state,
        "reason": result.reason,
        "head_sha": result.head_sha,
        "base_sha": result.base_sha,
        "checks": [_check(check) for check in result.checks],
        "findings": [_finding(finding) for one in judged.values() for finding in one.findings],
    }


def _check(check: Any) -> dict[str, Any]:
    names = ("name", "status", "score", "required", "duration_s", "cached", "new_findings", "known_findings", "reason")
    return {**{name: getattr(check, name) for name in names}, "metrics": dict(check.metrics)}


def _finding(finding: Finding) -> dict[str, Any]:
    names = ("check", "tool", "rule", "path", "line", "message", "severity", "new")
    return {name: getattr(finding, name) for name in names}


def _exit_code(outcome: GateOutcome) -> int:
    if outcome.result.state == "passed":
        return PASSED
    return FAILED if outcome.result.state == "failed" else COULD_NOT_RUN
