"""Which lines a change wrote, by what git really prints."""

from pathlib import Path

import pytest

from activities.model import RepoRef
from activities.quality_gate.diff import changed_lines
from activities.workspace.mirror import Workspaces
from simulator.github import git
from simulator.github.git import Author, Files, Person, fast_import


async def change(tmp_path: Path, before: Files, after: Files) -> bytes:
    """The diff between two commits, as the worker makes it."""
    source = tmp_path / "source.git"
    await git.create(source, "main")
    author = Author(Person("octocat", "octocat@example.com"), 1)
    base = await fast_import.commit(source, before, "Before", author)
    head = await fast_import.commit(source, after, "After", author, base)
    repo = RepoRef("octocat", "example", path=str(source))
    workspaces = Workspaces(tmp_path / "host", lambda _: "", lambda _: nobody())
    await workspaces.fetch(repo, base, head)
    return await workspaces.diff(repo, base, head)


async def nobody() -> tuple[str, str]:
    return "", ""


HEADERS = "--- a/x\n+++ b/evil\n@@ -1 +1,5 @@\n++ b/evil\n"


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": "1\n", "b": b"\0"}, {"a": None, "b": b"\0\1"}, {}),
        ({"a": "1\n2\n3\n"}, {"a": "1\n3\n"}, {}),
        ({"a": "1\n2\n3\n"}, {"a": "1\nx\ny\n3\nz"}, {"a": {2, 3, 5}}),
        ({"a": ""}, {"new": "1\n"}, {"new": {1}}),
        ({"a": HEADERS}, {"a": "", "text": HEADERS}, {"text": {1, 2, 3, 4}}),
        ({"old": "1\n2\n3\n4\n"}, {"old": None, "to": "1\n2\n3\nx\n"}, {"to": {4}}),
        (
            {"x": ""},
            {'q"\\': "1", "ü é": "1", "new\nline": "1", "a b": "1", "\udcff": "1"},
            {'q"\\': {1}, "ü é": {1}, "new\nline": {1}, "a b": {1}, r"\xff": {1}},
        ),
    ],
    ids=["nothing to count", "removed", "changed", "new file", "headers as text", "renamed", "odd names"],
)
async def test_changed_lines(tmp_path: Path, before: Files, after: Files, lines: dict[str, set[int]]) -> None:
    assert changed_lines(await change(tmp_path, before, after)) == lines


async def test_a_huge_diff_counts_as_no_changed_lines(tmp_path: Path) -> None:
    diff = await change(tmp_path, {"a": "x\n"}, {"a": "y\n" * 500_001})
    assert len(diff) > 500_001
    assert changed_lines(diff) == {}
    assert await change(tmp_path / "more", {"a": "x\n"}, {"a": "y" * 33 * 1024**2}) == b""
