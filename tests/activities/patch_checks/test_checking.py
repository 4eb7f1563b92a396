"""All rules on commits of a real mirror."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.patch_checks.checking import check_patch
from activities.patch_checks.types import CheckPatchInput, PatchVerdict
from activities.redaction import hide
from activities.workspace.git import git, git_line
from tests.activities.agent_runs.harness import OURS, AgentSite, make_agent_site

TEST = "from app import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n"
FILES = {
    "app.py": "def add(a, b):\n    return a - b\n",
    "tests/test_app.py": TEST,
    "docs/keys.md": "-----BEGIN PRIVATE KEY-----\n",
    ".github/workflows/ci.yml": "on: push\n",
}


@pytest.fixture
async def site(tmp_path: Path) -> AgentSite:
    return await make_agent_site(tmp_path, FILES)


async def checked(
    site: AgentSite, changed: Mapping[str, str | bytes | None], *, modes: Mapping[str, str] | None = None, allowed: tuple[str, ...] = ()
) -> PatchVerdict:  # fmt: skip
    """The verdict on a commit in the mirror that has these contents (None removes)."""
    mirror = site.host.workspaces.mirror(site.repo)
    index = {**OURS, "GIT_INDEX_FILE": str(site.data / "index")}
    await git(mirror, "read-tree", site.sha, env=index)
    for path, content in changed.items():
        if content is None:
            await git(
                mirror,
                "update-index",
                "-z",
                "--index-info",
                stdin=b"0 %s\t%s\0" % (b"0" * 40, path.encode()),
                env=index,
            )
            continue
        data = content if isinstance(content, bytes) else content.encode()
        blob = (await git(mirror, "hash-object", "-w", "--stdin", stdin=data or b"\n")).decode().strip()
        mode = (modes or {}).get(path, "100644")
        row = f"{mode} {blob}\t".encode() + os.fsencode(path) + b"\0"
        await git(mirror, "update-index", "-z", "--add", "--index-info", stdin=row, env=index)
    tree = await git_line(mirror, "write-tree", env=index)
    commit = await git_line(mirror, "commit-tree", tree, "-p", site.sha, "-m", "change", env=index)
    return await check_patch(site.host, CheckPatchInput(site.workspace, site.sha, commit, allowed))


async def test_an_honest_patch_is_pushed_and_each_rule_refuses_what_it_is_for(site: AgentSite) -> None:
    fixed = {"app.py": "def add(a, b):\n    return a + b\n", "tests/test_app.py": TEST + "    assert add(2, 2) == 4\n"}
    assert await checked(site, fixed) == PatchVerdict(lines=3)
    assert await checked(site, {"tests/test_app.py": None, "tests/unit/test_app.py": TEST}) == PatchVerdict()
    evil = await checked(
        site,
        {
            **fixed,
            "tests/test_app.py": TEST.replace("    assert add(0, 0) == 0\n", ""),
            ".github/workflows/ci.yml": "on: pull_request_target\n",
            "link": "/etc/passwd",
            "APP.py": "x",
            "data.bin": b"\0" * 100,
            "more.py": "import os  # noqa\n",
            "ruff.toml": "lint.ignore = ['ALL']\n",
        },
        modes={"link": "120000"},
    )
    assert {(each.rule, each.path) for each in evil.refused} == {
        ("weakened-tests", "tests/test_app.py"), ("protected-paths", ".github/workflows/ci.yml"), ("links", "link"),
        ("paths", "APP.py"), ("sizes", "data.bin"), ("suppressed-findings", "more.py"),
    }  # fmt: skip
    allowed = await checked(site, {".github/workflows/ci.yml": "on: [push]\n"}, allowed=("protected-paths",))
    assert allowed.refused == ()


async def test_secrets_are_refused_whatever_the_files_say(site: AgentSite) -> None:
    """In tests, under an allowing comment, in a name, and those of the worker itself; not where they were before."""
    key = "AKIA" + "QWERTZUIPLKJHGFD"
    token = "ghp_" + "a8Kd93jfLq0sMx7Zb2Vn5Tt1Yc6Wr4Ue3Ip9"
    hide("the worker's own secret of a webhook")
    found = await checked(
        site,
        {
            "tests/fixtures/a.py": f"KEY = '{key}'  # pragma: allowlist secret\n",
            "docs/b.md": f"Use {token} here.\n",
            f"names/{token}.txt": "x",
            "c.txt": "the worker's own secret of a webhook",
            "docs/keys.md": "-----BEGIN PRIVATE KEY-----\nmore\n",
            "d.py": "KEY = 'AKIA' + 'EXAMPLE'\n",
        },
    )
    secrets = {each.path for each in found.refused if each.rule == "secrets"}
    assert secrets == {"tests/fixtures/a.py", "docs/b.md", f"names/{token}.txt", "c.txt"}
    assert not [each for each in found.refused if key in each.sentence or token in each.sentence]


async def test_names_that_are_no_unicode_are_refused(site: AgentSite) -> None:
    found = await checked(site, {os.fsdecode(b"\xff.py"): "x"})
    assert [each.rule for each in found.refused] == ["paths"]
