"""The pull request and the post-mortem of an incident: what they say, and that nothing from outside does anything."""

import re
from dataclasses import replace

import pytest

from activities.incident_reporting.charts import ChartMark, MetricChart
from activities.incident_reporting.postmortem import action_items, postmortem, postmortem_path, postmortem_title
from activities.incident_reporting.pull_request import marks_of, pull_body, pull_title
from activities.incidents import texts
from activities.incidents.acting import Hotfix, IncidentView
from activities.incidents.types import (
    Alert,
    ConsensusResult,
    Evidence,
    FetchResult,
    IncidentInput,
    IncidentScope,
    RankedCause,
    TimelineEntry,
)
from activities.model import RepoRef

HOSTILE = "Fixes #7 @octocat\n# title\n```\n<script>x</script> <!-- y --> ![](https://example.com) | </details>"
TRIGGERS = r"@octocat|#7|https://"
"""What does something in a title and in a commit's message too."""
SHA = "a" * 40
ONSET = 1_800_000_000.0
CAUSE = RankedCause("pay", "code", 0.93, SHA, ("logs", "metrics"), ("logs:1",), verified="Its diff has the line.")
VIEW = IncidentView(
    IncidentInput(Alert("alertmanager", "g", "HighErrors", "pay", summary="Half of the calls fail.")),
    IncidentScope("incident:x", "pay", ("pay",), ONSET, ONSET - 9_000, ONSET + 900, RepoRef("octocat", "shop", 1)),
    "publishing", ONSET, ONSET + 4_000, alerts=3, issue=4,
    fetched={"logs": FetchResult(10), "topology": FetchResult(0, "There are no traces.")},
    consensus=ConsensusResult((CAUSE, RankedCause("cart", "cpu", 0.05)), True, tells_apart=("Look at `cart`.",)),
    evidence=(Evidence("logs:1", "logs", "KeyError is new in pay."),),
    hotfix=Hotfix(SHA, title="Round prices", pull=5, tests=("tests/test_pay.py::test_total",), gate="Nothing is worse."),
    timeline=(TimelineEntry(ONSET + 5, "It ended."), TimelineEntry(ONSET, "HighErrors fired.")),
)  # fmt: skip
CHART = MetricChart("errors of pay", tuple((ONSET + 60 * at, float(at)) for at in range(-5, 5)))
CAUSE_OF_NAMES = replace(CAUSE, entity=HOSTILE, verified=HOSTILE, text=HOSTILE)
NAMES = replace(
    VIEW,
    input=IncidentInput(Alert(HOSTILE, HOSTILE, HOSTILE, HOSTILE, summary=HOSTILE)),
    scope=replace(VIEW.scope, service=HOSTILE),
    fetched={"logs": FetchResult(0, HOSTILE)},
    consensus=ConsensusResult((CAUSE_OF_NAMES,) * 3, True, abstained={HOSTILE: HOSTILE}),
    evidence=(Evidence("logs:1", "logs", HOSTILE),),
    hotfix=Hotfix(SHA, title=HOSTILE, pull=5, tests=(HOSTILE,), gate=HOSTILE, paths=(HOSTILE,)),
    timeline=(TimelineEntry(float("nan"), HOSTILE), TimelineEntry(1e300, HOSTILE)),
)


def _without_code(text: str) -> str:
    """What GitHub takes as Markdown of it."""
    text = re.sub(r"```mermaid\n.*?\n```", "", text, flags=re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)", "", text)


def _is_inert(text: str) -> bool:
    """Whether the hostile names in it do nothing."""
    shown = _without_code(text)
    lines = shown.splitlines()
    return not (
        re.search(rf"{TRIGGERS}|<script|<!--|(?<!\\)!\[", shown)
        or "# title" in lines
        or "```" in lines
        or shown.count("<details>") != shown.count("</details>")
    )


def test_pull_request_says_why_what_shows_it_and_what_next() -> None:
    said = pull_body(VIEW, [CHART], marks_of(VIEW, [(ONSET - 120, "a1b2c3d")]))
    for part in (
        f"This reverts {SHA}", "incident in #4", "93%", "**Verified:** Its diff has the line.", "KeyError is new",
        "`tests/test_pay.py::test_total`", "Nothing is worse.", "Look at `cart`.", "comment `/approve`", "```mermaid",
        "The bars mark onset at", "deployment a1b2c3d at",
    ):  # fmt: skip
        assert part in said, part
    assert pull_title(VIEW) == "Revert Round prices"
    assert pull_title(replace(VIEW, hotfix=Hotfix(SHA))) == f"Revert {SHA[:12]}"


def test_pull_request_without_charts_tests_and_evidence() -> None:
    bare = replace(VIEW, consensus=ConsensusResult((replace(CAUSE, verified=""),)), evidence=(), hotfix=Hotfix(SHA))
    said = pull_body(bare, [], marks_of(bare, []))
    for part in ("mermaid", "bars mark", "Verified", "These tests", "The gate", "\n\n\n"):
        assert part not in said, part


