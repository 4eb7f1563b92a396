"""What checks found, kept in files: a history carries only an id, a re-run of the same tree finds it here."""

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from activities.host_trouble import IgnoredFileErrors
from activities.model import CheckResult, ToolReport
from activities.sandbox.ownership import scratch_of

if TYPE_CHECKING:
    from msgspec.json import Decoder

T = TypeVar("T")


@cache
def _decoder(kind: Any) -> "Decoder[Any]":
    """msgspec is imported when it is needed: workflows load this module for its types."""
    from msgspec.json import Decoder

    return Decoder(kind, strict=False)


def digest(*parts: str) -> str:
    """A key from its parts, in order; sixty-four hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


class ResultStore:
    """`root/ab/abcd….json`, written whole or not at all. Any worker of the host may read and write. `root` is a folder
    of the data folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put_reports(self, key: str, reports: tuple[ToolReport, ...]) -> None:
        """The reports of tools on one tree."""
        self._write(key, reports)

    def reports(self, key: str, newer_than: float = 0.0) -> tuple[ToolReport, ...] | None:
        """None where there are none, or only such as were stored before `newer_than` (seconds since 1970)."""
        return self._read(key, _decoder(tuple[ToolReport, ...])) if self._is_newer(key, newer_than) else None

    def put(self, result: CheckResult) -> None:
        """Stored under `result.check.result_id`."""
        self._write(result.check.result_id, result)

    def get(self, result_id: str, newer_than: float = 0.0) -> CheckResult | None:
        """None where there is none, or only one from before `newer_than` (seconds since 1970)."""
        return self._read(result_id, _decoder(CheckResult)) if self._is_newer(result_id, newer_than) else None

    def put_value(self, key: str, value: object) -> None:
        """An object of a frozen dataclass."""
        self._write(key, value)

    def value(self, key: str, kind: type[T]) -> T | None:
        """None where there is none, or it has another form."""
        return self._read(key, _decoder(cast(Hashable, kind)))

    def put_facts(self, key: str, facts: dict[str, object]) -> None:
        """Small things worth remembering of a tree, so that asking again costs one file."""
        self._write(key, facts)

    def facts(self, key: str) -> dict[str, Any] | None:
        return self._read(key, _decoder(dict[str, Any]))

    def _path(self, key: str) -> Path:
        return self._root / key[:2] / f"{key}.json"

    def _is_newer(self, key: str, than: float) -> bool:
        with IgnoredFileErrors():
            return self._path(key).stat().st_mtime >= than
        return False

    def _write(self, key: str, value: object) -> None:
        from msgspec.json import encode

        path, body = self._path(key), encode(value)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=scratch_of(self._root.parent), suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _read(self, key: str, decoder: "Decoder[T]") -> T | None:
        with IgnoredFileErrors(), contextlib.suppress(ValueError):  # msgspec's `ValidationError` is one
            path = self._path(key)
            read = decoder.decode(path.read_bytes())
            with contextlib.suppress(OSError):  # the time of its last use; the other one says when it was made
                os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
            return read
        return None
