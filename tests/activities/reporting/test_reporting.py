"""What people read, word for word."""

from dataclasses import replace
from typing import get_args

import jsonschema
import pytest

from activities.model import CheckResult, Finding, GateState, QualityCheck, QualityGateResult, TestCase, ToolReport
from activities.reporting import (
    GATE_MARK,
    Links,
    annotations,
    check_output,
    checking_comment,
    gate_comment,
    gate_output,
    gate_states,
    reply,
    reply_mark,
    sarif,
    unfinished_output,
)
from activities.reporting.comment import CHECKING
from workflows.quality.scoring import overall

HEAD, BASE = "a" * 40, "b" * 40
LINKS = Links("https://github.com", "octocat/hello", HEAD)
VERDICT = gate_states.verdict(["linting"], {}, scored=True, score=62.4, threshold=85)
PASSED = gate_states.verdict([], {}, scored=True, score=98.3, threshold=85)
BLOB = f"https://github.com/octocat/hello/blob/{HEAD}"


def finding(**more: object) -> Finding:
    plain = {"check": "linting", "tool": "ruff", "rule": "F401", "path": "a.py", "line": 3, "message": "unused import"}
    return Finding(**{**plain, "severity": "warning", **more})  # type: ignore[arg-type]


def check(name: str = "linting", status: str = "failed", score: float | None = 62.4, **more: object) -> QualityCheck:
    return QualityCheck(**{"name": name, "status": status, "score": score, "required": True, "reason": "", **more})  # type: ignore[arg-type]


def gate(state: str, *checks: QualityCheck, **more: object) -> QualityGateResult:
    plain = {"head_sha": HEAD, "base_sha": BASE, "state": state, "can_merge": state == "passed", "overall_score": 78.1}
    return QualityGateResult(**{**plain, "checks": checks, **more})  # type: ignore[arg-type]


def test_a_failed_check_says_what_why_and_what_next() -> None:
    result = CheckResult(
        check(reason="1 new finding.", new_findings=1, known_findings=1),
        (finding(fixable=True), finding(new=False, path="old.py")),
        (ToolReport("ruff", "0.14.1"),),
    )
    ending = check_output(result, LINKS)
    assert (ending.conclusion, ending.title) == ("failure", "1 new finding.")
    assert [button.identifier for button in ending.buttons] == ["fix", "retest", "accept-baseline"]
    assert (
        ending.summary
        == f"""\
❌ **Failed.** 1 new finding. Score: 62.4 of 100.

### 1 new finding

|  | Location | Rule | Message |
| --- | --- | --- | --- |
| ⚠️ | [`a.py:3`]({BLOB}/a.py#L3) | `ruff` `F401` | unused import 🔧 |

<details>
<summary>1 known finding (not counted)</summary>

|  | Location | Rule | Message |
| --- | --- | --- | --- |
| ⚠️ | [`old.py:3`]({BLOB}/old.py#L3) | `ruff` `F401` | unused import |

</details>

### Next steps

- **Fix** commits 1 safe automatic fix (🔧).
- Fix the new findings, or accept them into the baseline (**Accept baseline**).

<sub>Checked with ruff 0.14.1.</sub>"""
    )


def test_metrics_and_advice_are_shown() -> None:
    metrics = {
        "passed": 1041, "failed": 0, "skipped": 2, "flaky": 1, "total_percent": 91.29, "diff_percent": 100.0,
        "base_total_percent": 90.0, "left_out": 3, "benchmarks": [
            {"id": "test_sum[a|b]", "base_s": 0.00125, "head_s": 1.5, "change_percent": 12.34, "verdict": "slower"},
            {"id": "test_new", "base_s": None, "head_s": 2.5e-8, "change_percent": None, "verdict": "new"},
        ],
    }  # fmt: skip
    reports = (
        ToolReport("pytest", tests=(TestCase("t.py::test_net", "flaky"),)),
        ToolReport("pip-audit", advice="3 packages were not on the index"),
    )
    ending = check_output(
        CheckResult(check("unit_tests", "neutral", None, metrics=metrics, cached=True), (), reports), LINKS
    )
    assert (ending.conclusion, ending.title) == ("neutral", "Informational")
    assert (
        ending.summary
        == """\
⚪ **Informational.**

> ⚠️ `pip-audit`: 3 packages were not on the index

**Tests:** 1,041 passed, 2 skipped, 1 flaky.

<details>
<summary>Flaky tests (failed, then passed on retry)</summary>

- `t.py::test_net`

</details>

**Coverage:** 91.2 % of all lines (base: 90.0 %), 100.0 % of changed lines.

| Benchmark | Base | Head | Change |  |
| --- | ---: | ---: | ---: | --- |
| <code>test\\_sum\\[a&#124;b\\]</code> | 1.25 ms | 1.5 s | +12.3 % | slower |
| `test_new` | – | 25 ns | – | new |

… 3 more.

<sub>Checked with pytest, pip-audit (cached result of the same tree and tools).</sub>"""
    )


