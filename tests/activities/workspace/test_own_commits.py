"""Commits that only the mirror has."""

import stat
from dataclasses import dataclass, field
from pathlib import Path

from activities.workspace.commits import EXECUTABLE, committed_files
from activities.workspace.git import git, git_line
from activities.workspace.own_commits import commit_contents, commit_paths, has_commit
from tests.activities.agent_runs.harness import AgentSite, make_agent_site

FILES = {"kept.txt": "kept\n", "old.txt": "old\n", "run.sh": "exit 0\n"}


@dataclass(frozen=True)
class GivenContents:
    changed: dict[str, bytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    executable: frozenset[str] = frozenset()


async def commit(site: AgentSite, contents: GivenContents) -> str:
    site.host.scratch.mkdir(exist_ok=True)
    return await commit_contents(site.host.workspaces, site.host.scratch, site.repo, site.sha, contents, "Change it")


async def test_contents_that_are_there_already_make_no_commit(tmp_path: Path) -> None:
    site = await make_agent_site(tmp_path, FILES)
    for same in (GivenContents(), GivenContents({"kept.txt": b"kept\n"}), GivenContents(removed=("never.txt",))):
        assert await commit(site, same) == site.sha


async def test_contents_become_a_commit_of_ours_that_only_the_mirror_has(tmp_path: Path) -> None:
    site = await make_agent_site(tmp_path, FILES)
    sha = await commit(
        site, GivenContents({"run.sh": b"exit 1\n", "a/new.txt": b"n"}, ("old.txt",), frozenset(("run.sh",)))
    )
    mirror = site.host.workspaces.mirror(site.repo)
    files = await committed_files(mirror, sha)
    assert sorted(files) == ["a/new.txt", "kept.txt", "run.sh"]
    assert files["run.sh"].mode == EXECUTABLE
    shown = await git_line(mirror, "log", "-1", "--format=%an <%ae> %cn %s, upon %P", sha)
    assert shown == f"autobuild <autobuild@users.noreply.github.com> autobuild Change it, upon {site.sha}"
    assert await has_commit(site.host.workspaces, site.repo, sha)
    assert not await has_commit(site.host.workspaces, site.repo, "0" * 40)
    assert sha.encode() not in await git(tmp_path / "repository", "rev-list", "--all")
    checkout = await site.host.workspaces.checkout(site.repo, sha)
    assert (checkout / "run.sh").stat().st_mode & stat.S_IXUSR


async def test_paths_are_taken_from_another_commit_and_the_rest_stays(tmp_path: Path) -> None:
    site = await make_agent_site(tmp_path, FILES)
    mirror = site.host.workspaces.mirror(site.repo)
    other = await commit(site, GivenContents({"kept.txt": b"other\n", "run.sh": b"exit 2\n"}, ("old.txt",)))
    sha = await commit_paths(
        site.host.workspaces, site.host.scratch, site.repo, site.sha, ["kept.txt", "old.txt"],
        await committed_files(mirror, other), "Take two",
    )  # fmt: skip
    assert await git(mirror, "show", f"{sha}:kept.txt") == b"other\n"
    assert await git(mirror, "show", f"{sha}:run.sh") == b"exit 0\n"
    assert "old.txt" not in await committed_files(mirror, sha)
