"""The checks that the product brings."""

from activities.checks import registry


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