@pytest.mark.parametrize(
    ("status", "conclusion", "buttons"),
    [
        ("passed", "success", ["retest"]),
        ("failed", "failure", ["retest"]),
        ("neutral", "neutral", ["retest"]),
        ("skipped", "skipped", []),
        ("timed_out", "timed_out", ["retest"]),
        ("cancelled", "cancelled", ["retest"]),
        ("error", "failure", ["retest"]),
    ],
)
def test_every_status_has_its_conclusion(status: str, conclusion: str, buttons: list[str]) -> None:
    ending = check_output(CheckResult(check(status=status, score=None)), LINKS)
    assert ending.conclusion == conclusion
    assert [button.identifier for button in ending.buttons] == buttons
    assert ending.title
    assert ending.summary


def test_a_hundred_thousand_findings_fit_and_the_rest_is_counted() -> None:
    many = tuple(finding(path=f"{number}.py", message="x" * 5000, line=number + 1) for number in range(100_000))
    ending = check_output(CheckResult(check(new_findings=100_000), many), LINKS)
    assert len(ending.summary.encode()) < 65_535
    assert "### 100,000 new findings" in ending.summary
    assert len(ending.annotations) == 500
    assert "more lines" in ending.summary


def test_annotations_are_new_placed_and_worst_first() -> None:
    found = annotations(
        [
            finding(new=False, severity="critical"),
            finding(path=""),
            finding(path="gone.py", in_tree=False),
            finding(severity="notice", line=0, column=7),
            finding(severity="critical", line=5, end_line=9, column=2, rule="", message="\x1b"),
            finding(severity="error", path="b.py", line=9, end_line=4),
        ]
    )
    assert list(found) == [
        {
            "path": "a.py", "start_line": 5, "end_line": 9, "annotation_level": "failure",
            "title": "ruff", "message": "ruff",
        },
        {
            "path": "b.py", "start_line": 9, "end_line": 9, "annotation_level": "failure",
            "title": "ruff: F401", "message": "unused import",
        },
        {
            "path": "a.py", "start_line": 1, "end_line": 1, "annotation_level": "notice",
            "title": "ruff: F401", "message": "unused import", "start_column": 7, "end_column": 7,
        },
    ]  # fmt: skip


def test_an_annotation_keeps_githubs_limits() -> None:
    (note,) = annotations([finding(rule="R" * 1000, message="é" * 100_000)])
    assert len(str(note["title"])) == 255
    assert len(str(note["message"]).encode()) <= 64 * 1024


def test_the_gate_names_blocking_checks_first_and_explains_the_score() -> None:
    result = gate(
        "failed",
        check(reason="2 new findings.", new_findings=2),
        check("performance", "skipped", None, required=False, reason="The repository has no benchmarks."),
        blocking=("linting",),
        score_lines=("linting 62.4 x 1 (failed, required)", "overall 62.4 / 1 = 62.4 < 85"),
        reason=VERDICT,
    )
    ending = gate_output(result, LINKS, {"linting": 12}, fixable=True)
    assert (ending.conclusion, ending.title) == ("failure", "Cannot merge: linting")
    assert [button.identifier for button in ending.buttons] == ["fix", "retest"]
    assert (
        ending.summary
        == f"""\
**{VERDICT}**

### Blocking checks

- ❌ [`linting`](https://github.com/octocat/hello/runs/12): 2 new findings.

|  | Check | Score | Result |
| --- | --- | ---: | --- |
| ❌ | [`linting`](https://github.com/octocat/hello/runs/12) | 62.4 | 2 new findings. |
| ⏭️ | `performance` (optional) | – | The repository has no benchmarks. |

### Score

- linting 62.4 x 1 (failed, required)
- overall 62.4 / 1 = 62.4 &lt; 85

### Next steps

- **Fix**, on a check run that has this button, commits safe automatic fixes.
- `autobuild gate --fix` applies the same fixes in your checkout.
- **Accept baseline**, on a failed check's run, counts its findings as known.
- `/retest` runs the checks that did not pass again; a push runs all checks."""
    )


