"""The numbers of a verdict for a repository that configures nothing. A check's other defaults are in its own file."""

from collections.abc import Mapping
from typing import Final

from activities.model import Severity

QUALITY_THRESHOLD: Final = 85.0
"""The minimum overall score of a change that may be merged."""

COVERAGE_MINIMUM: Final = 80.0
"""Percent of the changed lines that tests must run."""

CRITICAL_VULNERABILITIES: Final = 0
"""How many new critical vulnerabilities a change may bring."""

PENALTIES: Final[Mapping[Severity, float]] = {"critical": 40.0, "error": 10.0, "warning": 3.0, "notice": 1.0}
"""Points that one new finding costs its check."""

REGRESSION_PERCENT: Final = 10.0
"""How much slower a benchmark must be to count as a regression."""

BENCHMARK_ROUNDS: Final = 5
"""How often base and head are run in turn. Also the minimum: five against five is the least that the
significance test can confirm (one chance in 252)."""


def hours(span: str) -> float:
    """`12h` and `7d` in hours.

    >>> hours("7d")
    168.0
    """
    return float(span[:-1]) * {"h": 1, "d": 24}[span[-1]]


def seconds(duration: str) -> float:
    """`90s`, `15m` and `2h` in seconds.

    >>> seconds("15m")
    900.0
    """
    return float(duration[:-1]) * {"s": 1, "m": 60, "h": 3600}[duration[-1]]
