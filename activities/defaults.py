"""What holds for a repository that says nothing: the eight checks and every number of a verdict.

Standard library only, because `workflows/config.py` shows the same values to the stories (in Temporal's
sandbox) and `activities/repo_config` writes them into the published schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from activities.model import Severity

QUALITY_THRESHOLD: Final = 85.0
"""The least overall score of a change that may be merged."""

COVERAGE_MINIMUM: Final = 80.0
"""Percent of the changed lines that tests must run."""

CRITICAL_VULNERABILITIES: Final = 0
"""How many new critical vulnerabilities a change may bring."""

PENALTIES: Final[Mapping[Severity, float]] = {"critical": 40.0, "error": 10.0, "warning": 3.0, "notice": 1.0}
"""Points that one new finding costs its check."""

REGRESSION_PERCENT: Final = 10.0
"""How much slower a benchmark must be before it is an alarm."""

BENCHMARK_ROUNDS: Final = 5
"""How often base and head are run in turn. Also the minimum: five against five is the least that the
significance test can confirm (one chance in 252)."""


@dataclass(frozen=True)
class CheckDefault:
    """`timeout` as it is written in `.github/autobuild.yml`. `fail_on`: the least severity of a new finding
    that fails the check; "" for checks that do not judge by findings."""

    name: str
    required: bool
    timeout: str
    fail_on: Severity | str = ""
    weight: float = 1.0


CHECKS: Final[Mapping[str, CheckDefault]] = {
    check.name: check
    for check in (
        CheckDefault("unit_tests", required=True, timeout="15m"),
        # Required only where there are any: a check that does not apply is skipped, which satisfies.
        CheckDefault("integration_tests", required=True, timeout="30m"),
        CheckDefault("linting", required=True, timeout="5m", fail_on="warning"),
        CheckDefault("security", required=True, timeout="5m", fail_on="error"),
        CheckDefault("coverage", required=True, timeout="15m"),
        # Never blocks by itself: a shared machine makes noise.
        CheckDefault("performance", required=False, timeout="30m"),
        CheckDefault("dependencies", required=True, timeout="5m", fail_on="error"),
        CheckDefault("static_analysis", required=True, timeout="10m", fail_on="error"),
    )
}
"""The eight checks, in the order in which they are shown."""


def seconds(duration: str) -> float:
    """`90s`, `15m` and `2h` in seconds.

    >>> seconds("15m")
    900.0
    """
    return float(duration[:-1]) * {"s": 1, "m": 60, "h": 3600}[duration[-1]]