@pytest.mark.parametrize(
    ("state", "newer", "conclusion", "title"),
    [
        ("passed", "", "success", "Passed, score 78.1"),
        ("superseded", "c" * 40, "cancelled", "Superseded by ccccccc"),
        ("cancelled", "", "cancelled", "Cancelled on request."),
        ("refused", "", "action_required", "Waiting for maintainer approval (fork)"),
        ("unchecked", "", "cancelled", "Cancelled on request."),
        ("error", "", "failure", "Cancelled on request."),
    ],
)
def test_every_state_of_the_gate_has_its_conclusion(state: str, newer: str, conclusion: str, title: str) -> None:
    ending = gate_output(gate(state, reason="Cancelled on request."), LINKS, {}, newer)
    assert (ending.conclusion, ending.title) == (conclusion, title)
    assert ending.summary


@pytest.mark.parametrize("state", [state for state in get_args(GateState) if state != "passed"])
def test_nothing_but_a_verdict_satisfies_a_required_check(state: GateState) -> None:
    """GitHub lets success, neutral and skipped through."""
    endings = {gate_output(gate(state), LINKS, {}).conclusion, unfinished_output(state, "", "", LINKS).conclusion}
    assert not endings & {"success", "neutral", "skipped"}


def test_a_forks_gate_says_what_a_maintainer_can_do() -> None:
    summary = gate_output(gate("refused"), LINKS, {}).summary
    assert f"`/ok-to-test {HEAD}`" in summary
    assert unfinished_output("refused", "", "", LINKS).summary == summary


def test_an_older_heads_run_links_to_the_newer() -> None:
    ending = unfinished_output("superseded", "", "c" * 40, LINKS)
    assert ending.title == "Superseded by ccccccc"
    assert f"https://github.com/octocat/hello/commit/{'c' * 40}" in ending.summary


def test_an_untrusted_reason_is_escaped() -> None:
    ending = unfinished_output("failed", "no <b> for @octocat", "", LINKS)
    assert ending.summary == "no &lt;b&gt; for @\u200boctocat"


def test_comment_has_this_text() -> None:
    result = gate(
        "passed",
        check("unit_tests", "passed", 100.0, reason="41 passed.", metrics={"passed": 41, "failed": 0}),
        check("linting", "passed", 100.0, known_findings=12),
        check("coverage", "passed", 95.0, metrics={"total_percent": 91.2, "diff_percent": 95.0}),
        overall_score=98.3,
        reason=PASSED,
    )
    assert (
        gate_comment(result, LINKS, {"linting": 7}, conflicts_with="")
        == f"""\
<!-- autobuild:gate -->
### ✅ Can merge, score 98.3

{PASSED}

|  | Check | Score | Result |
| --- | --- | ---: | --- |
| ✅ | `unit_tests` | 100 | 41 passed. |
| ✅ | [`linting`](https://github.com/octocat/hello/runs/7) | 100 |  |
| ✅ | `coverage` | 95 |  |

**This change:** 0 new findings; 12 known (not counted); unit tests: 41 passed; coverage: 91.2 % of all lines, \
95.0 % of changed lines.

<sub>[`aaaaaaa`](https://github.com/octocat/hello/commit/{HEAD}) compared with \
[`bbbbbbb`](https://github.com/octocat/hello/commit/{BASE}). `/help` lists the commands.</sub>"""
    )


@pytest.mark.parametrize(
    ("conflicts_with", "headline"),
    [("", "✅ Can merge, score 98.3"), (None, "✅ Passed, score 98.3"), ("main", "⚠️ Conflicts with `main`")],
)
def test_pull_that_conflicts_is_not_said_to_be_mergeable(conflicts_with: str | None, headline: str) -> None:
    text = gate_comment(gate("passed", overall_score=98.3), LINKS, {}, conflicts_with=conflicts_with)
    assert text.splitlines()[1] == f"### {headline}"
    assert "Can merge" not in text or conflicts_with == ""


