"""Cobertura XML, as coverage.py, istanbul, coverlet, gocover-cobertura and others write it.

Only lines are read. A file that several classes share counts as the union of them. Relative file names lie below one of
the report's `<source>` folders; of several the format does not say which.
"""

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
        for part in root.iter("class"):
            path = path_of(part.get("filename", ""))
            if not path:
                continue
            hit, seen = files.setdefault(path, (set(), set()))
            # Some writers list lines below the methods only, some below both.
            for line in part.iter("line"):
                number = non_negative(line.get("number"))
                if number:
                    seen.add(number)
                    if has_run(line.get("hits")):
                        hit.add(number)
        return Contents(
            coverage=tuple(FileCoverage(path, frozenset(h), frozenset(s - h)) for path, (h, s) in files.items()),
            roots=tuple(source for source in sources if source not in ("", ".")),
        )


cobertura = CoberturaFormat()
