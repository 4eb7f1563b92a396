"""A folder as a repository for the gate: what of it becomes the head, and that nothing in it runs."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from activities.errors import UserError
from activities.workspace.git import git as run_git
from bot.local_gate.applied_change import apply_change
from bot.local_gate.folder import local_head
from tests.bot.local_gate.folders import Folder, git

ODD = os.fsdecode(b"odd\n\x1b[31m\xff")


def evil_config(folder: Folder) -> str:
    """A configuration in which whatever git could run makes the mark."""
    run = f"touch {folder.mark}"
    return (
        f'[core]\n\trepositoryformatversion = 1\n\tfsmonitor = {run}\n\tsshCommand = {run}\n\thooksPath = hooks\n'
        f'\tgitProxy = {run}\n\teditor = {run}\n\tpager = {run}\n\talternateRefsCommand = {run}\n\taskPass = {run}\n'
        f'[filter "evil"]\n\tclean = {run}; cat\n\tsmudge = {run}; cat\n\tprocess = {run}\n\trequired = true\n'
        f'[diff "evil"]\n\tcommand = {run}\n\ttextconv = {run}\n[diff]\n\texternal = {run}\n'
        f'[merge "evil"]\n\tdriver = {run}\n[gpg]\n\tprogram = {run}\n[commit]\n\tgpgSign = true\n'
        f'[uploadpack]\n\tpackObjectsHook = {run}\n[credential]\n\thelper = "!{run}"\n'
        f'[alias]\n\trev-parse = "!{run}"\n\tadd = "!{run}"\n[protocol "ext"]\n\tallow = always\n'
        f'[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\tpromisor = true\n\tuploadpack = {run}\n'
        f'\turl = ext::sh -c "{run}"\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[include]\n\tpath = pipe\n'
    )  # fmt: skip


def make_evil(folder: Folder, git_dir: Path) -> None:
    """Replaces the configuration, and adds hooks, to a folder that may be a repository already."""
    for name in ("hooks", "refs/heads", "objects", "info"):
        (git_dir / name).mkdir(parents=True, exist_ok=True)
    if not (git_dir / "HEAD").exists():
        (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
        (git_dir / "refs/heads/main").write_text("1" * 40 + "\n")
    (git_dir / "config").write_text(evil_config(folder))
    (git_dir / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    for name in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction", "fsmonitor-watchman"):
        (git_dir / "hooks" / name).write_text(f"#!/bin/sh\ntouch {folder.mark}\n")
        (git_dir / "hooks" / name).chmod(0o755)


async def test_the_tests_can_see_a_command_run(folder: Folder) -> None:
    """Git itself, in such a folder, runs it."""
    folder.write(a="a")
    folder.commit()
    git_dir = folder.root / ".git"
    (git_dir / "config").write_text(f"[core]\n\tfsmonitor = touch {folder.mark}\n")
    git(folder.root, "-c", "core.fsmonitor=" + f"touch {folder.mark}", "status")
    assert folder.mark.exists()


@pytest.mark.parametrize("filtered", [False, True])
async def test_a_hostile_repository_runs_nothing(folder: Folder, filtered: bool) -> None:
    folder.write(a="a\n", b="b\n")
    first = folder.commit()
    git(folder.root, "checkout", "--quiet", "-b", "change")
    folder.write(a="changed\n", c="c\n")
    make_evil(folder, folder.root / ".git")
    if not filtered:
        (folder.root / ".git" / "info" / "attributes").unlink()
    os.mkfifo(folder.root / ".git" / "pipe")
    (folder.root / ".git" / "index").unlink()
    missing = "2" * 40  # a remote's command would bring it
    (folder.root / ".git" / "refs" / "heads" / "missing").write_text(missing + "\n")
    head = await folder.head()
    assert head.base_sha == first
    assert set(await folder.listed(head)) == {"a", "b", "c"}
    assert await folder.text(head, "a") == b"changed\n"
    assert len(head.left_out) == (2 if filtered else 0)  # what a filter would make of them is not known
    with pytest.raises(UserError, match="no commit"):
        await folder.head("missing")
    with pytest.raises(UserError, match="no commit"):
        await folder.head(f"--exec=touch {folder.mark}")
    assert not folder.mark.exists()


@pytest.mark.parametrize("name", [".git", ".GIT", ".git.", "git~1", ".g\u200cit", ".git::$INDEX_ALLOCATION"])
@pytest.mark.parametrize("tracked", [False, True], ids=["a plain folder", "a repository with a submodule"])
async def test_a_nested_repository_runs_nothing(folder: Folder, name: str, tracked: bool) -> None:
    folder.write_all({"a": "a\n", "deep/sub/file": "file\n"})
    if tracked:
        git(folder.root, "init", "--quiet")
        git(folder.root, "add", "a")
        git(folder.root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},deep/sub")
        git(folder.root, "commit", "--quiet", "--message=x")
    make_evil(folder, folder.root / "deep" / "sub" / name)
    folder.write_all({"deep/sub/.gitattributes": "* filter=evil\n", "b": "b\n"})
    listed = await folder.listed(await folder.head())
    assert not folder.mark.exists()
    files = {"a": "100644", "b": "100644"}
    if tracked:
        assert listed == files | {"deep/sub": "160000"}
    elif name == ".git":
        assert listed == files
    else:
        assert listed == files | {"deep/sub/file": "100644", "deep/sub/.gitattributes": "100644"}


async def test_a_git_file_of_a_nested_folder_leads_nowhere(folder: Folder) -> None:
    make_evil(folder, folder.root.parent / "elsewhere")
    folder.write_all({"a": "a\n", "sub/.git": f"gitdir: {folder.root.parent / 'elsewhere'}\n", "sub/file": "file\n"})
    assert set(await folder.listed(await folder.head())) == {"a"}
    assert not folder.mark.exists()


async def test_what_programs_install_is_no_part_of_a_plain_folder(folder: Folder) -> None:
    """Unless the folder says otherwise. A repository has rules of its own."""
    folder.write_all({
        "a": "a\n", "node_modules/x/index.js": "x\n", "pkg/.venv/bin/python": "x\n", "pkg/__pycache__/a.pyc": "x\n",
        "kept/.gitignore": "!node_modules/\n", "kept/node_modules/y": "y\n",
    })  # fmt: skip
    assert set(await folder.listed(await folder.head())) == {"a", "kept/.gitignore", "kept/node_modules/y"}


async def test_only_files_and_links_of_the_folder_are_taken(folder: Folder) -> None:
    folder.write_all({"a": "a\n", ODD: "odd\n", "run": "run\n", "pkg/b": "b\n", ":(top)c": "c\n", "*": "star\n"})
    (folder.root / "run").chmod(0o755)
    (folder.root / "out").symlink_to(folder.root.parent / "secret")
    (folder.root / "everything").symlink_to("/")
    (folder.root / "loop").symlink_to("loop")
    os.mkfifo(folder.root / "pipe")
    os.mkfifo(folder.root / "pkg" / ".gitignore")
    (folder.root / "huge").touch()
    os.truncate(folder.root / "huge", 1 << 40)
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder.root)  # the address of a socket must be short
    try:
        server.bind("socket")
    finally:
        os.chdir(here)
    with closing(server):
        head = await folder.head()
    assert await folder.listed(head) == {
        "a": "100644", ODD: "100644", "run": "100755", "pkg/b": "100644", ":(top)c": "100644", "*": "100644",
        "out": "120000", "everything": "120000", "loop": "120000",
    }  # fmt: skip
    assert await folder.text(head, "out") == os.fsencode(folder.root.parent / "secret")
    assert sorted(head.left_out) == [
        "'huge' is larger than 100 MiB.", "'pipe' is no regular file.",
        "'pkg/.gitignore' is no regular file.", "'socket' is no regular file.",
    ]  # fmt: skip


async def test_ignored_files_are_left_out_as_git_does(folder: Folder) -> None:
    folder.write_all({
        ".gitignore": "*.log\n/build/\nnode_modules/\n!keep.log\n**/deep/*.tmp\n", "pkg/.gitignore": "!b.log\nlocal\n",
        "a.log": "", "keep.log": "", "pkg/b.log": "", "pkg/c.log": "", "pkg/local": "", "local": "", "build/x": "",
        "pkg/build/x": "", "node_modules/m/.gitignore": "!*", "node_modules/m/x": "", "pkg/node_modules/x": "",
        "x/deep/y.tmp": "", "x/y.tmp": "", "tracked.log": "", "build/tracked": "", "file/node_modules": "",
    })  # fmt: skip
    git(folder.root, "init", "--quiet")
    git(folder.root, "add", "--force", "tracked.log", "build/tracked")
    git(folder.root, "commit", "--quiet", "--message=x")
    folder.write_all({"tracked.log": "changed\n"})
    head = await folder.head()
    git(folder.root, "add", "--all")
    expected = git(folder.root, "ls-files").splitlines()
    assert sorted(await folder.listed(head)) == sorted(expected)
    assert "build/tracked" in expected
    assert "build/x" not in expected
    assert await folder.text(head, "tracked.log") == b"changed\n"


async def test_the_snapshot_is_what_git_would_commit(folder: Folder) -> None:
    """Changed, deleted, new; a file that became a folder and the reverse; modes; line ends and encodings."""
    folder.write_all({
        ".gitattributes": "*.bat text eol=crlf\n*.wide working-tree-encoding=UTF-16\n*.id ident\n",
        "a.bat": "one\ntwo\n", "same.bat": "one\n", "a.wide": "one\n".encode("utf-16"), "a.id": "$Id$\n", "a": "a\n",
        "gone": "", "file": "", "folder/x": "", "folder/y": "", "mode": "", "link": "", "crlf": "one\r\n",
    })  # fmt: skip
    first = folder.commit()
    for name in ("a.bat", "same.bat", "a.id"):
        (folder.root / name).unlink()
    git(folder.root, "checkout", "--quiet", "--", ".")
    assert (folder.root / "same.bat").read_bytes() == b"one\r\n"
    assert (await folder.head()).head_sha == first
    folder.write_all({"a.bat": "one\r\nthree\r\n", "new/z": "z\n"})
    (folder.root / "gone").unlink()
    (folder.root / "file").unlink()
    folder.write_all({"file/inside": ""})
    for name in ("x", "y"):
        (folder.root / "folder" / name).unlink()
    (folder.root / "folder").rmdir()
    folder.write(folder="now a file\n")
    (folder.root / "mode").chmod(0o755)
    (folder.root / "link").unlink()
    (folder.root / "link").symlink_to("a")
    head = await folder.head()
    git(folder.root, "add", "--all")
    tree = git(folder.root, "write-tree")
    assert (await run_git(folder.workspaces.mirror(head.repo), "rev-parse", f"{head.head_sha}^{{tree}}")).decode() == (
        tree + "\n"
    )
    assert head.base_sha == first
    assert (await folder.head()).head_sha == head.head_sha


@pytest.mark.parametrize("place", ["objects/pack/pack-1.idx", "objects/11/" + "1" * 38])
@pytest.mark.parametrize("kind", ["pipe", "link"])
async def test_a_repository_with_pipes_and_links_is_refused(folder: Folder, place: str, kind: str) -> None:
    folder.write(a="a\n")
    folder.commit()
    path = folder.root / ".git" / place
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    with pytest.raises(UserError, match="links, pipes or devices"):
        await folder.head()


@pytest.mark.parametrize("name", ["HEAD", "packed-refs", "config", "refs/heads/evil", "commondir"])
async def test_pipes_and_links_in_place_of_references_are_not_read(folder: Folder, name: str) -> None:
    folder.write(a="a\n")
    folder.commit()
    path = folder.root / ".git" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert set(await folder.listed(await folder.head())) == {"a"}
    path.unlink()
    path.symlink_to("/dev/zero")
    assert set(await folder.listed(await folder.head())) == {"a"}


async def test_every_way_to_name_a_base_works(folder: Folder) -> None:
    folder.write(a="1\n")
    first = folder.commit()
    git(folder.root, "tag", "v1")
    git(folder.root, "remote", "add", "origin", "https://example.com/x.git")
    git(folder.root, "update-ref", "refs/remotes/origin/main", first)
    git(folder.root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    git(folder.root, "config", "branch.main.remote", "origin")
    git(folder.root, "config", "branch.main.merge", "refs/heads/main")
    folder.write(a="2\n")
    second = folder.commit()
    git(folder.root, "pack-refs", "--all")
    for base in ("", "v1", "origin/main", "HEAD~1", "HEAD@{1}", "@{upstream}", "main@{upstream}", first[:10], "HEAD^"):
        head = await folder.head(base)
        assert (head.head_sha, head.base_sha) == (second, first)
    assert (await folder.head()).base_name == "origin/HEAD"
    (folder.root / "below").mkdir()
    assert (await local_head(folder.root / "below", "", folder.workspaces, folder.environ)).root == folder.root


async def test_a_further_work_tree_and_a_shared_object_database_are_read(folder: Folder) -> None:
    folder.write(a="1\n")
    first = folder.commit()
    other, clone = folder.root.parent / "other\n tree", folder.root.parent / "a clone"
    git(folder.root, "worktree", "add", "--quiet", "-b", "change", str(other))
    git(folder.root, "clone", "--quiet", "--shared", str(folder.root), str(clone))
    for root in (other, clone):
        each = Folder(root, folder.workspaces)
        each.write(b="2\n")
        head = await each.head()
        assert (head.root, head.base_sha) == (root, first)
        assert set(await each.listed(head)) == {"a", "b"}


async def test_a_fix_changes_files_and_nothing_behind_links(folder: Folder) -> None:
    folder.write_all({"a": "one\n", "b": "one\n", "c.bat": "one\ntwo\n", ".gitattributes": "*.bat text eol=crlf\n"})
    (folder.root / "b").chmod(0o755)
    folder.commit()
    (folder.root / "c.bat").unlink()
    git(folder.root, "checkout", "--quiet", "c.bat")
    head = await folder.head()
    mirror = folder.workspaces.mirror(head.repo)
    folder.write_all({"a": "two\n", "b": "two\n", "c.bat": "one\r\nthree\r\n"})
    fixed = await folder.head()
    folder.write_all({"a": "one\n", "b": "one\n", "c.bat": "one\r\ntwo\r\n"})
    make_evil(folder, folder.root / ".git")
    await apply_change(folder.root, mirror, head.head_sha, fixed.head_sha)
    assert [(folder.root / name).read_bytes() for name in ("a", "b", "c.bat")] == [
        b"two\n", b"two\n", b"one\r\nthree\r\n",
    ]  # fmt: skip
    assert os.access(folder.root / "b", os.X_OK)
    assert not os.access(folder.root / "a", os.X_OK)
    folder.write_all({"a": "edited\n", "b": "one\n", "c.bat": "one\r\ntwo\r\n"})
    with pytest.raises(UserError, match="do not fit"):
        await apply_change(folder.root, mirror, head.head_sha, fixed.head_sha)
    assert (folder.root / "b").read_text() == "one\n"
    secret = folder.root.parent / "secret"
    secret.write_text("one\n")
    (folder.root / "a").unlink()
    (folder.root / "a").symlink_to(secret)
    with pytest.raises(UserError, match="do not fit"):
        await apply_change(folder.root, mirror, head.head_sha, fixed.head_sha)
    assert secret.read_text() == "one\n"
    assert not folder.mark.exists()
