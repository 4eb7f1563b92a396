"""Lines that a change writes and that are not new."""

from pathlib import Path

import pytest

from activities.model import RepoRef
from activities.quality_gate.old_lines import moved_lines, restored_paths
from activities.workspace.mirror import Workspaces
from simulator.github import git
from simulator.github.git import Author, Files, Person, fast_import
from tests.activities.quality_gate.test_diff import change, nobody

BODY = "def total(items):\n    found = sum(item.price for item in items)\n\n    return found\n"
INDENTED = "".join(f"  {line}\n" if line else "\n" for line in BODY.split("\n")[:-1])


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": BODY + "x\n", "b": "1\n"}, {"a": "x\n", "b": "1\n" + BODY}, {"b": {2, 3, 5}}),
        ({"a": "x\n" + BODY}, {"a": "x\nif y:\n" + INDENTED}, {"a": {3, 4, 6}}),
        ({"a": BODY}, {"a": BODY.replace("sum", "max")}, {}),
        ({"a": "return x\n", "b": ""}, {"a": "", "b": "return x\n"}, {}),
        ({"a": BODY, "b": ""}, {"a": "", "b": BODY + BODY}, {"b": {1, 2, 4}}),
        ({"a": "x\n"}, {"a": "x\n" + BODY}, {}),
    ],
    ids=["to another file", "indented", "changed", "one short line", "once moved, once copied", "new"],
)
async def test_moved_lines(tmp_path: Path, before: Files, after: Files, lines: dict[str, set[int]]) -> None:
    assert moved_lines(await change(tmp_path, before, after)) == lines


async def test_a_file_that_is_again_what_it_once_was_is_restored(tmp_path: Path) -> None:
    source = tmp_path / "source.git"
    await git.create(source, "main")
    author = Author(Person("octocat", "octocat@example.com"), 1)
    sha = ""
    for files in (
        {"a": BODY, "ü": "1", "gone": "1"},
        {"a": "x", "ü": "2", "gone": None},
        {"a": BODY, "ü": "3", "gone": "1"},
    ):
        base, sha = sha, await fast_import.commit(source, files, "Change", author, *([sha] if sha else []))  # type: ignore[arg-type]
    repo = RepoRef("octocat", "example", path=str(source))
    workspaces = Workspaces(tmp_path / "host", lambda _: "", lambda _: nobody())
    await workspaces.fetch(repo, base, sha)
    assert await restored_paths(workspaces, repo, base, sha, ["a", "ü", "gone", "nowhere"]) == {"a", "gone"}
    assert await restored_paths(workspaces, repo, "", sha, ["a"]) == frozenset()
