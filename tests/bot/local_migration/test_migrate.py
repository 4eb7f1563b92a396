"""`autobuild migrate` on a laptop, from the folder to the exit code: with small recipes of the repository's own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from activities.errors import UserError
from bot import local_migration
from bot.local_gate import COULD_NOT_RUN
from bot.local_migration import MigrateOptions
from bot.local_migration.commits import add_commits
from tests.deadlines import WITHIN_S, until

RECIPE = r"""
name: logger
title: Use the new logger
steps:
  - name: calls
    title: Call the new logger
    rules:
      - {language: JavaScript, rule: {pattern: "oldLog($A)"}, fix: "log.info($A)"}
  - name: rest
    title: Name what is left
    leftovers:
      - language: JavaScript
        rule: {pattern: "oldLog.$M($$$)"}
        reason: The new logger has no $M.
        fix: Choose a level.
        breaks_build: true
  - {name: endless, title: Wait for ever, optional: true, command: "echo x > src/a.js; sleep 86397"}
  - {name: held, title: Wait for the test, optional: true, command: "sleep 86398; echo held >> src/a.js"}
  - name: modules
    title: Write the list of modules
    command: ls src > modules.txt; rm -f old.cfg; touch src/not-named.txt
    creates: [modules.txt]
    removes: [old.cfg]
  - name: header
    title: Say whose the files are
    command: |
      grep -q ours src/a.js || sed -i '1a // ours\r' src/a.js
  - name: broken
    title: Break everything
    optional: true
    command: echo '(' >> src/a.js
  - {name: versions, title: Raise it, optional: true, manifest: [{file: package.json, set: {ms: "2.1.3"}}]}
  - name: failing
    title: Fail
    optional: true
    command: echo no registry >&2; exit 3
"""
FILES: dict[str, bytes] = {
    "src/a.js": b"\xef\xbb\xbfoldLog(1)\r\noldLog.warn(2)\r\n",
    "src/run.js": b"#!/usr/bin/env node\noldLog(2)\n",
    "src/bad.js": b"oldLog(2);\nlet x = (;\n",
    "lib/b.js": b"oldLog(3)\n",
    "vendor/c.js": b"oldLog(4)\n",
    "lib/d.min.js": b"oldLog(5)\n",
    "old.cfg": b"",
    ".github/autobuild/recipes/logger.yml": RECIPE.encode(),
}
LEFT = [
    {"file": "src/a.js", "line": 3, "reason": "The new logger has no warn.", "fix": "Choose a level."},
    {
        "file": "src/bad.js",
        "line": 2,
        "reason": "The file could not be parsed, so it was left as it is.",
        "fix": "Fix the syntax, or change it by hand.",
    },
]


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All share a data folder."""
    home = tmp_path_factory.mktemp("migrate")
    return {"AUTOBUILD_DATA": str(home / "data"), "HOME": str(home), "PATH": "/usr/bin:/bin"}


def git(folder: Path, *argv: str) -> str:
    who = ("-c", "user.name=octocat", "-c", "user.email=octocat@example.com")
    return subprocess.run(["git", *who, *argv], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "src/run.js").chmod(0o755)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = write(tmp_path / "project", FILES)
    git(made, "init", "--quiet", ".")
    git(made, "add", ".")
    git(made, "commit", "--quiet", "-m", "Begin")
    return made


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def changed(folder: Path) -> dict[str, bytes | None]:
    """Path → its new content, None for a file that is gone."""
    now = contents(folder)
    return {path: now.get(path) for path in FILES.keys() | now.keys() if now.get(path) != FILES.get(path)}


MIGRATED: dict[str, bytes | None] = {
    "src/a.js": b"\xef\xbb\xbflog.info(1)\r\n// ours\r\noldLog.warn(2)\r\n",
    "src/run.js": b"#!/usr/bin/env node\nlog.info(2)\n",
    "lib/b.js": b"log.info(3)\n",
    "old.cfg": None,
    "modules.txt": b"a.js\nbad.js\nrun.js\n",
}


