"""All that was said and done in a run: a file of JSON lines, without anything that is secret."""

import json
import time
from pathlib import Path

from activities.redaction import redact

_LARGEST = 64 * 1024**2


class Transcript:
    """`path` is a file of ours, which no sandbox sees. What is larger than 64 MiB in all is left out, and says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = 0

    def add(self, kind: str, **facts: object) -> None:
        """One line: when, what kind of thing, and its facts, which JSON can hold."""
        if self._size > _LARGEST:
            return
        line = redact(json.dumps({"at": round(time.time(), 3), "kind": kind, **facts}, default=str)) + "\n"
        self._size += len(line)
        with self._path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(line if self._size <= _LARGEST else json.dumps({"kind": "cut"}) + "\n")
