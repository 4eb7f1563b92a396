"""What cargo says while it compiles (`--message-format=json`): findings of the compiler and of clippy, and programs."""

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from activities.languages.rust.manifest import workspace_home
from activities.model import Finding, Severity
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tooling import Workbench

_LONGEST_LINE = 4_000_000
_MOST_MESSAGES = 100_000
_LEVELS: dict[str, Severity] = {"error": "error", "error: internal compiler error": "error", "warning": "warning"}
_NO_PLACE = re.compile(r"aborting due to|\d+ warnings? emitted|could not compile|generated \d+ warning")


@dataclass(frozen=True)
class CargoTarget:
    """What one compilation makes: a library, a program, or a file of tests. `source` is its main file, from the
    repository's root."""

    package: str
    kind: str
    name: str
    source: str

    @property
    def prefix(self) -> str:
        """How names of its tests begin, unique in a workspace: a library's by its package, any other's by its kind."""
        package = self.package.replace("-", "_")
        if self.kind == "test":
            return f"{package}::{self.name}"
        return package if self.kind == "lib" else f"{package}::{self.kind}/{self.name}"


@dataclass(frozen=True)
class CompilerMessage:
    """`finding` without a path where it has no place in the tree. `target` is what was compiled; `rendered` is how the
    compiler shows it."""

    finding: Finding
    target: CargoTarget
    rendered: str


@dataclass(frozen=True)
class Compilation:
    """`programs` are those of tests, by the names of their files; `executables` their paths in the sandbox."""

    messages: tuple[CompilerMessage, ...]
    programs: Mapping[str, CargoTarget]
    executables: tuple[str, ...]

    @property
    def errors(self) -> tuple[CompilerMessage, ...]:
        return tuple(one for one in self.messages if one.finding.severity == "error")


def read_compilation(bench: Workbench, name: str, check: str, tool: str) -> Compilation:
    """What the file `name` of `out` says. The same message of a library and of its tests is one. Raises `BadReport`."""
    messages: dict[tuple[Finding, CargoTarget], CompilerMessage] = {}
    programs: dict[str, CargoTarget] = {}
    executables: list[str] = []
    for entry in _entries(read_output(bench.out, name)):
        if len(messages) > _MOST_MESSAGES:
            raise BadReport("cargo wrote too many messages.")
        target = _target(entry, bench)
        executable = entry.get("executable")
        if isinstance(executable, str) and isinstance(entry.get("profile"), dict) and entry["profile"].get("test"):
            programs[executable.rpartition("/")[2]] = target
            executables.append(executable)
        if found := _message(entry.get("message"), target, bench, check, tool):
            messages.setdefault((found.finding, target), found)
    return Compilation(tuple(messages.values()), programs, tuple(executables))


def _entries(data: bytes) -> Iterator[dict[str, Any]]:
    """Whatever else is printed between them is none."""
    for line in data.split(b"\n"):
        if line.startswith(b"{") and len(line) < _LONGEST_LINE:
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict):
                yield entry


def _target(entry: dict[str, Any], bench: Workbench) -> CargoTarget:
    given = entry.get("target")
    target: dict[str, Any] = given if isinstance(given, dict) else {}
    kinds = target.get("kind")
    kind = str(kinds[0]) if isinstance(kinds, list) and kinds else ""
    if kind not in ("bin", "test", "example", "bench", "custom-build"):
        kind = "lib"  # also rlib, cdylib, proc-macro …
    source = placed(bench, valid_unicode(str(target.get("src_path", ""))))
    name = valid_unicode(str(target.get("name", "")))[:200]
    return CargoTarget(_package(str(entry.get("package_id", "")), name), kind, name, source)


def _package(package_id: str, otherwise: str) -> str:
    """Of `path+file:///src/a#my-a@0.1.0`, `path+file:///src/b#0.1.0`, and before cargo 1.77 `b 0.1.0 (path+…)`."""
    place, mark, fragment = package_id.partition("#")
    if not mark:
        name = package_id.partition(" ")[0]
    elif "@" in fragment:
        name = fragment.partition("@")[0]
    else:
        name = place.rpartition("/")[2]
    return valid_unicode(name)[:200] or otherwise


def _message(message: object, target: CargoTarget, bench: Workbench, check: str, tool: str) -> CompilerMessage | None:
    if not isinstance(message, dict):
        return None
    severity = _LEVELS.get(str(message.get("level")))
    text = valid_unicode(str(message.get("message", "")))[:2000]
    span = _primary(message.get("spans"))
    if severity is None or (span is None and _NO_PLACE.search(text)):
        return None
    code = message.get("code")
    rule = valid_unicode(str(code.get("code"))) if isinstance(code, dict) and code.get("code") else "rustc"
    place = span or {}
    path = placed(bench, valid_unicode(str(place.get("file_name", ""))))
    finding = Finding(
        check, tool, rule, path, non_negative(place.get("line_start")) if path else 0, text, severity,
        column=non_negative(place.get("column_start")) if path else 0,
        end_line=non_negative(place.get("line_end")) if path else 0,
    )  # fmt: skip
    return CompilerMessage(finding, target, valid_unicode(str(message.get("rendered") or text)))


def _primary(spans: object) -> dict[str, Any] | None:
    """The place that a message is about. Within a macro of another package it is where the macro is used."""
    listed = [one for one in spans if isinstance(one, dict)] if isinstance(spans, list) else []
    span = next((one for one in listed if one.get("is_primary")), next(iter(listed), None))
    for _ in range(100):
        expansion = span.get("expansion") if span else None
        outer = expansion.get("span") if isinstance(expansion, dict) else None
        if span is None or not isinstance(outer, dict) or not _is_elsewhere(str(span.get("file_name", ""))):
            break
        span = outer
    return span


def _is_elsewhere(path: str) -> bool:
    return path.startswith(("/", "<"))


def placed(bench: Workbench, path: str) -> str:
    """A path as rustc names it, from the workspace's root, as one of the repository; "" outside of the tree."""
    if path.startswith(("/", "<")) or not path:
        return path.removeprefix(f"{bench.paths.src}/") if path.startswith(f"{bench.paths.src}/") else ""
    inside = posixpath.normpath(workspace_home(bench.project).inside_repository(path))
    return "" if inside.startswith("../") else inside


def in_sources(messages: Iterable[CompilerMessage]) -> tuple[Finding, ...]:
    """Their findings, each once: several targets may compile one file."""
    return tuple(dict.fromkeys(one.finding for one in messages))
