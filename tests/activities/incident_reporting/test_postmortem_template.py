"""A repository's own form of a post-mortem: its headings get what they ask for, and nothing is lost."""

import pytest

from activities.incident_reporting.postmortem_template import filled

TEXT = """## Summary

It failed.

## Impact

3 alerts fired.

```mermaid
## Summary
```

## Contributing factors

- A change.

## Action items

- [ ] Add a test.
"""


def test_each_heading_gets_what_it_asks_for() -> None:
    template = (
        "# Incident review\n\n<!-- Who? -->\nOwner: the team\n\n### Root cause:\n\n## What happened?\n\n## Follow-ups\n"
    )
    said = filled(template, TEXT)
    places = [
        said.index(each)
        for each in (
            "# Incident review", "Owner: the team", "### Root cause:", "- A change.", "## What happened?", "It failed.",
            "## Follow-ups", "- [ ] Add a test.", "## Impact", "3 alerts fired.",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert "Who?" not in said
    assert "```mermaid\n## Summary\n```" in said


def test_a_heading_in_code_asks_for_nothing() -> None:
    said = filled("## Overview\n\n```\n## Impact\n```\n", TEXT)
    assert said.index("It failed.") < said.index("```\n## Impact\n```") < said.index("3 alerts fired.")


@pytest.mark.parametrize(
    "template", ["", "<!-- nothing -->", "x" * 20_001, "## Summary\0", "## Weather\n\nSunny.", "# \n"]
)
def test_a_form_that_asks_for_nothing_is_left_out(template: str) -> None:
    assert filled(template, TEXT) == TEXT


@pytest.mark.parametrize("template", ["## Summary\n" * 500, "<!--" * 4000 + "\n## Summary", "#" * 19_000])
def test_a_strange_form_loses_nothing(template: str) -> None:
    said = filled(template, TEXT)
    assert said.count("It failed.") == said.count("- [ ] Add a test.") == 1
