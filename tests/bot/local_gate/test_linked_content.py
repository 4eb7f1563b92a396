"""Submodules and files of Git LFS in a folder: their content is in the checkouts where the folder has it, else told."""

import hashlib
from dataclasses import replace
from pathlib import Path

from activities.model import QualityGateResult
from activities.result_store import ResultStore
from activities.workspace.lfs import content_path
from bot.local_gate.folder import LocalHead
from bot.local_gate.known_verdicts import KnownVerdicts
from tests.bot.local_gate.folders import Folder, git


async def checked_out(folder: Folder, head: LocalHead) -> tuple[Path, tuple[str, ...]]:
    """The files that the checks see, and what they lack."""
    lacking = await folder.workspaces.fetch_linked(head.repo, head.head_sha, "")
    return await folder.workspaces.checkout(head.repo, head.head_sha), lacking


def add_submodule(folder: Folder, source: Folder, path: str) -> None:
    git(folder.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(source.root), path)


async def test_a_submodule_is_there_at_the_commit_that_is_checked_out(folder: Folder) -> None:
    inner, outer = (replace(folder, root=folder.root.parent / name) for name in ("inner", "outer"))
    inner.write_all({"in.txt": "in\n"})
    inner.commit()
    outer.write_all({"out.txt": "out\n"})
    first = outer.commit()
    add_submodule(outer, inner, "nested")
    second = outer.commit()
    folder.write(a="a\n")
    folder.commit()
    add_submodule(folder, outer, "dep")
    git(folder.root / "dep", "checkout", "--quiet", first)
    folder.commit()
    checkout, lacking = await checked_out(folder, await folder.head())
    assert ((checkout / "dep" / "out.txt").read_text(), lacking) == ("out\n", ())
    git(folder.root / "dep", "checkout", "--quiet", second)
    git(folder.root / "dep", "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")
    changed = await folder.head()
    git(folder.root, "add", "dep")
    assert await folder.tree(changed) == git(folder.root, "write-tree")
    checkout, lacking = await checked_out(folder, changed)
    assert ((checkout / "dep" / "nested" / "in.txt").read_text(), lacking) == ("in\n", ())
    (folder.root / "dep" / "out.txt").write_text("not committed\n")
    assert "'dep' is a submodule" in (await folder.head()).left_out[0]
    # A clone in which nobody asked for submodules.
    git(folder.root, "commit", "--quiet", "--message=x")
    git(folder.root.parent, "clone", "--quiet", str(folder.root), "clone")
    clone = replace(folder, root=folder.root.parent / "clone")
    checkout, lacking = await checked_out(clone, await clone.head())
    assert len(lacking) == 1
    assert "'dep' is empty in the checks: run `git submodule update --init`" in lacking[0]
    # Taken later, it is in the base too, and no verdict from before counts.
    before = await clone.head()
    verdicts = KnownVerdicts(ResultStore(folder.root.parent / "results"))
    verdicts.put(before, QualityGateResult(before.head_sha, before.base_sha, "passed", True, 100.0))
    assert verdicts.get(before)
    git(clone.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive")
    after = await clone.head()
    assert (after.head_sha, verdicts.get(after)) == (before.head_sha, None)
    checkout, lacking = await checked_out(clone, after)
    assert ((checkout / "dep" / "nested" / "in.txt").read_text(), lacking) == ("in\n", ())
    # One that is there no more is empty in the checks too.
    git(clone.root, "submodule", "--quiet", "deinit", "--force", "--all")
    checkout, lacking = await checked_out(clone, await clone.head())
    assert (list((checkout / "dep").iterdir()), len(lacking)) == ([], 1)
    # A file that names a repository elsewhere on this machine opens none.
    (clone.root / "dep" / ".git").write_text(f"gitdir: {outer.root}/.git\n")
    _, lacking = await checked_out(clone, await clone.head())
    assert len(lacking) == 1


async def test_the_content_of_lfs_files_is_there_where_the_folder_has_it(folder: Folder) -> None:
    def pointer(content: bytes) -> str:
        oid = hashlib.sha256(content).hexdigest()
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"

    folder.write_all(
        {".gitattributes": "*.bin filter=lfs -text\n", "a.bin": pointer(b"picture"), "b.bin": pointer(b"b")}
    )
    folder.commit()
    checkout, lacking = await checked_out(folder, await folder.head())
    assert len(lacking) == 1
    assert "only their pointers: 'a.bin', 'b.bin'. Run `git lfs pull`" in lacking[0]
    assert (checkout / "a.bin").read_text() == pointer(b"picture")
    for content, said in ((b"picture", b"picture"), (b"b", b"forged")):
        path = content_path(hashlib.sha256(content).hexdigest())
        folder.write_all({f".git/lfs/objects/{path}": said})
    checkout, lacking = await checked_out(folder, await folder.head())
    assert (checkout / "a.bin").read_bytes() == b"picture"
    assert "only their pointers: 'b.bin'." in lacking[0]
    # With git-lfs set up, a changed file becomes a new pointer, and nothing is run.
    git(folder.root, "config", "filter.lfs.clean", f"touch {folder.mark}")
    folder.write_all({"a.bin": b"picture", "b.bin": b"changed"})
    head = await folder.head()
    assert await folder.text(head, "a.bin") == pointer(b"picture").encode()
    assert await folder.text(head, "b.bin") == pointer(b"changed").encode()
    checkout, lacking = await checked_out(folder, head)
    assert ((checkout / "b.bin").read_bytes(), lacking) == (b"changed", ())
    assert not folder.mark.exists()
