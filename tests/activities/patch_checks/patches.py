"""Patches between two sets of files, as they would be read from a mirror."""

import difflib
from collections.abc import Iterator, Mapping

from activities.patch_checks.patch import Patch, PatchFile, PatchLines, PatchSide


def make_patch(before: Mapping[str, str], after: Mapping[str, str], *, with_lines: bool = True) -> Patch:
    """Without renames. Lines cost the square of their number."""
    files = [
        PatchFile(_side(path, before), _side(path, after))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]
    lines = [each for file in files for each in (_lines(file) if with_lines else ())]
    return Patch(files, lines, frozenset(after), by_path={file.path: file for file in files})


def _side(path: str, files: Mapping[str, str]) -> PatchSide | None:
    return PatchSide(path, "100644", len(files[path]), files[path]) if path in files else None


def _lines(file: PatchFile) -> Iterator[PatchLines]:
    old, new = (text.splitlines() for text in file.texts)
    for tag, first, end, new_first, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield PatchLines(file.path, new_first + 1, old[first:end], new[new_first:new_end])
