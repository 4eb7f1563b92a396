"""A diagnoser's answer is checked like anything from outside: bounded, finite, and with evidence that is there."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from activities.errors import UserError
from activities.incident_engine.diagnosing import diagnosed, within_limits
from activities.incidents.store import IncidentStore
from activities.incidents.types import Alert, DiagnoseInput, Diagnosis, Evidence, Hypothesis, IncidentScope

SCOPE = IncidentScope("incident:x", "checkout", ("checkout",), 1000.0, 0.0, 1900.0)


def test_only_finite_odds_and_evidence_that_is_there_remain() -> None:
    found = within_limits(
        Diagnosis(
            "metrics",
            "metrics",
            (
                Hypothesis("a", "cpu", math.nan),
                Hypothesis("b", "cpu", math.inf),
                Hypothesis("c", "cpu", 1e9, ("metrics:1", "metrics:invented"), text="x" * 5000),
                *(Hypothesis(f"s{at}", "cpu", -float(at)) for at in range(200)),
            ),
            tuple(Evidence(f"metrics:{at}", "metrics", "y" * 5000) for at in range(500)),
        )
    )
    assert [one.entity for one in found.hypotheses[:3]] == ["c", "s0", "s1"]
    assert found.hypotheses[0].evidence == ("metrics:1",)
    assert found.hypotheses[0].log_odds <= 20
    assert len(found.hypotheses) == len(found.evidence) == 20
    assert (
        max(len(text) for text in [one.text for one in found.hypotheses] + [one.text for one in found.evidence]) <= 301
    )


def test_evidence_that_is_named_is_kept_first() -> None:
    evidence = tuple(Evidence(f"metrics:{at}", "metrics", "y") for at in range(50))
    found = within_limits(Diagnosis("m", "metrics", (Hypothesis("c", "cpu", 1.0, ("metrics:45",)),), evidence))
    assert found.evidence[0].id == "metrics:45"


def test_unknown_diagnoser(tmp_path: Path) -> None:
    asked = DiagnoseInput(SCOPE, Alert("generic", "g", "n"), "astrologer")
    with pytest.raises(UserError, match="astrologer"):
        diagnosed(IncidentStore(tmp_path), asked)


def test_data_is_kept_by_incident(tmp_path: Path) -> None:
    store = IncidentStore(tmp_path)
    store.put(SCOPE.incident, "problem-logs", "Loki is down.")
    assert store.data(SCOPE, Alert("generic", "g", "n")).problems == {"logs": "Loki is down."}
    other = replace(SCOPE, incident="incident:y")
    assert store.data(other, Alert("generic", "g", "n")).problems == {}
    store.forget(SCOPE.incident)
    assert store.data(SCOPE, Alert("generic", "g", "n")).problems == {}
