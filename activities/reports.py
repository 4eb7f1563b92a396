"""What a report format reads, and how untrusted reports are read: sizes are limited, links are not followed.

A format's reader takes the bytes that a tool wrote and gives findings, tests, coverage or benchmarks. It raises
`BadReport` with one clear sentence for anything that is not that format; it never runs anything, never follows an XML
entity, and gives paths as the tool wrote them.
"""

import json
import re
from abc import ABC, abstractmethod
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from activities.model import Benchmark, FileCoverage, Finding, TestCase
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_ESCAPES = re.compile("\x1b(?:\\[[0-9;:?]*[ -/]*[@-~]|\\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\\\)|[()][A-Z0-9])")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile("&#([0-9]{1,9}|[xX][0-9a-fA-F]{1,8});")
_DECLARATION = re.compile(r"<\?xml[^>]{0,200}\?>")
_ONE_BYTE = re.compile(rb"iso-?8859|windows-125|latin|cp125", re.IGNORECASE)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]+)""")

_LONGEST_PATH = 4096
MAX_REPORT = 128 * 1024**2
"""Bytes of a report that are read at most; 100,000 findings of the most verbose tool need about half."""


ReportKind = Literal["findings", "tests", "coverage", "benchmarks"]


class BadReport(ValueError):
    """The file is not what its name says; the text is one sentence for a person."""


@dataclass(frozen=True)
class Contents:
    """What a report held; the kinds it does not have are empty. `roots` are the folders to which its relative paths may
    belong. `problem`: the report itself says that its tool failed; `advice`: that it did not look at everything."""

    findings: tuple[Finding, ...] = ()
    tests: tuple[TestCase, ...] = ()
    coverage: tuple[FileCoverage, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    roots: tuple[str, ...] = ()
    problem: str = ""
    advice: str = ""


def joined(parts: Sequence[Contents]) -> Contents:
    """What several files of one format hold. Two tests of one name in two files are two tests."""
    seen: Counter[str] = Counter()
    tests = []
    for test in (test for part in parts for test in part.tests):
        seen[test.id] += 1
        tests.append(test if seen[test.id] == 1 else replace(test, id=f"{test.id} ({seen[test.id]})"))
    problem, advice = (
        " ".join(dict.fromkeys(filter(None, (getattr(part, name) for part in parts)))) for name in ("problem", "advice")
    )
    return Contents(
        findings=tuple(each for part in parts for each in part.findings),
        tests=tuple(tests),
        coverage=tuple(each for part in parts for each in part.coverage),
        benchmarks=tuple(each for part in parts for each in part.benchmarks),
        roots=tuple(dict.fromkeys(root for part in parts for root in part.roots)),
        problem=problem,
        advice=advice,
    )


class Format(ABC):
    """A report format: each is a class, and its module defines one object of it.

    `name` is what the user writes in `.github/autobuild.yml`. `also_for`: kinds of check, beside the one of what it
    `gives`, whose command may write it.
    """

    name: str
    gives: ReportKind
    also_for: tuple[ReportKind, ...] = ()

    @abstractmethod
    def read(self, data: bytes, tool: str, check: str) -> Contents:
        """What a report of `tool` for `check` holds. Raises `BadReport`."""


def read_output(out: Path, name: str, limit: int = MAX_REPORT) -> bytes:
    """The bytes of `out/name` that a command left. Raises `BadReport` when there is no such regular file."""
    try:
        return UntrustedFolder(out).read_bytes(name, limit)
    except UntrustedFileError as error:
        raise BadReport(f"Its report {error.reason}.") from error


def write_input(out: Path, name: str, text: str) -> None:
    """Puts a file into the folder for a command to read, whatever an earlier command left under that name."""
    folder = UntrustedFolder(out)
    folder.remove(name)
    folder.write(name, text.encode())


def parse_json(data: bytes, name: str, limit: int = MAX_REPORT) -> object:
    """Untrusted JSON. Raises `BadReport` for what is too large, too deep or not JSON."""
    if len(data) > limit:
        raise BadReport(f"{name} is larger than {limit // 1024**2} MiB.")
    try:
        return json.loads(data.decode(_encoding(data)))
    except UnicodeDecodeError as error:
        raise BadReport(f"{name} is not UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise BadReport(f"{name} is not JSON: {_short(error)}.") from error


def parse_xml(data: bytes, name: str, limit: int = MAX_REPORT) -> Element:
    """The root of untrusted XML. Raises `BadReport`; an entity is refused, an outside DTD is not fetched."""
    if len(data) > limit:
        raise BadReport(f"{name} is larger than {limit // 1024**2} MiB.")
    try:
        try:
            return fromstring(data.lstrip())
        except (ParseError, ValueError):
            return fromstring(_legal_xml(data))
    except DefusedXmlException as error:
        raise BadReport(f"{name} defines XML entities, which are not read.") from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise BadReport(f"{name} is not XML: {_short(error)}.") from error


def _encoding(data: bytes) -> str:
    """By the byte order mark, UTF-8 without one."""
    return "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"


def decoded(data: bytes) -> str:
    """Untrusted text without its byte order mark. Bytes that are not UTF-8 become surrogates, for `valid_unicode`."""
    encoding = _encoding(data)
    return data.decode(encoding, "surrogateescape" if encoding == "utf-8-sig" else "replace")


def path_of(name: str) -> str:
    """A path as a report names it, as valid Unicode with forward slashes; of one too long, its beginning."""
    return valid_unicode(name[:_LONGEST_PATH].strip().replace("\\", "/"))


def without_colours(text: str) -> str:
    """Without the escape sequences of a terminal: colours, links, movements."""
    return _ESCAPES.sub("", text)


def _legal_xml(data: bytes) -> bytes:
    """What most writers of reports forget: characters that XML does not allow, raw or as references, blanks before the
    declaration, and a declared encoding that is not the file's. Colours are removed whole, the rest one by one."""
    if _encoding(data) == "utf-16":
        return data
    declared = _DECLARED.match(data.removeprefix(BOM_UTF8).lstrip())
    if declared and _ONE_BYTE.match(declared[1]):
        return _without_illegal(data.decode("latin-1")).lstrip().encode("latin-1")  # one byte a character, and back
    text = _without_illegal(valid_unicode(decoded(data))).lstrip("\ufeff \t\r\n")
    return _DECLARATION.sub("", text, count=1).encode()


