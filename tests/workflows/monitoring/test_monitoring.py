"""The monitoring on a real Temporal server, with stand-ins for the incidents that it starts."""

import time

import pytest

from activities.incidents.types import IncidentInput, IncidentOutcome
from activities.incidents.watching import FiringRule, IncidentEnded
from tests.workflows.monitoring.stand_ins import Monitored, StandInIncident
from workflows import ids
from workflows.monitoring.monitoring import ContinuousMonitoringWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_storm_is_one_incident_and_few_signals(monitored: Monitored) -> None:
    for part in range(50):
        await monitored.send(*(monitored.alert("storm", f"{part}-{at}") for at in range(200)))
    await monitored.has(received=10_000, joined=9_999, opened=1, open=1)
    alerts, _, signals = await monitored.seen("storm")
    assert alerts == 10_000
    assert signals <= 50
    assert monitored.deployment.asked <= 3


async def test_neighbours_join_and_others_do_not(monitored: Monitored) -> None:
    await monitored.send(
        monitored.alert("a"), monitored.alert("b", service="cart"), monitored.alert("c", service="mail")
    )
    await monitored.has(opened=2, joined=1)
    assert (await monitored.seen("a"))[0] == 2
    assert (await monitored.seen("c"))[0] == 1


async def test_resolved_ends_it_and_alone_starts_nothing(monitored: Monitored) -> None:
    await monitored.send(monitored.alert("r", status="resolved"))
    await monitored.send(monitored.alert("s"))
    await monitored.has(received=2, opened=1)
    await monitored.send(monitored.alert("s", "2", status="resolved"))
    assert await monitored.child("s").result() == 2
    await monitored.handle.signal("ended", IncidentEnded(monitored.child("s").id, "recovered", 0.8))
    await monitored.has(open=0)


async def test_an_incident_that_runs_already_gets_the_alert(monitored: Monitored) -> None:
    by_hand = monitored.alert("hand", "0")
    await monitored.temporal.start_workflow(
        StandInIncident.run, IncidentInput(by_hand), id=monitored.child("hand").id, task_queue=monitored.queue
    )
    await monitored.send(monitored.alert("hand", "1"))
    await monitored.has(opened=1)
    assert (await monitored.seen("hand"))[0] == 2