def test_overrides_are_named_and_never_called_passed() -> None:
    overridden = replace(check("linting", "neutral", None), overridden_by="octocat")
    score = overall([overridden, check("unit_tests", "passed", 100.0)], 85)
    assert score.reason.startswith("Overridden: linting by @octocat; the others passed")
    text = gate_comment(gate("passed", overridden, overall_score=100.0, reason=score.reason), LINKS, {})
    assert text.splitlines()[1] == "### ✅ Passed, no check has a score; overridden: linting by @\u200boctocat"
    assert "All required checks passed" not in text


def test_a_failure_never_stands_beside_a_rounded_hundred() -> None:
    failed = check("unit_tests", "failed", 99.97)
    assert "| 99.9 |" in gate_comment(gate("failed", failed), LINKS, {})
    score = overall([failed, *(check(f"check{n}", "passed", 100.0) for n in range(9))], 85)
    assert score.overall < 100


def test_comment_lists_the_worst_new_findings_and_the_steps_that_exist() -> None:
    found = [finding(), *(finding(path="b.py", line=n, severity="error") for n in range(1, 12))]
    result = gate("failed", check(new_findings=12))
    text = gate_comment(result, LINKS, {}, [replace(each, fixable=False) for each in found])
    assert [f"`b.py:{n}`" in text for n in (1, 10, 11)] == [True, True, False], text
    assert "a.py:3" not in text
    assert "- … 2 more, in the check runs." in text
    assert "**Fix**" not in text
    assert "**Fix**" in gate_comment(result, LINKS, {}, [replace(found[0], fixable=True)])


def test_comment_says_which_head_is_checked_and_what_the_last_verdict_was() -> None:
    first = checking_comment(None, LINKS, {})
    assert first.splitlines()[:2] == [GATE_MARK, f"### {CHECKING} {LINKS.commit(HEAD)}"]
    old = replace(gate("failed", check()), head_sha="d" * 40, blocking=("linting",))
    assert f"{LINKS.commit('d' * 40)}: **❌ Cannot merge: linting**" in checking_comment(old, LINKS, {})


def test_the_comment_does_not_depend_on_durations() -> None:
    slow, quick = (gate("passed", check(duration_s=s, cached=c)) for s, c in ((9.0, False), (0.1, True)))
    assert gate_comment(slow, LINKS, {}) == gate_comment(quick, LINKS, {})


def test_a_comment_fits_githubs_limit() -> None:
    checks = [check(f"check{number}", reason="é" * 5000) for number in range(300)]
    assert len(gate_comment(gate("failed", *checks), LINKS, {}).encode()) < 65_536


def test_a_key_cannot_end_the_mark_that_hides_it() -> None:
    assert reply_mark("fix-a-->b\n@x") == "<!-- autobuild:reply fix-a__b_@x -->"
    assert reply("k", "Done.") == "<!-- autobuild:reply k -->\nDone."


def test_sarif_tells_new_from_known_and_where() -> None:
    document = sarif(
        [
            finding(fingerprint="f1", path="a b/é.py", column=4, end_line=3),
            finding(tool="bandit", rule="B101", severity="critical", new=False, line=0),
            finding(path="", message="whole tree"),
        ],
        version="0.1.0",
        head_sha=HEAD,
    )
    bandit, ruff = document["runs"]
    assert (bandit["tool"]["driver"]["name"], ruff["tool"]["driver"]["name"]) == ("bandit", "ruff")
    assert bandit["results"][0]["baselineState"] == "unchanged"
    assert bandit["results"][0]["level"] == "error"
    assert "region" not in bandit["results"][0]["locations"][0]["physicalLocation"]
    placed = next(result for result in ruff["results"] if "locations" in result)
    assert placed["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/%C3%A9.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "endLine": 3, "startColumn": 4},
    }
    assert placed["partialFingerprints"] == {"autobuild/v1": "f1"}
    jsonschema.validate(document, _SARIF)


def test_sarif_without_findings_is_valid() -> None:
    document = sarif([])
    assert document["runs"][0]["results"] == []
    jsonschema.validate(document, _SARIF)


# The parts of SARIF 2.1.0 that we write, as its schema has them.
_SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {"driver": {"type": "object", "required": ["name"]}},
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "baselineState": {"enum": ["new", "unchanged", "updated", "absent"]},
                                "ruleIndex": {"type": "integer", "minimum": -1},
                                "message": {"type": "object", "required": ["text"]},
                            },
                        },
                    },
                },
            },
        },
    },
}
