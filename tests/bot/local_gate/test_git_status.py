"""What git sees in a folder is what is gated: where `git status` has nothing to say, that is HEAD itself."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from activities.errors import UserError
from activities.workspace.git import git_environment
from bot.local_gate.folder import LocalHead
from tests.bot.local_gate.folders import OURS, Folder, git

FILES = {
    "lib/a.txt": "a\n", "big/b.txt": "b\nb\n", "c.bin": "HELLO\n", "run": "run\n", "unit.bat": "one\ntwo\n",
    "READ.me": "read\n",
}  # fmt: skip


def clone(folder: Folder, *options: str) -> Folder:
    """A clone of the folder, over a transport that can leave something out."""
    root = Path(tempfile.mkdtemp(prefix="clone.", dir=folder.root.parent))
    git(folder.root, "config", "uploadpack.allowFilter", "true")
    lazy = {name: value for name, value in git_environment(OURS).items() if name != "GIT_NO_LAZY_FETCH"}
    subprocess.run(["git", "clone", "--quiet", *options, f"file://{folder.root}", str(root)], check=True, env=lazy)
    return replace(folder, root=root)


async def clean_head(folder: Folder) -> LocalHead:
    """HEAD, where git itself sees no change."""
    assert git(folder.root, "status", "--porcelain", "--ignore-submodules=none") == ""
    head = await folder.head()
    assert (head.head_sha, head.left_out) == (git(folder.root, "rev-parse", "HEAD"), ())
    return head


def sparse_cone(folder: Folder) -> None:
    git(folder.root, "sparse-checkout", "set", "--cone", "lib")


def sparse_index(folder: Folder) -> None:
    git(folder.root, "sparse-checkout", "set", "--cone", "--sparse-index", "lib")


def sparse_patterns(folder: Folder) -> None:
    git(folder.root, "sparse-checkout", "set", "--no-cone", "/*", "!/big/")


def checked_out_with(*settings: str, attributes: str = "") -> Callable[[Folder], None]:
    """Everything is checked out anew with these settings (`key=value`)."""

    def change(folder: Folder) -> None:
        for setting in settings:
            git(folder.root, "config", *setting.split("=", 1))
        if attributes:
            (folder.root / ".git" / "info").mkdir(exist_ok=True)
            (folder.root / ".git" / "info" / "attributes").write_text(attributes)
        for path in FILES:
            (folder.root / path).unlink()
        git(folder.root, "checkout", "--quiet", "--", ".")

    return change


def modes_that_mean_nothing(folder: Folder) -> None:
    git(folder.root, "config", "core.fileMode", "false")
    (folder.root / "run").chmod(0o755)


def links_that_are_files(folder: Folder) -> None:
    (folder.root / "link").symlink_to("lib/a.txt")
    folder.commit()
    (folder.root / "link").unlink()
    git(folder.root, "config", "core.symlinks", "false")
    git(folder.root, "checkout", "--quiet", "--", "link")
    assert not (folder.root / "link").is_symlink()


def another_case(folder: Folder) -> None:
    """As a file system has it that does not tell cases apart: git takes both names for one file."""
    git(folder.root, "config", "core.ignoreCase", "true")
    folder.write_all({"read.ME": "read\n"})


def a_folder_that_is_not_looked_at(folder: Folder) -> None:
    git(folder.root, "update-index", "--assume-unchanged", "lib/a.txt")
    git(folder.root, "update-index", "--skip-worktree", "run")
    folder.write_all({"lib/a.txt": "mine\n"})
    (folder.root / "run").unlink()


def excluded_here(folder: Folder) -> None:
    (folder.root / ".git" / "info").mkdir(exist_ok=True)
    (folder.root / ".git" / "info" / "exclude").write_text(".env\nscratch/\n")
    folder.write_all({".env": "TOKEN=1\n", "scratch/x": "x\n"})


def split_index(folder: Folder) -> None:
    git(folder.root, "update-index", "--split-index")


def another_index_version(folder: Folder) -> None:
    git(folder.root, "update-index", "--index-version=4")


def touched(folder: Folder) -> None:
    os.utime(folder.root / "c.bin", (1, 1))
    git(folder.root, "update-index", "-q", "--refresh")


@pytest.mark.parametrize(
    "change",
    [
        sparse_cone, sparse_index, sparse_patterns, modes_that_mean_nothing, links_that_are_files, another_case,
        a_folder_that_is_not_looked_at, excluded_here, split_index, another_index_version, touched,
        checked_out_with("core.autocrlf=true"), checked_out_with("core.autocrlf=input"),
        checked_out_with("core.eol=crlf", attributes="*.txt text\n"),
        checked_out_with(attributes="*.txt working-tree-encoding=UTF-16\n*.bat text eol=crlf\n"),
        checked_out_with("filter.up.clean=tr a-z A-Z", "filter.up.smudge=tr A-Z a-z", attributes="*.bin filter=up\n"),
    ],
)  # fmt: skip
async def test_a_folder_without_a_change_is_head(folder: Folder, change: Callable[[Folder], None]) -> None:
    folder.write_all({**FILES, ".gitattributes": "*.bin -text\n"})
    folder.commit()
    git(folder.root, "config", "core.safecrlf", "false")
    change(folder)
    if change in (another_case,):  # Linux itself has two files
        head = await folder.head()
        assert head.head_sha == git(folder.root, "rev-parse", "HEAD")
        return
    await clean_head(folder)
    # A change beside it is nothing but that change.
    folder.write_all({"READ.me": "changed\n", "lib/new": "new\n"})
    head = await folder.head()
    git(folder.root, "add", "--all")
    assert (await folder.tree(head), head.left_out) == (git(folder.root, "write-tree"), ())


async def test_files_that_were_copied_elsewhere_are_compared_by_content(folder: Folder) -> None:
    """Neither times nor inodes are those of the index then."""
    folder.write_all(FILES)
    folder.commit()
    checked_out_with("core.autocrlf=true")(folder)
    git(folder.root.parent, "clone", "--quiet", "--shared", str(folder.root), "other")
    for path in FILES:
        os.utime(folder.root / path, (1, 1))
    assert (await folder.head()).head_sha == git(folder.root, "rev-parse", "HEAD")


async def test_a_changed_file_of_a_filter_is_named_and_not_guessed(folder: Folder) -> None:
    folder.write_all({"c.bin": "HELLO\n", ".gitattributes": "*.bin filter=up\n"})
    folder.commit()
    git(folder.root, "config", "filter.up.clean", f"touch {folder.mark}; tr a-z A-Z")
    folder.write_all({"c.bin": "changed\n", "new.bin": "new\n"})
    head = await folder.head()
    assert [await folder.text(head, path) for path in ("c.bin", "new.bin")] == [b"changed\n", b"new\n"]
    assert ["'c.bin'" in head.left_out[0], "'new.bin'" in head.left_out[1]] == [True, True]
    assert not folder.mark.exists()
    git(folder.root, "add", "c.bin")
    folder.mark.unlink()
    assert await folder.text(await folder.head(), "c.bin") == b"CHANGED\n"
    assert not folder.mark.exists()


async def test_a_file_that_is_not_as_its_attributes_say_is_named(folder: Folder) -> None:
    folder.write_all({"a.txt": "no byte order mark\n", ".gitattributes": "*.txt working-tree-encoding=UTF-16\n"})
    git(folder.root, "init", "--quiet")
    with pytest.raises(UserError, match=r"'a.txt' is missing a byte order mark"):
        await folder.head()


@pytest.mark.parametrize("how", ["usual", "home", "named", "included", "included from ~", "for this folder"])
async def test_what_the_person_excludes_everywhere_is_no_part_of_the_head(folder: Folder, how: str) -> None:
    home = folder.root.parent
    folder.write_all({"a": "a\n", ".env": "TOKEN=1\n", "kept": "kept\n"})
    place = home / {"usual": ".config/git/ignore", "home": "xdg/git/ignore"}.get(how, "mine")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(".env\n")
    environ = dict(folder.environ)
    if how == "home":
        environ["XDG_CONFIG_HOME"] = str(home / "xdg")
    excludes = "[core]\n\texcludesFile = ~/mine\n"
    if how == "named":
        (home / ".gitconfig").write_text(excludes)
    elif how.startswith("included") or how == "for this folder":
        (home / "more").write_text(excludes)
        section = f'includeIf "gitdir:{home}/"' if how == "for this folder" else "include"
        (home / ".gitconfig").write_text(f"[{section}]\n\tpath = {'~/' * how.endswith('~')}more\n")
    for _ in range(2):  # as a plain folder, and as a repository
        folder = replace(folder, person=environ)
        seen = {"a", "kept"} | ({".env"} if how == "for this folder" and not (folder.root / ".git").exists() else set())
        assert set(await folder.listed(await folder.head())) == seen
        git(folder.root, "init", "--quiet")


async def test_files_that_are_to_be_added_count_and_conflicts_are_refused(folder: Folder) -> None:
    folder.write_all({"a": "a\n", ".gitignore": "*.log\n"})
    first = folder.commit()
    folder.write_all({"b.log": "b\n"})
    git(folder.root, "add", "--force", "--intent-to-add", "b.log")
    assert set(await folder.listed(await folder.head())) == {"a", ".gitignore", "b.log"}
    (folder.root / "b.log").unlink()
    assert (await folder.head()).head_sha == first
    git(folder.root, "rm", "--quiet", "--cached", "b.log")
    git(folder.root, "checkout", "--quiet", "-b", "change")
    folder.write(a="mine\n")
    change = folder.commit()
    git(folder.root, "checkout", "--quiet", "main")
    folder.write(a="theirs\n")
    theirs = folder.commit()
    git(folder.root, "checkout", "--quiet", "change")
    with pytest.raises(Exception, match="merge"):
        git(folder.root, "merge", "main")
    with pytest.raises(UserError, match="conflicts in 'a'"):
        await folder.head()
    folder.write(a="both\n")
    git(folder.root, "add", "a")
    merge = await folder.head()
    assert git_parents(folder, merge) == [change, theirs]
    assert await folder.base(merge) == theirs
    git(folder.root, "merge", "--abort")
    git(folder.root, "checkout", "--quiet", "--detach", "change")
    assert (await folder.head()).head_sha == change


def git_parents(folder: Folder, head: LocalHead) -> list[str]:
    return git(folder.workspaces.mirror(head.repo), "rev-parse", f"{head.head_sha}^@").split()


async def test_a_shallow_clone_is_gated_as_far_as_it_reaches(folder: Folder) -> None:
    folder.write(a="1\n")
    folder.commit()
    git(folder.root, "branch", "change")
    folder.write(a="2\n")
    main = folder.commit()
    shallow = clone(folder, "--depth=1")
    git(shallow.root, "checkout", "--quiet", "-b", "own")
    shallow.write(b="b\n")
    head = await shallow.head()
    assert (head.base_sha, await shallow.base(head)) == (main, main)
    with pytest.raises(UserError, match="shallow"):
        await shallow.head("HEAD~5")
    # A branch that has nothing in common with main as far as the clone reaches; then what is missing is fetched.
    git(folder.root, "checkout", "--quiet", "change")
    folder.write(c="c\n")
    folder.commit()
    git(shallow.root, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    git(shallow.root, "fetch", "--quiet", "--depth=1", "origin")
    (shallow.root / "b").unlink()
    git(shallow.root, "checkout", "--quiet", "change")
    with pytest.raises(UserError, match="shallow: what HEAD and origin/HEAD have in common"):
        await shallow.head()
    git(shallow.root, "fetch", "--quiet", "--unshallow")
    assert await shallow.base(await shallow.head()) == git(folder.root, "merge-base", "main", "change")


async def test_a_partial_clone_is_gated_where_the_files_are_there(folder: Folder) -> None:
    folder.write_all({"a": "1\n", "b": "1\n", "deep/old": "old\n"})
    folder.commit()
    folder.write(a="2\n")
    main = folder.commit()
    git(folder.root, "checkout", "--quiet", "-b", "change")
    folder.write(b="2\n")
    (folder.root / "deep" / "old").unlink()
    folder.commit()
    git(folder.root, "checkout", "--quiet", "main")
    for kind in ("blob:none", "tree:0"):
        partial = clone(folder, f"--filter={kind}", "--branch=change")
        with pytest.raises(UserError, match=r"partial clone: \d files"):
            await partial.head()
        git(partial.root, "fetch", "--quiet", "--refetch", "--no-filter")
        assert await partial.base(await partial.head()) == main


async def test_what_has_no_files_is_refused(folder: Folder) -> None:
    folder.write(a="a\n")
    folder.commit()
    bare = clone(folder, "--bare")
    for place in (bare.root, bare.root / "refs", folder.root / ".git"):
        with pytest.raises(UserError, match="without files"):
            await replace(folder, root=place).head()
    git(bare.root, "worktree", "add", "--quiet", str(folder.root.parent / "tree"), "main")
    await clean_head(replace(folder, root=folder.root.parent / "tree"))
    git(folder.root, "config", "core.worktree", str(folder.root.parent))
    with pytest.raises(UserError, match="elsewhere"):
        await folder.head()
    git(folder.root.parent, "init", "--quiet", "--object-format=sha256", "other")
    with pytest.raises(UserError, match="SHA-1"):
        await replace(folder, root=folder.root.parent / "other").head()
    git(folder.root.parent, "init", "--quiet", "later")
    with (folder.root.parent / "later" / ".git" / "config").open("a") as config:
        config.write("[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = unheard-of\n")
    with pytest.raises(UserError, match="newer version of git"):
        await replace(folder, root=folder.root.parent / "later").head()


async def test_a_folder_of_somebody_else_and_one_without_commits_are_gated(folder: Folder) -> None:
    folder.write(a="a\n")
    git(folder.root, "init", "--quiet")
    git(folder.root, "add", "a")
    head = await folder.head()
    assert (head.base_sha, set(await folder.listed(head))) == ("", {"a"})
    git(folder.root, "commit", "--quiet", "--message=x")
    if os.getuid() == 0:
        for path in (folder.root, *folder.root.rglob("*")):
            os.chown(path, 65534, 65534)
    assert (await folder.head()).head_sha == git(folder.root, "rev-parse", "HEAD")
