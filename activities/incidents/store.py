"""Where a host keeps what it fetched for an incident: one folder below the data folder, that no sandbox sees."""

import contextlib
import json
import os
import shutil
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.incidents.data import CallGraph, IncidentData, LogTable, MetricSeries, MetricTable
from activities.incidents.types import VIEWS, Alert, IncidentScope, RecentChange, StackFrame
from activities.result_store import digest

if TYPE_CHECKING:
    from collections.abc import Callable


class IncidentStore:
    """`root/<digest of the incident's id>/`, each file written whole or not at all. Blocking: call it in a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, incident: str) -> Path:
        """The folder of this incident, which is there afterwards."""
        folder = self._root / digest(incident)[:32]
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def scratch(self) -> Path:
        """The folder for temporary files beside it, which is there afterwards."""
        folder = self._root.with_name("scratch")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def forget(self, incident: str) -> None:
        """Removes what was fetched for it."""
        shutil.rmtree(self._root / digest(incident)[:32], ignore_errors=True)

    def put_metrics(self, incident: str, table: MetricTable) -> None:
        """As one compressed file of numpy's."""
        import numpy as np

        names = json.dumps([asdict(one) for one in table.series])
        self._write(
            incident,
            "metrics.npz",
            lambda path: np.savez_compressed(path, times=table.times, values=table.values, names=np.array(names)),
        )

    def metrics(self, incident: str) -> MetricTable | None:
        """None where nothing was fetched."""
        import msgspec
        import numpy as np

        try:
            with np.load(self.folder(incident) / "metrics.npz", allow_pickle=False) as found:
                names = msgspec.json.decode(str(found["names"]), type=tuple[MetricSeries, ...])
                return MetricTable(found["times"], found["values"], names)
        except (FileNotFoundError, zipfile.BadZipFile):
            return None

    def put_logs(self, incident: str, logs: LogTable) -> None:
        """As one Parquet file."""
        self._write(incident, "logs.parquet", logs.lines.write_parquet)
        self.put(incident, "logs", logs.left_out)

    def logs(self, incident: str) -> LogTable | None:
        """None where nothing was fetched."""
        import polars as pl

        try:
            lines = pl.read_parquet(self.folder(incident) / "logs.parquet")
        except FileNotFoundError:
            return None
        return LogTable(lines, self.get(incident, "logs", int) or 0)

    def put(self, incident: str, name: str, value: object) -> None:
        """A value of plain fields or a frozen dataclass, as `<name>.json`."""
        import msgspec

        content = msgspec.json.encode(value)
        self._write(incident, f"{name}.json", lambda path: path.write_bytes(content))

    def get(self, incident: str, name: str, kind: Any) -> Any:
        """None where there is none of that name, or one of another shape."""
        import msgspec

        try:
            return msgspec.json.decode((self.folder(incident) / f"{name}.json").read_bytes(), type=kind, strict=False)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def data(self, scope: IncidentScope, alert: Alert) -> IncidentData:
        """All that was fetched."""
        incident = scope.incident
        return IncidentData(
            scope,
            alert,
            self.metrics(incident),
            self.logs(incident),
            self.get(incident, "calls", CallGraph),
            self.get(incident, "changes", tuple[RecentChange, ...]),
            {view: said for view in VIEWS if (said := self.get(incident, f"problem-{view}", str))},
            self.get(incident, "frames", tuple[StackFrame, ...]) or (),
        )

    def _write(self, incident: str, name: str, write: "Callable[[Path], object]") -> None:
        folder = self.folder(incident)
        handle, path = tempfile.mkstemp(suffix=f"-{name}", dir=folder)
        os.close(handle)
        try:
            write(Path(path))
            Path(path).replace(folder / name)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(path).unlink()
            raise
