"""The JSON file of `pytest --benchmark-json`: the rounds of each benchmark, in seconds a call."""

import math

from activities.model import Benchmark
from activities.reports import BadReport, Contents, Format, parse_json, valid_unicode

_MOST_ROUNDS = 1000


class PytestBenchmarkFormat(Format):
    name = "pytest-benchmark"
    gives = "benchmarks"

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        # The plug-in leaves an empty file when no benchmark ran.
        if not data.strip():
            return Contents()
        report = parse_json(data, "The pytest-benchmark report")
        listed = report.get("benchmarks") if isinstance(report, dict) else None
        if not isinstance(listed, list):
            raise BadReport('The report is not of pytest-benchmark: it has no list "benchmarks".')
        return Contents(benchmarks=tuple(_benchmark(entry) for entry in listed))


def _benchmark(entry: object) -> Benchmark:
    if not isinstance(entry, dict) or not isinstance(entry.get("stats"), dict):
        raise BadReport("A benchmark of the report has no stats.")
    stats = entry["stats"]
    name = entry.get("fullname") or entry.get("name")
    if not isinstance(name, str):
        raise BadReport("A benchmark of the report has no name.")
    name = valid_unicode(name)
    # Without its data (a report saved by hand) the median stands for all rounds.
    rounds = stats.get("data") or [stats.get("median")]
    if not isinstance(rounds, list):
        raise BadReport(f"The benchmark {name} has no list of rounds.")
    # A quick function has a hundred thousand rounds: every n-th of them tells as much.
    some = [value for value in rounds[:: -(-len(rounds) // _MOST_ROUNDS)] if value is not None]
    if not all(isinstance(value, int | float) and math.isfinite(value) and value >= 0 for value in some):
        raise BadReport(f"The benchmark {name} has a round that is not a time.")
    return Benchmark(name, tuple(float(value) for value in some))


benchmark = PytestBenchmarkFormat()
