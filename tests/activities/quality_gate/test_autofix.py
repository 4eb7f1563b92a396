"""What a fixing tool, which is the repository's code, can leave in the tree: none of it runs on the host, and nothing
but contents of the head's own files gets into the commit."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from activities.checking import ToolRun
from activities.environments import PROTECTED, Environments
from activities.model import Finding, Head, RepoRef, ToolReport
from activities.quality_gate.autofix import CheckFix, commit_fixes
from activities.quality_gate.measurement import Host, Tree
from activities.quality_gate.types import FixResult, Workspace
from activities.reports import valid_unicode
from activities.result_store import ResultStore
from activities.sandbox import ResourceLimits
from activities.sandbox.select import make_runner
from activities.tool_reports import execute, fix_report
from activities.tooling import Project, Tool, Workbench
from activities.workspace.git import git, git_line
from activities.workspace.linked import LinkedContent, write_linked
from activities.workspace.mirror import Workspaces

OURS = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
ODD = b"odd\n\x1b[31m\xff.py"
FIX = "printf 'fixed\\n' > plain.py; "


async def no_auth(repo: RepoRef) -> tuple[str, str]:
    return "", ""


class ScriptedFix(Tool):
    """A tool that runs a script of the repository on its files."""

    name, checks, language, fixes = "scripted", ("linting",), "any", True

    def __init__(self, script: str) -> None:
        self.script = script

    def used_by(self, project: Project) -> str:
        return "always"

    async def run(self, bench: Workbench) -> ToolReport:
        raise NotImplementedError

    async def fix(self, bench: Workbench) -> ToolReport:
        return fix_report(self.name, "1", await execute(bench, ("sh", "-c", self.script)), (0,))


@dataclass(frozen=True)
class ScriptedTree(Tree):
    """The head, with that tool alone."""

    script: str = ""

    async def tool_runs(self, check: str) -> Sequence[ToolRun]:
        checkout = await self.host.workspaces.checkout(self.repo, self.sha)
        return [ToolRun(Project(".", checkout, "any"), ScriptedFix(self.script), "always")]


def finding(path: str, line: int = 0, rule: str = "R1") -> Finding:
    return Finding("linting", "scripted", rule, path, line, "", "warning", fixable=True)


@dataclass(frozen=True)
class Fixing:
    """A repository on a host, and one file of that host that must not be read."""

    host: Host
    repo: RepoRef
    sha: str
    data: Path

    @property
    def mark(self) -> Path:
        """What a command that ran on the host would make. The sandbox cannot: it does not see the folder."""
        return self.data / "ran-on-the-host"

    async def fix(self, script: str, *findings: Finding) -> FixResult:
        heads = await self.host.workspaces.resolve(self.repo, self.sha)
        workspace = Workspace(Head(self.repo, self.sha), "queue", heads.head_tree)
        limits = ResourceLimits(wall_s=60)
        tree = ScriptedTree(self.host, self.repo, self.sha, heads.head_tree, PROTECTED, "", {}, limits, script=script)
        if not findings:  # one about each file
            findings = tuple(finding(valid_unicode(os.fsdecode(path))) for path in await self.listed(self.sha))
        return await commit_fixes(self.host, workspace, [CheckFix("linting", tree, findings)])

    async def listed(self, sha: str) -> dict[bytes, bytes]:
        """Path → mode and blob."""
        rows = (await git(self.host.workspaces.mirror(self.repo), "ls-tree", "-r", "-z", sha)).split(b"\0")[:-1]
        return {path: facts for facts, path in (row.split(b"\t", 1) for row in rows)}

    async def text(self, sha: str, path: str) -> bytes:
        return await git(self.host.workspaces.mirror(self.repo), "cat-file", "blob", f"{sha}:{path}")

    async def changed(self, result: FixResult) -> set[bytes]:
        """The paths that the fix changed in any way."""
        before, after = await self.listed(self.sha), await self.listed(result.commit_sha or self.sha)
        return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


@pytest.fixture
async def fixing(tmp_path: Path) -> Fixing:
    """Files of every kind, a submodule without files at `sub`, and conversions of line ends and encodings."""
    root = tmp_path / "repository"
    (root / "pkg").mkdir(parents=True)
    files = {
        "plain.py": b"plain\n", "run.sh": b"script\n", "pkg/a.py": b"a\n", "windows.bat": b"one\ntwo\n",
        "wide.txt": "one\n".encode("utf-16"), os.fsdecode(ODD): b"odd\n",
        ".gitattributes": b"*.bat text eol=crlf\nwide.txt working-tree-encoding=UTF-16\n* filter=evil\n",
    }  # fmt: skip
    for name, content in files.items():
        (root / name).write_bytes(content)
    (root / "run.sh").chmod(0o755)
    (root / "link.py").symlink_to("plain.py")
    await git(root, "init", "--quiet")
    await git(root, "add", "--all")
    await git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    await git(root, "commit", "--quiet", "-m", "x", env=OURS)
    data = tmp_path / "data"
    data.mkdir()
    runner = await make_runner("bubblewrap")
    (data / "secret").write_text("the host's secret\n")
    workspaces = Workspaces(data, lambda repo: repo.path, no_auth)
    host = Host(workspaces, Environments(data, runner), ResultStore(data / "results"), runner, data)
    return Fixing(host, RepoRef("local", "it", path=str(root)), await git_line(root, "rev-parse", "HEAD"), data)


async def test_a_fix_is_committed_with_the_modes_and_line_ends_of_the_head(fixing: Fixing) -> None:
    odd = "$(printf 'odd\\n\\033[31m\\377.py')"
    script = (
        "printf 'fixed\\n' | tee plain.py run.sh pkg/a.py \"" + odd + '" >/dev/null; '
        "printf 'three\\r\\nfour\\r\\n' > windows.bat; printf 'two\\n' | iconv -t UTF-16 > wide.txt; chmod +x pkg/a.py"
    )
    workspaces, mirror = fixing.host.workspaces, fixing.host.workspaces.mirror(fixing.repo)
    await workspaces.fetch(fixing.repo, fixing.sha)
    write_linked(mirror, fixing.sha, LinkedContent({"sub": await git_line(mirror, "rev-parse", f"{fixing.sha}:pkg")}))
    result = await fixing.fix(script)
    assert (result.files, result.by, result.left_out) == (6, ("scripted 1",), ())
    # What is checked afterwards has the head's submodules.
    checkout = await workspaces.checkout(fixing.repo, result.commit_sha)
    assert ((checkout / "sub" / "a.py").read_text(), (checkout / "plain.py").read_text()) == ("a\n", "fixed\n")
    assert await fixing.changed(result) == {b"plain.py", b"run.sh", b"pkg/a.py", ODD, b"windows.bat", b"wide.txt"}
    assert await fixing.text(result.commit_sha, "windows.bat") == b"three\nfour\n"
    assert await fixing.text(result.commit_sha, "wide.txt") == b"two\n"
    listed = await fixing.listed(result.commit_sha)
    assert listed[b"run.sh"].startswith(b"100755 ")
    assert listed[b"pkg/a.py"].startswith(b"100644 ")
    assert listed[b"link.py"].startswith(b"120000 ")
    assert listed[b"sub"] == b"160000 commit " + b"1" * 40
    assert await git_line(mirror, "rev-parse", f"{result.commit_sha}^") == fixing.sha
    assert await git_line(mirror, "rev-parse", f"{result.commit_sha}^{{tree}}") == result.workspace.head_tree
    assert result.workspace.head_sha == result.commit_sha


async def test_only_the_files_and_lines_of_the_findings_are_fixed(fixing: Fixing) -> None:
    """A tool that changes every line of every file."""
    script = "for file in plain.py run.sh pkg/a.py windows.bat; do sed -i 's/^/fixed /' $file; done"
    result = await fixing.fix(script, finding("windows.bat", 2), finding("run.sh"))
    assert await fixing.changed(result) == {b"windows.bat", b"run.sh"}
    assert await fixing.text(result.commit_sha, "run.sh") == b"fixed fixed script\n"
    result = await fixing.fix(script, finding("windows.bat", 2), finding("windows.bat", 1, "R2"))
    assert await fixing.text(result.commit_sha, "windows.bat") == b"fixed one\nfixed two\n"
    result = await fixing.fix(script, finding("windows.bat", 2))
    assert await fixing.text(result.commit_sha, "windows.bat") == b"one\nfixed two\n"
    assert (await fixing.fix(script, finding("nowhere.py", 1))).commit_sha == ""


async def test_nothing_to_fix_makes_no_commit(fixing: Fixing) -> None:
    result = await fixing.fix("touch plain.py; chmod 755 pkg/a.py; cp pkg/a.py other; mv other pkg/a.py; echo > new.py")
    assert (result.commit_sha, result.files, result.left_out) == ("", 0, ())


NESTED = """
mkdir -p $DIR; cd $DIR; mkdir -p '{git}/hooks' '{git}/refs/heads' '{git}/objects'
printf 'ref: refs/heads/main\\n' > '{git}/HEAD'; printf '%s\\n' {sha} > '{git}/refs/heads/main'
printf '[core]\\n\\tfsmonitor = touch {mark}\\n\\tsshCommand = touch {mark}\\n' > '{git}/config'
printf '[filter "evil"]\\n\\tclean = touch {mark}; cat\\n\\tprocess = touch {mark}\\n' >> '{git}/config'
for hook in post-index-change pre-commit post-commit reference-transaction; do
    printf '#!/bin/sh\\ntouch {mark}\\n' > "{git}/hooks/$hook"; chmod +x "{git}/hooks/$hook"
