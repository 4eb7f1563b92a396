"""What the diagnoser of changes convicts, and what it never does."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from activities.diagnosers.changes import WINDOW_S, diagnose, diagnoser
from activities.incidents.data import IncidentData
from activities.incidents.types import Alert, Diagnosis, IncidentScope, RecentChange, StackFrame

ONSET = 1_800_000_000.0
MINUTE, HOUR = 60.0, 3600.0
SCOPE = IncidentScope("i", "checkout", ("checkout", "payments"), ONSET, ONSET - 2 * HOUR, ONSET)
FOLDERS = ("cart", "pay", "stock", "mail", "search", "login", "admin", "report", "tax", "ship")


def change(id: str, before: float, *paths: str, service: str = "checkout", **more: object) -> RecentChange:
    made = RecentChange(
        id, "commit", ONSET - before, f"Change {id}", "octocat/example", service, id, paths=paths or ("src/pay.py",),
        additions=20, deletions=5,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def said(changes: Sequence[RecentChange] | None, *frames: StackFrame, problem: str = "") -> Diagnosis:
    listed = None if changes is None else tuple(changes)
    alert = Alert("generic", "g", "Errors")
    return diagnose(
        IncidentData(SCOPE, alert, changes=listed, problems={"changes": problem} if problem else {}, frames=frames)
    )


def convicted(found: Diagnosis) -> list[str]:
    return [one.change for one in found.hypotheses if one.log_odds >= 0]


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [change("late", -10 * MINUTE)],
        [change("old", WINDOW_S + 1)],
        [change("docs", MINUTE, "README.md", "docs/pay.md")],
        [change("tests", MINUTE, "tests/test_pay.py", "web/pay.test.ts")],
        [change("other", 5 * HOUR), change("docs", MINUTE, "README.md")],
        [change(f"docs{number}", number * MINUTE, "CHANGELOG.md") for number in range(1, 200)],
        [change("ci", 3 * MINUTE, ".github/workflows/lint.yml")],
        [change("elsewhere", 10 * MINUTE, "src/ads.py", service="ads")],
        [change("release", MINUTE, sort="release", paths=())],
    ],
)
def test_what_brought_nothing_is_not_convicted(changes: list[RecentChange]) -> None:
    found = said(changes)
    assert convicted(found) == []
    assert found.no_change is not None
    assert found.no_change > 0
    assert not found.abstained


def test_without_data_it_abstains() -> None:
    assert "not known" in said(None).abstained
    assert said(None, problem="GitHub did not answer.").abstained == "GitHub did not answer."


def test_a_deployment_just_before_the_onset_is_convicted() -> None:
    mine = change("a", 4 * MINUTE, deployment="deployment:7")
    deployment = RecentChange("deployment:7", "deployment", mine.at, sha="a", service="checkout")
    found = said([mine, deployment, change("b", 20 * HOUR), change("c", 40 * HOUR)])
    assert convicted(found) == ["a"]
    assert found.hypotheses[0].entity == "checkout"
    assert "was deployed 4 minutes before the onset" in found.evidence[0].text
    assert found.no_change is not None
    assert found.no_change < 0


def test_among_many_deployments_a_recent_one_says_little() -> None:
    changes = [change(f"c{at}", (10 * at + 4) * MINUTE, f"src/{FOLDERS[at % 10]}.py") for at in range(200)]
    assert convicted(said(changes)) == []


def test_the_lines_of_a_new_error_convict() -> None:
    frame = StackFrame("/app/src/cart/total.py", 41, "total")
    guilty = change("guilty", 90 * MINUTE, "src/cart/total.py", hunks={"src/cart/total.py": ((38, 40),)})
    others = [change(f"c{at}", at * 20 * MINUTE, f"src/{FOLDERS[at]}.py") for at in range(1, 10)]
    found = said([*others, guilty], frame)
    assert convicted(found) == ["guilty"]
    assert any("`/app/src/cart/total.py:41`" in one.text for one in found.evidence)
    assert set(found.hypotheses[0].evidence) <= {one.id for one in found.evidence}


def test_the_same_file_elsewhere_convicts_nobody_alone() -> None:
    frame = StackFrame("src/cart/total.py", 410)
    touches = change("guilty", 9 * HOUR, "src/cart/total.py", hunks={"src/cart/total.py": ((38, 40),)})
    assert convicted(said([touches, change("b", HOUR)], frame)) == []


def test_configuration_and_what_was_brought_back_weigh_more() -> None:
    found = said([
        change("code", HOUR), change("settings", HOUR, "config/production.yaml"),
        change("again", HOUR, title='Revert "Revert "Add the cache""'), change("back", HOUR, title='Revert "Add it"'),
        change("schema", HOUR, "db/migrations/0007_drop.py"),
    ])  # fmt: skip
    assert [one.change for one in found.hypotheses] == ["again", "schema", "settings", "code", "back"]
    faults = {one.change: one.fault for one in found.hypotheses}
    assert (faults["settings"], faults["code"]) == ("configuration", "code")


def odds_of(id: str, changes: Sequence[RecentChange]) -> float:
    return next(one.log_odds for one in said(changes).hypotheses if one.change == id)


@pytest.mark.parametrize("title", ["Revert Change a", 'Revert "Change a"', 'Revert "Change a" (#7)'])
def test_what_was_taken_back_before_the_onset_is_not_convicted(title: str) -> None:
    bad, since = change("a", 4 * MINUTE), change("b", 3 * MINUTE, title=title)
    assert convicted(said([bad])) == ["a"]
    assert "a" not in convicted(said([bad, since]))
    too_late = replace(since, at=ONSET + 30)
    elsewhere = replace(since, repository="octocat/other")
    for other in (too_late, elsewhere, replace(since, title="Revert Change c")):
        assert odds_of("a", [bad, other]) > odds_of("a", [bad, since]) + 2


def test_one_of_a_deployment_is_told_apart_by_the_frame() -> None:
    frame = StackFrame("src/tax.py", 12)
    several = [
        change(name, 5 * MINUTE, f"src/{name}.py", deployment="deployment:1", hunks={f"src/{name}.py": ((10, 14),)})
        for name in FOLDERS
    ]
    assert convicted(said(several)) == []
    assert convicted(said(several, frame)) == ["tax"]


def innocent_changes(dice: random.Random) -> list[RecentChange]:
    """As people commit: some in bursts, some at once with their tests, of all kinds, at times of their own."""
    changes = []
    for number in range(dice.choice([1, 2, 3, 5, 10, 20, 50, 150])):
        before = dice.uniform(0, WINDOW_S)
        kind = dice.choice(["code"] * 6 + ["config/app.yaml", "requirements.txt", "README.md", "migrations/3.sql"])
        files = [f"src/{dice.choice(FOLDERS)}/{dice.choice('abcdefgh')}.py" for _ in range(dice.randint(1, 4))]
        paths = tuple(files) if kind == "code" else (kind,)
        hunks = {path: ((start := dice.randint(1, 400), start + dice.randint(0, 12)),) for path in paths}
        service = dice.choice(["checkout", "checkout", "payments", ""])
        changes.append(
            change(f"c{number}", before, *paths, service=service, hunks=hunks, additions=dice.randint(1, 600))
        )
    return changes


@pytest.mark.parametrize("with_frames", [False, True])
def test_at_most_two_of_a_hundred_innocent_histories_have_a_convict(with_frames: bool) -> None:
    wrong, seeds = 0, 2000
    for seed in range(seeds):
        dice = random.Random(seed)
        changes = innocent_changes(dice)
        frames = [
            StackFrame(f"src/{dice.choice(FOLDERS)}/{dice.choice('abcdefgh')}.py", dice.randint(1, 400))
            for _ in range(3)
        ]
        wrong += bool(convicted(said(changes, *(frames if with_frames else []))))
    assert wrong <= 0.02 * seeds


@pytest.mark.parametrize(("with_frame", "least"), [(False, 0.55), (True, 0.9)])
def test_guilty_deployments_are_found(with_frame: bool, least: float) -> None:
    right, seeds = 0, 500
    for seed in range(seeds):
        dice = random.Random(seed)
        before = dice.expovariate(1 / (8 * MINUTE))
        path = f"src/{dice.choice(FOLDERS)}/{dice.choice('abcdefgh')}.py"
        guilty = change("guilty", before, path, hunks={path: ((100, 110),)})
        frames = [StackFrame(f"/srv/{path}", dice.randint(100, 112))] if with_frame else []
        changes = [*innocent_changes(dice)[:10], guilty]
        right += convicted(said(changes, *frames)) == ["guilty"]
    assert right >= least * seeds


def test_odd_times_and_paths_are_borne() -> None:
    odd = change("odd", 0, "\u202e/../..", title="`|\n" * 500, hunks={"": ()})
    found = said([odd, change("same", 0)], StackFrame("", 0), StackFrame("C:\\src\\pay.py", 3))
    assert all(math.isfinite(one.log_odds) for one in found.hypotheses)
    assert all("\n" not in one.text for one in found.evidence)
    assert diagnoser.view == "changes"
