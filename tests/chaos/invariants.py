"""What must hold once all faults are over and everything has settled; each thing that does not is one sentence."""

import fcntl
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from simulator.github.entities import CheckRun, Comment, Repository, SimulatedIssue
from simulator.github.server import SimulatedGitHub
from tests.chaos.deployment import Deployment
from tests.chaos.pull_history import Outcome, outcomes
from tests.chaos.users import Users
from tests.end_to_end.repos import CHECKS
from workflows.registered import ALL

NAMES = {f"autobuild / {name}" for name in (*CHECKS, "gate")}
_GATE_MARK, _REPLY_MARK = "<!-- autobuild:gate -->", re.compile(r"<!-- autobuild:reply comment-(\d+) -->")
_STOPPED = "Stopped by @"
_HEADINGS = {"success": "✅", "failure": "❌", "refused": "⚪"}
_CONCLUSIONS: dict[str | None, Outcome] = {"success": "success", "failure": "failure", "action_required": "refused"}


# --- what becomes so


def not_settled(users: Users) -> Iterator[str]:
    """What is not yet as it must be on GitHub."""
    deliveries = users.github.webhooks.deliveries
    missing = {each.guid for each in deliveries} - {each.guid for each in deliveries if each.good}
    yield from (f"delivery {guid} never arrived" for guid in sorted(missing))
    for repo, run in all_runs(users.github):
        if run.status != "completed":
            yield f"{run.name} of {repo.full_name}@{run.suite.head_sha} is {run.status}"
    unheard = unheard_comments(users)
    yield from _heads(users, unheard)
    for history, event in users.commands():
        reactions = _reactions(users, history.repo, history.number, event.comment)
        if not reactions and event.comment not in unheard:
            yield f"{event.text!r} in {history.repo}#{history.number} has no reaction"


def unheard_comments(users: Users) -> set[int]:
    """Comments whose event is not in GitHub's log: they are lost for good."""
    heard = {
        int(each.payload["comment"]["id"])
        for each in users.github.webhooks.deliveries
        if each.name == "issue_comment.created"
    }
    return {event.comment for _, event in users.commands()} - heard


def _heads(users: Users, unheard: set[int]) -> Iterator[str]:
    """Every open head has its runs, the verdict that its commands imply, and one comment that speaks of it."""
    for name, sha, own, others in users.open_heads():
        suite = users.github.store.repository(name).suites.get(sha)
        latest = {run.name: run for run in suite.latest_runs()} if suite else {}
        if set(latest) != NAMES:
            yield f"{name}@{sha} has the runs {sorted(latest)}"
            continue
        found, expected = _outcome(latest), outcomes(own, others, sha, unheard)
        if found not in expected:
            told = "\n".join(map(str, (*own, *others)))
            yield f"{name}@{sha} ended as {found}, not {sorted(expected)}:\n{told}"
        for history in own:
            yield from _comment_on_head(users.github.store.issue(name, history.number), sha, found, users)


def _outcome(latest: dict[str, CheckRun]) -> Outcome | str:
    """As the runs say, "" where they contradict each other."""
    gate, linting = latest["autobuild / gate"], latest["autobuild / linting"]
    if gate.conclusion == "cancelled" and _STOPPED in f"{gate.title} {gate.summary}":
        return "stopped"
    found = _CONCLUSIONS.get(gate.conclusion, f"{gate.conclusion}: {gate.title}")
    fits = {"success": ("success", "neutral"), "failure": ("failure",), "refused": ("action_required",)}
    return found if linting.conclusion in fits.get(found, (linting.conclusion,)) else f"{found} with {linting.title}"


def _comment_on_head(issue: SimulatedIssue, sha: str, found: str, users: Users) -> Iterator[str]:
    """A stopped head has no verdict that could be said."""
    own = [one.body for one in _bot_comments(issue, users) if _GATE_MARK in one.body]
    speaks = len(own) == 1 and sha in own[0] and _HEADINGS.get(found, "") in own[0]
    if not speaks and (found != "stopped" or len(own) > 1):
        yield f"pull {issue.number} ({found}, {sha}) has the comments {own}"


# --- what must never have been


