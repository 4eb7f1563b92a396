"""`autobuild patch` on a laptop, from the instruction to the exit code, with a scripted agent and a real check."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from activities.errors import UserError
from bot import local_patch
from bot.local_patch import PatchOptions

RED, GREEN = "def double(x):\n    return x + x + 1\n", "def double(x):\n    return 2 * x\n"
TESTS = """\
if grep -q '2 [*] x' double.py; then
  echo '<testsuite><testcase name="double"/></testsuite>'
else
  echo '<testsuite><testcase name="double"><failure message="red"/></testcase></testsuite>'
fi
"""
ANSWERS = [
    {"when": "GREEN", "edits": [{"path": "double.py", "content": GREEN}], "answer": "It doubles.", "dollars": 0.25},
    {"when": "WORSE", "edits": [{"path": "double.py", "content": RED}], "answer": "It is done."},
    {"when": "NOTHING", "answer": "It is right already."},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository whose test passes, with an edit that is not committed."""
    root = tmp_path / "repository"
    (root / ".github").mkdir(parents=True)
    (root / ".github" / "autobuild.yml").write_text("checks: {unit_tests: {command: sh tests.sh, format: junit}}\n")
    (root / "tests.sh").write_text(TESTS)
    (root / "double.py").write_text(f"# the old one\n{GREEN}")
    (root / "mine.txt").write_text("before\n")
    for command in (["init", "--quiet", "--initial-branch=main"], ["add", "--all"], ["commit", "--quiet", "-m", "x"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], cwd=root, check=True)
    (root / "mine.txt").write_text("edited\n")
    return root


def environ(tmp_path: Path) -> dict[str, str]:
    script = tmp_path / "script.yml"
    script.write_text(yaml.safe_dump({"answers": ANSWERS}))
    agents = tmp_path / "agents.yml"
    agents.write_text(yaml.safe_dump({"models": {"demo": {"backend": "scripted", "script": str(script)}}}))
    return {**os.environ, "AUTOBUILD_DATA": str(tmp_path / "data"), "AUTOBUILD_AGENTS": str(agents)}


async def patched(folder: Path, instruction: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = await local_patch.run(PatchOptions(instruction, folder, as_json=True), environ(folder.parent))
    return code, json.loads(capsys.readouterr().out)


async def test_a_change_that_passes_is_left_in_the_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also upon edits that are not committed."""
    code, document = await patched(folder, "Make it GREEN.", capsys)
    assert (code, document["state"], document["rounds"], document["files_changed"]) == (0, "done", 1, 1)
    assert (document["costs"][0]["model"], document["costs"][0]["dollars"]) == ("demo", 0.25)
    assert ((folder / "double.py").read_text(), (folder / "mine.txt").read_text()) == (GREEN, "edited\n")


async def test_what_does_not_pass_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = await patched(folder, "Make it WORSE.", capsys)
    assert (code, document["state"]) == (1, "failed")
    assert "1 new failed" in document["reason"] or "fail" in document["reason"]
    assert (folder / "double.py").read_text().endswith(GREEN)
    assert (await patched(folder, "NOTHING to do.", capsys))[1]["state"] == "nothing"


async def test_a_dry_run_prints_the_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = PatchOptions("Make it GREEN.", folder, dry_run=True)
    assert await local_patch.run(options, environ(folder.parent)) == 0
    assert "-# the old one" in capsys.readouterr().out
    assert (folder / "double.py").read_text().startswith("# the old one")


async def test_what_cannot_be_run_says_why(folder: Path) -> None:
    for instruction in ("  ", "x" * 65_537):
        with pytest.raises(UserError):
            await local_patch.run(PatchOptions(instruction, folder), environ(folder.parent))
    without = {**environ(folder.parent), "AUTOBUILD_AGENTS": ""}
    with pytest.raises(UserError, match="No agent is configured"):
        await local_patch.run(PatchOptions("Do it.", folder), without)
