"""What checks found, kept in files: a history carries only an id, a re-run of the same tree finds it here."""

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from activities.model import Benchmark, FileCoverage, Finding, QualityCheck, TestCase, ToolReport


@dataclass(frozen=True)
class Judged:
    """A check's verdict with everything a person may want to see of it."""

    check: QualityCheck
    findings: tuple[Finding, ...] = ()
    reports: tuple[ToolReport, ...] = ()


def digest(*parts: str) -> str:
    """A key from its parts, in order; sixty-four hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


class ResultStore:
    """`root/ab/abcd….json`, written whole or not at all. Any worker of the host may read and write."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put_reports(self, key: str, reports: tuple[ToolReport, ...]) -> None:
        """What the tools said about one tree."""
        self._write(key, [_plain(report) for report in reports])

    def reports(self, key: str) -> tuple[ToolReport, ...] | None:
        data = self._read(key)
        return None if data is None else tuple(_report(item) for item in data)

    def put(self, judged: Judged) -> None:
        """Stored under `judged.check.result_id`."""
        check = asdict(judged.check)
        body = {
            "check": check,
            "findings": [asdict(finding) for finding in judged.findings],
            "reports": [_plain(report) for report in judged.reports],
        }
        self._write(judged.check.result_id, body)

    def get(self, result_id: str) -> Judged | None:
        data = self._read(result_id)
        if data is None:
            return None
        return Judged(
            QualityCheck(**data["check"]),
            tuple(Finding(**item) for item in data["findings"]),
            tuple(_report(item) for item in data["reports"]),
        )

    def _path(self, key: str) -> Path:
        return self._root / key[:2] / f"{key}.json"

    def _write(self, key: str, body: object) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
                json.dump(body, file, separators=(",", ":"))
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _read(self, key: str) -> "dict[str, list[dict[str, object]]] | None":  # type: ignore[type-arg]
        try:
            return json.loads(self._path(key).read_text("utf-8", "surrogatepass"))  # type: ignore[no-any-return]
        except (OSError, ValueError):
            return None


def _plain(report: ToolReport) -> dict[str, object]:
    body = asdict(report)
    body["coverage"] = [
        {"path": f.path, "covered": sorted(f.covered), "missing": sorted(f.missing)} for f in report.coverage
    ]
    return body


def _report(body: dict[str, object]) -> ToolReport:
    fields = dict(body)
    fields["findings"] = tuple(Finding(**item) for item in body["findings"])  # type: ignore[attr-defined]
    fields["tests"] = tuple(TestCase(**item) for item in body["tests"])  # type: ignore[attr-defined]
    fields["coverage"] = tuple(
        FileCoverage(item["path"], frozenset(item["covered"]), frozenset(item["missing"]))
        for item in body["coverage"]  # type: ignore[attr-defined]
    )
    fields["benchmarks"] = tuple(
        Benchmark(item["id"], tuple(item["rounds"]))
        for item in body["benchmarks"]  # type: ignore[attr-defined]
    )
    return ToolReport(**fields)  # type: ignore[arg-type]
