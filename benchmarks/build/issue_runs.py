"""Whole issues through the product: each gets the label on a simulated GitHub, and the hidden tests run on the head of
the pull request that comes of it."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from activities.sandbox import Runner
from activities.sandbox.ownership import claimed
from activities.sandbox.select import make_runner
from activities.workspace.git import git, git_line
from bot.client import connect
from bot.processes.local_stack import LocalStack, local_stack
from bot.settings.registries import egress_proxy, install_settings
from workflows import ids

from .attempt import end_of, site, tested
from .whole_issues import WholeIssue

LABEL = "autobuild"
# Advisories come over the network, and the simulated GitHub has no CI to wait for.
CONFIG = "version: 1\nchecks:\n  dependencies: {enabled: false}\nagent: {ci_minutes: 0}\n"
_STARTS_WITHIN_S = 120.0
_ENDS_WITHIN_S = 3600.0


@dataclass(frozen=True)
class IssueRun:
    """`solved`: there is a pull request, and the hidden tests pass on its head. `state` is how the workflow ended.
    `rounds` are the coders' and those that repaired what the gate or the review said. `why` is the reason where it is
    not solved, and the end of what failing tests printed."""

    issue: str
    solved: bool
    state: str
    rounds: int
    dollars: float
    seconds: float
    why: str = ""


async def run_issues(issues: Sequence[WholeIssue], agents: Path | None, place: Path) -> list[IssueRun]:
    """One after another: each may use all processors. `agents` is a deployment's file; without one answers are
    scripted."""
    file = agents or _scripted(issues, place)
    environ = {**os.environ, "AUTOBUILD_AGENTS": str(file.resolve()), "LOG_LEVEL": "WARNING"}
    made = []
    async with local_stack(place / "data", environ, "python -m benchmarks.build") as stack:
        with claimed(place):
            runner = await make_runner("bubblewrap", *install_settings(os.environ), egress_proxy(os.environ, ()))
            for issue in issues:
                made.append(await _run(issue, stack, runner, place))
                print(_row(made[-1]), flush=True)
    dollars, seconds = sum(one.dollars for one in made), sum(one.seconds for one in made)
    solved = sum(one.solved for one in made)
    print(f"{solved} of {len(made)} solved, ${dollars:.2f}, {seconds / 60:.1f} minutes")
    return made


def _scripted(issues: Sequence[WholeIssue], place: Path) -> Path:
    """A deployment whose model knows all answers."""
    answers = [
        answer.model_dump(mode="json", exclude_defaults=True) for one in issues for answer in one.script().answers
    ]
    (place / "script.yml").write_text(yaml.safe_dump({"answers": answers}), "utf-8")
    model = {"backend": "scripted", "script": str(place / "script.yml")}
    (place / "agents.yml").write_text(yaml.safe_dump({"models": {"scripted": model}}), "utf-8")
    return place / "agents.yml"


async def _run(issue: WholeIssue, stack: LocalStack, runner: Runner, place: Path) -> IssueRun:
    repo, started = f"octocat/{issue.name}", time.monotonic()
    await stack.do("add_repository", full_name=repo, files={**issue.files, ".github/autobuild.yml": CONFIG})
    opened = await stack.do("open_issue", full_name=repo, title=issue.title, body=issue.body)
    await stack.do("add_label", full_name=repo, number=opened["number"], name=LABEL)
    result = await _result(stack, ids.plan_patch_pr(repo, int(opened["number"])))
    seconds, why = time.monotonic() - started, result.get("reason", "")
    failed = "There is no pull request."
    if pulls := result.get("pulls"):
        failed = await _failed_tests(issue, stack, runner, str(pulls[0]["branch"]), place)
    return IssueRun(
        issue.name, not failed, result["state"],
        sum(one["rounds"] for one in result.get("tasks", ())) + len(result.get("rounds", ())),
        result.get("spent", 0.0), seconds, f"{why} {failed}".strip() if failed else "",
    )  # fmt: skip


async def _failed_tests(issue: WholeIssue, stack: LocalStack, runner: Runner, branch: str, place: Path) -> str:
    """The end of what the hidden tests print on the head of `branch`, "" where they pass."""
    folder = place / issue.name
    folder.mkdir()
    host, workspace = await site(issue.name, issue.files, runner, folder)
    root = Path(workspace.repo.path)
    await git(root, "fetch", "--quiet", f"{stack.github}/octocat/{issue.name}.git", f"refs/heads/{branch}:pull")
    head = await git_line(root, "rev-parse", "pull")
    await host.workspaces.fetch(workspace.repo, head)
    done = await tested(host, workspace, head, issue.command, issue.hidden)
    return "" if done.exit_code == 0 else f"The hidden tests fail: {end_of(done)}"


async def _result(stack: LocalStack, id: str) -> dict[str, Any]:
    """What the workflow gave, as plain data; a result that says why where there is none."""
    client = await connect(stack.temporal.address)
    handle, version, deadline = client.get_workflow_handle(id), 0, time.monotonic() + _STARTS_WITHIN_S
    while True:
        try:
            found: dict[str, Any] = await asyncio.wait_for(handle.result(), _ENDS_WITHIN_S)
        except WorkflowFailureError as error:
            return {"state": "failed", "reason": f"The workflow failed: {error.cause}."}
        except TimeoutError:
            return {"state": "running", "reason": f"It has not ended after {_ENDS_WITHIN_S / 60:g} minutes."}
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            if time.monotonic() > deadline:
                return {"state": "never started", "reason": f"See {stack.log} and the issue's comments."}
            version = await stack.changed(version)
        else:
            return found


def _row(one: IssueRun) -> str:
    mark = "solved" if one.solved else "FAILED"
    row = f"{one.issue:24} {mark}  {one.state:8}  {one.rounds:2} rounds  ${one.dollars:.3f}  {one.seconds / 60:.1f} min"
    return row if one.solved else f"{row}\n{one.why}"
