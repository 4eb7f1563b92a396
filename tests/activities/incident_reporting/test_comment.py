"""The comment and the report of an incident: what is said at each stage, and that alerts and logs do nothing in it."""

from dataclasses import replace
from typing import get_args

import pytest

from activities.incident_reporting.comment import ENDED, STAGES, comment
from activities.incident_reporting.terminal import report
from activities.incidents.acting import Hotfix, IncidentView
from activities.incidents.types import (
    Alert,
    ConsensusResult,
    Evidence,
    FetchResult,
    IncidentInput,
    IncidentResult,
    IncidentScope,
    IncidentStage,
    IncidentState,
    RankedCause,
    TimelineEntry,
)
from activities.model import RepoRef

HOSTILE = "<script>alert(1)</script> @octocat #7 | `x` https://example.com\n# title"
REPO = RepoRef("octocat", "shop", 1)
SHA = "a" * 40
CAUSES = (
    RankedCause("pay", "code", 0.9, SHA, ("logs", "metrics"), ("metrics:1",), verified="Its diff touches the failing line."),
    RankedCause("cart", "cpu", 0.05, "", ("metrics",)),
)  # fmt: skip
VIEW = IncidentView(
    IncidentInput(Alert("alertmanager", "g", "HighErrors", "pay", summary="Half of the calls fail.")),
    IncidentScope("incident:x", "pay", ("pay",), 1_800_000_000.0, 1_799_990_000.0, 1_800_000_900.0, REPO),
    "diagnosing", 1_800_000_000.0, 1_800_000_060.0, alerts=3,
    fetched={"logs": FetchResult(0, "Loki is down.", ("loki",)), "metrics": FetchResult(1200, "", ("prometheus",))},
    consensus=ConsensusResult(CAUSES, True, abstained={"topology": "Nobody says who calls whom."}),
    evidence=(Evidence("metrics:1", "metrics", "`errors` of `pay` rose from 0 to 0.5."),),
    timeline=(TimelineEntry(1_800_000_010.0, "The alert fired.", "alertmanager"),),
)  # fmt: skip


def test_causes_evidence_and_what_is_missing() -> None:
    said = comment(VIEW)
    for part in (
        SHA,
        "90%",
        "Its diff touches",
        "rose from 0 to 0.5",
        "Loki is down.",
        "Nobody says who calls whom",
        "3 alerts",
    ):
        assert part in said, part
    assert "What happened" not in said


@pytest.mark.parametrize("stage", get_args(IncidentStage))
def test_every_stage_has_its_words(stage: IncidentStage) -> None:
    assert STAGES[stage] in comment(replace(VIEW, stage=stage))


@pytest.mark.parametrize("state", get_args(IncidentState))
def test_every_end_says_what_happened_and_what_next(state: IncidentState) -> None:
    said = comment(replace(VIEW, stage="ended", result=IncidentResult(state, "Because of that.")))
    assert f"**What happened:** {ENDED[state]}. Because of that." in said
    assert "**What next:** " in said


def test_the_fix_is_named_and_so_is_why_there_is_none() -> None:
    assert "#12" in comment(replace(VIEW, hotfix=Hotfix(SHA, pull=12, tests=("t1", "t2"))))
    assert "**Nothing was changed.** The culprit is too old." in comment(
        replace(VIEW, no_fix="The culprit is too old.")
    )


def test_what_comes_from_outside_does_nothing() -> None:
    cause = replace(CAUSES[0], entity=HOSTILE, verified=HOSTILE)
    view = replace(
        VIEW,
        input=IncidentInput(Alert("x", "g", HOSTILE, HOSTILE, summary=HOSTILE)),
        scope=replace(VIEW.scope, service=HOSTILE),
        fetched={"logs": FetchResult(0, HOSTILE)},
        consensus=ConsensusResult((cause,), abstained={"topology": HOSTILE}),
        evidence=(Evidence("metrics:1", "metrics", HOSTILE),),
        timeline=(TimelineEntry(float("inf"), HOSTILE), TimelineEntry(-1e30, HOSTILE)),
    )
    said = comment(view)
    assert "<script>" not in said.replace("`<script>", "")
    assert "\n# title" not in said
    assert " @octocat" not in said.replace("`", "") or "@\u200b" in said


def test_very_much_fits_into_a_comment() -> None:
    many = tuple(Evidence(f"metrics:{at}", "metrics", "x" * 300) for at in range(20))
    entries = tuple(TimelineEntry(float(at), "y" * 200) for at in range(1000))
    cause = replace(CAUSES[0], evidence=tuple(one.id for one in many))
    view = replace(VIEW, consensus=ConsensusResult((cause,) * 50), evidence=many, timeline=entries)
    assert len(comment(view).encode()) < 65_000


def test_report_on_a_terminal() -> None:
    said = report(replace(VIEW, result=IncidentResult("reported", "Nothing is changed by a report.")))
    assert said.splitlines()[2].startswith("1. pay: a change of the code, 90%")
    assert "logs: Loki is down." in said
    assert said.endswith("Nothing is changed by a report.")
