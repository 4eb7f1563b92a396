"""From a label on an issue to its pull request, with scripted agents, real checks and a simulated GitHub."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from activities.planned_changes import texts
from activities.planned_changes.types import PlanApproval
from simulator.github import git
from tests import openapi
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.planned import (
    FILES,
    REVIEWED,
    agents,
    case,
    coder,
    design,
    edits,
    files_of,
    module,
    plan,
    task,
    write,
)
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOUR = ("one", "two", "three", "four")
PAIR = (
    "from os.path import exists\n\n\n"
    "def test_pair():\n    assert exists('z_.py') or not (exists('x_.py') and exists('y_.py'))\n"
)
HALF = "def half(x):\n    return x / 2\n"
HALF_CASE = "from numbers_ import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
ANSWERS = [
    REVIEWED,
    design("FOUR-TASKS"),
    plan("FOUR-TASKS", *(task(name, *files_of(name)) for name in FOUR)),
    *(write(name, seconds=2) for name in FOUR),
    design("IN-SEQUENCE"),
    plan("IN-SEQUENCE", task("base", *files_of("base")), task("upper", *files_of("upper"), needs=["base"])),
    write("base"),
    coder(
        "Do UPPER.",
        edits(
            upper_="from base_ import base\n\n\ndef upper(x):\n    return base(x).upper()\n",
            tests__test_upper="from upper_ import upper\n\n\ndef test_upper():\n    assert upper('!') == 'BASE!'\n",
        ),
    ),
    design("A-FAULT", "fault"),
    plan("A-FAULT", task("repair", "numbers_.py", "tests/test_half.py")),
    coder("Do REPAIR.", edits(numbers_=HALF, tests__test_half=HALF_CASE)),
    design("UNPROVEN", "fault"),
    plan("UNPROVEN", task("unproven", "numbers_.py")),
    coder("The change adds no test", edits(tests__test_half=HALF_CASE)),
    coder("Do UNPROVEN.", edits(numbers_=HALF)),
    design("NOTHING-TO-DO", nothing=True),
    design("EMPTY-HANDED"),
    plan("EMPTY-HANDED", task("idle", "idle_.py")),
    coder("Do IDLE.", ending="empty", answer="It is there already."),
    design("ASKS-FIRST"),
    plan("MAKE-IT-SO", task("many1", *(f"many1_{each}.py" for each in range(11)))),
    plan("ASKS-FIRST", *(task(f"many{at}", *(f"many{at}_{each}.py" for each in range(6))) for at in (1, 2))),
    coder("Do MANY1.", edits(many1_0="ONE = 1\n")),
    coder("Do MANY2.", edits(many2_0="TWO = 2\n")),
    design("COLLIDES"),
    plan("COLLIDES", task("left", *files_of("left")), task("right", *files_of("right"))),
    coder("Do LEFT.", edits(left_=module("left"), tests__test_left=case("left"), shared="LEFT = 1\n")),
    coder("Do RIGHT.", edits(right_=module("right"), tests__test_right=case("right"), shared="RIGHT = 1\n"), seconds=3),
    design("BREAKS"),
    plan("BREAKS", task("x", "x_.py"), task("y", "y_.py")),
    coder("it is not right yet", edits(z_="Z = 1\n")),
    coder("Do X.", edits(x_="X = 1\n")),
    coder("Do Y.", edits(y_="Y = 1\n")),
    design("NOT-JSON"),
    {"roles": ["planner"], "when": "Your last answer could not be used", "answer": '[{"title": "late", "task": "Do LATE.", "files": ["late_.py", "tests/test_late.py"]}]'},
    {"roles": ["planner"], "when": "NOT-JSON", "answer": "I would split it like this."},
    write("late"),
    design("SLOWLY"),
    plan("SLOWLY", task("slow", "slow_.py")),
    coder("Do SLOW.", edits(slow_="SLOW = 1\n"), seconds=600),
    design("COMPETES"),
    plan("COMPETES", task("compete", *files_of("compete"))),
    coder("Do COMPETE.", edits(compete_=f"{module('compete')}\n\nMORE = 1\n", tests__test_compete=case("compete"))),
    design("TWO-REPOSITORIES"),
    plan(
        "TWO-REPOSITORIES", task("one", *files_of("one")),
        task("two", *files_of("two"), needs=["one"], repository="octocat/other"),
    ),
    design("TOO-DEAR"),
    plan("TOO-DEAR", task("dear", "dear_.py")),
    coder("Do DEAR.", edits(dear_="DEAR = 1\n"), dollars=50),
]  # fmt: skip

SMALL = [write("compete")]
WRONG = [coder("Do COMPETE.", edits(compete_="", tests__test_compete="def test_compete():\n    assert 1 == 2\n"))]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_planned(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("planned")
    async with make_stack(folder, agents=agents(folder, ANSWERS, small=SMALL, wrong=WRONG)) as made:
        yield made
        openapi.assert_valid(made.github.requests)


@pytest.fixture
def stack(shared_planned: Stack) -> Stack:
    shared_planned.begin_test()
    return shared_planned


async def labelled(stack: Stack, body: str, config: str = "agent: {ci_minutes: 0}\n", **files: str) -> tuple[str, int]:
    """(repository, issue) with the label on it."""
    own = {**FILES, **files}
    own[".github/autobuild.yml"] += config
    repo = await stack.repository(own)
    number = stack.github.issues.open_issue(repo, "Some wish", body=body).number
    stack.github.issues.add_label(repo, number, "autobuild")
    return repo, number


async def result(stack: Stack, repo: str, number: int) -> dict[str, Any]:
    """Of the planned change, once it has ended."""
    id = f"plan-patch-pr:{repo}#{number}"
    await until_there(stack, id)
    found: dict[str, Any] = await stack.workflows.wait_for_result(id, WITHIN_S)
    return found


async def until_there(stack: Stack, id: str, *stages: str) -> None:
    """The workflow runs, or has ended; and with `stages` is in one of them."""

    async def found() -> bool:
        listed = await stack.workflows.list_workflows(f"WorkflowId = '{id}'", limit=1)
        if not listed or not stages:
            return bool(listed)
        return (await stack.workflows.get_workflow_status(id)).detail in stages

    assert await until(found)


def comments(stack: Stack, repo: str, number: int) -> list[str]:
    return [c["body"] for c in stack.github.comments(repo, number) if c["user"]["login"].endswith("[bot]")]


def comment(stack: Stack, repo: str, number: int) -> str:
    """The one comment of the change."""
    said = comments(stack, repo, number)
    assert len(said) == 1, said
    return said[0]


def pull_of(stack: Stack, repo: str) -> Any:
    held = stack.github.store.repository(repo)
    issues = [one for one in held.issues.values() if one.pull]
    assert len(issues) == 1
    return issues[0]


async def test_four_tasks_become_one_pull_request(stack: Stack) -> None:
    repo, number = await labelled(stack, "FOUR-TASKS")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    pull = pull_of(stack, repo)
    assert f"Closes #{number}" in pull.body
    names = await git.git(stack.github.store.repository(repo).path, "ls-tree", "-r", "--name-only", pull.pull.head_sha)
    assert {f"{name}_.py" for name in FOUR} <= set(names.decode().split())
    assert comment(stack, repo, number)


async def test_four_coders_take_little_longer_than_the_slowest(stack: Stack) -> None:
    repo, number = await labelled(stack, "FOUR-TASKS")
    await result(stack, repo, number)
    found = []
    for at in range(1, 5):
        child = stack.temporal.get_workflow_handle(f"plan-patch-pr:{repo}#{number}:task-{at}")
        described = await child.describe()
        assert described.close_time
        found.append((described.start_time, described.close_time))
    whole = max(end for _, end in found) - min(start for start, _ in found)
    assert whole <= 1.3 * max(end - start for start, end in found)


async def text_of(stack: Stack, repo: str, path: str, at: str = "") -> str:
    """A file of the pull request's head."""
    sha = at or pull_of(stack, repo).pull.head_sha
    return (await git.git(stack.github.store.repository(repo).path, "show", f"{sha}:{path}")).decode()