def done_twice(users: Users) -> Iterator[str]:
    """No answer, comment, reaction or check run exists twice."""
    runs = Counter(
        (repo.full_name, run.suite.head_sha, run.name, run.external_id) for repo, run in all_runs(users.github)
    )
    yield from (f"{count} check runs {key}" for key, count in runs.items() if count > 1)
    for history in users.histories.values():
        issue = users.github.store.issue(history.repo, history.number)
        own = _bot_comments(issue, users)
        answers = Counter(number for one in own for number in _REPLY_MARK.findall(one.body))
        yield from (f"{count} answers to comment {number}" for number, count in answers.items() if count > 1)
        if sum(_GATE_MARK in one.body for one in own) > 1:
            yield f"{history.repo}#{history.number} has several comments of its gate"
        for comment in issue.comments:
            if len(comment.reactions) > 1:
                yield f"comment {comment.id} has the reactions {[each.content for each in comment.reactions]}"


# --- workflows


async def open_workflows(users: Users, temporal: Client) -> list[str]:
    """Those that run and whose pull request or request is over."""
    allowed = {f"baseline:{repo.full_name}" for repo in users.github.store.repositories.values()}
    for number, history in users.histories.items():
        issue = users.github.store.issue(history.repo, history.number)
        branch = f"#{history.number}" if history.fork else f"@{users.plan.pulls[number].branch}"
        if issue.state == "open":
            allowed.add(f"quality:{history.repo}{branch}")
    found = [one async for one in temporal.list_workflows('ExecutionStatus = "Running"')]
    running = [one.id for one in found if not one.workflow_type.startswith("temporal-sys")]
    return sorted([id for id in running if id not in allowed and not await waits_for_a_timer(temporal, id)])


async def waits_for_a_timer(temporal: Client, branch: str) -> bool:
    """So does a branch that was pushed to without a pull request: it ends by itself some day."""
    timers = set()
    async for event in temporal.get_workflow_handle(branch).fetch_history_events():
        match event.event_type:
            case EventType.EVENT_TYPE_TIMER_STARTED:
                timers.add(event.timer_started_event_attributes.timer_id)
            case EventType.EVENT_TYPE_TIMER_FIRED:
                timers.discard(event.timer_fired_event_attributes.timer_id)
            case EventType.EVENT_TYPE_TIMER_CANCELED:
                timers.discard(event.timer_canceled_event_attributes.timer_id)
    return bool(timers)


async def not_replaying(temporal: Client) -> list[str]:
    """Workflows whose history the code of today does not replay."""
    replayer, failed = Replayer(workflows=ALL), []
    async for found in temporal.list_workflows():
        if not found.workflow_type.startswith("temporal-sys"):
            history: WorkflowHistory = await temporal.get_workflow_handle(found.id, run_id=found.run_id).fetch_history()
            result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
            failed += [f"{found.id}: {result.replay_failure}"] if result.replay_failure else []
    return failed


# --- what is left once everything was stopped


def left_behind(deployment: Deployment) -> Iterator[str]:
    """Processes, control groups, scratch folders and locks."""
    folder = str(deployment.folder)
    for process in psutil.process_iter(["pid", "cmdline"]):
        if folder in " ".join(process.info["cmdline"] or ()) and process.pid != psutil.Process().pid:
            yield f"process {process.pid}: {process.info['cmdline']}"
    pids = {str(pid) for pid in deployment.pids()}
    for group in Path("/sys/fs/cgroup").glob("**/autobuild-run-*"):
        if group.name.split("-")[-3] in pids:
            yield f"control group {group}"
    data = deployment.data.path
    yield from (f"scratch {path}" for path in (data / "scratch").glob("*") if path.name != "locks")
    yield from (f"git's lock {path}" for path in (data / "mirrors").glob("**/*.git/**/*.lock"))
    for lock in (path for path in data.glob("**/*lock*") if path.is_file() and "checkouts" not in path.parts):
        with lock.open("rb+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield f"lock {lock}"


def all_runs(github: SimulatedGitHub) -> Iterator[tuple[Repository, CheckRun]]:
    """Every check run on any commit."""
    for repo in github.store.repositories.values():
        yield from ((repo, run) for suite in repo.suites.values() for run in suite.runs)


def _bot_comments(issue: SimulatedIssue, users: Users) -> list[Comment]:
    return [comment for comment in issue.comments if comment.user is users.github.store.app.bot]


def _reactions(users: Users, repo: str, number: int, comment: int) -> list[str]:
    comments = users.github.store.issue(repo, number).comments
    return [each.content for one in comments if one.id == comment for each in one.reactions]
