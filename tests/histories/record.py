"""Records the histories that `tests/workflows/test_replay.py` replays: `python -m tests.histories.record NAME [SCENARIO …]`.

A history is a promise: once a version is released, a file of it is never recorded again to make a test pass. A change of
a workflow then gets `workflow.patched`, and a new file under a new name beside the old one.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from temporalio.client import Schedule, ScheduleActionStartWorkflow, ScheduleSpec

from activities.incidents.types import Alert, AlertBatch, IncidentOutcome
from activities.incidents.watching import IncidentEnded
from activities.migration.types import MigrationInput
from activities.model import Head
from tests.deadlines import until
from tests.end_to_end import test_incidents as incidents
from tests.end_to_end import test_planned_changes as planned_changes
from tests.end_to_end.incidents import Incidents
from tests.end_to_end.label_workflow import WITH_STAND_IN
from tests.end_to_end.planned import agents as planned_agents
from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, slow
from tests.end_to_end.test_labels import asked_for_labels, state
from tests.end_to_end.test_patches import GREEN, RED, agents, ended, pull_of
from tests.end_to_end.test_reconciliation import deaf, missed_head, only, reconcile
from tests.end_to_end.test_schedule import BAD as FELL
from tests.end_to_end.test_schedule import issues, scheduled
from tests.end_to_end.test_shared_heads import copied, gate
from tests.schedules import workflow_id
from tests.stack import Stack, make_stack
from tests.workflows.monitoring.stand_ins import StandInIncident
from workflows import ids
from workflows.event_recovery.delivery_sweep import DeliverySweepInput, DeliverySweepWorkflow
from workflows.event_recovery.reconciliation import ReconciliationInput
from workflows.messages import Pushed
from workflows.monitoring.monitoring import INCIDENT, ContinuousMonitoringWorkflow
from workflows.monitoring.requests import MonitoringInput

HERE = Path(__file__).parent
FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: this is new\n"}


async def passed(stack: Stack) -> dict[str, str]:
    """A push and a pull request that passes."""
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    await stack.github.pulls.close_pull(repo, number)
    await stack.workflows.wait_for_result(f"quality:{repo}@change", 30)
    return {"gate-passed": f"quality-gate:{repo}@{sha}", "branch-closed": f"quality:{repo}@change"}


async def superseded(stack: Stack) -> dict[str, str]:
    """A head that makes way for a newer one."""
    repo = await stack.repository(slow())
    old = await hanging(stack, repo, "recorded")
    new = await stack.push(repo, {"security.sh": "true"})
    await stack.verdict(repo, new)
    await stack.github.pushes.delete_branch(repo, "change")
    await stack.workflows.wait_for_result(f"quality:{repo}@change", 30)
    return {"gate-superseded": f"quality-gate:{repo}@{old}", "branch-superseding": f"quality:{repo}@change"}


async def requested(stack: Stack) -> dict[str, str]:
    """`/retest` by a comment on a failed head, and its findings accepted by a button."""
    repo = await stack.repository(configured())
    sha = await stack.push(repo, FINDING)
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    comment = stack.github.issues.add_comment(repo, number, "/retest failed")
    runs = await stack.verdict(repo, sha, gates=2)
    stack.github.checks.press_button(repo, runs["linting"]["id"], "accept-baseline")
    await stack.verdict(repo, sha, gates=3)
    await stack.github.pushes.delete_branch(repo, "change")
    await stack.workflows.wait_for_result(f"quality:{repo}@change", 30)
    return {
        "command-retest": f"command:{repo}!comment-{comment.id}",
        "branch-requests": f"quality:{repo}@change",
        "baseline": f"baseline:{repo}",
    }


async def commanded(stack: Stack) -> dict[str, str]:
    """`/stop`, `/retry`, `/override` and a mistake by comments, and a merge by the bot."""
    files = slow()
    files[".github/autobuild.yml"] += "auto_merge: true\n"
    repo = await stack.repository(files)
    sha = await hanging(stack, repo, "commanded")
    number = await stack.pull(repo)
    await stack.ask(repo, number, "/stop\n/retset")
    await stack.verdict(repo, sha)
    await stack.ask(repo, number, "/override security it hangs for ever")
    await stack.ask(repo, number, "/retry\n/status")
    await stack.workflows.wait_for_result(f"quality:{repo}@change", 60)
    comments = [c["id"] for c in stack.github.comments(repo, number) if c["user"]["login"] == "octocat"]
    commands = {
        f"command-{name}": f"command:{repo}!comment-{id}"
        for name, id in zip(("stop", "override", "retry"), comments, strict=True)
    }
    return {"branch-commanded": f"quality:{repo}@change", "thread": f"thread:{repo}#{number}", **commands}


async def labelled(stack: Stack) -> dict[str, str]:
    """A label that starts work, and is taken off."""
    repo = await stack.repository(configured())
    number = stack.github.issues.open_issue(repo, "A wish").number
    stack.github.issues.add_label(repo, number, "autobuild")
    await stack.github.webhooks.idle()
    (added,) = await stack.workflows.list_workflows(f"WorkflowId STARTS_WITH 'command:{repo}!label-'")
    await stack.workflows.wait_for_result(added.workflow_id, 30)
    await state(stack, f"plan-patch-pr:{repo}#{number}", "running")
    stack.github.issues.remove_label(repo, number, "autobuild")
    await stack.workflows.wait_for_result(f"label:{repo}#{number}:autobuild", 30)
    return {"label-stopped": f"label:{repo}#{number}:autobuild", "command-label": added.workflow_id}


async def asked(stack: Stack) -> dict[str, str]:
    """A comment that starts work, beside a label that is put on later; and one about its plan."""
    repo = await stack.repository(configured())
    number = stack.github.issues.open_issue(repo, "A wish").number
    work, label = f"plan-patch-pr:{repo}#{number}", f"label:{repo}#{number}:autobuild"
    await stack.ask(repo, number, "/autobuild")
    await state(stack, work, "running")
    await stack.workflows.signal_workflow(work, "shows", {"stage": "approval", "digest": "0123456789ab"})
    for body in ("/approve 0123456", "/revise Do less", "/status"):
        await stack.ask(repo, number, body)
    looks = asked_for_labels(stack, repo, number)
    stack.github.issues.add_label(repo, number, "autobuild")
    await stack.until(lambda: asked_for_labels(stack, repo, number) > looks)
    stack.github.store.advance(1)
    await stack.ask(repo, number, "/stop")
    await stack.workflows.wait_for_result(label, 30)
    comments = [c["id"] for c in stack.github.comments(repo, number) if c["user"]["login"] == "octocat"]
    names = ("autobuild", "approve", "revise", "status-issue", "stop-issue")
    commands = {f"command-{name}": f"command:{repo}!comment-{id}" for name, id in zip(names, comments, strict=True)}
    return {"label-asked": label, **commands}


async def shared(stack: Stack) -> dict[str, str]:
    """Two branches at one commit, of which one moves on."""
    repo = await stack.repository(configured())
    sha = await stack.push(repo, FINDING, branch="one")
    await stack.pull(repo, branch="one")
    await stack.verdict(repo, sha)
    await copied(stack, repo, sha, "two")
    await stack.pull(repo, branch="two")
    await gate(stack, repo, sha, "#1", "#2")
    newer = await stack.push(repo, {"b.txt": "x\n"}, branch="two")
    await stack.verdict(repo, newer)
    await gate(stack, repo, sha, without="#2")
    for branch in ("two", "one"):
        await stack.github.pushes.delete_branch(repo, branch)
        await stack.workflows.wait_for_result(f"quality:{repo}@{branch}", 60)
    return {"branch-sharing": f"quality:{repo}@one", "branch-leaving": f"quality:{repo}@two"}


async def configured_anew(stack: Stack) -> dict[str, str]:
    """A new configuration on the default branch, and an open pull request that it judges."""
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.pull(repo)
    await stack.verdict(repo, sha)
    changed = await stack.push(repo, configured({"security": "true"}), branch="main")
    id = f"config-change:{repo}@main:{changed}"
    await stack.until(lambda: stack.runs(repo, sha)["security"]["conclusion"] == "success")
    await stack.workflows.wait_for_result(id, 60)
    await stack.github.pushes.delete_branch(repo, "change")
    await stack.workflows.wait_for_result(f"quality:{repo}@change", 60)
    return {"config-change": id, "branch-configured": f"quality:{repo}@change"}


async def configured_first(stack: Stack) -> dict[str, str]:
    """`/init` in a repository without a configuration."""
    repo = await stack.repository({"ruff.toml": "", "a.py": ""})
    number = stack.github.issues.open_issue(repo, "How is this checked?").number
    await stack.ask(repo, number, "/init")
    await stack.workflows.wait_for_result(f"init:{repo}", 30)
    return {"first-configuration": f"init:{repo}"}


async def reddened(stack: Stack) -> dict[str, str]:
    """A default branch that fails, hears of a merged and an open pull request, and passes again."""
    repo = await stack.repository(configured())
    await stack.push(repo, {"b.txt": "x\n"}, branch="open")
    waiting = await stack.pull(repo, branch="open")
    await stack.comment(repo, waiting)
    failing = await stack.push(repo, FINDING, branch="main")
    await stack.verdict(repo, failing)
    await stack.until(lambda: any("🔴" in each["body"] for each in stack.github.comments(repo, waiting)))
    fixed = await stack.push(repo, {"lint.txt": ""}, branch="main")
    await stack.verdict(repo, fixed)
    await stack.workflows.wait_for_result(f"history:{repo}", 30)
    return {"history-red": f"history:{repo}", "gate-red": f"quality-gate:{repo}@{failing}"}


async def swept(stack: Stack) -> dict[str, str]:
    """A push that never arrived and one that GitHub has forgotten, seen by the second run of a schedule."""
    action = ScheduleActionStartWorkflow(
        DeliverySweepWorkflow.run, DeliverySweepInput(), id="sweep", task_queue=stack.settings.task_queue
    )
    schedule = await stack.temporal.create_schedule("sweep", Schedule(action=action, spec=ScheduleSpec()))
    repo = await stack.repository(configured())
    runs: list[str] = []
    for number in range(2):
        stack.github.webhooks.faults.drop("push")
        sha = await stack.push(repo, {"a.txt": f"{number}\n"})
        await failed_deliveries(stack, number + 1)
        await schedule.trigger()
        await stack.verdict(repo, sha)
        runs = [workflow_id(each.action) for each in (await schedule.describe()).info.recent_actions]
        await stack.workflows.wait_for_result(runs[-1], 30)
    return {"sweep-again": runs[-1]}


async def failed_deliveries(stack: Stack, count: int) -> None:
    """Waits for that many."""
    webhooks = stack.github.webhooks
    await stack.until(lambda: sum(each.status_code == 502 for each in webhooks.deliveries) >= count)


async def reconciled(stack: Stack) -> dict[str, str]:
    """A missed head, one whose verdict was removed and one whose branch must learn of its pull; then a
    repository that was renamed, and a push that comes late."""
    repo, sha, _ = await missed_head(stack)
    lost, lost_sha, _ = await lost_verdict_and_missed_pull(stack)
    await reconcile(stack, id="reconcile-all")
    await stack.verdict(repo, sha)
    await stack.verdict(lost, lost_sha)
    old = await stack.push(lost, {"a.txt": "late\n"}, branch="other")
    branch = stack.temporal.get_workflow_handle(f"quality:{lost}@change")
    gone = ReconciliationInput(repo=only(stack, repo).repo, former_name=repo)
    ref = only(stack, lost).repo
    assert ref
    await branch.signal("pushed", Pushed(Head(ref, old, "change"), sent_at=1.0))
    await stack.comment(repo, 1)
    await reconcile(stack, gone, id="reconcile-gone")
    await stack.github.pushes.delete_branch(lost, "change")
    await stack.workflows.wait_for_result(f"quality:{lost}@change", 30)
    return {
        "reconcile-all": "reconcile-all",
        "reconcile-gone": "reconcile-gone",
        "branch-recovered": f"quality:{lost}@change",
    }


async def lost_verdict_and_missed_pull(stack: Stack) -> tuple[str, str, int]:
    """(repository, sha, pull) of a head whose verdict was removed; beside it, one whose pull was missed."""
    other = await stack.repository(configured())
    await stack.verdict(other, await stack.push(other, {"a.txt": "x\n"}))
    deaf(stack)
    await stack.pull(other)
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    stack.github.store.repository(repo).suites[sha].runs.clear()
    return repo, sha, number


async def status(stack: Stack, workflow_id: str, wanted: str) -> None:
    """Waits until the workflow says that it is in this state."""
    handle = stack.temporal.get_workflow_handle(workflow_id)

    async def asked() -> bool:
        return bool(await handle.query("get_status") == wanted)

    await until(asked)


RECIPE = """
name: letters
title: Write letters
steps:
  - {name: a, title: A, command: echo a > a.txt}
  - {name: b, title: B, command: echo b >> a.txt}
  - {name: c, title: C, needs: [a], command: "echo c > c.txt", creates: [c.txt]}
  - {name: bad, title: Bad, command: "exit 1"}
