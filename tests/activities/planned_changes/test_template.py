"""Templates of pull requests, as repositories have them: what is left out first."""

import re

import pytest

from activities.planned_changes.template import PullText, filled, template_of, template_paths

TEXT = PullText("MISSING", "ABOUT", "Closes #12", "TESTS", "REST")
ALONE = "MISSING\n\nCloses #12\n\nABOUT\n\nTESTS\n\nREST"
CLOSES = re.compile(r"\b(close[sd]?|fix(e[sd])?|resolve[sd]?)\b[*_:\s]*(\S*?#|GH-|https?://)(?=\w)", re.IGNORECASE)


@pytest.mark.parametrize(
    "template",
    ["", "  \n\n", "<!-- describe it -->", "<!-- never closed\n# Description", "x" * 20_001, "# What\0", "# What\ufffd",
     "<!<!-- a -->-- b -->"],
)  # fmt: skip
def test_a_template_with_nothing_to_read_is_left_out(template: str) -> None:
    assert filled(template, TEXT) == ALONE


def test_a_whole_template_is_filled_in() -> None:
    template = """<!-- Thank you! -->
# Description

Please include a summary of the change and which issue is fixed. Please also
include the motivation.

Fixes # (issue)

## Type of change

Please delete options that are not relevant.

- [x] Bug<!-- non-breaking --> fix
- [ ] Breaking change

# How Has This Been Tested?

Please describe the tests that you ran.

- [ ] Test A

# Checklist:

- [X] My code follows the style of this project
"""
    assert (
        filled(template, TEXT)
        == """MISSING

# Description

ABOUT

Closes #12

## Type of change

Please delete options that are not relevant.

- [ ] Bug fix
- [ ] Breaking change

# How Has This Been Tested?

TESTS

- [ ] Test A

# Checklist:

- [ ] My code follows the style of this project

REST"""
    )


@pytest.mark.parametrize(
    "heading",
    ["# Description", "## What does this PR do?", "### Summary", "Changes\n-------", "**What changed**", "Description:",
     "## Overview of changes", "## Motivation and Context", "#### :sparkles: Description", "## Beschreibung", "## 概要",
     "## Proposed changes ##", "__Summary__:"],
)  # fmt: skip
def test_our_text_goes_below_the_heading_that_asks_for_it(heading: str) -> None:
    shown = filled(f"Hello\n\n{heading}\n\n## Screenshots\n\nnone", TEXT)
    assert shown == f"MISSING\n\nHello\n\n{heading}\n\nCloses #12\n\nABOUT\n\nTESTS\n\n## Screenshots\n\nnone\n\nREST"


@pytest.mark.parametrize(
    "heading",
    ["## Types of changes", "## Checklist of changes", "## Breaking changes", "## Screenshots", "Please read our guide",
     "```\n# Description\n```", "- Description", "## Notes for reviewers"],
)  # fmt: skip
def test_a_template_without_such_a_heading_follows_below(heading: str) -> None:
    shown = filled(f"{heading}\n\ntext", TEXT)
    assert shown == f"MISSING\n\nCloses #12\n\nABOUT\n\nTESTS\n\n---\n\n{heading}\n\ntext\n\nREST"


@pytest.mark.parametrize(
    "heading", ["## Tests", "### How was this tested?", "**Testing**", "## Verification", "## QA notes"]
)
def test_how_it_was_tested_goes_below_its_heading(heading: str) -> None:
    shown = filled(f"## What\n\n{heading}\n\nRun `make test`.", TEXT)
    assert shown == f"MISSING\n\n## What\n\nCloses #12\n\nABOUT\n\n{heading}\n\nTESTS\n\nRun `make test`.\n\nREST"


