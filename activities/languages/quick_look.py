"""Whether a tool would find anything, by a look at the files' bytes: what has no sign of it starts no program."""

from collections.abc import Callable

from activities.tooling import Project
from activities.untrusted_files import UntrustedFileError

LARGEST_FILE_MB = 2
_MOST_FILES, _MOST_BYTES = 3000, 20_000_000
_NO_SOURCE = frozenset((".git", "node_modules"))


def any_file(project: Project, has: Callable[[bytes], bool], endings: tuple[str, ...] = ("",)) -> bool:
    """Whether a file with one of the endings has it; True of a tree that is too large for a quick look."""
    files, count, size = project.files, 0, 0
    for path in files.files(enter=lambda folder: folder.rpartition("/")[2] not in _NO_SOURCE):
        if not path.endswith(endings):
            continue
        try:
            data = files.read_bytes(path, LARGEST_FILE_MB * 1024**2)
        except UntrustedFileError:
            continue
        count, size = count + 1, size + len(data)
        if count > _MOST_FILES or size > _MOST_BYTES or has(data):
            return True
    return False
