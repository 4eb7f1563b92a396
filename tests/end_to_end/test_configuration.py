"""Whose `.github/autobuild.yml` judges: never one that the author of a change can write."""

import pytest

from simulator.github import git
from simulator.github.git import Symlink
from tests.end_to_end.repos import configured
from tests.stack import Json, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = ".github/autobuild.yml"
LAX = {PATH: "version: 1\nchecks:\n  linting: {enabled: false}\n"}
FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: error: bad\n"}


async def test_a_branch_of_ones_own_does_not_judge(stack: Stack) -> None:
    """The same head in a second pull, into a branch whose configuration switches the failing check off."""
    repo = await stack.repository(configured())
    await stack.push(repo, LAX, branch="mine")
    sha = await stack.push(repo, FINDING)
    await stack.verdict(repo, sha)
    number = await stack.pull(repo, base="mine")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == "failure"
    assert runs["gate"]["conclusion"] == "failure"
    assert "Cannot merge" in await stack.comment(repo, number)


async def test_retargeting_to_a_branch_of_ones_own_changes_no_verdict(stack: Stack) -> None:
    repo = await stack.repository(configured())
    await stack.push(repo, LAX, branch="mine")
    sha = await stack.push(repo, FINDING)
    number = await stack.pull(repo)
    assert (await stack.verdict(repo, sha))["gate"]["conclusion"] == "failure"
    for gates, base in ((2, "mine"), (3, "main")):
        await stack.github.pulls.edit_pull(repo, number, base=base)
        runs = await stack.verdict(repo, sha, gates=gates)
        assert (runs["gate"]["conclusion"], runs["linting"]["conclusion"]) == ("failure", "failure")


async def test_a_pushed_branch_is_judged_by_the_default_branch(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, LAX | FINDING, branch="mine")
    assert (await stack.verdict(repo, sha))["linting"]["conclusion"] == "failure"


@pytest.mark.parametrize("ruleset", [False, True], ids=["classic", "ruleset"])
async def test_a_protected_branch_judges(stack: Stack, ruleset: bool) -> None:
    repo = await stack.repository(configured())
    stack.github.protection.protect(repo, "release", ruleset=ruleset, checks=["ci"])
    pushed = await stack.push(repo, LAX | FINDING, branch="release")
    assert (await stack.verdict(repo, pushed))["linting"]["conclusion"] == "skipped"
    sha = await stack.push(repo, {"b.txt": "y\n"}, parent=pushed)
    await stack.verdict(repo, sha)
    number = await stack.pull(repo, base="release")
    runs = await stack.verdict(repo, sha, gates=2)
    assert (runs["gate"]["conclusion"], runs["linting"]["conclusion"]) == ("neutral", "skipped")
    assert "Nothing was checked" in await stack.comment(repo, number)


async def test_a_merge_group_is_judged_by_its_base(stack: Stack) -> None:
    """Its branch holds the change, with the configuration that the change brings."""
    repo = await stack.repository(configured())
    await stack.push(repo, LAX | FINDING)
    sha = await stack.github.merging.queue_merge(repo, await stack.pull(repo))
    assert (await stack.verdict(repo, sha))["linting"]["conclusion"] == "failure"


TWO_MISTAKES = configured()[PATH] + "treshold: 90\nauto_merge: yes\n"
"""In its lines 6 and 7."""


def annotations(runs: dict[str, Json]) -> list[tuple[str, int, str]]:
    return [(note["path"], note["start_line"], note["message"]) for note in runs["gate"]["annotations"]]


async def test_a_pull_that_adds_mistakes_fails_and_shows_each_at_its_line(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {PATH: TWO_MISTAKES})
    number = await stack.pull(repo)
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "failure"
    assert "autobuild.yml (line 6): `treshold` is not a key" in runs["gate"]["output"]["title"]
    assert [(path, line) for path, line, _ in annotations(runs)] == [(PATH, 6), (PATH, 7)]
    comment = await stack.comment(repo, number)
    for text in (runs["gate"]["output"]["summary"], comment):
        assert "did you mean \\`threshold\\`?" in text
        assert "write \\`true\\`" in text


