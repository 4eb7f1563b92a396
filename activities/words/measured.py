"""A check's numbers: tests, coverage, benchmarks, as `QualityCheck.metrics` gives them."""

from collections.abc import Mapping, Sequence

from activities.model import ToolReport
from activities.results import Judged
from activities.words.markdown import code, folded, plain, table

_TESTS = ("passed", "failed", "skipped", "flaky")
_COVERAGE = {"total_percent": "of all lines", "diff_percent": "of the lines of this change"}
_ROWS = 200


def measured(judged: Judged) -> list[str]:
    """The numbers that the check has, each kind in its own lines."""
    metrics = judged.check.metrics
    return [*_tests(metrics), *_flaky(judged.reports), *_coverage(metrics), *_benchmarks(metrics)]


def tests_line(metrics: Mapping[str, object]) -> str:
    """ "41 passed, 1 failed, 1 flaky"; "" where no tests were counted."""
    counts = [(name, metrics.get(name)) for name in _TESTS]
    said = [f"{count:,} {name}" for name, count in counts if isinstance(count, int) and (count or name == "passed")]
    return ", ".join(said) if any(isinstance(count, int) for _, count in counts) else ""


def coverage_line(metrics: Mapping[str, object]) -> str:
    """ "87.5 % of all lines, 100.0 % of the lines of this change"."""
    values = [(metrics.get(name), words) for name, words in _COVERAGE.items()]
    return ", ".join(f"{value:.1f} % {words}" for value, words in values if isinstance(value, (int, float)))


def _tests(metrics: Mapping[str, object]) -> list[str]:
    line = tests_line(metrics)
    return [f"**Tests:** {line}.", ""] if line else []


def _flaky(reports: Sequence[ToolReport]) -> list[str]:
    flaky = sorted({case.id for report in reports for case in report.tests if case.outcome == "flaky"})
    lines = [f"- {code(name)}" for name in flaky[:_ROWS]]
    if len(flaky) > _ROWS:
        lines.append(f"- … {len(flaky) - _ROWS:,} more")
    return [*folded("Flaky: failed, then passed when run again", lines), ""] if lines else []


def _coverage(metrics: Mapping[str, object]) -> list[str]:
    line = coverage_line(metrics)
    return [f"**Covered:** {line}.", ""] if line else []


def _benchmarks(metrics: Mapping[str, object]) -> list[str]:
    """One row a benchmark, with whatever numbers the check gives for it."""
    rows = metrics.get("benchmarks")
    if not isinstance(rows, (list, tuple)) or not rows:
        return []
    known = [row for row in rows if isinstance(row, Mapping)]
    columns = list(dict.fromkeys(str(name) for row in known for name in row))
    cells = [[_cell(row.get(name)) for name in columns] for row in known[:_ROWS]]
    head = [plain(name.replace("_", " ")) for name in columns]
    more = [f"… {len(known) - _ROWS:,} more."] if len(known) > _ROWS else []
    return [*table(head, cells), "", *more]


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else code(str(value), 120)
