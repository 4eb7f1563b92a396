"""Changes of files by a model: a file as a whole, or one exact and unique place in it.

A place that is not found, or found more than once, is answered with the nearest lines; after two misses the tool wants
the whole file. Line ends, a mark of the byte order and permissions stay as they are.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field

from activities.agent_chat.limits import LARGEST_FILE, LARGEST_WHOLE, head_and_tail
from activities.untrusted_files import UntrustedFileError, UntrustedFolder
from activities.workspace.commits import is_git_folder_name

MOST_MISSES = 2
_BOM = "\ufeff"
_NEAREST = 3
_MOST_LINES = 5_000
_LONGEST_LINE = 400


class ToolProblem(Exception):
    """What a tool answers instead of a result."""


@dataclass(frozen=True)
class TextFile:
    r"""A file's text with `\n` at the end of each line, and how its lines end and begin on the disk."""

    text: str
    newline: str = "\n"
    bom: str = ""
    executable: bool = False

    def data(self, text: str) -> bytes:
        """Another text in the same form."""
        return (self.bom + text.replace("\n", self.newline)).encode("utf-8", "surrogatepass")


def checked_path(path: str) -> str:
    """A path below the root. Raises ToolProblem."""
    parts = [part for part in path.strip().split("/") if part not in ("", ".")]
    if path.strip().startswith("/") or ".." in parts or "\0" in path:
        raise ToolProblem(f"{path!r} is not a path inside the repository: write it relative to its root.")
    if any(is_git_folder_name(part) for part in parts):
        raise ToolProblem(f"{path!r} belongs to git, and cannot be read or changed.")
    return "/".join(parts) or "."


def read_text(tree: UntrustedFolder, path: str) -> TextFile:
    """Raises ToolProblem where it is no text, too large, or no regular file."""
    try:
        data = tree.read_bytes(path, LARGEST_FILE)
        entry = tree.look(path)
    except UntrustedFileError as error:
        raise ToolProblem(str(error)) from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ToolProblem(f"{path} is no text in UTF-8, so it cannot be shown or changed.") from None
    if "\0" in text:
        raise ToolProblem(f"{path} is a binary file, so it cannot be shown or changed.")
    bom = _BOM if text.startswith(_BOM) else ""
    plain = text.removeprefix(_BOM)
    only_crlf = "\r\n" in plain and plain.count("\n") == plain.count("\r\n")
    newline = "\r\n" if only_crlf and "\r" not in plain.replace("\r\n", "") else "\n"
    shown = plain.replace("\r\n", "\n") if newline == "\r\n" else plain
    return TextFile(shown, newline, bom, bool(entry and entry.executable))


@dataclass
class Editor:
    """`misses`: path → how often in a row a place in it was not found."""

    tree: UntrustedFolder
    misses: dict[str, int] = field(default_factory=dict)

    def write(self, path: str, content: str) -> str:
        """A new file, or a small one anew."""
        path = checked_path(path)
        entry = self.tree.look(path)
        if entry is None:
            self._write(path, TextFile(""), content)
            return f"Wrote the new file {path} ({_lines(content)})."
        was = read_text(self.tree, path)
        if len(was.text) > LARGEST_WHOLE and self.misses.get(path, 0) < MOST_MISSES:
            raise ToolProblem(f"{path} is large ({_lines(was.text)}): change places in it with `edit`.")
        content = content.replace("\r\n", "\n")
        if content == was.text:
            return f"{path} already has this content: nothing was changed."
        self._write(path, was, content)
        return f"Wrote {path} anew ({_lines(content)}; it had {_lines(was.text)})."

    def edit(self, path: str, search: str, replace: str) -> str:
        """Replaces the only place where `search` stands. Raises ToolProblem."""
        path = checked_path(path)
        was = read_text(self.tree, path)
        if not search:
            raise ToolProblem("The text to search for is empty. Use `write` for a new file.")
        if self.misses.get(path, 0) >= MOST_MISSES:
            raise ToolProblem(self._wants_whole(path, was.text))
        if was.newline == "\r\n":
            search, replace = search.replace("\r\n", "\n"), replace.replace("\r\n", "\n")
        if (found := was.text.count(search)) != 1:
            self.misses[path] = self.misses.get(path, 0) + 1
            raise ToolProblem(self._missed(path, was.text, search, found))
        if search == replace:
            return f"The new text is the same: {path} was not changed."
        line = was.text[: was.text.index(search)].count("\n") + 1
        self._write(path, was, was.text.replace(search, replace))
        return f"Changed {path} at line {line}."

    def _write(self, path: str, was: TextFile, text: str) -> None:
        data = was.data(text)
        if len(data) > LARGEST_FILE:
            raise ToolProblem(f"{path} would be larger than {LARGEST_FILE // 1024**2} MiB: it was not written.")
        try:
            self.tree.write(path, data, executable=was.executable)
        except UntrustedFileError as error:
            raise ToolProblem(str(error)) from None
        self.misses.pop(path, None)

    def _missed(self, path: str, text: str, search: str, found: int) -> str:
        if self.misses[path] >= MOST_MISSES:
            return self._wants_whole(path, text)
        if found:
            lines = ", ".join(str(line) for line in _places(text, search))
            return f"The text stands {found} times in {path} (lines {lines}): add lines around it until it is unique."
        return (
            f"The text does not stand in {path}, and nothing was changed. The nearest lines:\n{_nearest(text, search)}"
        )

    def _wants_whole(self, path: str, text: str) -> str:
        shown = head_and_tail(text, LARGEST_WHOLE)
        return f"Twice the text was not found in {path}. Write the whole file with `write`. It is now:\n{shown}"


def _places(text: str, search: str) -> Iterator[int]:
    """The lines of the first ten places."""
    at = -1
    for _ in range(10):
        at = text.find(search, at + 1)
        if at < 0:
            return
        yield text.count("\n", 0, at) + 1


def _nearest(text: str, search: str) -> str:
    """The lines that are most like the ones searched for, with their numbers and some around them."""
    lines = [line[:_LONGEST_LINE] for line in text.split("\n")[:_MOST_LINES]]
    wanted = next((line for line in search.split("\n") if line.strip()), "")[:_LONGEST_LINE]
    near = difflib.get_close_matches(wanted, list(dict.fromkeys(lines)), n=_NEAREST, cutoff=0.5)
    shown: list[int] = []
    for match in near:
        at = lines.index(match)
        shown += range(max(0, at - 1), min(len(lines), at + search.count("\n") + 3))
    if not shown:
        return "(no line is like it: read the file)"
    return "\n".join(f"{at + 1:>6}  {lines[at]}" for at in sorted(set(shown))[:60])


def _lines(text: str) -> str:
    count = text.count("\n") + (not text.endswith("\n")) if text else 0
    return f"{count:,} line{'s' if count != 1 else ''}"
