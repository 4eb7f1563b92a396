"""The index of a folder's repository: which files git knows there, and which of them are as git last saw them.

Git takes a file for unchanged without reading it where the index has its size, its times and its inode. So does this:
what a filter or a conversion made of a committed file on disk is then no change, and nothing of that has to run.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import stat_result

from activities.errors import UserError
from activities.workspace.commits import EXECUTABLE, FILE, LINK, SUBMODULE, CommittedFile, committed_files
from activities.workspace.folder_config import GitConfig
from activities.workspace.folder_repository import StandIn
from activities.workspace.git import GitError, git

# As `git ls-files --stage --debug -z` prints an entry.
_ENTRY = re.compile(
    rb"(\d{6}) ([0-9a-f]+) ([0-3])\t([^\0]*)\0"
    rb"  ctime: (\d+):(\d+)\n  mtime: (\d+):(\d+)\n  dev: \d+\tino: (\d+)\n  uid: (\d+)\tgid: (\d+)\n"
    rb"  size: (\d+)\tflags: ([0-9a-f]+)\n"
)
_ASSUME_UNCHANGED, _INTENT_TO_ADD, _SKIP_WORKTREE = 1 << 15, 1 << 29, 1 << 30
_32_BITS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the index says of a file on disk. Times are (seconds, nanoseconds), numbers are cut to 32 bits."""

    ctime: tuple[int, int]
    mtime: tuple[int, int]
    inode: int
    owner: tuple[int, int]
    size: int


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """`is_kept`: git does not look whether the file has changed or is there (`assume-unchanged`, `skip-worktree`).
    `is_outside`: it lies outside of a sparse checkout, and counts unless it is there after all."""

    file: CommittedFile
    facts: FileFacts | None = None
    is_kept: bool = False
    is_outside: bool = False


@dataclass(frozen=True)
class FolderIndex:
    """`entries` by path; `added` are paths of which git only knows that they shall be added; `unmerged` those that a
    merge left in conflict. `written` is the time of the index's last change in nanoseconds."""

    entries: Mapping[str, IndexEntry] = field(default_factory=dict)
    added: frozenset[str] = frozenset()
    unmerged: tuple[str, ...] = ()
    written: int = 0

    def is_unchanged(self, entry: IndexEntry, now: stat_result, config: GitConfig) -> bool:
        """Whether the file is surely as git saw it last; else its content has to be compared."""
        then = entry.facts
        if then is None or not has_mode(entry.file.mode, now, config):
            return False
        # A file that changed at the time at which the index was written may have changed once more since. Then, and
        # only then, git itself notes a size of 0.
        if now.st_mtime_ns >= self.written or then.size != now.st_size & _32_BITS:
            return False
        if then.mtime != _as_in_index(now.st_mtime_ns):
            return False
        if config.get("core.checkstat").lower() == "minimal":
            return True
        if config.is_on("core.trustctime", True) and then.ctime != _as_in_index(now.st_ctime_ns):
            return False
        return then.inode == now.st_ino & _32_BITS and then.owner == (now.st_uid & _32_BITS, now.st_gid & _32_BITS)


def _as_in_index(time_ns: int) -> tuple[int, int]:
    seconds, rest = divmod(time_ns, 10**9)
    return seconds & _32_BITS, rest


def has_mode(mode: str, now: stat_result, config: GitConfig) -> bool:
    """Whether a file on disk has a committed one's kind and permission, as far as this file system knows these."""
    if mode == LINK:
        kind = stat.S_IFMT(now.st_mode)
        return kind == stat.S_IFLNK or (kind == stat.S_IFREG and not config.is_on("core.symlinks", True))
    executable = EXECUTABLE if now.st_mode & 0o100 else FILE
    return stat.S_ISREG(now.st_mode) and (mode == executable or not config.is_on("core.filemode", True))


async def read_index(names: StandIn) -> FolderIndex:
    """The index of a repository that stands in, or HEAD where there is none. Raises UserError for a broken one."""
    config, written = names.config, names.written
    try:
        if not written:
            head = await names.commit("HEAD")
            files = await committed_files(names.git_dir, head) if head else {}
            return FolderIndex({path: IndexEntry(file) for path, file in files.items()})
        listed = await git(names.git_dir, "ls-files", "--stage", "--debug", "-z")
    except GitError as error:
        raise UserError(f"Git cannot read the index of this folder: {error.stderr.strip()[-300:]}") from error
    sparse = config.is_on("core.sparsecheckout") and not config.is_on("sparse.expectfilesoutsideofpatterns")
    entries, added, unmerged, end = {}, set(), [], 0
    for found in _ENTRY.finditer(listed):
        if found.start() != end:
            break
        end = found.end()
        path, flags = found[4].decode("utf-8", "surrogateescape"), int(found[13], 16)
        if found[3] != b"0":
            unmerged.append(path)
        elif flags & _INTENT_TO_ADD:
            added.add(path)
        else:
            entries[path] = _entry(found, flags, sparse)
    if end != len(listed):
        raise UserError("The version of git on this machine lists the index in an unknown form. Report this, please.")
    return FolderIndex(entries, frozenset(added), tuple(dict.fromkeys(unmerged)), written)


def _entry(found: re.Match[bytes], flags: int, sparse: bool) -> IndexEntry:
    ctime, mtime, owner = ((int(found[group]), int(found[group + 1])) for group in (5, 7, 10))
    facts = FileFacts(ctime, mtime, int(found[9]), owner, int(found[12]))
    file = CommittedFile(found[1].decode("ascii"), found[2].decode("ascii"))
    skipped = bool(flags & _SKIP_WORKTREE)
    kept = bool(flags & _ASSUME_UNCHANGED) or (skipped and not sparse)
    return IndexEntry(file, facts if file.mode != SUBMODULE else None, kept, skipped and sparse)
