"""The coverage check reads the run of `unit_tests`, and what was set for coverage itself stays."""

import json
from typing import Any

import pytest

from activities.quality_gate.shared_runs import sharing_one_run
from activities.repo_config import options_for_project, plan_gate

LCOV = {"command": "c", "format": "lcov"}


@pytest.mark.parametrize(
    ("unit_tests", "coverage", "everywhere", "expected"),
    [
        ({}, {"enabled": False}, {}, {"enabled": False}),
        ({"tools": ["pytest"]}, {}, {}, {"tools": ["pytest"]}),
        ({"tools": ["pytest"]}, {"tools": ["mocha"]}, {}, {"tools": ["mocha"]}),
        ({}, LCOV, {}, {"enabled": True, **LCOV}),
        ({"enabled": False}, LCOV, {}, {"enabled": True, **LCOV}),
        ({"enabled": False}, {}, {}, {"enabled": False}),
        ({"tools": ["pytest"]}, {}, {"tools": ["mocha"]}, {"tools": ["mocha"]}),
        ({"tools": ["pytest"]}, {"tools": ["jest"]}, {"tools": ["mocha"]}, {"tools": ["jest"]}),
    ],
)
def test_what_is_set_for_coverage_stays(
    unit_tests: Any, coverage: Any, everywhere: dict[str, object], expected: dict[str, object]
) -> None:
    """`everywhere`: set for the coverage of all projects."""
    project = {"folder": "web", "checks": {"unit_tests": unit_tests, "coverage": coverage}}
    document = {"version": 1, "checks": {"coverage": {"timeout": "5m", **everywhere}}, "projects": [project]}
    plan = sharing_one_run(plan_gate(json.dumps(document)))
    (shared,) = (one for one in plan.checks if one.name == "coverage")
    assert options_for_project(shared.tool_options, "web") == expected
    assert shared.timeout_s == 300.0


def test_nothing_set_for_coverage_is_the_test_run_with_its_time_limit() -> None:
    plan = sharing_one_run(plan_gate("version: 1\nchecks: {unit_tests: {tools: [pytest], timeout: 2m}}\n"))
    unit, coverage = (one for one in plan.checks if one.name in ("unit_tests", "coverage"))
    assert (coverage.tool_options, coverage.timeout_s) == (unit.tool_options, 120.0) == ({"tools": ["pytest"]}, 120.0)
