"""Cobertura XML, as coverage.py, istanbul, coverlet, gocover-cobertura and others write it.

Only lines are read. A file that several classes share counts as the union of them. A relative file
name is joined to the report's `<source>` when there is exactly one; with several of them the format
does not say which, so the name stays as it was written.
"""

import posixpath
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from activities.model import FileCoverage
from activities.reports import BadReport, Contents, Format, non_negative, parse_xml, valid_unicode


def _reads(data: bytes, tool: str, check: str) -> Contents:
    root = parse_xml(data, "The Cobertura report")
    if root.tag != "coverage" or root.find("packages") is None:
        raise BadReport("The report is not Cobertura: <coverage> with <packages> is missing.")
    base = _base(root)
    files: dict[str, tuple[set[int], set[int]]] = {}
    for part in root.iter("class"):
        name = part.get("filename", "").replace("\\", "/")
        if name:
            hit, seen = files.setdefault(_path(base, name), (set(), set()))
            for line, hits in _lines(part):
                seen.add(line)
                if hits:
                    hit.add(line)
    return Contents(
        coverage=tuple(FileCoverage(path, frozenset(h), frozenset(s - h)) for path, (h, s) in files.items())
    )


def _base(root: Element) -> str:
    sources = {(source.text or "").strip().replace("\\", "/") for source in root.iterfind("sources/source")}
    sources -= {"", "."}
    return sources.pop() if len(sources) == 1 else ""


def _path(base: str, name: str) -> str:
    return valid_unicode(posixpath.normpath(posixpath.join(base, name)))


def _lines(part: Element) -> Iterator[tuple[int, int]]:
    """(line, hits) of a class. Some writers list lines below the methods only, some below both."""
    for line in part.iter("line"):
        number = non_negative(line.get("number"))
        if number > 0:
            yield number, non_negative(line.get("hits"))


cobertura = Format("cobertura", "coverage", _reads)
