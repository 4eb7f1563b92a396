"""What a gate gets of `.github/autobuild.yml`."""

import json

import pytest

from activities.checks import registry
from activities.defaults import COVERAGE_MINIMUM, QUALITY_THRESHOLD, seconds
from activities.model import GatePlan
from activities.repo_config import Mistake, options_for_project, parse, plan_gate


@pytest.mark.parametrize(
    "text", [None, "", "# nothing\n", "---\n", "{}", "\ufeffversion: 1", b"\xef\xbb\xbfversion: 1"]
)
def test_an_empty_file_means_all_defaults(text: str | bytes | None) -> None:
    plan = plan_gate(text)
    assert (plan.threshold, plan.autofix, plan.folders, plan.problem) == (QUALITY_THRESHOLD, "request", (), "")
    for check, plugin in zip(plan.checks, registry().values(), strict=True):
        default = plugin.options()
        assert (check.name, check.applies, check.required, check.weight, check.timeout_s) == (
            plugin.name,
            True,
            default.required,
            default.weight,
            seconds(default.timeout),
        )
        assert check.judging.get("fail_on") == getattr(default, "fail_on", None)
    by_name = {check.name: check for check in plan.checks}
    assert by_name["coverage"].judging["minimum"] == COVERAGE_MINIMUM
    assert by_name["linting"].tool_options == {}
    assert by_name["performance"].tool_options == {"rounds": 5}


def test_a_mistake_gives_the_default_plan_and_says_so() -> None:
    plan = plan_gate("threshold: 10\nautofix: x")
    assert plan == GatePlan(
        plan_gate(None).checks, problem="`autofix` is `x`: it can be `request`, `commit` or `off`.", line=2
    )


EXAMPLE = """
version: 1
threshold: 90
autofix: off
schedule: {every: 2d, fall: 3}
ignore: [vendor/**, "*.min.js"]
checks:
  unit_tests: {timeout: 90s, weight: 2}
  integration_tests: {enabled: false}
  linting: {tools: [ruff], fail_on: never, severity: warning}
  security: {command: make audit, format: sarif, report: out/audit.sarif, install: make tools}
  coverage: {minimum: 70, total_minimum: 60.5, required: false}
  performance: {mode: fail, regression: 5, rounds: 10, required: true}
  dependencies: {critical_allowed: 1}
projects:
  - folder: ./web/
  - folder: firmware
    checks:
      unit_tests: {command: make test}
      linting: {enabled: false}
"""


def test_every_key_reaches_the_plan() -> None:
    plan = plan_gate(EXAMPLE)
    by_name = {check.name: check for check in plan.checks}
    ignore = ["vendor/**", "*.min.js"]
    assert (plan.problem, plan.threshold, plan.autofix, plan.folders) == ("", 90, "off", ("web", "firmware"))
    assert (plan.schedule_s, plan.schedule_fall) == (2 * 24 * 3600, 3)
    assert (by_name["unit_tests"].timeout_s, by_name["unit_tests"].weight) == (90, 2)
    assert not by_name["integration_tests"].applies
    assert by_name["integration_tests"].reason == "Disabled in .github/autobuild.yml."
    assert by_name["linting"].judging == {"fail_on": "never", "severity": "warning", "ignore": ignore}
    assert by_name["security"].tool_options == {
        "command": "make audit", "format": "sarif", "report": "out/audit.sarif", "install": "make tools",
    }  # fmt: skip
    assert by_name["coverage"].judging == {"minimum": 70, "total_minimum": 60.5, "ignore": ignore}
    assert not by_name["coverage"].required
    assert by_name["performance"].judging == {"mode": "fail", "regression": 5, "ignore": ignore}
    assert (by_name["performance"].tool_options, by_name["performance"].required) == ({"rounds": 10}, True)
    assert by_name["dependencies"].judging["critical_allowed"] == 1


def test_a_key_of_a_check_asks_for_it() -> None:
    text = "checks: {linting: {timeout: 1m}, security: {}}\nprojects: [{folder: ./a/, checks: {coverage: {enabled: true}}}]"
    asked = {check.name: check.asked for check in plan_gate(text).checks if check.asked}
    assert asked == {"linting": ("",), "coverage": ("a",)}
    assert not any(check.asked for check in plan_gate("threshold: 90").checks)


def test_a_project_overrides_the_options() -> None:
    options = {check.name: check.tool_options for check in plan_gate(EXAMPLE).checks}
    assert options_for_project(options["unit_tests"], "web") == {}
    assert options_for_project(options["unit_tests"], "firmware") == {"command": "make test", "format": "junit"}
    assert options_for_project(options["linting"], "web") == {"tools": ["ruff"]}
    assert options_for_project(options["linting"], "firmware") == {"tools": ["ruff"], "enabled": False}
    over = {"command": "a", "report": "r", "format": "junit", "rounds": 9, "projects": {"x": {"tools": ["pytest"]}}}
    assert options_for_project(over, "x") == {"tools": ["pytest"], "rounds": 9}


def test_the_plan_is_plain_json_for_a_history() -> None:
    options = [{**check.tool_options, **check.judging} for check in plan_gate(EXAMPLE).checks]
    assert json.loads(json.dumps(options)) == options


def test_yaml_1_1_booleans_and_numbers_are_text() -> None:
    config = parse("autofix: off\nlabels: {autobuild: on, incident: 1_000}\nignore: [0x10, 012, yes, 1e3]")
    assert (config.autofix, config.labels.autobuild, config.labels.incident) == ("off", "on", "1_000")
    assert config.ignore == ("0x10", "012", "yes", "1e3")


def test_a_command_may_hold_tabs_and_lines() -> None:
    config = parse("checks:\n  unit_tests:\n    command: |\n      cat <<X\n      \tindented\n      X\n")
    assert dict(config.checks)["unit_tests"].command == "cat <<X\n\tindented\nX\n"


def test_branch_patterns_decide_what_is_gated() -> None:
    assert parse("").runs_on_push("any/branch")
    config = parse("push: {branches: ['**', '!dependabot/**']}\npull_request: {branches: [main, release/*]}")
    assert [config.runs_on_push(name) for name in ("main", "dependabot/npm/x")] == [True, False]
    assert [config.runs_on_pull_request(name) for name in ("main", "release/1", "x")] == [True, True, False]


def test_a_mistake_as_text() -> None:
    assert str(Mistake(3, "No.")) == "3: No."


def test_auto_merge_is_off_by_default() -> None:
    assert (plan_gate("{}").auto_merge, plan_gate("{}").merge_method) == (False, "")
    plan = plan_gate("auto_merge: true\nmerge_method: squash")
    assert (plan.auto_merge, plan.merge_method) == (True, "squash")
    assert plan_gate("auto_merge: true\nmerge_method: x").auto_merge is False


def test_merge_group_is_judged_like_its_queue() -> None:
    text = "push: {branches: [main]}"
    group = f"gh-readonly-queue/{{}}/pr-7-{'a' * 40}"
    assert [plan_gate(text, group.format(base)).left_out for base in ("main", "docs")] == [False, False]
    text = "push: {branches: [main]}\npull_request: {branches: [main]}"
    assert [plan_gate(text, group.format(base)).left_out for base in ("main", "docs")] == [False, True]
