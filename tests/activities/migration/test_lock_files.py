"""Lock files after a step changed manifests: written by the repository's manager, or a row."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from activities.migration.json_text import replace_values
from activities.migration.recipe import ManifestEdit, Recipe, RecipeStep, SourceTree, StepBench, StepReport
from activities.migration.transforms.lock_files import WithLockFiles
from activities.migration.types import Leftover
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.untrusted_files import UntrustedFolder
from tests.recipes.harness import migrate

MS = "https://registry.npmjs.org/ms/-/ms-2.0.0.tgz"
MANIFEST = '{"name": "a", "license": "MIT", "dependencies": {"ms": "2.0.0"}}\n'
LOCK = json.dumps(
    {
        "name": "a",
        "lockfileVersion": 2,
        "requires": True,
        "packages": {
            "": {"name": "a", "license": "MIT", "dependencies": {"ms": "2.0.0"}},
            "node_modules/ms": {"version": "2.0.0", "resolved": MS, "integrity": "sha512-Tpp60P6IUJDTuOq/5Z8cdskzJujfwqfOTkrwIwj7IRISpnkJnT6SyJ4PCPnGMoFjC9ddhal5KVIYtAt97ix05A=="},
        },
        "dependencies": {"ms": {"version": "2.0.0", "resolved": MS, "integrity": "sha512-Tpp60P6IUJDTuOq/5Z8cdskzJujfwqfOTkrwIwj7IRISpnkJnT6SyJ4PCPnGMoFjC9ddhal5KVIYtAt97ix05A=="}},
    },
    indent=4,
)  # fmt: skip


def newer(tree: SourceTree, _to: str) -> Iterable[Leftover]:
    for path in tree.named("package.json"):
        text = tree.read(path) or ""
        if '"2.0.0"' in text:
            tree.write(path, replace_values(text, {("dependencies", "ms"): "2.1.3"}))
    return ()


STEP = WithLockFiles(ManifestEdit(("package.json",), newer))


class Newer(Recipe):
    title = "A test"
    steps = (RecipeStep("packages", "Raise ms", STEP),)

    def why_not(self, tree: SourceTree, to: str) -> str:
        return ""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


async def apply(
    folder: Path, files: dict[str, str], answer: ProcessResult, wrote: str = ""
) -> tuple[StepReport, list[str]]:
    """With a manager that answers so, and writes this as the lock file; the second are the scripts that it was asked."""
    write(folder / "tree", files)
    asked: list[str] = []
    out = folder / "out"
    out.mkdir()

    async def run(command: SandboxCommand) -> ProcessResult:
        asked.append(command.argv[-1])
        assert command.network
        if wrote:
            (found,) = out.rglob("package-lock.json")
            found.write_text(wrote)
        return answer

    async def nothing(*_: object) -> object:
        raise AssertionError

    paths = SandboxPaths("/src", "/env", "/out", "/cache", "/home")
    tree = SourceTree(UntrustedFolder(folder / "tree"), tuple(sorted(files)))
    bench = StepBench(tree, tuple(files), out, paths, run, nothing, nothing)  # type: ignore[arg-type]
    return await STEP.apply(bench), asked


async def test_npm_writes_it(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    write(folder, {"package.json": MANIFEST, "package-lock.json": LOCK, "other/package.json": "{}"})
    done = await migrate(folder, Newer(), tmp_path / "data")
    assert done.leftovers == []
    assert done.changed["packages"] == ("package-lock.json", "package.json")
    after = json.loads((folder / "package-lock.json").read_text())
    assert after["lockfileVersion"] == 2
    assert after["packages"][""] == {"name": "a", "license": "MIT", "dependencies": {"ms": "2.1.3"}}
    assert after["packages"]["node_modules/ms"]["resolved"] == MS.replace("2.0.0", "2.1.3")
    again = await migrate(folder, Newer(), tmp_path / "data")
    assert again.changed["packages"] == ()


@pytest.mark.parametrize(
    ("lock", "text", "words", "by_hand"),
    [
        ("package-lock.json", LOCK, "--lockfile-version=2", "npm install"),
        ("package-lock.json", "{}", "--package-lock-only", "npm install"),
        ("pnpm-lock.yaml", "lockfileVersion: '6.0'\n", "pnpm@8.15.9 && ", "pnpm install"),
        ("yarn.lock", "# yarn lockfile v1\n", "yarn@1.22.22 && ", "yarn install"),
        ("yarn.lock", "__metadata:\n  version: 6\n", "@yarnpkg/cli-dist@3.8.7 && ", "yarn install"),
        ("bun.lock", "{}", "--lockfile-only", "bun install"),
    ],
)
async def test_a_failure_is_a_row(tmp_path: Path, lock: str, text: str, words: str, by_hand: str) -> None:
    failed = ProcessResult(1, b"", b"npm error code ECONNREFUSED\nnpm error connect ECONNREFUSED\n", 0.0)
    report, asked = await apply(tmp_path, {"package.json": MANIFEST, lock: text}, failed)
    (row,) = report.leftovers
    assert words in asked[0]
    assert (row.file, row.line, row.breaks_build) == (lock, 0, True)
    assert "connect ECONNREFUSED" in row.reason
    assert by_hand in row.fix
    assert report.problem == ""
    assert (tmp_path / "tree" / lock).read_text() == text
    assert '"2.1.3"' in (tmp_path / "tree/package.json").read_text()


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        ("package-lock.json", "{"),
        ("npm-shrinkwrap.json", "null"),
        ("package-lock.json", "[" * 100_000),
        ("yarn.lock", "# yarn lockfile v1\n<<<<<<< HEAD\n=======\n>>>>>>> main\n"),
        ("pnpm-lock.yaml", "lockfileVersion: '6.0'\n>>>>>>> main\n"),
        ("pnpm-lock.yaml", "packages: {}\n"),
    ],
)
async def test_a_broken_one_is_never_written_anew(tmp_path: Path, lock: str, text: str) -> None:
    """Its manager would take the newest versions of everything."""
    files = {"package.json": MANIFEST, lock: text}
    report, asked = await apply(tmp_path, files, ProcessResult(0, b"", b"", 0.0))
    (row,) = report.leftovers
    assert (row.file, row.breaks_build, asked) == (lock, True, [])
    assert "The lock file is broken" in row.reason
    assert (tmp_path / "tree" / lock).read_text() == text


async def test_addresses_stay_those_of_the_registry(tmp_path: Path) -> None:
    mirror = LOCK.replace("https://registry.npmjs.org/", "http://mirror.example/api/npm/").replace("2.0.0", "2.1.3")
    done = ProcessResult(0, b"", b"", 0.0)
    report, _ = await apply(tmp_path, {"package.json": MANIFEST, "package-lock.json": LOCK}, done, mirror)
    assert report.leftovers == ()
    assert (tmp_path / "tree/package-lock.json").read_text() == LOCK.replace("2.0.0", "2.1.3")


async def test_no_lock_file_is_nothing(tmp_path: Path) -> None:
    report, asked = await apply(tmp_path, {"package.json": MANIFEST}, ProcessResult(0, b"", b"", 0.0))
    assert (report, asked) == (StepReport(), [])