@pytest.mark.parametrize(
    "placeholder",
    ["Fixes #", "Closes #(issue)", "Fixes # (issue)", "Fixes: #___", "closes #XXX", "Resolves #123", "Fix #<number>",
     "Fixes #{issue}", "Closes #ISSUE_NUMBER", "Resolves: GH-", "fixes octocat/hello#1", "Closes: #?", "**Fixes:** #",
     "Fixes [#123](https://example.com/1)", "Closes https://github.com/octocat/hello/issues/1", "Fixes: N/A", "Closes:",
     "Issue: #", "Related issue: #123", "Fixes issue #", "- Fixes:", "Closes #NNN"],
)  # fmt: skip
def test_our_link_takes_the_place_of_a_placeholder(placeholder: str) -> None:
    shown = filled(f"# What\n\n{placeholder}\n\n## More\n\nRelates to #5", TEXT)
    assert shown.count("Closes #12") == 1
    assert len(CLOSES.findall(shown)) == 1
    assert re.search(r"ABOUT\n\n(TESTS\n\n)?(- )?Closes #12\n\n## More", shown), shown


def test_below_a_heading_about_issues_is_our_link() -> None:
    shown = filled("## Related issues\n\n## Description\n", TEXT)
    assert shown == "MISSING\n\n## Related issues\n\nCloses #12\n\n## Description\n\nABOUT\n\nTESTS\n\nREST"


@pytest.mark.parametrize(
    "template",
    ["Closes #123, resolves octocat/hello#4, **Fixes**: #7", "fixes\n#5", "```\nFixes #9\n```\n", "`closes #3`",
     "Fixes #1\nFixes #2\n- [ ] resolves #3", "Fixed in https://github.com/octocat/hello/pull/1", "Resolves  \\#4 #5",
     "<!-- Fixes #1 -->Closes #2", "Fixes<!-- x --> #1", "Fi<!-- x -->xes #1"],
)  # fmt: skip
def test_a_template_closes_no_other_issue(template: str) -> None:
    shown = filled(f"# Description\n\n{template}\n", TEXT)
    assert [found[0] for found in CLOSES.finditer(shown)] == ["Closes #"]
    assert shown.count("Closes #12") == 1


def test_line_ends_of_windows_are_read() -> None:
    shown = filled("# What\r\n\r\nFixes #\r\n\r\n# Tests\r\n", TEXT)
    assert shown == "MISSING\n\n# What\n\nABOUT\n\nCloses #12\n\n# Tests\n\nTESTS\n\nREST"


@pytest.mark.parametrize(
    "text", ["fixes ", "fix*_", "<!", "closes a/", "[(", "fixes #", "`````\n", "fixes [", "{", "_", "*", "# ", " \n", "- [",
             "\n", "<!-"],
)  # fmt: skip
def test_a_template_of_one_sign_over_and_over_takes_no_time(text: str) -> None:
    filled((text * 20_000)[:19_000] + "x", TEXT)


def test_github_looks_in_three_folders() -> None:
    paths = template_paths()
    assert paths[0] == ".github/pull_request_template.md"
    assert {"PULL_REQUEST_TEMPLATE.md", "docs/pull_request_template.txt", "pull_request_template.md"} <= {*paths}
    assert len(paths) == len(set(paths)) == 12


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ([], ""),
        (["README.md", "src/pull_request_template.md", "pull_request_template.yml"], ""),
        ([".github/PULL_REQUEST_TEMPLATE/a.md", ".github/PULL_REQUEST_TEMPLATE/b.md"], ""),
        (["docs/PULL_REQUEST_TEMPLATE/sub/a.md", "PULL_REQUEST_TEMPLATE/logo.png"], ""),
        ([".github/PULL_REQUEST_TEMPLATE/a.md"], ".github/PULL_REQUEST_TEMPLATE/a.md"),
        (["docs/Pull_Request_Template/Only.TXT", "a.md"], "docs/Pull_Request_Template/Only.TXT"),
        (["PULL_REQUEST_TEMPLATE.md"], "PULL_REQUEST_TEMPLATE.md"),
        ([".github/Pull_Request_Template.md"], ".github/Pull_Request_Template.md"),
        (["docs/pull_request_template.md", "pull_request_template.txt"], "pull_request_template.txt"),
        (["pull_request_template.md", ".github/pull_request_template.md"], ".github/pull_request_template.md"),
        ([".github/PULL_REQUEST_TEMPLATE/a.md", "pull_request_template.md"], "pull_request_template.md"),
    ],
)
def test_the_template_is_the_one_that_github_takes(paths: list[str], found: str) -> None:
    assert template_of(paths) == found
