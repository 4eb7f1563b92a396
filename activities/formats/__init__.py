"""Readers of the formats that tools write, one a file: untrusted bytes in, our nouns out.

A reader takes what a tool wrote and gives findings, tests, coverage or benchmarks. It raises
`BadReport` (with one clear sentence) for anything that is not that format; it never runs anything,
never follows an XML entity, and gives paths as the tool wrote them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from activities.model import Benchmark, FileCoverage, Finding, TestCase
from activities.plugins import load


class BadReport(ValueError):
    """The file is not what its name says; the text is one sentence for a person."""


@dataclass(frozen=True)
class Contents:
    """What a report held; the kinds it does not have are empty."""

    findings: tuple[Finding, ...] = ()
    tests: tuple[TestCase, ...] = ()
    coverage: tuple[FileCoverage, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()


@dataclass(frozen=True)
class Format:
    """`name` is what the user writes in `.github/autobuild.yml`. `reads(data, tool, check)`."""

    name: str
    gives: Literal["findings", "tests", "coverage", "benchmarks"]
    reads: Callable[[bytes, str, str], Contents]


@cache
def registry() -> dict[str, Format]:
    """Every format by its name, as the configuration writes it."""
    import activities.formats as package

    return {format.name: format for format in load(package, Format).values()}
