"""What a model can look at: files with numbers of lines, folders, and a search through all files."""

import time
from collections.abc import Iterator
from typing import Final

from activities.agent_chat.edits import ToolProblem, checked_path, read_text
from activities.agent_chat.limits import EACH_END, head_and_tail
from activities.untrusted_files import UntrustedFolder
from activities.workspace.commits import is_git_folder_name

_MOST_SHOWN_LINES: Final = 400
_LONGEST_LINE: Final = 500
_MOST_ENTRIES: Final = 400
_MOST_MATCHES: Final = 100
_LONGEST_PATTERN: Final = 500
_SEARCH_S: Final = 10.0
_LARGEST_SEARCHED: Final = 1024**2
_PASSED_BY: Final = frozenset(("node_modules", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache", ".pytest_cache"))


def show_file(tree: UntrustedFolder, path: str, start: int = 1, end: int = 0) -> str:
    """Lines `start` to `end` (0: the last one) with their numbers, at most so many. Raises ToolProblem."""
    path = checked_path(path)
    if tree.is_folder(path):
        raise ToolProblem(f"{path} is a folder: use `list`.")
    lines = read_text(tree, path).text.split("\n")
    if lines[-1] == "":
        lines.pop()
    first = max(1, start)
    last = min(len(lines), end if end >= first else len(lines), first + _MOST_SHOWN_LINES - 1)
    if not lines:
        return f"{path} is empty."
    if first > len(lines):
        raise ToolProblem(f"{path} has {len(lines):,} lines only.")
    shown = "\n".join(f"{number:>6}  {_short(lines[number - 1])}" for number in range(first, last + 1))
    return f"{path}, lines {first} to {last} of {len(lines):,}:\n{head_and_tail(shown, 4 * EACH_END)}"


def list_folder(tree: UntrustedFolder, path: str = ".") -> str:
    """What is in a folder, folders with a slash."""
    path = checked_path(path)
    if not tree.is_folder(path):
        raise ToolProblem(f"{path} is no folder.")
    entries = [entry for entry in tree.entries(path) if not is_git_folder_name(entry.path.rpartition("/")[2])]
    marks = {"folder": "/", "link": " (a link)", "other": " (no file)"}
    names = [f"{entry.path.rpartition('/')[2]}{marks.get(entry.kind, '')}" for entry in entries[:_MOST_ENTRIES]]
    more = f"\n[… {len(entries) - _MOST_ENTRIES:,} more …]" if len(entries) > _MOST_ENTRIES else ""
    return head_and_tail("\n".join(names)) + more if names else f"{path} is empty."


def search_files(tree: UntrustedFolder, pattern: str, path: str = ".", seconds: float = _SEARCH_S) -> str:
    """Lines that a regular expression fits, or that contain the text where it is none. A pattern that takes too long
    ends the search. Raises ToolProblem."""
    path = checked_path(path)
    if not pattern or len(pattern) > _LONGEST_PATTERN:
        raise ToolProblem(f"Search for 1 to {_LONGEST_PATTERN} characters.")
    found, cut = [], ""
    try:
        for match in _matches(tree, pattern, path, seconds):
            found.append(match)
            if len(found) >= _MOST_MATCHES:
                cut = f"\n[… more than {_MOST_MATCHES} lines: search for something rarer, or in a folder …]"
                break
    except TimeoutError:
        cut = f"\n[… the search took more than {seconds:g} seconds and was ended: write a simpler pattern …]"
    if not found:
        return f"No line fits {pattern!r}.{cut}"
    return head_and_tail("\n".join(found), 2 * EACH_END) + cut


def _matches(tree: UntrustedFolder, pattern: str, path: str, seconds: float) -> Iterator[str]:
    """Raises TimeoutError."""
    import regex

    try:
        expression = regex.compile(pattern)
    except (regex.error, ValueError, OverflowError, RecursionError):
        expression = regex.compile(regex.escape(pattern))
    until = time.monotonic() + seconds
    paths = [path] if tree.is_file(path) else list(tree.files(path, enter=_is_entered))
    for name, data in tree.read_each(paths, _LARGEST_SEARCHED):
        if data is None or b"\0" in data[:8192]:
            continue
        text = data.decode("utf-8", "replace")
        for number, line in enumerate(text.split("\n"), 1):
            if (left := until - time.monotonic()) <= 0:
                raise TimeoutError
            if expression.search(line, timeout=left):
                yield f"{name}:{number}: {_short(line.rstrip())}"


def _is_entered(folder: str) -> bool:
    name = folder.rpartition("/")[2]
    return name not in _PASSED_BY and not is_git_folder_name(name)


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} [… {len(line) - _LONGEST_LINE:,} more]"
