"""LCOV tracefiles, as c8, nyc, jest, vitest, gcov and many others write them.

Of each `SF:` record only the lines (`DA:line,hits`) are read. A file that is recorded more than once
(one record a test, or a shard) counts as the union of its records.
"""

from activities.model import FileCoverage
from activities.reports import MAX_REPORT, BadReport, Contents, Format, decoded, has_run, non_negative, path_of


class LcovFormat(Format):
    name = "lcov"
    gives = "coverage"

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        if len(data) > MAX_REPORT:
            raise BadReport(f"The LCOV report is larger than {MAX_REPORT // 1024**2} MiB.")
        lines = decoded(data).splitlines()
        files: dict[str, tuple[set[int], set[int]]] = {}
        current: tuple[set[int], set[int]] | None = None
        for line in lines:
            key, _, value = line.strip().partition(":")
            if key == "SF" and value:
                current = files.setdefault(path_of(value), (set(), set()))
            elif key == "DA" and current is not None:
                # "line,hits[,checksum]"
                number, hits, *_ = (*value.split(","), "")
                if at := non_negative(number):
                    current[1].add(at)
                    if has_run(hits):
                        current[0].add(at)
            elif key == "end_of_record":
                current = None
        if not files and any(line.strip() for line in lines):
            raise BadReport("The report is not LCOV: it has no SF: record.")
        return Contents(
            coverage=tuple(
                FileCoverage(path, frozenset(hit), frozenset(seen - hit)) for path, (hit, seen) in files.items()
            )
        )


lcov = LcovFormat()