async def messages(stack: Stack, repo: str) -> list[str]:
    """The commits of the pull request, the oldest first."""
    path = stack.github.store.repository(repo).path
    found = await git.log(path, pull_of(stack, repo).pull.head_sha, "^main", limit=20)
    return [one.message for one in reversed(found)]


async def branches(stack: Stack, repo: str) -> set[str]:
    found = await git.refs(stack.github.store.repository(repo).path, "refs/heads/")
    return {name.removeprefix("refs/heads/") for name in found}


async def test_a_task_is_written_upon_what_it_needs(stack: Stack) -> None:
    repo, number = await labelled(stack, "IN-SEQUENCE")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert [one["state"] for one in ended["tasks"]] == ["done", "done"]
    assert len(await messages(stack, repo)) == 2


async def test_a_fault_is_shown_by_a_test_that_failed_before(stack: Stack) -> None:
    repo, number = await labelled(stack, "A-FAULT")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert "test_half" in comment(stack, repo, number)


async def test_a_fault_without_such_a_test_gets_one(stack: Stack) -> None:
    repo, number = await labelled(stack, "UNPROVEN")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert await text_of(stack, repo, "tests/test_half.py") == HALF_CASE


@pytest.mark.parametrize(
    ("body", "why"), [("NOTHING-TO-DO", "This designs NOTHING-TO-DO."), ("EMPTY-HANDED", "It is there already.")]
)
async def test_nothing_to_change_is_an_outcome_of_its_own(stack: Stack, body: str, why: str) -> None:
    repo, number = await labelled(stack, body)
    ended = await result(stack, repo, number)
    assert ended["state"] == "empty"
    assert why in ended["reason"]
    assert await branches(stack, repo) == {"main"}