def test_names_do_nothing_in_the_pull_request() -> None:
    chart = replace(CHART, title=HOSTILE)
    assert _is_inert(pull_body(NAMES, [chart], marks_of(NAMES, [(ONSET, HOSTILE)])))
    assert not re.search(TRIGGERS, pull_title(NAMES))
    assert len(pull_title(replace(NAMES, hotfix=Hotfix(SHA, title="x" * 5_000)))) <= 120


def test_names_do_nothing_in_the_postmortem() -> None:
    """Its title is a commit's, where `Fixes #7` would close an issue."""
    assert _is_inert(postmortem(NAMES, "It was fixed.", [replace(CHART, title=HOSTILE)], [ChartMark(ONSET, HOSTILE)]))
    assert not re.search(TRIGGERS, postmortem_title(NAMES))
    assert all(_is_inert(item.text) and not re.search(TRIGGERS, item.title) for item in action_items(NAMES))


def test_postmortem_says_what_happened_and_what_is_to_be_done() -> None:
    said = postmortem(VIEW, "#5 was merged.", [CHART], marks_of(VIEW, []))
    heads = [line for line in said.splitlines() if line.startswith("## ")]
    assert heads == [
        "## Summary", "## Impact", "## Time line", "## Contributing factors", "## Evidence",
        "## Causes that were considered", "## What was tried", "## What went well", "## Action items",
    ]  # fmt: skip
    for part in ("for 1 h 7 min. #5 was merged.", "3 alerts fired. Half", f"#5 reverts {SHA}.", "```mermaid"):
        assert part in said, part
    assert said.index("HighErrors fired.") < said.index("It ended.")
    assert "- [ ] Close a gap of the data. Topology: There are no traces." in said


def test_postmortem_of_an_incident_of_which_nothing_is_known() -> None:
    bare = IncidentView(VIEW.input, VIEW.scope, "writing", ONSET, ONSET - 50)
    said = postmortem(bare, "Stopped.", [], [])
    for part in ("for 0 min. Stopped.", "1 alert fired.", "Nothing was noted.", "- Nothing was changed."):
        assert part in said, part
    assert "## Evidence" not in said


@pytest.mark.parametrize("onset", [0.0, -1e30, 1e30, float("nan"), float("inf")])
def test_any_time_has_a_title_and_a_path(onset: float) -> None:
    view = replace(VIEW, scope=replace(VIEW.scope, onset=onset))
    assert postmortem_title(view).startswith("Post-mortem: HighErrors (pay), ")
    assert re.fullmatch(r"postmortems/[a-z0-9-]+-pay-4\.md", postmortem_path(view, "/postmortems/"))


@pytest.mark.parametrize("service", ["../../.github/workflows/x", "", "\x00", "日本", "a" * 500, ".git"])
def test_the_file_stays_in_its_folder(service: str) -> None:
    path = postmortem_path(replace(VIEW, scope=replace(VIEW.scope, service=service)), "docs/postmortems")
    assert re.fullmatch(r"docs/postmortems/2027-01-15-[a-z0-9-]{1,60}-4\.md", path)


def test_very_much_fits_into_an_issue() -> None:
    entries = tuple(TimelineEntry(float(at), "y" * 300) for at in range(2_000))
    view = replace(VIEW, timeline=entries, consensus=ConsensusResult((CAUSE,) * 50))
    assert len(postmortem(view, "It was fixed.", [CHART] * 3, []).encode()) < 65_000
    assert len(pull_body(view, [CHART] * 3, []).encode()) < 65_000


def test_there_are_at_most_five_action_items() -> None:
    fetched = {name: FetchResult(0, "It is down.") for name in ("metrics", "logs", "changes", "topology", "model")}
    assert len(action_items(replace(VIEW, fetched=fetched))) == 5
    assert any("Add a test" in item.text for item in action_items(replace(VIEW, hotfix=Hotfix(SHA))))
    assert action_items(replace(VIEW, hotfix=None, fetched={})) == []


def test_a_sure_cause_is_not_said_to_be_unsure() -> None:
    sure = ConsensusResult((CAUSE,), True)
    assert texts.looked_at(sure) == "The likeliest cause is `pay` (code), at 93%."
    assert texts.looked_at(replace(sure, act=False)).endswith("No cause is sure enough to act on.")


def test_a_merged_fix_is_only_said_to_help_where_that_was_seen() -> None:
    assert "as they were before" in texts.fixed(5, recovered=True, minutes=15)
    assert "nothing showed within 15 minutes that it helps" in texts.fixed(5, recovered=False, minutes=15)
    assert "was not watched" in texts.fixed(5, recovered=False, minutes=0)
