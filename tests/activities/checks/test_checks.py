"""The checks that the product brings."""

import pytest

from activities.checks import registry
from activities.defaults import COVERAGE_MINIMUM, REGRESSION_PERCENT


def test_the_eight_checks_in_order_and_which_are_required() -> None:
    assert {name: check.options().required for name, check in registry().items()} == {
        "unit_tests": True,
        "integration_tests": True,
        "linting": True,
        "security": True,
        "coverage": True,
        "performance": False,
        "dependencies": True,
        "static_analysis": True,
    }
    shown = ("unit_tests", "integration_tests", "linting", "security")
    assert tuple(registry())[:4] == shown
    assert {check.options().weight for check in registry().values()} == {1.0}


@pytest.mark.parametrize(
    ("name", "timeout", "format_", "keys"),
    [
        ("unit_tests", "15m", "junit", {}),
        ("integration_tests", "30m", "junit", {}),
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
