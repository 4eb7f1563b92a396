"""What `analyze_logs` says of the lines that were fetched for an incident."""

from pathlib import Path

import polars as pl
import pytest

from activities.incident_engine.log_analysis import analyze_logs
from activities.incidents.data import LogTable
from activities.incidents.store import IncidentStore
from activities.incidents.types import IncidentScope, LogAnalysis, StackFrame

ONSET = 1_700_000_000.0
TRACE = 'ERROR boom\nTraceback (most recent call last):\n  File "/app/x.py", line 7, in f\n    g()\nKeyError: 1'


def analysis(folder: Path, lines: list[tuple[float | None, str, str, str]]) -> LogAnalysis:
    store = IncidentStore(folder)
    scope = IncidentScope("incident:test:1", "checkout", ("checkout", "mail"), ONSET, ONSET - 7200, ONSET + 600)
    schema = {"time": pl.Float64, "service": pl.String, "level": pl.String, "text": pl.String}
    store.put_logs(scope.incident, LogTable(pl.DataFrame(lines, schema=schema, orient="row"), left_out=3))
    return analyze_logs(store, scope)


def usual(service: str = "checkout") -> list[tuple[float | None, str, str, str]]:
    return [(ONSET + at, service, "info", f"INFO order {at} placed") for at in range(-7000, 500, 10)]


def test_new_errors_are_named_with_their_frames(tmp_path: Path) -> None:
    errors = [(ONSET + at, "checkout", "error", TRACE) for at in range(0, 500, 20)]
    found = analysis(tmp_path, [*usual(), *usual("mail"), *errors])
    assert (found.before + found.after, found.errors_before, found.errors_after) == (775, 0, 25)
    assert found.left_out == 3
    assert found.first_error == ONSET
    assert found.findings == ("New in `checkout` since 22:13:20 UTC, 25 times: `ERROR boom | KeyError: <*>`.",)
    assert found.frames == (StackFrame("/app/x.py", 7, "f"),)
    assert found.problem == ""


def test_nothing_new_is_no_finding(tmp_path: Path) -> None:
    found = analysis(tmp_path, usual())
    assert (found.findings, found.frames, found.first_error, found.problem) == ((), (), 0.0, "")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "There are no log lines of this time."),
        (usual("mail"), "It has no log lines of this time."),
        ([(None, "checkout", "info", "x")], "No log line of it has a time."),
        ([(ONSET + 10**6, "checkout", "info", "x")], "It has no log lines of this time."),
        (usual()[:50], "There are no log lines from after the onset."),
        (usual()[-20:], "There are no log lines from before the onset."),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, lines: list[tuple[float | None, str, str, str]], problem: str) -> None:
    assert analysis(tmp_path, lines).problem == problem


def test_nothing_was_fetched(tmp_path: Path) -> None:
    store = IncidentStore(tmp_path)
    scope = IncidentScope("incident:test:1", "checkout", ("checkout",), ONSET, ONSET - 7200, ONSET + 600)
    store.put(scope.incident, "problem-logs", "Loki answers 500.")
    assert analyze_logs(store, scope).problem == "Loki answers 500."