async def test_what_two_tasks_changed_is_written_again_by_the_second(stack: Stack) -> None:
    repo, number = await labelled(stack, "COLLIDES")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert [(one["state"], one["again"]) for one in ended["tasks"]] == [("done", False), ("done", True)]
    assert await text_of(stack, repo, "shared.py") == "RIGHT = 1\n"


async def test_what_the_gate_says_is_repaired(stack: Stack) -> None:
    """Each task is right alone."""
    repo, number = await labelled(stack, "BREAKS", **{"tests/test_pair.py": PAIR})
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert await text_of(stack, repo, "z_.py") == "Z = 1\n"
    assert [(one["by"], one["kept"]) for one in ended["rounds"]] == [("usual", True)]


async def test_an_answer_that_is_no_plan_is_asked_for_again(stack: Stack) -> None:
    repo, number = await labelled(stack, "NOT-JSON")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert [one["title"] for one in ended["tasks"]] == ["late"]


async def test_a_large_plan_waits_for_its_approval(stack: Stack) -> None:
    repo, number = await labelled(stack, "ASKS-FIRST")
    id = f"plan-patch-pr:{repo}#{number}"
    await until_there(stack, id, "approval")
    handle = stack.temporal.get_workflow_handle(id)
    digest = (await handle.query("get_progress"))["digest"]
    await handle.signal("approve", PlanApproval("octocat", 1.0))  # before the plan was shown
    await handle.signal("approve", PlanApproval("octocat", 1.0, "0000000"))
    await until_there(stack, id, "approval")
    assert await branches(stack, repo) == {"main"}
    await handle.signal("approve", PlanApproval("octocat", 1.0, digest[:8]))
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")


async def test_a_revised_plan_is_made_again_and_approved_by_a_comment(stack: Stack) -> None:
    repo, number = await labelled(stack, "ASKS-FIRST")
    id = f"plan-patch-pr:{repo}#{number}"
    await until_there(stack, id, "approval")
    handle = stack.temporal.get_workflow_handle(id)
    first = (await handle.query("get_progress"))["digest"]
    await stack.ask(repo, number, "/revise MAKE-IT-SO, in one task.")

    async def second() -> str:
        now = await handle.query("get_progress")
        return str(now["digest"]) if now["digest"] not in ("", first) else ""

    digest = await until(second)
    await stack.ask(repo, number, f"/approve {first[:8]}")
    assert await branches(stack, repo) == {"main"}
    await stack.ask(repo, number, f"/approve {digest[:8]}")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert [one["title"] for one in ended["tasks"]] == ["many1"]
    assert "many1" in comments(stack, repo, number)[0]


async def test_a_rejected_plan_changes_nothing(stack: Stack) -> None:
    repo, number = await labelled(stack, "ASKS-FIRST")
    id = f"plan-patch-pr:{repo}#{number}"
    await until_there(stack, id, "approval")
    await stack.workflows.signal_workflow(id, "cancel_workflow")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("rejected", texts.PLAN_REJECTED)
    assert await branches(stack, repo) == {"main"}


