"""What a report format reads, and how untrusted reports are read: sizes are limited, links are not followed.

A format's reader takes the bytes that a tool wrote and gives findings, tests, coverage or benchmarks. It raises
`BadReport` with one clear sentence for anything that is not that format; it never runs anything, never follows an XML
entity, and gives paths as the tool wrote them.
"""

import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from activities.model import Benchmark, FileCoverage, Finding, TestCase
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

MAX_REPORT = 128 * 1024**2
"""Bytes of a report that are read at most; 100,000 findings of the most verbose tool need about half."""


ReportKind = Literal["findings", "tests", "coverage", "benchmarks"]


class BadReport(ValueError):
    """The file is not what its name says; the text is one sentence for a person."""


@dataclass(frozen=True)
class Contents:
    """What a report held; the kinds it does not have are empty."""

    findings: tuple[Finding, ...] = ()
    tests: tuple[TestCase, ...] = ()
    coverage: tuple[FileCoverage, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()


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
        raise BadReport(f"The report {name} {error.reason}.") from error


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
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadReport(f"{name} is not UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise BadReport(f"{name} is not JSON: {_short(error)}.") from error


def parse_xml(data: bytes, name: str, limit: int = MAX_REPORT) -> Element:
    """The root of untrusted XML. Raises `BadReport`; an entity is refused, an outside DTD is not fetched."""
    if len(data) > limit:
        raise BadReport(f"{name} is larger than {limit // 1024**2} MiB.")
    try:
        return fromstring(data)
    except DefusedXmlException as error:
        raise BadReport(f"{name} defines XML entities, which are not read.") from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise BadReport(f"{name} is not XML: {_short(error)}.") from error


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


def _short(error: BaseException) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
