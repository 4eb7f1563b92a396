"""The packages that a lock file holds, with the ranges of their peers where it has those."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

_NAME = r"(?:@[\w.~-]+/)?[\w.~-]+"
_YARN = re.compile(rf'^"?({_NAME})@[^\n]*:$')
_YARN_VERSION = re.compile(r'^  version:? "?([\w.+-]+)"?$')
_PNPM = re.compile(rf"^  '?/?({_NAME})[@/](\d[\w.+-]*)(?:[(_][^\n]*)?'?:$")
_PEERS = re.compile(r"^    ?peerDependencies:$")
_PEER = re.compile(rf"""^ +["']?({_NAME})["']?: ["']?([^"'\n]*)["']?$""")
_BUN = re.compile(rf'^\s+"[^"\n]+": \["({_NAME})@([\w.+-]+)",[^\n]*$')
_BUN_PEERS = re.compile(r'"peerDependencies": (\{[^{}]*\})')


@dataclass(frozen=True)
class LockedPackage:
    """`line` is that of its entry in the lock file, `peers` name → range."""

    name: str
    version: str
    line: int
    peers: Mapping[str, str] = field(default_factory=dict)


def locked_packages(lock: str, text: str) -> list[LockedPackage]:
    """All of a lock file of this name, nothing where it cannot be read."""
    read = _READERS.get(lock)
    return list(read(text)) if read else []


def _npm(text: str) -> Iterator[LockedPackage]:
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return
    entries = data.get("packages") if isinstance(data, dict) else None
    if not isinstance(entries, dict):
        yield from _npm_1(text)
        return
    for path, entry in entries.items():
        name = path.rpartition("node_modules/")[2]
        if isinstance(entry, dict) and name != path and not entry.get("link"):
            peers = entry.get("peerDependencies")
            strings = (
                {key: value for key, value in peers.items() if isinstance(value, str)}
                if isinstance(peers, dict)
                else {}
            )
            line = text.count("\n", 0, text.find(f"{json.dumps(path)}: {{")) + 1 if strings else 0
            yield LockedPackage(name, str(entry.get("version", "")), line, strings)


def _npm_1(text: str) -> Iterator[LockedPackage]:
    """Its first format, which has no peers: a package's version is the first thing in its entry."""
    for match in re.finditer(rf'^\s+"({_NAME})": \{{\s+"version": "([\w.+-]+)"', text, re.MULTILINE):
        yield LockedPackage(match[1], match[2], text.count("\n", 0, match.start()) + 1)


def _by_lines(
    text: str, entry: Callable[[str], tuple[str, str] | None], version: Callable[[str], str]
) -> Iterator[LockedPackage]:
    """Formats with one entry after another; its peers are indented below their heading."""
    name, found, at, peers, inside = "", "", 0, dict[str, str](), False
    for number, line in enumerate(text.splitlines(), 1):
        if begun := entry(line):
            if name:
                yield LockedPackage(name, found, at, peers)
            name, found, at, peers, inside = *begun, number, {}, False
        elif name and (value := version(line)):
            found = value
        elif _PEERS.match(line):
            inside = True
        elif inside and (peer := _PEER.match(line)) and line.startswith("    ") and not line.endswith(":"):
            peers[peer[1]] = peer[2]
        else:
            inside = False
    if name:
        yield LockedPackage(name, found, at, peers)


def _yarn(text: str) -> Iterator[LockedPackage]:
    def entry(line: str) -> tuple[str, str] | None:
        match = None if line.startswith((" ", "#")) else _YARN.match(line)
        return (match[1], "") if match else None

    def version(line: str) -> str:
        match = _YARN_VERSION.match(line)
        return match[1] if match else ""

    return _by_lines(text.replace("  peerDependencies:", "    peerDependencies:"), entry, version)


def _pnpm(text: str) -> Iterator[LockedPackage]:
    def entry(line: str) -> tuple[str, str] | None:
        match = _PNPM.match(line)
        return (match[1], match[2]) if match else None

    start = re.search(r"^packages:$", text, re.MULTILINE)
    before = text[: start.start()] if start else ""
    end = re.search(r"^snapshots:$", text, re.MULTILINE)
    # Its lines keep their numbers.
    only = "\n" * before.count("\n") + (text[start.start() : end.start() if end else None] if start else "")
    return _by_lines(only, entry, lambda _line: "")


def _bun(text: str) -> Iterator[LockedPackage]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := _BUN.match(line):
            found = _BUN_PEERS.search(line)
            peers: object = json.loads(found[1]) if found else {}
            yield LockedPackage(match[1], match[2], number, peers if isinstance(peers, dict) else {})


_READERS: Mapping[str, Callable[[str], Iterator[LockedPackage]]] = {
    "package-lock.json": _npm,
    "npm-shrinkwrap.json": _npm,
    "pnpm-lock.yaml": _pnpm,
    "yarn.lock": _yarn,
    "bun.lock": _bun,
}
