"""Stack traces of Python, Java, JavaScript, Go, Ruby, Rust, C# and PHP read into their places in the code."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from activities.incidents.types import StackFrame

MOST_FRAMES: Final = 20
_LONGEST: Final = 300

_PYTHON: Final = re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<function>[^\n]+))?')
_JAVA: Final = re.compile(
    r"\bat (?:[\w.@-]+/)*(?P<class>[\w.$]+)\.(?P<function>[\w$<>]+)"
    r"\((?P<path>\w+\.(?:java|kt|scala|groovy)):(?P<line>\d+)\)"
)
_JAVASCRIPT: Final = re.compile(
    r"^\s*at (?:async )?(?:(?P<function>[^\n(]+?) \()?"
    r"(?P<path>(?:file://|webpack://)?[^\s():]+(?:\.[cm]?[jt]sx?|\.vue))"
    r":(?P<line>\d+)(?::\d+)?\)?",
    re.M,
)
_GO: Final = re.compile(
    r"^(?P<function>[\w./-]+(?:\(\*?\w+\))?[\w./-]*)\([^\n]*\)\n\s+(?P<path>[^\s:]+\.go):(?P<line>\d+)", re.M
)
_RUBY: Final = re.compile(r"(?P<path>[\w./@+-]+\.rb):(?P<line>\d+):in [`'](?P<function>[^'\n]+)'")
_RUST: Final = re.compile(
    r"(?:^\s*\d+: +(?:0x[0-9a-f]+ - )?(?P<function>\S[^\n]*)\n)?\s+at (?P<path>[^\s:]+\.rs):(?P<line>\d+)"
    r"|panicked at (?P<panicked>[^\s:]+\.rs):(?P<at>\d+)",
    re.M,
)
_DOTNET: Final = re.compile(r"\bat (?P<function>[\w.`<>]+)\([^)\n]*\) in (?P<path>[^\n]+?):line (?P<line>\d+)")
_PHP: Final = re.compile(r"#\d+ (?P<path>[^\s(]+\.php)\((?P<line>\d+)\): (?P<function>[\w\\:>-]+)\(")

_INNERMOST_LAST: Final = (_PYTHON,)
_INNERMOST_FIRST: Final = (_JAVA, _JAVASCRIPT, _GO, _RUBY, _RUST, _DOTNET, _PHP)
_MARKS: Final = (" line ", "\tat ", " at ", ".go:", ".rb:", ".rs:", ".php(")

_LIBRARY: Final = re.compile(
    r"site-packages/|dist-packages/|/lib/python\d|^<frozen |/node_modules/|^node:|^internal/|/usr/local/go/src/"
    r"|/go/pkg/mod/"
    r"|^(?:java|javax|jdk|sun|kotlin|scala|jakarta)/|^com/sun/|^org/(?:springframework|apache|hibernate|junit|eclipse)/"
    r"|^io/(?:netty|grpc|micrometer)/|/gems/|/rubygems/|/rustc/|/\.cargo/registry/|^library/(?:std|core|alloc)/|/vendor/"
)


def frames_in(text: str) -> tuple[StackFrame, ...]:
    """The frames of one log line's stack trace, the innermost first. Those of libraries are left out, unless there are
    no others."""
    if not any(mark in text for mark in _MARKS):
        return ()
    found: list[StackFrame] = []
    for pattern in (*_INNERMOST_LAST, *_INNERMOST_FIRST):
        frames = [_frame(match) for match in pattern.finditer(text)]
        found += reversed(frames) if pattern in _INNERMOST_LAST else frames
    own = [frame for frame in found if not _LIBRARY.search(frame.path)]
    return tuple(dict.fromkeys(own or found))


def _frame(match: re.Match[str]) -> StackFrame:
    parts = {name: value or "" for name, value in match.groupdict().items()}
    path, line, function = parts["path"], parts["line"], parts.get("function", "").strip()
    if parts.get("panicked"):
        path, line = parts["panicked"], parts["at"]
    if parts.get("class"):
        package, _, own = parts["class"].rpartition(".")
        path = f"{package.replace('.', '/')}/{path}" if package else path
        function = f"{own}.{function}"
    path = re.sub(r"^(?:file|webpack)://", "", path).replace("\\", "/")
    return StackFrame(path[:_LONGEST], int(line[:9]), function[:_LONGEST])


def commonest_frames(traces: Iterable[str]) -> tuple[StackFrame, ...]:
    """At most twenty frames of these log lines: trace by trace, that which is logged most often first."""
    counts = Counter(frames for text in traces if (frames := frames_in(text)))
    return tuple(dict.fromkeys(_by_turns(frames for frames, _count in counts.most_common())))[:MOST_FRAMES]


def _by_turns(traces: Iterable[tuple[StackFrame, ...]]) -> Iterator[StackFrame]:
    """The eight innermost of each trace, so that one deep recursion leaves room for other errors."""
    for frames in traces:
        yield from frames[:8]
