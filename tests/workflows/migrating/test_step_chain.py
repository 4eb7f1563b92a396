"""The steps of a migration: what is next, what is taken back, and what is done again."""

from dataclasses import replace

import pytest

from activities.migration.types import MigrationStep, StepResult
from workflows.migrating.step_chain import StepChain

# b needs a, c needs b; d needs nothing.
STEPS = (MigrationStep("a", "A"), MigrationStep("b", "B", needs=("a",)), MigrationStep("c", "C", needs=("b",)),
         MigrationStep("d", "D"))  # fmt: skip


def done(name: str) -> StepResult:
    return StepResult(name, "done", commit_sha=f"commit-{name}", report_id=f"rows-{name}")


def chain(*results: StepResult) -> StepChain:
    made = StepChain(STEPS, "base")
    for result in results:
        made.record(result)
    return made


def states(of: StepChain) -> str:
    """Their first letters, as in `d` for done, `-` for one that waits."""
    return "".join("-" if state == "waiting" else state[0] for state in of.states().values())


def test_next_follows_the_plan_and_skips_what_lacks_something() -> None:
    steps = chain()
    assert steps.tip == "base"
    names = []
    while step := steps.next():
        names.append(step.name)
        steps.record(done(step.name) if step.name != "a" else StepResult("a", "failed", reason="It broke."))
    assert names == ["a", "d"]
    assert states(steps) == "fssd"
    assert [each.reason for each in steps.ended][1:3] == [
        "It needs the step `a`, which was not done.",
        "It needs the step `b`, which was not done.",
    ]
    assert steps.tip == "commit-d"


def test_a_step_that_changed_nothing_meets_needs() -> None:
    steps = chain(StepResult("a", "nothing"))
    assert [step.name for step in steps.ready()] == ["b", "d"]
    assert steps.tip == "base"


def test_commits_are_in_the_order_in_which_they_were_made() -> None:
    """Side by side, d comes before b: b's commit is upon d's."""
    steps = chain(done("a"), done("d"), done("b"))
    assert [each.name for each in steps.done] == ["a", "d", "b"]
    assert steps.tip == "commit-b"
    assert [each.name for each in steps.ended] == ["a", "b", "d"]
    assert steps.take_back("b", "because")
    assert states(steps) == "dr-d"
    assert steps.tip == "commit-d"


@pytest.mark.parametrize(
    ("name", "made", "after", "tip"),
    [
        ("c", "abcd", "ddr-", "commit-b"),  # d came later: again, upon what is left
        ("b", "abcd", "drr-", "commit-a"),
        ("a", "abcd", "rrr-", "base"),
        ("d", "abcd", "dddr", "commit-c"),
        ("", "abcd", "rrrr", "base"),
        ("", "ab", "rrss", "base"),
        ("", "", "ssss", "base"),
        ("d", "ab", "dd-s", "commit-b"),  # not begun: left out
        ("b", "a", "ds--", "commit-a"),
    ],
)
def test_take_back(name: str, made: str, after: str, tip: str) -> None:
    steps = chain(*map(done, made))
    assert steps.can_take_back(name)
    assert steps.take_back(name, "because")
    assert states(steps) == after
    assert steps.tip == tip
    for each in steps.ended:
        if each.reason == "because":  # the commit says later which files were to be changed
            assert each.commit_sha == (f"commit-{each.name}" if each.status == "rolled_back" else "")


def test_dependents_of_what_was_taken_back_are_taken_back_or_skipped() -> None:
    steps = chain(*map(done, "abcd"))
    steps.take_back("a", "because")
    step = steps.next()
    assert step
    assert step.name == "d"
    assert states(steps) == "rrr-"
    again = chain(done("a"), done("d"), done("b"))
    again.take_back("a", "because")
    assert again.next() is STEPS[3]
    assert states(again) == "rrs-"


@pytest.mark.parametrize("name", ["nobody", "a"])
def test_nothing_to_take_back(name: str) -> None:
    steps = chain(StepResult("a", "nothing"), done("d"))
    assert not steps.can_take_back(name)
    assert not steps.take_back(name, "because")
    assert states(steps) == "n--d"
    ended = chain(*(StepResult(each, "nothing") for each in "abcd"))
    assert not ended.can_take_back("")
    assert StepChain((), "base").can_take_back("")  # before there is a plan


def test_the_rest_is_skipped() -> None:
    steps = chain(done("a"))
    steps.skip_rest("It was stopped.")
    assert states(steps) == "dsss"
    assert steps.next() is None
    assert steps.take_back("a", "because")  # what followed is open again
    assert states(steps) == "r---"


def test_restart_does_again_what_had_commits_or_rows() -> None:
    broke = replace(done("a"), broke=("linting",), reason="3 findings")
    steps = chain(broke, StepResult("d", "nothing", report_id="rows-d"), done("b"), StepResult("c", "failed"))
    again = []
    for step in steps.restart():
        again.append((step.name, steps.tip))
        steps.record(StepResult(step.name, "nothing" if step.name == "d" else "done", f"new-{step.name}"))
    assert again == [("a", "base"), ("d", "new-a"), ("b", "new-a")]
    assert states(steps) == "ddfn"
    assert steps.results["a"].broke == ("linting",)
    assert steps.results["a"].reason == "3 findings"
    assert steps.tip == "new-b"


def test_restart_where_a_step_fails_now() -> None:
    steps = chain(*map(done, "abcd"))
    for step in steps.restart():
        steps.record(StepResult("b", "failed") if step.name == "b" else done(step.name))
    assert states(steps) == "df-d"
    assert steps.next() is None
    assert states(steps) == "dfsd"
