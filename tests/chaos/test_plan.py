"""Plans: the same for the same seed, and complete."""

import pytest

from tests.chaos.plan import LONG, SHORT, FaultStep, PlanSize, UserStep, make_plan

LASTING = {"kill": "start", "terminate": "start", "hang": "answer", "hold": "shuffle", "fill": "free"}


@pytest.mark.parametrize("size", [SHORT, LONG])
def test_one_seed_is_one_plan(size: PlanSize) -> None:
    assert make_plan(7, size) == make_plan(7, size)
    assert len({make_plan(seed, size).steps for seed in range(20)}) == 20


@pytest.mark.parametrize("seed", range(20))
def test_pulls_are_opened_before_anything_else_happens_to_them(seed: int) -> None:
    plan, opened = make_plan(seed, SHORT), set()
    for step in (each.what for each in plan.steps):
        if isinstance(step, UserStep):
            assert (step.do == "open") != (step.pull in opened)
            opened.add(step.pull)
    assert opened == set(range(len(plan.pulls)))


@pytest.mark.parametrize("seed", range(20))
def test_what_lasts_is_ended(seed: int) -> None:
    faults = [each.what for each in make_plan(seed, LONG).steps if isinstance(each.what, FaultStep)]
    for number, fault in enumerate(faults):
        if end := LASTING.get(fault.do):
            assert any(later.do == end and later.target == fault.target for later in faults[number + 1 :])


def test_a_long_plan_has_every_fault_and_every_arrival() -> None:
    steps = [each.what for each in make_plan(1, LONG).steps]
    faults = {(step.do, step.target) for step in steps if isinstance(step, FaultStep)}
    assert {(do, process) for do in ("kill", "terminate") for process in ("worker", "web", "temporal")} <= faults
    assert {do for do, _ in faults} >= {"errors", "hang", "hold", "fill"}
    arrivals = {step.arrival for step in steps if isinstance(step, UserStep)}
    assert arrivals == {"prompt", "late", "twice", "dropped", "unrecorded"}


@pytest.mark.parametrize("seed", range(20))
def test_what_nobody_can_recover_is_always_recorded(seed: int) -> None:
    """docs/architecture.md, "What cannot be recovered"."""
    steps = [each.what for each in make_plan(seed, LONG).steps]
    lost = {step.do for step in steps if isinstance(step, UserStep) and step.arrival == "unrecorded"}
    assert not lost & {"close", "delete_branch", "comment"}
