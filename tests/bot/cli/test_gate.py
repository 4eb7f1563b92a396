"""`autobuild gate` on a folder: exit codes, the JSON document, SARIF."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from activities.workspace.git import git_environment
from tests.end_to_end.repos import configured

FINDING = "a.txt:1: warning: this is new\n"
OTHERS = ("security", "dependencies", "static_analysis", "unit_tests", "coverage")
ONLY_LINTING = "".join(f"  {name}: {{enabled: false}}\n" for name in OTHERS)
ONLY_RUFF = {".github/autobuild.yml": f"checks:\n{ONLY_LINTING}", "ruff.toml": ""}


async def gate(folder: Path, *options: str, **environ: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "gate", str(folder), *options,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**git_environment(), "AUTOBUILD_DATA": str(folder.parent / "data"), **environ},
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(folder: Path, *argv: str) -> str:
    author = {"GIT_AUTHOR_NAME": "octocat", "GIT_AUTHOR_EMAIL": "octocat@example.com"}
    committer = {"GIT_COMMITTER_NAME": "octocat", "GIT_COMMITTER_EMAIL": "octocat@example.com"}
    ran = subprocess.run(
        ["git", *argv], cwd=folder, check=True, capture_output=True, env=git_environment({**author, **committer})
    )
    return ran.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository on `main` with one old finding, on a branch `change` without a commit of its own."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    write(folder, configured() | {"a.txt": "x\n", "b.txt": "y\n", "lint.txt": "b.txt:1: warning: this is old\n"})
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Begin")
    git(folder, "checkout", "--quiet", "-b", "change")
    return folder


async def test_uncommitted_files_are_gated_against_the_default_branch(repository: Path) -> None:
    write(repository, {"lint.txt": "b.txt:1: warning: this is old\n" + FINDING})
    sarif = repository.parent / "out.sarif"
    code, out, _ = await gate(repository, "--json", "--sarif", str(sarif))
    assert code == 1
    document: dict[str, Any] = json.loads(out)
    assert document["can_merge"] is False
    linting = next(check for check in document["checks"] if check["name"] == "linting")
    assert (linting["status"], linting["new_findings"], linting["known_findings"]) == ("failed", 1, 1)
    assert [(one["path"], one["new"]) for one in document["findings"]] == [("a.txt", True), ("b.txt", False)]
    assert {"name", "status", "score", "required", "duration_s", "cached", "reason", "metrics"} <= linting.keys()
    results = json.loads(sarif.read_text())["runs"][0]["results"]
    assert [result["baselineState"] for result in results] == ["new", "unchanged"]
    assert "?? " not in git(repository, "status", "--porcelain")


async def test_second_run_is_cached(repository: Path) -> None:
    write(repository, {"c.txt": "z\n"})
    assert (await gate(repository))[0] == 0
    code, out, imported = await gate(repository, "--json", PYTHONPROFILEIMPORTTIME="1")
    assert code == 0
    assert "import time" in imported
    assert "temporalio" not in imported, "nothing of the workflow is loaded for a verdict that is known"
    assert all(check["cached"] for check in json.loads(out)["checks"] if check["status"] != "skipped")


async def test_plain_folder_has_only_new_findings(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    write(folder, configured() | {"a.txt": "x\n", "lint.txt": FINDING})
    code, out, err = await gate(folder)
    assert code == 1
    assert "nothing to compare with" in err
    assert "this is new" in out


@pytest.mark.parametrize("options", [("--base", "no-such-branch"), ("--nonsense",)])
async def test_exit_code_is_two_with_one_sentence_where_the_gate_cannot_run(
    repository: Path, options: tuple[str, ...]
) -> None:
    code, out, err = await gate(repository, *options)
    assert (code, out) == (2, "")
    assert options[-1] in err
    assert "Traceback" not in err


async def test_gate_does_not_wait_for_space(repository: Path) -> None:
    code, _, err = await gate(repository, AUTOBUILD_DATA_RESERVE="900TB")
    assert (code, "Less than 900TB is free" in err, "Traceback" in err) == (2, True, False)


async def test_configuration_mistake_fails_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    write(folder, {".github/autobuild.yml": "version: 1\nthreshhold: 3\n"})
    code, out, _ = await gate(folder)
    assert code == 1
    assert "line 2" in out


async def test_mistakes_of_an_uncommitted_configuration_fail_with_their_lines(repository: Path) -> None:
    """The folder's own file is not the one that judges, and is looked at all the same."""
    text = (repository / ".github/autobuild.yml").read_text()
    write(repository, {".github/autobuild.yml": f"{text}treshold: 3\nauto_merge: yes\n"})
    code, out, _ = await gate(repository)
    assert code == 1
    assert ".github/autobuild.yml:6: `treshold` is not a key" in out
    assert ".github/autobuild.yml:7: `auto_merge` is `yes`: write `true`." in out
    code, out, _ = await gate(repository, "--json")
    found = json.loads(out)
    assert (code, found["state"]) == (1, "failed")
    assert [each["line"] for each in found["configuration"]["mistakes"]] == [6, 7]


