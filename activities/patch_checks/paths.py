"""Paths that some system takes for something else, links, and sizes."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from activities.agent_runs.untrusted_text import visible
from activities.patch_checks.patch import Patch, PatchFile
from activities.patch_checks.types import PatchProblem
from activities.reporting import patch_problems as texts
from activities.workspace.commits import LINK, SUBMODULE, is_git_folder_name

MOST_FILES: Final = 300
MOST_LINES: Final = 20_000
MOST_REMOVED_FILES: Final = 50
LARGEST_FILE: Final = 1024**2
LARGEST_PATCH: Final = 5 * 1024**2
LARGEST_IMAGE: Final = 256 * 1024

_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_NO_NAME: Final = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_IMAGES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico")


def problems(patch: Patch) -> Iterator[PatchProblem]:
    """Of new paths alone: what was there before was somebody's decision."""
    new = {file.path for file in patch.files if file.after and not (file.before and file.before.path == file.path)}
    spellings: dict[str, set[str]] = {}
    for part in {part for path in patch.paths for part in _parts(path)}:
        spellings.setdefault(_folded(part), set()).add(part)
    old = {part for path in patch.paths - new for part in _parts(path)}
    for file in patch.files:
        if file.after is None:
            continue
        if file.path in new and (reason := _bad_name(file.path) or _collides(file.path, spellings, old)):
            yield PatchProblem("paths", file.path, 0, texts.bad_path(reason))
        if file.after.mode in (LINK, SUBMODULE):
            yield PatchProblem(
                "links", file.path, 0, texts.NEW_LINK if file.after.mode == LINK else texts.NEW_SUBMODULE
            )


def _bad_name(path: str) -> str:
    """Why no path may be so, "" where it may."""
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
        return "it leads out of the tree"
    if re.search(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4})", path) or visible(path) != path:
        return "it holds characters that nobody sees"
    if len(path.encode()) > 400:
        return "it is longer than 400 bytes"
    for part in path.split("/"):
        if is_git_folder_name(part) or part.lower() in (".gitmodules",):
            return "some systems take it for git's own"
        if _RESERVED.fullmatch(part) or _NO_NAME.search(part) or part.endswith((".", " ")) or part.startswith(" "):
            return "Windows cannot have it"
    return ""


def _collides(path: str, spellings: dict[str, set[str]], old: set[str]) -> str:
    """`old` are the files and folders that were there before."""
    if any(part not in old and len(spellings.get(_folded(part), ())) > 1 for part in _parts(path)):
        return "another path differs from it by the case of its letters only"
    return ""


def _parts(path: str) -> list[str]:
    """The path and the folders around it."""
    names = path.split("/")
    return ["/".join(names[:end]) for end in range(1, len(names) + 1)]


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def sizes(patch: Patch) -> Iterator[PatchProblem]:
    """Rows with the path "" are about the patch as a whole."""
    added = sum(len(lines.added) for lines in patch.lines)
    there = [file for file in patch.files if file.after]
    gone = [file for file in patch.files if not file.after]
    size = sum(file.after.size for file in there if file.after)
    for count, most, what in (
        (len(patch.files), MOST_FILES, "files"), (added, MOST_LINES, "new lines"), (size, LARGEST_PATCH, "bytes"),
        (len(gone), MOST_REMOVED_FILES, "removed files"),
    ):  # fmt: skip
        if count > most:
            yield PatchProblem("sizes", "", 0, texts.too_many(count, most, what))
    if patch.too_large:
        yield PatchProblem("sizes", "", 0, texts.TOO_LARGE_TO_READ)
    for file in there:
        yield from _size(file)


def _size(file: PatchFile) -> Iterator[PatchProblem]:
    assert file.after
    grows = not file.before or file.after.size > file.before.size
    if file.after.size > LARGEST_FILE and grows:
        yield PatchProblem("sizes", file.path, 0, texts.too_many(file.after.size, LARGEST_FILE, "bytes"))
        return
    is_image = file.path.lower().endswith(_IMAGES) and file.after.size <= LARGEST_IMAGE
    if file.after.is_file and file.after.text is None and not is_image:
        yield PatchProblem("sizes", file.path, 0, texts.BINARY)
