"""Which verdicts on a folder are known: those of the same commits, whole, by the same tools."""

from dataclasses import replace
from pathlib import Path

import pytest

from activities.model import CheckResult, Finding, QualityCheck, QualityGateResult, RepoRef, ToolReport
from activities.result_store import ResultStore
from bot.local_gate.folder import LocalHead
from bot.local_gate.known_verdicts import KnownVerdicts

HEAD = LocalHead(RepoRef("local", "shop", path="/shop"), Path("/shop"), "1" * 40, "2" * 40, "main")
CHECK = QualityCheck("linting", "passed", 100.0, True, "", metrics={"total": 1, "names": ["é"]}, result_id="a" * 64)
RESULT = QualityGateResult(HEAD.head_sha, HEAD.base_sha, "passed", True, 100.0, (CHECK,))
FINDING = Finding("linting", "ruff", "F401", "shop.py", 1, "unused", "warning")


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    store = ResultStore(tmp_path / "results")
    store.put(CheckResult(CHECK, (FINDING,), (ToolReport("ruff"),)))
    return store


def test_the_same_commits_have_the_same_verdict(store: ResultStore) -> None:
    KnownVerdicts(store).put(HEAD, RESULT)
    known = KnownVerdicts(store).get(HEAD)
    assert known
    assert known.findings == (FINDING,)
    assert known.result == replace(RESULT, checks=(replace(CHECK, cached=True),))
    assert KnownVerdicts(store).get(replace(HEAD, head_sha="3" * 40)) is None
    assert KnownVerdicts(store).get(replace(HEAD, base_sha="3" * 40)) is None
    assert KnownVerdicts(store).get(replace(HEAD, repo=replace(HEAD.repo, name="other"))) is None


@pytest.mark.parametrize(
    "result",
    [
        replace(RESULT, state="error"),
        replace(RESULT, lacking=("The submodule `lib` is not here.",)),
        replace(RESULT, checks=(replace(CHECK, result_id=""),)),
        replace(RESULT, checks=(replace(CHECK, result_id="b" * 64),)),
    ],
    ids=["no verdict", "a submodule was missing", "a check without a result", "a result that is gone"],
)
def test_what_may_be_different_next_time_is_not_kept(store: ResultStore, result: QualityGateResult) -> None:
    KnownVerdicts(store).put(HEAD, result)
    assert KnownVerdicts(store).get(HEAD) is None


def test_incomplete_report_holds_for_minutes(store: ResultStore) -> None:
    store.put(CheckResult(CHECK, (), (ToolReport("ruff", advice="The registry was unavailable."),)))
    KnownVerdicts(store).put(HEAD, RESULT)
    known = KnownVerdicts(store).get(HEAD)
    assert known
    assert known.until