async def test_the_bases_configuration_judges_a_folder(repository: Path) -> None:
    write(repository, {".github/autobuild.yml": "checks:\n  linting: {enabled: false}\n"})
    write(repository, {"lint.txt": "b.txt:1: warning: this is old\n" + FINDING})
    code, out, _ = await gate(repository)
    assert code == 1
    assert "checks.linting.enabled: true → false" in out


async def test_a_broken_base_falls_back_to_its_last_valid_configuration(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "main")
    write(repository, {".github/autobuild.yml": "treshold: 3\n"})
    git(repository, "commit", "--quiet", "--all", "--message=Break it")
    git(repository, "checkout", "--quiet", "-b", "later")
    write(repository, {"c.txt": "z\n", "lint.txt": "b.txt:1: warning: this is old\n" + FINDING})
    code, out, _ = await gate(repository, "--json")
    found = json.loads(out)
    linting = next(check for check in found["checks"] if check["name"] == "linting")
    assert (code, linting["status"], linting["new_findings"]) == (1, "failed", 1)
    assert [each["line"] for each in found["configuration"]["broken"]] == [1]


async def test_fix_changes_the_files_and_gates_them_again(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    write(folder, {**ONLY_RUFF, "sample.py": '"""A sample."""\n\nimport os\n\nONE = 1\n'})
    code, out, err = await gate(folder, "--fix", "--json")
    assert "Fixed 1 files" in err
    assert "import os" not in (folder / "sample.py").read_text()
    linting = next(check for check in json.loads(out)["checks"] if check["name"] == "linting")
    assert (code, linting["status"]) == (0, "passed")


async def test_each_project_of_a_monorepo_has_its_own_tools(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    config: dict[str, Any] = {"version": 1, "projects": [{"folder": "one"}, {"folder": "two"}]}
    config["checks"] = {name: {"enabled": False} for name in OTHERS}
    config["projects"][1]["checks"] = {"linting": {"command": "cat lint.txt", "format": "text"}}
    files = {"one/a.py": "import os\n", "two/a.py": "import os\n", "two/lint.txt": "a.py:1: warning: from two\n"}
    write(folder, {".github/autobuild.yml": json.dumps(config), **files})
    _, out, _ = await gate(folder, "--json")
    found = {(one["tool"], one["path"]) for one in json.loads(out)["findings"] if one["check"] == "linting"}
    assert found == {("ruff", "one/a.py"), ("command", "two/a.py")}


@pytest.mark.parametrize("options", [(), ("--fix",)])
@pytest.mark.parametrize("place", [".git", "sub/.git"])
async def test_an_unpacked_folder_runs_nothing_that_its_git_configuration_names(
    tmp_path: Path, place: str, options: tuple[str, ...]
) -> None:
    folder, mark = tmp_path / "plain", tmp_path / "ran"
    write(folder, {**ONLY_RUFF, "sample.py": '"""A sample."""\n\nONE = 1\n', "sub/file": "x\n"})
    git((folder / place).parent, "init", "--quiet")
    git((folder / place).parent, "add", "--all")
    git((folder / place).parent, "commit", "--quiet", "--message=x")
    run = f"touch {mark}"
    config = (
        f'[core]\n\tfsmonitor = {run}\n\thooksPath = .git/hooks\n[filter "evil"]\n\tclean = {run}\n\tprocess = {run}\n'
    )
    write(folder, {f"{place}/config": config, ".gitattributes": "*.py filter=evil\n", "new.txt": "new\n"})
    write(folder, {"sample.py": '"""A sample."""\n\nimport os\n\nONE = 1\n'})
    write(folder, {f"{place}/hooks/post-index-change": f"#!/bin/sh\n{run}\n"})
    (folder / place / "hooks" / "post-index-change").chmod(0o755)
    code, _, err = await gate(folder, *options)
    assert code in (0, 1), err
    assert not mark.exists()
    assert ("the filter 'evil', a command that is not run" in err) == (place == ".git")
    assert ("import os" in (folder / "sample.py").read_text()) == (options == ())
