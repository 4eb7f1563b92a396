"""The checks that the product brings."""

import pytest

from activities.checks import registry
from activities.defaults import COVERAGE_MINIMUM, REGRESSION_PERCENT


def test_checks_have_this_order() -> None:
    shown = [
        "unit_tests", "integration_tests", "linting", "security", "coverage", "performance", "dependencies",
        "static_analysis",
    ]  # fmt: skip
    assert [name for name in registry() if name in shown] == shown


@pytest.mark.parametrize(
    ("name", "timeout", "format_", "keys"),
    [
        ("unit_tests", "15m", "junit", {"quarantine": ()}),
        ("integration_tests", "30m", "junit", {"quarantine": ()}),
        ("linting", "5m", "sarif", {"fail_on": "warning", "severity": "notice"}),
        ("security", "5m", "sarif", {"fail_on": "error", "severity": "notice"}),
        ("coverage", "15m", "cobertura", {"minimum": COVERAGE_MINIMUM, "total_minimum": 0.0}),
        ("performance", "30m", "pytest-benchmark", {"mode": "neutral", "regression": REGRESSION_PERCENT, "rounds": 5}),
        ("dependencies", "5m", "sarif", {"fail_on": "error", "severity": "notice", "critical_allowed": 0}),
        ("static_analysis", "10m", "sarif", {"fail_on": "error", "severity": "notice"}),
    ],
)
def test_the_defaults_of_each_check(name: str, timeout: str, format_: str, keys: dict[str, object]) -> None:
    check = registry()[name]
    options = check.options().model_dump()
    shared = {"enabled": True, "tools": (), "command": "", "report": "", "install": "", "weight": 1.0}
    required = name != "performance"
    assert options == {**shared, "required": required, "timeout": timeout, "format": format_, **keys}
    assert check.nothing.endswith(".")
