"""A check's numbers: tests, coverage, benchmarks, as `QualityCheck.metrics` gives them."""

from collections.abc import Mapping

from activities.model import CheckResult
from activities.reporting.markdown import code, escape_markdown, folded, table
from activities.reporting.wording import percent_text

_TESTS = ("passed", "failed", "skipped", "flaky")
_ROWS = 200
_UNITS = ((1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns"))


def metric_lines(result: CheckResult) -> list[str]:
    """The numbers that the check has, each kind in its own lines."""
    metrics, lines = result.check.metrics, []
    if tests := tests_line(metrics):
        lines += [f"**Tests:** {tests}.", ""]
    flaky = sorted({case.id for report in result.reports for case in report.tests if case.outcome == "flaky"})
    names = [f"- {code(name)}" for name in flaky[:_ROWS]]
    if len(flaky) > _ROWS:
        names.append(f"- … {len(flaky) - _ROWS:,} more")
    lines += [*folded("Flaky tests (failed, then passed on retry)", names), ""] if names else []
    if coverage := coverage_line(metrics):
        lines += [f"**Coverage:** {coverage}.", ""]
    return [*lines, *_benchmarks(metrics)]


def tests_line(metrics: Mapping[str, object]) -> str:
    """ "41 passed, 1 failed, 1 flaky"; "" where no tests were counted."""
    counts = [(name, metrics.get(name)) for name in _TESTS]
    shown = [f"{count:,} {name}" for name, count in counts if isinstance(count, int) and (count or name == "passed")]
    return ", ".join(shown) if any(isinstance(count, int) for _, count in counts) else ""


def coverage_line(metrics: Mapping[str, object]) -> str:
    """ "87.5 % of all lines (base: 85.0 %), 100.0 % of changed lines"."""
    total, diff = percent_text(metrics.get("total_percent")), percent_text(metrics.get("diff_percent"))
    base = percent_text(metrics.get("base_total_percent"))
    of_all = f"{total} of all lines{f' (base: {base})' if base else ''}" if total else ""
    return ", ".join(part for part in (of_all, f"{diff} of changed lines" if diff else "") if part)


def _benchmarks(metrics: Mapping[str, object]) -> list[str]:
    """One row a benchmark, the worst first as the check gives them."""
    rows = metrics.get("benchmarks")
    known = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, (list, tuple)) else []
    if not known:
        return []
    left_out = metrics.get("left_out")
    missing = max(0, len(known) - _ROWS) + (left_out if isinstance(left_out, int) else 0)
    cells = []
    for row in known[:_ROWS]:
        change = row.get("change_percent")
        shown = f"{change:+.1f} %" if isinstance(change, (int, float)) else "–"
        name, verdict = code(str(row.get("id", "")), 120), escape_markdown(str(row.get("verdict", "")))
        cells.append((name, _time(row.get("base_s")), _time(row.get("head_s")), shown, verdict))
    lines = table(("Benchmark", "Base", "Head", "Change", ""), cells, "lrrrl")
    return [*lines, "", *([f"… {missing:,} more.", ""] if missing else [])]


def _time(seconds: object) -> str:
    if not isinstance(seconds, (int, float)):
        return "–"
    factor, unit = next((pair for pair in _UNITS if seconds * pair[0] >= 1), _UNITS[-1])
    return f"{seconds * factor:.4g} {unit}"