async def test_it_continues_as_new_with_all_that_it_knows(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.history_length._EVENTS_A_RUN", 15)
    for at in range(20):
        await monitored.send(monitored.alert("long", str(at)))
    await monitored.has(received=20, joined=19, opened=1, open=1)
    assert (await monitored.seen("long"))[0] == 20
    described = await monitored.handle.describe()
    assert described.raw_description.workflow_execution_info.first_run_id != described.run_id


async def test_outcomes_count_once_for_what_was_claimed(monitored: Monitored) -> None:
    await monitored.send(monitored.alert("o"))
    await monitored.has(opened=1)
    id = monitored.child("o").id
    await monitored.handle.signal("ended", IncidentEnded(id, "reported", 0.7))
    for _ in range(2):
        await monitored.handle.signal("outcome", IncidentOutcome(id, False, "the disk", "octocat"))
    await monitored.handle.signal("outcome", IncidentOutcome("incident:unknown", True))
    assert await monitored.handle.query(ContinuousMonitoringWorkflow.get_outcomes) == ((0.7, False),)


async def test_rules_fire_and_are_resolved(monitored: Monitored) -> None:
    rule = f"rule-{monitored.name}"
    monitored.deployment.every = 0.2
    monitored.deployment.firing = [FiringRule(rule, "pay", "critical", 1000.0, "It is 5.")]
    await monitored.send()
    await monitored.has(opened=1)
    child = monitored.temporal.get_workflow_handle_for(StandInIncident.run, ids.incident("rules", rule))
    assert (await child.query(StandInIncident.seen))[0] == 1
    polled = monitored.deployment.polled
    monitored.deployment.checked, monitored.deployment.firing = (rule,), []
    assert await child.result() == 2
    await monitored.has(open=0, opened=1, received=2)
    assert monitored.deployment.polled > polled


async def test_a_rule_that_fires_again_is_another_incident_after_the_cool_down(monitored: Monitored) -> None:
    rule = f"again-{monitored.name}"
    monitored.deployment.every, monitored.deployment.cooldown = 0.1, 2.0
    monitored.deployment.checked = (rule,)
    monitored.deployment.firing = [FiringRule(rule, "pay", "error", 1000.0)]
    await monitored.send()
    await monitored.has(opened=1)
    monitored.deployment.firing = []
    await monitored.has(open=0)
    monitored.deployment.firing = [FiringRule(rule, "pay", "error", time.time() + 60)]
    await monitored.has(opened=2, open=1)


async def test_the_same_notification_again_only_counts(monitored: Monitored) -> None:
    for _ in range(3):
        await monitored.send(monitored.alert("twice", "7"), monitored.alert("twice", "8"))
    await monitored.has(received=6, opened=1, joined=1, dropped=4)
    assert await monitored.seen("twice") == (2, 0, 1)


async def test_the_end_of_a_terminated_incident_is_noticed(monitored: Monitored) -> None:
    await monitored.send(monitored.alert("killed", service="mail"))
    await monitored.has(open=1)
    await monitored.child("killed").terminate()
    await monitored.has(open=0, failed=1)
    await monitored.send(monitored.alert("other", service="mail"))
    await monitored.has(opened=2, open=1)


async def test_alerts_of_an_incident_that_is_gone_start_another_one(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended while nobody had its handle: the monitoring had continued as new."""
    monkeypatch.setattr("workflows.history_length._EVENTS_A_RUN", 15)
    for at in range(8):
        await monitored.send(monitored.alert("gone", f"{at}"))
    await monitored.has(received=8, open=1)
    monkeypatch.undo()
    child = monitored.child("gone")
    await child.terminate()
    await monitored.send(monitored.alert("gone", "new"))
    await monitored.has(received=9, opened=2, open=1)
    assert await monitored.seen("gone") == (1, 0, 0)


async def test_a_worker_that_is_killed_changes_nothing(idle: Monitored) -> None:
    async with idle.worker(cached=0):
        await idle.send(idle.alert("a"), idle.alert("c", service="mail"))
        await idle.has(opened=2)
    for at in range(30):
        await idle.send(idle.alert("a", f"later {at}"))
    async with idle.worker(cached=0):
        await idle.has(received=32, opened=2, joined=30)
        assert (await idle.seen("a"))[0] == 31


async def test_a_poll_that_is_not_answered_holds_up_no_alert(monitored: Monitored) -> None:
    monitored.deployment.every = 0.1
    monitored.deployment.answers.clear()
    await monitored.send()
    await monitored.has(received=0)
    await monitored.send(monitored.alert("meanwhile"))
    await monitored.has(opened=1)
    monitored.deployment.answers.set()


async def test_rules_of_a_changed_deployment_are_polled(monitored: Monitored) -> None:
    await monitored.send(monitored.alert("a"))
    await monitored.has(opened=1)
    assert monitored.deployment.polled == 0
    rule = f"later-{monitored.name}"
    monitored.deployment.every = 0.1
    monitored.deployment.firing = [FiringRule(rule, "mail", "error", 1000.0)]
    await monitored.handle.signal(ContinuousMonitoringWorkflow.deployment_changed)
    await monitored.has(opened=2)


async def test_too_many_unknown_services_are_reported_once(monitored: Monitored) -> None:
    for part in range(3):
        names = [f"unknown-{part}-{at}" for at in range(15)]
        await monitored.send(*(monitored.alert(name, service=name) for name in names))
    await monitored.has(opened=20, refused=25)
    await monitored.send(monitored.alert("known"))
    await monitored.send(monitored.alert("again", service="again"))
    await monitored.has(opened=21, refused=26)
    (message,) = monitored.deployment.notified
    assert "20 incidents of services that are not in the file of services run" in message
