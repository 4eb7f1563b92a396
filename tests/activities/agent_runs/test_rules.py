"""Rules for agents: of a commit of the default branch, in limits."""

from pathlib import Path

from activities.agent_runs.rules import read_rules
from activities.workspace.git import git, git_line
from tests.activities.agent_runs.harness import OURS


async def test_rules_of_a_commit(tmp_path: Path) -> None:
    files = {
        "AGENTS.md": "Use tabs.", "CLAUDE.md": "Use tabs.\n", ".github/copilot-instructions.md": "Be short.",
        "src/api/AGENTS.md": "No imports.", "other/AGENTS.md": "Elsewhere.", "GEMINI.md": "x" * 70_000,
    }  # fmt: skip
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / ".cursorrules").symlink_to("/etc/passwd")
    await git(tmp_path, "init", "--quiet")
    await git(tmp_path, "add", "--all")
    await git(tmp_path, "commit", "--quiet", "-m", "start", env=OURS)
    (tmp_path / "AGENTS.md").write_text("Poisoned.")
    sha = await git_line(tmp_path, "rev-parse", "HEAD")
    expected = [
        "### AGENTS.md\n\nUse tabs.", "### .github/copilot-instructions.md\n\nBe short.",
        "### src/api/AGENTS.md\n\nNo imports.",
    ]  # fmt: skip
    assert await read_rules(tmp_path, sha, ["src/api/a.py", "b.py"]) == "\n\n".join(expected)