"""


async def migrated(stack: Stack) -> dict[str, str]:
    """A migration that is paused, and of which a step is left out and another one taken back; one side by side; and
    one that is stopped."""
    repo = await stack.repository({**configured(), "a.txt": "x\n", ".github/autobuild/recipes/letters.yml": RECIPE})
    ref = only(stack, repo).repo
    assert ref
    head = Head(ref, await stack.push(repo, {"b.txt": "x\n"}, branch="main"), "main")
    ids = {
        name: await stack.workflows.start_code_migration(
            MigrationInput(head, "letters", number=number, batch=name == "batch", publish=False)
        )
        for number, name in enumerate(("steps", "batch", "stopped"))
    }
    steps, stopped = (stack.temporal.get_workflow_handle(ids[name]) for name in ("steps", "stopped"))
    await steps.signal("pause_migration")
    await stopped.signal("cancel_workflow")
    await status(stack, ids["steps"], "paused")
    await steps.signal("rollback", "b")
    await steps.signal("rollback", "a")
    await steps.signal("resume_migration")
    for key in ids.values():
        await stack.workflows.wait_for_result(key, 60)
    return {f"migration-{name}": key for name, key in ids.items()}


async def patched(stack: Stack) -> dict[str, str]:
    """A patch of two rounds with another one behind it; one that is followed upon a moved branch; and a stopped one."""
    found = {}
    for name, asked in (
        ("rounds", ("TWO-ROUNDS", "NEEDS-DEAR")),
        ("moved", ("MAKE-IT-GREEN",)),
        ("stopped", ("SLOWLY",)),
    ):
        repo, number, _ = await pull_of(stack, RED if name == "moved" else GREEN)
        pushing = stack.github.faults.add("POST", "/api/graphql", "hold", containing=("createCommitOnBranch",))
        for instruction in asked:
            await stack.ask(repo, number, f"/patch {instruction}", "octocat")
        if name == "stopped":
            await ended(stack, repo, number, "round 1/3")
            await stack.ask(repo, number, "/stop", "octocat")
        else:
            await stack.until(lambda pushing=pushing: pushing.seen)  # type: ignore[misc]
        if name == "moved":
            await stack.push(repo, {"more.txt": "x\n"})
        pushing.release()
        found[f"patch-{name}"] = key = f"incremental-patch:{repo}#{number}"
        await stack.workflows.wait_for_result(key, 120)
        if name == "rounds":
            found["budget"] = f"budget:{repo}"
    return found


async def planned(stack: Stack) -> dict[str, str]:
    """Two tasks in sequence whose gate passes; a plan that is approved after another one was revised; tasks that
    collide; a change that is stopped; attempts that compete."""
    found = {}
    for name, body in (
        ("sequence", "IN-SEQUENCE"),
        ("approved", "ASKS-FIRST"),
        ("collided", "COLLIDES"),
        ("repaired", "BREAKS"),
        ("stopped", "SLOWLY"),
    ):
        files = {"tests/test_pair.py": planned_changes.PAIR} if name == "repaired" else {}
        repo, number = await planned_changes.labelled(stack, body, "agent: {ci_minutes: 1}\n", **files)
        found[f"planned-{name}"] = key = f"plan-patch-pr:{repo}#{number}"
        if name == "approved":
            await planned_changes.until_there(stack, key, "approval")
            await stack.ask(repo, number, "/revise MAKE-IT-SO")
            await planned_changes.until_there(stack, key, "approval")
            digest = (await stack.temporal.get_workflow_handle(key).query("get_progress"))["digest"]
            await stack.ask(repo, number, f"/approve {digest[:8]}")
        if name == "stopped":
            await planned_changes.until_there(stack, key, "coding")
            await stack.ask(repo, number, "/stop")
        await planned_changes.result(stack, repo, number)
        if name == "sequence":
            found["code-task"] = f"{key}:task-1"
    return found


async def monitored(stack: Stack) -> dict[str, str]:
    """Alerts that start an incident, join it, are sent twice and end it; one that is terminated; and what people say."""
    id, queue = ids.monitoring(), stack.settings.task_queue
    first, second = (Alert("generic", group, "Queue is long", "mail", id="1") for group in ("mail", "web"))
    await stack.temporal.start_workflow(
        ContinuousMonitoringWorkflow.run, MonitoringInput(), id=id, task_queue=queue,
        start_signal="alerted", start_signal_args=[AlertBatch((first, first, replace(first, id="2")))],
    )  # fmt: skip
    handle = stack.temporal.get_workflow_handle_for(ContinuousMonitoringWorkflow.run, id)

    async def opened(wanted: int, running: int) -> bool:
        stats = await handle.query(ContinuousMonitoringWorkflow.get_stats)
        return (stats.opened, stats.open) == (wanted, running)

    await until(partial(opened, 1, 1))
    await handle.signal("alerted", AlertBatch((second, replace(first, id="3", status="resolved")), dropped=2))
    await until(partial(opened, 2, 1))
    incidents = [ids.incident("generic", group) for group in ("mail", "web")]
    await handle.signal("ended", IncidentEnded(incidents[0], "recovered", 0.7))  # the stand-in does not say so itself
    await stack.temporal.get_workflow_handle(incidents[1]).terminate()
    await until(partial(opened, 2, 0))
    await handle.signal("outcome", IncidentOutcome(incidents[0], True))
    await handle.signal("deployment_changed")
    await handle.query(ContinuousMonitoringWorkflow.get_outcomes)
    return {"monitoring": id}


async def gated_by_schedule(stack: Stack) -> dict[str, str]:
    """A default branch that is gated without a push, and whose score falls and is as before."""
    repo = await scheduled(stack)
    good = await stack.push(repo, {"a.txt": "x\n"}, branch="main")
    await stack.verdict(repo, good, gates=4)
    for files, wanted in ((FELL, "open"), ({"lint.txt": ""}, "closed")):
        await stack.push(repo, files, branch="main")
        await stack.until(lambda wanted=wanted: [each["state"] for each in issues(stack, repo)] == [wanted])  # type: ignore[misc]
    await stack.temporal.get_workflow_handle(f"quality:{repo}@main").signal("branch_deleted")
    await stack.workflows.wait_for_result(f"quality:{repo}@main", 60)
    return {"branch-scheduled": f"quality:{repo}@main"}


async def looked_at(stack: Stack, folder: Path) -> dict[str, str]:
    """An incident whose fix is approved and helps; one whose cause is only reported; one that is stopped."""
    shops = Incidents(stack, folder)
    found = {}
    for name in ("fixed", "reported", "stopped"):
        shop = await shops.shop("incidents: {fix: false}\n" if name == "reported" else "")
        found[f"incident-{name}"] = shop.incident
        await shop.fire()
        if name != "reported":
            progress = await incidents.stage(shop, "approval")
            await stack.ask(shop.repo, progress["issue"], "/approve" if name == "fixed" else "/stop")
        if name == "fixed":
            await incidents.stage(shop, "watching")
            await shop.fire(shop.alert(status="resolved", id="2"))
        await incidents.result(shop)
    return found


SCENARIOS: tuple[Callable[[Stack], Awaitable[dict[str, str]]], ...] = (
    passed,
    superseded,
    requested,
    commanded,
    labelled,
    asked,
    shared,
    configured_anew,
    configured_first,
    reddened,
    swept,
    reconciled,
    migrated,
    patched,
    monitored,
    gated_by_schedule,
)


async def write(stack: Stack, found: dict[str, str], suffix: str) -> None:
    """The histories of these workflows (name → id)."""
    for name, id in found.items():
        history = await stack.temporal.get_workflow_handle(id).fetch_history()
        (HERE / f"{name}-{suffix}.json").write_text(history.to_json())
        print(name, id, len(history.events))


async def record(suffix: str, names: Collection[str] = ()) -> None:
    """Writes one file for each workflow of each scenario (or of those named), with `suffix` in its name."""
    with tempfile.TemporaryDirectory() as folder:
        file = agents(Path(folder))
        others = tuple(each for each in WITH_STAND_IN if each.__name__ != INCIDENT)
        async with make_stack(Path(folder), (*others, StandInIncident), agents=file) as stack:
            for scenario in (scenario for scenario in SCENARIOS if not names or scenario.__name__ in names):
                await write(stack, await scenario(stack), suffix)
        if not names or planned.__name__ in names:
            file = planned_agents(Path(folder), planned_changes.ANSWERS)
            async with make_stack(Path(folder) / "planned", agents=file) as stack:
                await write(stack, await planned(stack), suffix)
        if not names or looked_at.__name__ in names:
            incidents_folder = Path(folder) / "incidents"
            incidents_folder.mkdir()
            services = Incidents.write_file(incidents_folder)
            async with make_stack(incidents_folder, incidents=services) as stack:
                await write(stack, await looked_at(stack, incidents_folder), suffix)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1], sys.argv[2:]))
    os._exit(0)
