"""The file as git has it: which of its versions judges, read from a mirror."""

from pathlib import Path

import pytest

from activities.model import RepoRef
from activities.repo_config.versions import ConfigVersion, last_valid, version_at
from activities.workspace.git import git, git_line
from activities.workspace.objects import changed_entries, entry_at
from simulator.github.git import Author, Files, Person, Symlink, fast_import

PATH = ".github/autobuild.yml"
AUTHOR = Author(Person("octocat", "octocat@example.com"), 1_700_000_000)
VALID, OTHER, BROKEN = "threshold: 90\n", "threshold: 95\n", "treshold: 1\n"
REPO = RepoRef("octocat", "hello")


@pytest.fixture
async def mirror(tmp_path: Path) -> Path:
    await git(tmp_path, "init", "--bare", "--quiet", ".")
    return tmp_path


async def commit(mirror: Path, files: Files, parent: str = "") -> str:
    return await fast_import.commit(mirror, files, "x", AUTHOR, parent)


@pytest.mark.parametrize("link", ["../a.txt", "/etc/passwd", "autobuild.yml", "threshold: 1"])
async def test_a_link_is_never_read(mirror: Path, link: str) -> None:
    sha = await commit(mirror, {PATH: Symlink(link), "a.txt": VALID})
    found = await version_at(mirror, sha)
    assert (found.text, [each.line for each in found.mistakes]) == (None, [1])


async def test_a_submodule_and_a_folder_are_no_file(mirror: Path) -> None:
    tree = f"160000 commit {'1' * 40}\tautobuild.yml\n".encode()
    github = (await git(mirror, "mktree", "--missing", stdin=tree)).decode().strip()
    root = (await git(mirror, "mktree", stdin=f"040000 tree {github}\t.github\n".encode())).decode().strip()
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
    submodule = await git_line(mirror, "commit-tree", root, "-m", "x", env=names)
    folder = await commit(mirror, {f"{PATH}/a": VALID})
    for sha in (submodule, folder):
        assert "not a regular file" in str((await version_at(mirror, sha)).mistakes)
    behind_a_link = await commit(mirror, {".github": Symlink("real"), "real/autobuild.yml": VALID})
    assert await version_at(mirror, behind_a_link) == ConfigVersion()


async def test_a_file_beyond_the_limit_is_not_read(mirror: Path) -> None:
    sha = await commit(mirror, {PATH: VALID + "#" * 5_000_000})
    assert ["256 KiB" in each.message for each in (await version_at(mirror, sha)).mistakes] == [True]


async def test_the_last_valid_version_is_the_branchs_own(mirror: Path) -> None:
    first = await commit(mirror, {PATH: VALID})
    second = await commit(mirror, {PATH: OTHER}, first)
    broken = await commit(mirror, {PATH: BROKEN}, second)
    tip = await commit(mirror, {PATH: "x: [", "a": "b"}, await commit(mirror, {"a": "a"}, broken))
    found = await last_valid(mirror, tip)
    assert (found.version.text, found.commit, found.broken_since) == (OTHER.encode(), second, broken)
    removed = await commit(mirror, {PATH: BROKEN}, await commit(mirror, {PATH: None}, second))
    assert (await last_valid(mirror, removed)).version == ConfigVersion()
    never = await commit(mirror, {PATH: BROKEN})
    found = await last_valid(mirror, never)
    assert (found.version, found.commit, found.broken_since) == (ConfigVersion(), "", never)


async def test_versions_within_a_merged_change_do_not_count(mirror: Path) -> None:
    main = await commit(mirror, {PATH: VALID})
    inner = await commit(mirror, {PATH: BROKEN}, await commit(mirror, {PATH: OTHER}, main))
    tree = await git_line(mirror, "rev-parse", f"{inner}^{{tree}}")
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
    merged = await git_line(mirror, "commit-tree", tree, "-p", main, "-p", inner, "-m", "Merge", env=names)
    found = await last_valid(mirror, merged)
    assert (found.commit, found.broken_since) == (main, merged)


async def test_only_paths_that_look_like_the_file_are_listed(mirror: Path) -> None:
    base = await commit(mirror, {PATH: VALID, "a": "a"})
    head = await commit(mirror, {PATH: OTHER, "a": "b", ".GitHub/Autobuild.YML": "x", "x/autobuild.yml": ""}, base)
    found = await changed_entries(mirror, base, head, f":(icase){PATH}")
    assert found
    assert [(each.path, each.before is None) for each in found] == [(".GitHub/Autobuild.YML", True), (PATH, False)]
    assert found[1].after == await entry_at(mirror, head, PATH)
    many = await commit(mirror, {f"{PATH}/{n}": "" for n in range(20_000)}, base)
    assert await changed_entries(mirror, base, many, PATH) is None


async def test_the_longer_ending_is_read_where_the_other_is_not_there(mirror: Path) -> None:
    other = ".github/autobuild.yaml"
    first = await commit(mirror, {other: VALID})
    assert (await version_at(mirror, first)).text == VALID.encode()
    both = await commit(mirror, {PATH: OTHER}, first)
    [mistake] = (await version_at(mirror, both)).mistakes
    assert (mistake.path, "keep the first, and remove this one" in mistake.message) == (other, True)
    found = await last_valid(mirror, both)
    assert (found.version.text, found.commit, found.broken_since) == (VALID.encode(), first, both)
    renamed = await commit(mirror, {other: None}, both)
    assert (await version_at(mirror, renamed)).text == OTHER.encode()
