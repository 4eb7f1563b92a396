"""Cobertura XML, as coverage.py, istanbul, coverlet, gocover-cobertura and others write it.

Only lines are read. A file that several classes share counts as the union of them. A relative file
name is joined to the report's `<source>` when there is exactly one; with several of them the format
does not say which, so the name stays as it was written.
"""

import posixpath

from activities.model import FileCoverage
from activities.reports import BadReport, Contents, Format, non_negative, parse_xml, valid_unicode


class CoberturaFormat(Format):
    name = "cobertura"
    gives = "coverage"

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        root = parse_xml(data, "The Cobertura report")
        if root.tag != "coverage" or root.find("packages") is None:
            raise BadReport("The report is not Cobertura: <coverage> with <packages> is missing.")
        named = {(source.text or "").strip().replace("\\", "/") for source in root.iterfind("sources/source")}
        sources = named - {"", "."}
        base = sources.pop() if len(sources) == 1 else ""
        files: dict[str, tuple[set[int], set[int]]] = {}
        for part in root.iter("class"):
            name = part.get("filename", "").replace("\\", "/")
            if not name:
                continue
            path = valid_unicode(posixpath.normpath(posixpath.join(base, name)))
            hit, seen = files.setdefault(path, (set(), set()))
            # Some writers list lines below the methods only, some below both.
            for line in part.iter("line"):
                number = non_negative(line.get("number"))
                if number:
                    seen.add(number)
                    if non_negative(line.get("hits")):
                        hit.add(number)
        return Contents(
            coverage=tuple(FileCoverage(path, frozenset(h), frozenset(s - h)) for path, (h, s) in files.items())
        )


cobertura = CoberturaFormat()
