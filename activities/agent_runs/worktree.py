"""What an agent changed in its private copy: the contents of regular files, and nothing else that it left there.

What the repository ignores, and what tools leave behind, is no part of a change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pathspec import GitIgnoreSpec

from activities.reports import valid_unicode
from activities.untrusted_files import FoundEntry, UntrustedFileError, UntrustedFolder
from activities.workspace.commits import EXECUTABLE, FILE, CommittedFile, is_git_folder_name

_LARGEST_FILE = 20 * 1024**2
_MOST_FILES = 20_000
_NEVER_ENTERED = frozenset(
    (
        *("node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox", ".eggs", "htmlcov"),
        *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".benchmarks", ".cache", ".nyc_output"),
    )
)
_LEFT_BY_TOOLS = (".pyc", ".pyo", ".coverage", ".DS_Store", ".swp", ".orig", ".rej")


@dataclass(frozen=True)
class AgentChange:
    """Path → new content, and removed paths. `executable` are the changed paths that are. `left_out`: sentences about
    what no commit takes over."""

    changed: Mapping[str, bytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    executable: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()


def take_change(before: UntrustedFolder, after: UntrustedFolder, committed: Mapping[str, CommittedFile]) -> AgentChange:
    """The difference of `after` from `before`, the checkout of the commit with these files."""
    changed: dict[str, bytes] = {}
    removed, executable, left_out = [], set(), []
    for path, file in committed.items():
        if file.mode not in (FILE, EXECUTABLE):
            continue  # links and submodules stay as they are
        was, now = before.look(path), after.look(path)
        if was is None or was.kind != "file":
            continue  # a file of Git LFS that is not here
        if now is None:
            removed.append(path)
            continue
        data, problem = _content(after, path)
        if problem:
            left_out.append(problem)
        elif data != _content(before, path)[0] or now.executable != was.executable:
            changed[path] = data
            if now.executable:
                executable.add(path)
    for path in _new_files(after, committed):
        data, problem = _content(after, path)
        if problem:
            left_out.append(problem)
            continue
        changed[path] = data
        entry = after.look(path)
        if entry and entry.executable:
            executable.add(path)
    return AgentChange(changed, tuple(removed), frozenset(executable), tuple(left_out))


@dataclass(frozen=True)
class KeptFiles:
    """What differs from the start: path → content, None for a removed one."""

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    executable: frozenset[str] = frozenset()


def kept_files(before: UntrustedFolder, after: UntrustedFolder) -> KeptFiles:
    """The same as far as sizes and times of change tell it, for another attempt to go on from."""
    start = dict.fromkeys(before.files())
    changed = [path for path in start if _is_changed(before.look(path), after.look(path))]
    changed += _new_files(after, start)
    files: dict[str, bytes | None] = {}
    for path in changed:
        data, problem = _content(after, path)
        if not problem or after.look(path) is None:
            files[path] = None if problem else data
    return KeptFiles(files, frozenset(path for path in files if (entry := after.look(path)) and entry.executable))


def put_back(kept: KeptFiles, to: UntrustedFolder) -> None:
    """Makes a copy of the start what it was."""
    for path, data in kept.files.items():
        if data is None:
            to.remove(path)
        else:
            to.write(path, data, executable=path in kept.executable)


def _is_changed(was: FoundEntry | None, now: FoundEntry | None) -> bool:
    if was is None or now is None:
        return was is not now
    facts = [(one.kind, one.facts.st_size, one.facts.st_mtime_ns, one.executable) for one in (was, now)]
    return facts[0] != facts[1]


def _content(folder: UntrustedFolder, path: str) -> tuple[bytes, str]:
    """(the content, "") or (b"", why there is none)."""
    entry: FoundEntry | None = folder.look(path)
    if entry is None or entry.kind != "file":
        return b"", f"{path!r} is no regular file any more, so it is left as it was."
    try:
        return folder.read_bytes(path, _LARGEST_FILE), ""
    except UntrustedFileError as error:
        return b"", f"{path!r} {error.reason}."


def _new_files(after: UntrustedFolder, committed: Mapping[str, object]) -> Iterator[str]:
    """Regular files that the commit does not have and that its ignore files, as they are now, do not name."""
    ignored = _Ignored(after)

    def enter(folder: str) -> bool:
        name = folder.rpartition("/")[2]
        is_left = name in _NEVER_ENTERED or name.endswith((".egg-info", ".dist-info")) or is_git_folder_name(name)
        return not is_left and not ignored(f"{folder}/")

    found = 0
    for path in after.files(enter=enter):
        name = path.rpartition("/")[2]
        if path in committed or name.endswith(_LEFT_BY_TOOLS) or is_git_folder_name(name) or ignored(path):
            continue
        if valid_unicode(path) != path:
            continue
        found += 1
        if found > _MOST_FILES:
            return
        yield path


class _Ignored:
    """What `.gitignore` files say of a path, the nearest one last."""

    def __init__(self, files: UntrustedFolder) -> None:
        self._files = files
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def __call__(self, path: str) -> bool:
        said: bool | None = None
        parts = path.rstrip("/").split("/")[:-1]
        for depth in range(len(parts) + 1):
            folder = "/".join(parts[:depth])
            if spec := self._spec(folder):
                inside = path[len(folder) + 1 :] if folder else path
                found = spec.check_file(inside).include
                said = said if found is None else found
        return bool(said)

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._specs:
            name = f"{folder}/.gitignore" if folder else ".gitignore"
            try:
                lines = self._files.read_text(name, 1024**2).splitlines()
                self._specs[folder] = GitIgnoreSpec.from_lines(lines)
            except (UntrustedFileError, ValueError):
                self._specs[folder] = None
        return self._specs[folder]