async def test_the_work_tree_and_what_is_left(
    folder: Path, environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine.txt").write_text("mine\n")
    options = MigrateOptions(folder, "logger", dry_run=True)
    assert await local_migration.run(options, environ) == local_migration.STOPPED  # a row breaks the build
    printed = capsys.readouterr()
    assert "+log.info(3)\n" in printed.out
    assert "src/a.js:3: The new logger has no warn. (breaks the build) Choose a level.\n" in printed.out
    assert "5 files would change. 2 places are left for a person.\n" in printed.out
    assert "✓ calls done\n" in printed.err
    assert changed(folder) == {"mine.txt": b"mine\n"}

    options = MigrateOptions(folder, "logger", leftovers_file=tmp_path / "left.json")
    assert await local_migration.run(options, environ) == local_migration.STOPPED
    printed = capsys.readouterr()
    assert "Files that Git does not have are left as they are.\n" in printed.err
    assert changed(folder) == {**MIGRATED, "mine.txt": b"mine\n"}
    assert (folder / "src/run.js").stat().st_mode & 0o777 == 0o755
    assert json.loads((tmp_path / "left.json").read_text()) == LEFT
    assert git(folder, "log", "--format=%s") == "Begin"

    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Migrate")
    before = contents(folder)
    assert await local_migration.run(MigrateOptions(folder, "logger", as_json=True), environ) == local_migration.STOPPED
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert contents(folder) == before
    assert (document["state"], document["files_changed"]) == ("nothing", 0)
    assert "migrated already" in document["reason"]
    assert [{name: row[name] for name in LEFT[0]} for row in document["leftovers"]] == LEFT
    assert {step["name"]: step["status"] for step in document["steps"]} == dict.fromkeys(
        ("calls", "rest", "modules", "header"), "nothing"
    )
    assert document["before"] == document["after"] == {}


async def test_one_commit_a_step_of_a_folder_below(folder: Path, environ: dict[str, str]) -> None:
    assert await local_migration.run(MigrateOptions(folder / "lib", "logger", commit=True), environ) == 0
    assert git(folder, "log", "--format=%s%n%an").split("\n")[::2] == ["Call the new logger", "Begin"]
    assert git(folder, "status", "--porcelain") == ""
    assert changed(folder) == {"lib/b.js": b"log.info(3)\n"}


async def test_a_step_that_fails_and_one_that_breaks_the_code(
    folder: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = MigrateOptions(folder, "logger", only=("failing", "broken"))
    assert await local_migration.run(options, environ) == local_migration.STOPPED
    printed = capsys.readouterr()
    assert "↺ broken rolled back: `src/a.js` no longer parses.\n" in printed.err
    assert "✗ failing failed: The step's program ended with exit code 3: `no registry`." in printed.err
    assert "src/a.js: Break everything: not done. `src/a.js` no longer parses. Change this by hand.\n" in printed.out
    assert "The steps `broken`, `failing` could not be done." in printed.out
    assert "Traceback" not in printed.err
    assert changed(folder) == {}


async def test_the_repositorys_own_fixes_tidy_a_step(
    folder: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what its linters newly say, at those lines only, and in the step's own commit."""
    recipe = (
        "name: names\ntitle: Rename\nsteps:\n"
        "  - {name: sorted, title: Rename a module, command: sed -i s/aaa/zzz/ a.py}\n"
        "  - {name: worse, title: Import all, command: sed -i 's/import zzz/from zzz import */' a.py}\n"
    )
    files = {
        "pyproject.toml": '[tool.ruff]\nlint.select = ["I", "F"]\n',
        "a.py": "import aaa\nimport bbb\n\nprint( aaa, bbb)\n",
        ".github/autobuild/recipes/names.yml": recipe,
    }
    write(folder, {name: text.encode() for name, text in files.items()})
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Use ruff")
    options = MigrateOptions(folder, "names", commit=True)
    assert await local_migration.run(options, environ) == local_migration.STOPPED
    assert "↺ worse rolled back: 2 new warnings; 0 known. The first is `a.py:2`: `" in capsys.readouterr().err
    assert git(folder, "log", "--format=%s") == "Rename a module\nUse ruff\nBegin"
    assert (folder / "a.py").read_text() == "import bbb\nimport zzz\n\nprint( zzz, bbb)\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"recipe": "loger"}, "There is no recipe `loger`: did you mean `logger`?"),
        ({"recipe": "logger", "only": ("cals",)}, "There is no step `cals`. The steps are `calls`, `rest`, "),
        ({"recipe": "react18"}, "No package.json asks for react and no file uses react-dom here."),
    ],
)
async def test_what_cannot_run_says_why(
    folder: Path, environ: dict[str, str], options: dict[str, Any], sentence: str, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    made = MigrateOptions(folder, **options)
    assert await local_migration.run(made, environ) == COULD_NOT_RUN
    printed = capsys.readouterr()
    assert sentence in printed.out
    assert "Traceback" not in printed.err
    assert [each.getMessage() for each in caplog.records if each.levelname in ("WARNING", "ERROR")] == []
    assert changed(folder) == {}


async def test_a_broken_lock_file(folder: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    files = {"package.json": b'{"dependencies": {"ms": "2.0.0"}}\n', "package-lock.json": b"<<<<<<< HEAD\n{}\n"}
    write(folder, files)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Merge badly")
    options = MigrateOptions(folder, "logger", only=("versions",))
    assert await local_migration.run(options, environ) == local_migration.STOPPED
    assert "package-lock.json: The lock file is broken, so it was left as it is" in capsys.readouterr().out
    assert changed(folder) == {**files, "package.json": b'{"dependencies": {"ms": "2.1.3"}}\n'}


async def test_a_folder_without_git(
    tmp_path: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    plain = write(tmp_path / "plain", FILES)
    with pytest.raises(UserError, match=r"is no Git repository with a commit\. Leave out --commit"):
        await local_migration.run(MigrateOptions(plain, "logger", commit=True), environ)
    assert await local_migration.run(MigrateOptions(plain, "logger"), environ) == local_migration.STOPPED
    assert "5 files changed." in capsys.readouterr().out
    assert changed(plain) == MIGRATED


async def test_line_ends_that_git_converts(folder: Path, environ: dict[str, str]) -> None:
    """As `core.autocrlf` of the person has them: the files have others than the commit, and keep them."""
    git(folder, "config", "core.autocrlf", "true")
    for name in ("lib/b.js", "src/run.js"):
        (folder / name).unlink()
    git(folder, "checkout", "--quiet", ".")
    assert (folder / "lib/b.js").read_bytes() == b"oldLog(3)\r\n"
    assert await local_migration.run(MigrateOptions(folder, "logger"), environ) == local_migration.STOPPED
    assert (folder / "lib/b.js").read_bytes() == b"log.info(3)\r\n"
    assert (folder / "src/a.js").read_bytes() == MIGRATED["src/a.js"]
    assert (folder / "src/run.js").stat().st_mode & 0o777 == 0o755


def running(command: str) -> list[int]:
    """The processes with this command line."""
    found = subprocess.run(["pgrep", "-f", f"^{command}$"], check=False, capture_output=True, text=True).stdout
    return [int(pid) for pid in found.split()]


async def test_ctrl_c_leaves_the_tree_as_it_was(folder: Path, environ: dict[str, str]) -> None:
    """A terminal sends it to every process of the command's group, of which some are not ours to end."""
    argv = (sys.executable, "-m", "bot", "migrate", "logger", str(folder), "--only", "endless")
    process = await asyncio.create_subprocess_exec(
        *argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    await until(lambda: asyncio.sleep(0, running("sleep 86397")))
    os.killpg(process.pid, signal.SIGINT)
    printed, said = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert (process.returncode, printed) == (COULD_NOT_RUN, b"")
    assert said.endswith(b"\nautobuild: interrupted\n")
    assert said.count(b"\n") == 2
    assert not running("sleep 86397")
    assert changed(folder) == {}


async def test_a_file_that_is_edited_meanwhile(folder: Path, environ: dict[str, str]) -> None:
    """Refused, and every file is as the person left it."""
    options = MigrateOptions(folder, "logger", only=("calls", "held"))
    migrating = asyncio.create_task(local_migration.run(options, environ))
    await until(lambda: asyncio.sleep(0, running("sleep 86398")))
    (folder / "lib/b.js").write_text("mine\n")
    (folder / "mine.txt").write_text("mine\n")
    for pid in running("sleep 86398"):
        os.kill(pid, signal.SIGTERM)
    with pytest.raises(UserError, match=r"The changes do not fit the files any more: .*lib/b\.js"):
        await migrating
    assert changed(folder) == {"lib/b.js": b"mine\n", "mine.txt": b"mine\n"}


async def test_a_dirty_tree_is_refused(folder: Path, environ: dict[str, str]) -> None:
    (folder / "lib/b.js").write_text("mine\n")
    for commit in (False, True):
        with pytest.raises(UserError) as error:
            await local_migration.run(MigrateOptions(folder, "logger", commit=commit), environ)
        assert str(error.value) == ("There are changes that are not committed: lib/b.js. Commit or stash them first.")
    assert changed(folder) == {"lib/b.js": b"mine\n"}


async def test_commits_that_do_not_fit_any_more(folder: Path, tmp_path: Path) -> None:
    """The branch moved, or a new file is in the way: nothing is changed."""
    mirror, before = tmp_path / "mirror.git", git(folder, "rev-parse", "HEAD")
    subprocess.run(["git", "clone", "--quiet", "--bare", str(folder), str(mirror)], check=True)
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    blob = subprocess.run(["git", "hash-object", "-w", "--stdin"], cwd=mirror, input=b"new\n", check=True,
                          capture_output=True).stdout.decode().strip()  # fmt: skip
    rows = f"{git(mirror, 'ls-tree', tree)}\n100644 blob {blob}\tnew.txt\n"
    new_tree = subprocess.run(["git", "mktree"], cwd=mirror, input=rows.encode(), check=True,
                              capture_output=True).stdout.decode().strip()  # fmt: skip
    after = git(mirror, "commit-tree", new_tree, "-p", before, "-m", "Add a file")
    git(mirror, "update-ref", f"refs/autobuild/{after}", after)
    (folder / "new.txt").write_text("mine\n")
    with pytest.raises(UserError, match=r"The commits could not be added: .*new\.txt"):
        await add_commits(folder, mirror, before, after)
    assert git(folder, "rev-parse", "HEAD") == before
    (folder / "new.txt").unlink()
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "Mine")
    with pytest.raises(UserError, match=r"The branch has moved in the meantime\. Nothing was changed"):
        await add_commits(folder, mirror, before, after)
    git(folder, "reset", "--quiet", "--hard", before)
    await add_commits(folder, mirror, before, after)
    assert (folder / "new.txt").read_text() == "new\n"
    assert git(folder, "status", "--porcelain") == ""