def _without_illegal(text: str) -> str:
    def legal(match: re.Match[str]) -> str:
        code = int(match[1][1:], 16) if match[1][0] in "xX" else int(match[1])
        if _ILLEGAL.match(chr(code) if code < 0x110000 else "\ufffe"):
            return chr(code) if code < 32 else ""  # an escape is removed below, with what belongs to it
        return match[0]

    return _ILLEGAL.sub("", without_colours(_REFERENCE.sub(legal, text)))


def valid_unicode(text: str) -> str:
    r"""Valid Unicode: a byte that was not UTF-8 is shown as `\xff`, any other surrogate as `\ud800`."""

    def shown(match: re.Match[str]) -> str:
        code = ord(match[0])
        return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"

    return re.sub("[\ud800-\udfff]", shown, text)


def non_negative(value: object, default: int = 0) -> int:
    """A line, column or count out of JSON or XML: never negative, never absurd, `default` for nonsense."""
    try:
        number = int(value) if isinstance(value, int | float | str) else default
    except (ValueError, OverflowError):
        return default
    return number if 0 <= number < 2**31 else default


def has_run(hits: object) -> bool:
    """Whether a count of executions says that a line ran. Writers give numbers beyond 2^64, floats, and for a line that
    never ran also `-1` and `=====`."""
    try:
        return float(hits) > 0 if isinstance(hits, int | float | str) else False
    except (ValueError, OverflowError):
        return False


def _short(error: BaseException) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