done
echo '* filter=evil' > .gitattributes; echo file > file; cd - >/dev/null
"""


@pytest.mark.parametrize("folder", ["sub", ".", "pkg", "new"])
@pytest.mark.parametrize("name", [".git", ".GIT", ".git ", "git~1", ".g\u200cit"])
async def test_a_nested_repository_runs_nothing_and_is_not_committed(fixing: Fixing, folder: str, name: str) -> None:
    """`git add` would run what its configuration names."""
    nested = NESTED.replace("{git}", name).replace("{mark}", str(fixing.mark)).replace("{sha}", "1" * 40)
    result = await fixing.fix(f"{FIX}DIR={folder}; set -e; {nested}")
    assert not fixing.mark.exists()
    expected = {b"plain.py", b".gitattributes"} if folder == "." else {b"plain.py"}
    assert await fixing.changed(result) == expected


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("ln -sf {secret} pkg/a.py", "'pkg/a.py' is behind a link."),
        ("ln -sf ../plain.py pkg/a.py", "'pkg/a.py' is behind a link."),
        ("rm -r pkg; ln -s {data} pkg", "'pkg/a.py' is behind a link."),
        ("rm -r pkg; ln -s . pkg", "'pkg/a.py' is behind a link."),
        ("rm pkg/a.py; mkfifo pkg/a.py", "'pkg/a.py' is not a regular file."),
        ("rm pkg/a.py; mkdir -p pkg/a.py/.git", "'pkg/a.py' is not a regular file."),
        ("rm -r pkg; echo file > pkg", "'pkg/a.py' is missing."),
        ("rm pkg/a.py", "'pkg/a.py' is missing."),
        ("truncate -s 900M pkg/a.py", "'pkg/a.py' is larger than 20 MiB."),
        ("python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('s')\"; mv s pkg/a.py", "not a regular file"),
        ("rm link.py; ln -s {secret} link.py", ""),
        ("rm link.py; cp plain.py link.py", ""),
        ("rmdir sub 2>/dev/null; ln -s {data} sub", ""),
        ("mkdir -p sub; echo evil > sub/file", ""),
        ("mkdir deep; cd deep; for n in $(seq 300); do mkdir d; cd d; done; touch file", ""),
        ("for n in $(seq 3000); do : > pkg/$n.py; done", ""),
        ("chmod 0 pkg plain.py run.sh; chmod 700 pkg", ""),
    ],
)  # fmt: skip
async def test_what_is_no_content_of_a_file_of_the_head_stays_out(fixing: Fixing, script: str, reason: str) -> None:
    result = await fixing.fix(FIX + script.format(secret=fixing.data / "secret", data=fixing.data))
    assert await fixing.changed(result) == {b"plain.py"}
    assert await fixing.text(result.commit_sha, "plain.py") == b"fixed\n"
    assert reason in " ".join(result.left_out)
    assert bool(result.left_out) == bool(reason)
    assert (fixing.data / "secret").read_text() == "the host's secret\n"
    assert stat.S_IMODE((fixing.data / "secret").stat().st_mode) == 0o644
    assert list((fixing.data / "scratch").iterdir()) == []


async def test_many_files_left_out_are_named_in_a_few_words(fixing: Fixing) -> None:
    result = await fixing.fix("rm -r pkg plain.py run.sh windows.bat wide.txt odd* .gitattributes")
    assert result.commit_sha == ""
    assert len(result.left_out) == 6
    assert result.left_out[-1] == "2 more files."
    assert "\x1b" not in "".join(result.left_out)


async def test_changed_attributes_run_no_filter(fixing: Fixing) -> None:
    """Only configuration can name what a filter runs, and the mirror has none."""
    result = await fixing.fix(
        f"{FIX}echo '* filter=evil diff=evil merge=evil text=auto eol=crlf ident' > .gitattributes"
    )
    assert await fixing.changed(result) == {b"plain.py", b".gitattributes"}
    assert await fixing.text(result.commit_sha, "plain.py") == b"fixed\n"
