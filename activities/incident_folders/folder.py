"""Which files of a folder hold what, by their columns, and when the fault began, where the folder says it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from activities.errors import UserError
from activities.incident_folders.columns import CsvHead, head_of, kind_of_columns
from activities.incident_folders.epochs import moment
from activities.reporting.markdown import code
from activities.reporting.wording import listed

FolderKind = Literal["metrics", "logs", "spans", "calls", "lines"]
"""`spans` are those of traces, `calls` who calls whom, `lines` a log that is no table."""

_MOST_FILES: Final = 5_000
_DEEPEST: Final = 4
_LARGEST_NOTE: Final = 1024**2
_LOGS: Final = (".log", ".jsonl", ".ndjson", ".txt")
_TOPOLOGY: Final = ("topology.json", "topology.yml", "topology.yaml")
_NOTES: Final = ("inject_time.txt", "target.json")
EXPECTED: Final = (
    "Expected is one of these: a CSV file with a column `time` or `timestamp` and columns such as `cart_cpu`; files "
    "`metrics.csv`, `logs.csv` and `traces.csv`; or CSV files for each pod with columns such as `PodName`."
)


@dataclass(frozen=True)
class FolderFile:
    """`head` is empty for what is no table."""

    path: Path
    kind: FolderKind
    head: CsvHead = field(default_factory=CsvHead)


@dataclass(frozen=True)
class DataFolder:
    """`onset` (seconds since 1970) and `service` are what a note beside the data says, 0 and "" where there is none.
    `before` is a table of metrics without any fault, which was measured at another time."""

    root: Path
    files: tuple[FolderFile, ...]
    onset: float = 0.0
    service: str = ""
    before: FolderFile | None = None

    def of(self, kind: FolderKind) -> tuple[FolderFile, ...]:
        """Those that hold this."""
        return tuple(each for each in self.files if each.kind == kind)


def open_folder(path: str) -> DataFolder:
    """What is in it; no link is followed. Raises UserError that says what was expected. Blocking."""
    root = Path(path)
    if not root.is_dir():
        raise UserError(f"{code(path)} is no folder that can be read. Name the folder with the data of one incident.")
    paths = list(_paths(root))
    issues = sorted({str(each.parent.relative_to(root)) for each in paths if each.name in _NOTES})
    if len(issues) > 1:
        names = listed([code(each) for each in issues[:5]])
        raise UserError(f"{code(path)} holds the data of {len(issues)} incidents. Name one of them, such as {names}.")
    files = [found for each in sorted(paths) if (found := _file(each))]
    note = next((each.parent for each in paths if each.name in _NOTES), root)
    onset, service = _injected(note)
    before = None
    if (note / "target.json").is_file():
        # PetShop keeps the graph, and what was measured without a fault, beside all issues.
        shared = note.resolve().parents[1]
        if graph := _file(shared / "graph.csv"):
            files.append(graph)
        before = _file(shared / "noissue" / "metrics.csv")
    if not files:
        raise UserError(f"{code(path)} holds no metrics, logs or traces that can be read. {EXPECTED}")
    return DataFolder(root, tuple(files), onset, service, before)


def _paths(root: Path) -> Iterator[Path]:
    """Regular files, not too deep below."""
    left = _MOST_FILES
    for folder, folders, names in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and depth < _DEEPEST)
        for name in sorted(names)[:left]:
            path = Path(folder, name)
            if not path.is_symlink() and path.is_file():
                left -= 1
                yield path


def _file(path: Path) -> FolderFile | None:
    """None for a file that holds none of all that."""
    if path.name in _TOPOLOGY and path.is_file():
        return FolderFile(path, "calls")
    if path.name in _NOTES or path.name.endswith(("traceid.csv", "readme.txt", "README.txt")):
        return None
    if path.suffix in _LOGS:
        return FolderFile(path, "lines")
    if path.suffix != ".csv" or not path.is_file():
        return None
    head = head_of(path)
    kind = kind_of_columns(head)
    return FolderFile(path, kind, head) if kind else None


def _injected(folder: Path) -> tuple[float, str]:
    """(when, the service of the alert) by `inject_time.txt` or `target.json`; what is the cause is not read."""
    text = _note(folder / "inject_time.txt")
    if text:
        return moment(text.split("\n", 1)[0].strip()), ""
    try:
        target = json.loads(_note(folder / "target.json") or "{}")["target"]
        return moment(str(target["timestamp"])), str(target["node"])[:100]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0.0, ""


def _note(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_NOTE).decode("utf-8", "replace")
    except OSError:
        return ""
