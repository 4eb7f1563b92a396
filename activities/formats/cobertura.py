"""Cobertura XML, as coverage.py, istanbul, coverlet, gocover-cobertura and others write it.

Only lines are read. A file that several classes share counts as the union of them. Relative file names lie below one of
the report's `<source>` folders; of several the format does not say which.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from activities.model import FileCoverage
from activities.reports import BadReport, Contents, Format, has_run, non_negative, parse_xml, path_of


class CoberturaFormat(Format):
    name = "cobertura"
    gives = "coverage"

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        root = parse_xml(data, "The Cobertura report")
        if root.tag != "coverage" or root.find("packages") is None:
            raise BadReport("The report is not Cobertura: <coverage> with <packages> is missing.")
        sources = [path_of(source.text or "") for source in root.iterfind("sources/source")]
        files: dict[str, tuple[set[int], set[int]]] = {}
        for path, element in _named(root):
            hit, seen = files.setdefault(path, (set(), set()))
            number = non_negative(element.get("number"))
            if element.tag == "line" and number:
                seen.add(number)
                if has_run(element.get("hits")):
                    hit.add(number)
        return Contents(
            coverage=tuple(FileCoverage(path, frozenset(h), frozenset(s - h)) for path, (h, s) in files.items()),
            roots=tuple(source for source in sources if source not in ("", ".")),
        )


def _named(root: Element) -> Iterator[tuple[str, Element]]:
    """What is in a class, and the class itself, each with the class's file. Some writers list lines below the methods
    only, some below both."""
    waiting = [("", root)]
    while waiting:
        path, element = waiting.pop()
        if element.tag == "class":
            path = path_of(element.get("filename", ""))
        if path:
            yield path, element
        waiting.extend((path, child) for child in reversed(element))


cobertura = CoberturaFormat()
