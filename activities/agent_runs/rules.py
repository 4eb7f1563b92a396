"""A repository's own rules for agents: `AGENTS.md` and the like, read at a commit of a protected branch and nowhere
else, so that no pull request can change what an agent reads."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

RULE_FILES: Final = (
    "AGENTS.md", "CLAUDE.md", "GEMINI.md", ".github/copilot-instructions.md", ".cursorrules", ".windsurfrules",
    "CONVENTIONS.md",
)  # fmt: skip
"""In the order in which they are shown. At the root, and those of one name in the folders of the files of interest."""
_LARGEST: Final = 64 * 1024
_LONGEST: Final = 24_000
_MOST_FOLDERS: Final = 20


async def read_rules(mirror: Path, commit: str, files: Iterable[str] = ()) -> str:
    """The texts of the rule files with their paths, "" where there are none. `files`: paths whose folders may have
    rules of their own."""
    from activities.workspace.commits import EXECUTABLE, FILE, committed_files
    from activities.workspace.git import git

    committed = await committed_files(mirror, commit)
    found: list[str] = []
    seen: set[str] = set()
    left = _LONGEST
    for path in _candidates(files):
        file = committed.get(path)
        if file is None or file.mode not in (FILE, EXECUTABLE):  # a link is looked at nowhere
            continue
        if int(await git(mirror, "cat-file", "-s", f"{commit}:{path}")) > _LARGEST:
            continue
        text = (await git(mirror, "cat-file", "blob", f"{commit}:{path}")).decode("utf-8", "replace").strip()
        if not text or text in seen or "\0" in text:
            continue  # often one is a copy of another
        seen.add(text)
        shown = text if len(text) <= left else f"{text[:left]}\n[… cut …]"
        found.append(f"### {path}\n\n{shown}")
        left -= len(shown)
        if left <= 0:
            break
    return "\n\n".join(found)


def _candidates(files: Iterable[str]) -> Iterable[str]:
    """The root's, then those of the folders on the way to the files, the outer ones first."""
    yield from RULE_FILES
    folders: list[str] = []
    for file in files:
        parts = file.split("/")[:-1]
        folders += ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
    for folder in list(dict.fromkeys(folders))[:_MOST_FOLDERS]:
        yield f"{folder}/AGENTS.md"
        yield f"{folder}/CLAUDE.md"