async def test_a_moved_base_that_changes_the_plans_files_makes_an_approval_stale(stack: Stack) -> None:
    repo, number = await labelled(stack, "ASKS-FIRST")
    id = f"plan-patch-pr:{repo}#{number}"
    await until_there(stack, id, "approval")
    handle = stack.temporal.get_workflow_handle(id)
    digest = (await handle.query("get_progress"))["digest"]
    await stack.push(repo, {"many1_0.py": "THREE = 3\n"}, "main")
    await handle.signal("approve", PlanApproval("octocat", 1.0, digest[:8]))

    async def planned_again() -> bool:
        now = await handle.query("get_progress")
        return bool(now["digest"]) and now["digest"] != digest

    assert await until(planned_again)
    assert "was made again" in comment(stack, repo, number)
    await handle.signal("cancel_workflow")
    assert (await result(stack, repo, number))["state"] == "rejected"


async def test_a_moved_base_is_what_the_change_is_upon_in_the_end(stack: Stack) -> None:
    repo, number = await labelled(stack, "FOUR-TASKS")
    id = f"plan-patch-pr:{repo}#{number}"
    await until_there(stack, id, "coding", "joining")
    tip = await stack.push(repo, {"unrelated.py": "X = 1\n"}, "main")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    path = stack.github.store.repository(repo).path
    assert await git.is_ancestor(path, tip, pull_of(stack, repo).pull.head_sha)


async def test_a_label_that_is_taken_off_stops_the_work(stack: Stack) -> None:
    repo, number = await labelled(stack, "SLOWLY")
    id = f"plan-patch-pr:{repo}#{number}"
    await until_there(stack, id, "coding")
    stack.github.issues.remove_label(repo, number, "autobuild")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("stopped", texts.LABEL_REMOVED)
    assert await branches(stack, repo) == {"main"}
    assert "Stopped" in comment(stack, repo, number)


async def test_no_more_is_spent_than_there_is(stack: Stack) -> None:
    repo, number = await labelled(stack, "TOO-DEAR")
    ended = await result(stack, repo, number)
    assert ended["state"] == "out_of_money", ended
    assert ended["spent"] < 1


async def test_two_labels_at_once_are_one_work(stack: Stack) -> None:
    stack.github.webhooks.faults.duplicate("issues")
    repo, number = await labelled(stack, "IN-SEQUENCE")
    stack.github.issues.add_label(repo, number, "autobuild")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert comment(stack, repo, number)
    assert pull_of(stack, repo)


async def test_an_issue_that_is_closed_meanwhile_gets_no_pull_request(stack: Stack) -> None:
    repo, number = await labelled(stack, "FOUR-TASKS")
    await until_there(stack, f"plan-patch-pr:{repo}#{number}", "coding", "joining")
    await stack.github.pulls.set_state(repo, number, "closed")
    ended = await result(stack, repo, number)
    assert ended["state"] in ("failed", "stopped"), ended
    assert await branches(stack, repo) == {"main"}


async def test_of_several_attempts_the_smallest_that_passes_is_taken(stack: Stack) -> None:
    repo, number = await labelled(stack, "COMPETES", "agent: {ci_minutes: 0, candidates: 3}\n")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    attempts = {one["strategy"]: one for one in ended["tasks"][0]["candidates"]}
    assert {name: (one["passed"], one["chosen"]) for name, one in attempts.items()} == {
        "usual": (True, False), "small": (True, True), "wrong": (False, False),
    }  # fmt: skip
    assert await text_of(stack, repo, "compete_.py") == module("compete")


async def test_one_issue_may_change_two_repositories(stack: Stack) -> None:
    other = await stack.repository(FILES, "octocat/other")
    repo, number = await labelled(stack, "TWO-REPOSITORIES", f"agent: {{ci_minutes: 0, repositories: [{other}]}}\n")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert [one["repository"] for one in ended["pulls"]] == [repo, other]
    assert await text_of(stack, other, "two_.py") == module("two")
    assert f"Closes {repo}#{number}" in pull_of(stack, other).body
    assert f"{other}#{pull_of(stack, other).number}" in pull_of(stack, repo).body
    assert not any(one["draft"] for one in ended["pulls"])


async def test_a_dry_run_writes_nothing_but_what_it_would_change(stack: Stack) -> None:
    own = {**FILES}
    repo = await stack.repository(own)
    number = stack.github.issues.open_issue(repo, "Some wish", body="IN-SEQUENCE").number
    assert await stack.ask(repo, number, "/autobuild --dry-run") == ["eyes"]
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("shown", "")
    assert await branches(stack, repo) == {"main"}