async def test_a_pull_that_edits_the_configuration_shows_what_changes(stack: Stack) -> None:
    repo = await stack.repository(configured())
    text = configured({"linting": "true", "security": "cat lint.txt"})[PATH]
    sha = await stack.push(repo, {PATH: f"{text}  coverage: {{enabled: false}}\nthreshold: 10\n"} | FINDING)
    number = await stack.pull(repo)
    runs = await stack.verdict(repo, sha)
    assert runs["linting"]["conclusion"] == "failure"  # by the old command
    comment = await stack.comment(repo, number)
    for text in (runs["gate"]["output"]["summary"], comment):
        assert "This change edits `.github/autobuild.yml`. It takes effect once merged into `main`." in text
        assert "| `checks.linting.command` | `cat lint.txt` | `true` |" in text
        assert "| `checks.security.command` | – | `cat lint.txt` |" in text
        assert "| `checks.coverage.enabled` | `true` | `false` |" in text
        assert "| `threshold` | `85` | `10` |" in text
        assert sum(line.startswith("| `") for line in text.splitlines()) == 5  # and security's format


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        (".github/.autobuild.yml", "version: 1\n", "This file is not read"),
        (".github/Autobuild.yml", "version: 1\n", "This file is not read"),
        (".GitHub/autobuild.yml", "version: 1\n", "This file is not read"),
        (PATH, Symlink("../lint.txt"), "not a regular file"),
        (PATH, Symlink("../.github"), "not a regular file"),
        (f"{PATH}/x", "version: 1\n", "not a regular file"),
        (PATH, "a: &a [x]\nb: [*a, *a]\n", "Anchors and aliases"),
        (PATH, "#" * 300_000, "exceeds 256 KiB"),
        (PATH, b"version: 1\nx: \xff\n", "not UTF-8"),
        (PATH, b"version: 1\0\n", "control character"),
        (PATH, "threshold: 1\nthreshold: 2\n", "is given twice"),
        (PATH, "commands: {retets: admin}\n", "There is no command `/retets`"),
    ],
)
async def test_what_is_no_configuration_fails_its_own_pull(
    stack: Stack, path: str, content: str | bytes | Symlink, says: str
) -> None:
    repo = await stack.repository({"a.txt": "x\n"})
    sha = await stack.push(repo, {path: content})
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "failure"
    [(place, _, message)] = annotations(runs)
    assert (place, says in message) == (path.removesuffix("/x"), True)


async def test_removing_the_configuration_is_shown(stack: Stack) -> None:
    repo = await stack.repository({PATH: "threshold: 99\n", "a.txt": "x\n"})
    sha = await stack.push(repo, {PATH: None})
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "neutral"
    assert "| `threshold` | `99` | `85` |" in runs["gate"]["output"]["summary"]


async def test_nothing_is_said_of_a_configuration_that_stays(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n", "docs/autobuild.yml": "x: [\n"})
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "success"
    assert "onfiguration" not in runs["gate"]["output"]["summary"]


BROKEN = {PATH: configured()[PATH] + "treshold: 90\n"}


async def test_a_broken_configuration_of_the_default_branch_falls_back_to_the_last_valid_one(stack: Stack) -> None:
    repo = await stack.repository(configured())
    valid = (await git.refs(stack.github.store.repository(repo).path))["refs/heads/main"]
    broken = await stack.push(repo, BROKEN, branch="main")
    runs = await stack.verdict(repo, broken)
    assert runs["gate"]["conclusion"] == "failure"  # the push itself brings the mistake
    await stack.push(repo, {"b.txt": "x\n"}, branch="main")
    for files, conclusion in ((FINDING, "failure"), ({"a.txt": "x\n"}, "success")):
        sha = await stack.push(repo, files, branch=conclusion)
        number = await stack.pull(repo, branch=conclusion)
        runs = await stack.verdict(repo, sha)
        assert (runs["gate"]["conclusion"], runs["linting"]["conclusion"]) == (conclusion, conclusion)
        assert annotations(runs) == []
        for text in (runs["gate"]["output"]["summary"], await stack.comment(repo, number)):
            assert f"`.github/autobuild.yml` of `main` is broken** since [`{broken[:7]}`]" in text
            assert f"The version of [`{valid[:7]}`]" in text
            assert "- line 6: \\`treshold\\` is not a key" in text


async def test_the_pull_that_repairs_the_configuration_is_judged_by_the_last_valid_one(stack: Stack) -> None:
    repo = await stack.repository(configured())
    await stack.push(repo, BROKEN, branch="main")
    repair = await stack.push(repo, configured(), branch="repair")
    number = await stack.pull(repo, branch="repair")
    assert (await stack.verdict(repo, repair))["gate"]["conclusion"] == "success"
    assert "but no setting" in await stack.comment(repo, number)
    hidden = await stack.push(repo, LAX | FINDING, branch="hidden")
    runs = await stack.verdict(repo, hidden)
    assert runs["linting"]["conclusion"] == "failure"
    assert "| `checks.linting.enabled` | `true` | `false` |" in runs["gate"]["output"]["summary"]
    half = await stack.push(repo, {PATH: TWO_MISTAKES}, branch="half")
    assert (await stack.verdict(repo, half))["gate"]["conclusion"] == "failure"


async def test_what_was_never_the_branchs_own_version_does_not_judge(stack: Stack) -> None:
    """A merged change: its first commit switches the check off, its last one breaks the file."""
    repo = await stack.repository(configured())
    await stack.push(repo, LAX, branch="merged")
    await stack.push(repo, BROKEN, branch="merged")
    number = await stack.pull(repo, branch="merged")
    await stack.github.merging.merge_pull(repo, number)
    sha = await stack.push(repo, FINDING)
    assert (await stack.verdict(repo, sha))["linting"]["conclusion"] == "failure"


async def test_without_any_valid_version_the_defaults_judge(stack: Stack) -> None:
    repo = await stack.repository({PATH: Symlink("../a.txt"), "a.txt": "threshold: 1\n"})
    sha = await stack.push(repo, {"b.txt": "x\n"})
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "neutral"
    assert "The defaults apply until it is repaired" in runs["gate"]["output"]["summary"]
    assert "not a regular file" in runs["gate"]["output"]["summary"]
