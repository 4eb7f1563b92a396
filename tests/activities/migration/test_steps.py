"""A step on a copy of a repository's files: what becomes part of the commit, and what never does."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from activities.migration.recipe import (
    FileLayer,
    ManifestEdit,
    Recipe,
    RecipeStep,
    SourceTree,
    StepBench,
    StepReport,
    Transform,
)
from activities.migration.transforms.edits import apply_edits
from activities.migration.transforms.programs import PythonTransform
from activities.migration.types import Leftover
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.untrusted_files import UntrustedFolder
from tests.recipes.harness import migrate

SCRIPT = """
printf 'changed\\r\\n' > kept.txt
rm gone.txt deleted.txt
echo new > made.cfg
echo junk > cache.tmp
ln -s /etc/passwd link.txt
rm linked.txt; ln -s /etc/passwd linked.txt
mkfifo pipe.cfg
rm -rf sub; mkdir sub; echo x > sub/made.cfg
"""


class _ByShell(Transform):
    creates = ("*.cfg",)
    removes = ("gone.txt",)

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return tree.named("*.txt")

    async def apply(self, bench: StepBench) -> StepReport:
        bench.tree.write("ours.txt", "by us\n")
        result = await bench.run(SandboxCommand(("sh", "-c", SCRIPT)))
        assert result.exit_code == 0, result.stderr
        return StepReport()


class _ByText(Transform):
    creates = ("*.cfg",)
    removes = ("gone.txt",)
    writes_text = True

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return tree.containing(tree.named("*.txt"), b"kept")

    async def apply(self, bench: StepBench) -> StepReport:
        tree = bench.tree
        assert list(bench.files) == ["kept.txt"]
        result = await bench.run(SandboxCommand(("sh", "-c", f"{SCRIPT}cat made.cfg")))
        assert result.stdout == b"new\n", result.stderr
        for path, content in tree.contents(tree.paths):
            tree.write(path, str((content or b"").decode()))
        tree.write("kept.txt", "first\n")
        tree.write("kept.txt", (tree.read("kept.txt") or "") + "second\n")
        assert dict(tree.contents(["kept.txt", "same.txt"])) == {"kept.txt": b"first\nsecond\n", "same.txt": b"same"}
        for path in (
            "ours.txt",
            "made.cfg",
            "made.ini",
            "sub/made.cfg",
            "node_modules/copied.txt",
            "gone/../up.cfg",
            "same.txt/made.cfg",
        ):
            tree.write(path, "by us\n")
        for path in ("gone.txt", "same.txt"):
            tree.remove(path)
            assert tree.content(path) is None
        return StepReport()


class _OneStep(Recipe):
    title = "A test"
    steps = (RecipeStep("shell", "Change files", _ByShell()),)

    def why_not(self, tree: SourceTree, to: str) -> str:
        return ""


async def test_only_contents_that_the_step_names_become_part_of_the_commit(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    (folder / "sub").mkdir(parents=True)
    (folder / "node_modules").mkdir()
    for name in ("kept", "gone", "deleted", "linked", "ours", "same", "sub/inner", "node_modules/copied"):
        (folder / f"{name}.txt").write_text(name)
    done = await migrate(folder, _OneStep(), tmp_path / "data")
    assert sorted(done.changed["shell"]) == ["gone.txt", "kept.txt", "made.cfg", "ours.txt", "sub/made.cfg"]
    assert (folder / "kept.txt").read_bytes() == b"changed\r\n"
    assert (folder / "deleted.txt").read_text() == "deleted"
    assert (folder / "linked.txt").read_text() == "linked"
    assert not (folder / "gone.txt").exists()


class _TextStep(_OneStep):
    steps = (RecipeStep("text", "Change text", _ByText()),)


async def test_a_step_that_writes_text_alone_never_changes_the_checkout(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    (folder / "node_modules").mkdir(parents=True)
    for name in ("kept", "gone", "ours", "same", "node_modules/copied"):
        (folder / f"{name}.txt").write_text(name)
    (folder / "kept.txt").chmod(0o755)
    done = await migrate(folder, _TextStep(), tmp_path / "data")
    assert sorted(done.changed["text"]) == ["gone.txt", "kept.txt", "made.cfg", "ours.txt", "sub/made.cfg"]
    assert (folder / "kept.txt").read_text() == "first\nsecond\n"
    assert (folder / "kept.txt").stat().st_mode & 0o777 == 0o755
    left = {path.name for path in folder.iterdir()}
    assert left == {"kept.txt", "made.cfg", "node_modules", "ours.txt", "same.txt", "sub"}


def test_recipes_change_files_by_the_source_tree_alone() -> None:
    """`SourceTree.files` may be a checkout, which nothing changes."""
    files = [path for name in ("recipes", "migration") for path in Path("activities", name).rglob("*.py")]
    assert len(files) > 20
    changes = re.compile(r"\btree\.files\.(write|remove|copy|copy_tree|move|make_\w+|root)\b")
    assert [str(path) for path in files if changes.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("text", "edits", "after"),
    [
        ("abc", [], "abc"),
        ("a😀b", [(3, 4, "c")], "a😀c"),
        ("\ufeffab\r\n", [(1, 2, "x"), (2, 2, "y"), (2, 3, "")], "\ufeffxy\r\n"),
    ],
)
def test_edits_are_ranges_of_utf_16_units(text: str, edits: list[tuple[int, int, str]], after: str) -> None:
    assert apply_edits(text, edits) == after


@pytest.mark.parametrize("edits", [[(0, 2, ""), (1, 3, "")], [(2, 1, "")], [(0, 9, "")], [(-1, 1, "")]])
def test_edits_that_do_not_fit_are_refused(edits: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        apply_edits("abc", edits)


def _add_files(tree: SourceTree, _to: str) -> list[Leftover]:
    for path in ("web/made.cfg", "made.cfg", "web/../made.cfg", "web/a.txt/made.cfg"):
        tree.write(path, "made\n")
    return []


class _Adds(Recipe):
    title = "A test"
    steps = (RecipeStep("add", "Add files", ManifestEdit(("*.txt",), _add_files, creates=("*.cfg",))),)

    def why_not(self, tree: SourceTree, to: str) -> str:
        return ""


async def test_a_new_file_is_inside_of_the_folder_that_is_migrated(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    (folder / "web").mkdir(parents=True)
    (folder / "web/a.txt").write_text("a")
    done = await migrate(folder, _Adds(), tmp_path / "data", scope="web")
    assert done.changed["add"] == ("web/made.cfg",)


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "[1]",
        "{",
        '{"file": "a.txt"}',
        '{"done": {}, "file": "b.txt", "edits": [[0, 1, ""]]}',
        '{"done": {}, "file": "a.txt", "edits": [[0, 9, ""]]}',
        '{"done": {}, "file": "a.txt", "edits": 3}',
        '{"done": {}, "file": "a.txt", "leftovers": [{"line": Infinity}]}',
        "[" * 100_000,
    ],
    ids=range(9),
)
async def test_an_answer_that_cannot_be_used_is_a_problem(tmp_path: Path, printed: str) -> None:
    """What a program parses may make it print anything."""
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository/a.txt").write_text("a")
    tree = SourceTree(UntrustedFolder(tmp_path / "repository"), ("a.txt",), layer=FileLayer())

    async def run(command: SandboxCommand) -> ProcessResult:
        (tmp_path / "transform.jsonl").write_text(printed)
        return ProcessResult(0, b"", b"", 0.0)

    async def unused(_asked: object) -> Any:
        raise AssertionError

    paths = SandboxPaths("/src", "/env", "/out", "/cache", "/home")
    bench = StepBench(tree, ("a.txt",), tmp_path, paths, run, unused, unused)
    report = await PythonTransform(Path("program.py"), "x", ("*.txt",)).apply(bench)
    assert "cannot be used" in report.problem
