"""`.github/autobuild.yml`: hostile text first, then mistakes with their mends, then what a gate gets."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.defaults import CHECKS, COVERAGE_MINIMUM, QUALITY_THRESHOLD, seconds
from activities.errors import ConfigError
from activities.model import GatePlan
from activities.repo_config import Mistake, options_for_project, parse, plan_gate, validate
from activities.repo_config.schema import schema

DOCS = Path(__file__).parents[2] / "docs"


def mistakes(text: str | bytes) -> list[str]:
    return [str(each) for each in validate(text)]


# Hostile text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "1: Anchors and aliases (`&`, `*`) are not read"),
        ("threshold: *x", "1: Anchors and aliases"),
        ("<<: {threshold: 1}", "1: `<<` is not a key: it can be"),
        ("labels: !!python/object/apply:os.system [x]", "1: Tags (`!`) are not read"),
        ("ignore: [!x]", "1: Tags (`!`) are not read"),
        ("threshold: 1\nthreshold: 2", "2: `threshold` is given twice, first in line 1: keep one of them."),
        ("checks: {linting: {weight: 1,\n weight: 2}}", "2: `weight` is given twice"),
        ("1: x", "1: `1` cannot be a key: keys are words."),
        ("true: x", "1: `true` cannot be a key"),
        ("~: x", "1: `~` cannot be a key"),
        ("? [a]\n: x", "1: A key must be a word"),
        ("{{a: b}: c}", "1: A key must be a word"),
        ("checks:\n\tlinting: {}", "2: This line is indented with a tab: use spaces."),
        ("checks:\n  linting:\n  \tweight: 1", "3: This line is indented with a tab"),
        ("threshold: 1\n---\nthreshold: 2", "2: A second document begins here"),
        ("threshold: 1\nlabels: {autobuild: a\x00b}", "2: There is a control character here (U+0000)"),
        ('labels: {autobuild: "a\\0b"}', "1: The value holds a control character (U+0000)"),
        ('labels: {autobuild: "\\uD800"}', "1: The value holds a control character (U+D800)"),
        ("threshold: 1\nlabels: \ud800", "2: There is a control character here (U+D800)"),
        ("a: " + "[" * 30 + "]" * 30, "1: This is nested more than 20 deep."),
        ("ignore:\n" + "- x\n" * 10_001, "9999: There are more than 10000 values."),
        ("#" * (256 * 1024 + 1), "1: The file is larger than 256 KiB"),
        (b"threshold: 1\nx: \xff", "2: This is not UTF-8 text"),
        ('labels: {autobuild: "\\UFFFFFFFF"}', "1: This is not YAML: it holds an escape or a number"),
        ("%YAML " + "9" * 5000 + ".1\n--- a", "1: This is not YAML"),
        ("- a", "1: The file must be a mapping of keys"),
        ("just words", "1: The file must be a mapping of keys"),
        ("a: [b", "1: This is not YAML: a bracket is opened and never closed."),
        ('labels: {autobuild: "a', "1: This is not YAML: a quote is opened and never closed."),
        ("a: b: c", "1: This is not YAML: a key is indented wrongly, or a value with a `: ` in it needs quotes."),
        ("threshold 85\nchecks: {}", "2: This is not YAML: a key is indented wrongly"),
        ("checks:\n  linting: {}\n security: {}", "3: This is not YAML: this line is indented otherwise"),
        ("%YAML 9.9\n---\na: 1", "1: This is not YAML"),
        ("@x", "1: This is not YAML"),
    ],
)
def test_hostile_and_broken_text(text: str | bytes, expected: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 250_000,
        "{" * 250_000,
        "a: " * 80_000,
        "- " * 120_000,
        "x" * 250_000 + ": 1",
        "&a " * 80_000,
        "? " * 120_000,
    ],
    ids=["brackets", "braces", "keys", "dashes", "long key", "anchors", "question marks"],
)
def test_no_text_is_slow(text: str) -> None:
    started = time.process_time()
    assert mistakes(text)
    assert time.process_time() - started < 10


@given(st.one_of(st.text(), st.text("ab:- \n\t{}[]\"'#&*!|>%@`?,\\0U~<=", max_size=60), st.binary()))
@settings(max_examples=400, deadline=None)
def test_no_text_raises_anything_but_mistakes(text: str | bytes) -> None:
    for each in validate(text):
        assert each.line >= 1
        assert each.message.endswith((".", "?"))
        each.message.encode()


def test_ten_thousand_unknown_keys_give_fifty_short_sentences() -> None:
    found = mistakes("\n".join(f"{'k' * 20}{number}: 1" for number in range(4000)))
    assert len(found) == 50
    assert max(map(len, found)) < 300


def test_a_strangers_word_cannot_break_out_of_its_sentence() -> None:
    assert mistakes('"a`b\\nc **d**": 1')[0].startswith("1: `a b c **d**` is not a key: ")


# Mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("treshold: 80", "1: `treshold` is not a key: did you mean `threshold`?"),
        ("Threshold: 80", "1: `Threshold` is not a key: did you mean `threshold`?"),
        ("checks:\n  unit-tests: {}", "2: `unit-tests` is not a key in `checks`: did you mean `unit_tests`?"),
        ("checks: {linting: {fail-on: error}}", "1: `fail-on` is not a key in `checks.linting`: did you mean `fail_on`?"),
        ("checks: {coverage: {fail_on: error}}", "1: `fail_on` is not a key in `checks.coverage`: it can be"),
        ("projects: [{folder: a, checks: {linting: {weight: 1}}}]", "1: `weight` is not a key in `projects[0].checks.linting`"),
        ("push: {branch: [a]}", "1: `branch` is not a key in `push`: did you mean `branches`?"),
        ("checks:", "1: `checks` has no value: give it one, or remove the line."),
        ("ignore:\n-\n- a", "2: This has no value: give it one, or remove the line."),
        ("version: 2", "1: `version` is `2`: it can be `1`."),
        ("autofix: comit", "1: `autofix` is `comit`: did you mean `commit`?"),
        ("autofix: true", "1: `autofix` is `true`: it can be `request`, `commit` or `off`."),
        ("threshold: '85'", "1: `threshold` is `85`: write a number, without quotes."),
        ("threshold: true", "1: `threshold` is `true`: write a number, without quotes."),
        ("threshold: .nan", "1: `threshold` is `.nan`: write a number, without quotes."),
        ("threshold: 101", "1: `threshold` is too large: it can be at most 100."),
        ("threshold: -1", "1: `threshold` is too small: it must be at least 0."),
        ("checks:\n  linting:\n    enabled: yes", "3: `checks.linting.enabled` is `yes`: write `true`."),
        ("checks: {linting: {required: 1}}", "1: `checks.linting.required` is `1`: write `true` or `false`."),
        ("checks: {linting: off}", "1: `checks.linting` is `off`: write keys below it, indented by two spaces."),
        ("checks: {linting: {weight: 101}}", "1: `checks.linting.weight` is too large: it can be at most 100."),
        ("checks: {linting: {tools: ruff}}", "1: `checks.linting.tools` is `ruff`: write a list"),
        ("checks: {linting: {tools: [1]}}", "1: `checks.linting.tools[0]` is `1`: write a text; put it in quotes"),
        ("checks: {linting: {timeout: 90}}", "1: `checks.linting.timeout` is `90`: write a text"),
        ("checks: {linting: {timeout: 1:30}}", "1: `checks.linting.timeout` is `1:30`: write a number and its unit"),
        ("checks: {linting: {timeout: 0s}}", "1: `checks.linting.timeout` is `0s`: write a number and its unit"),
        ("checks: {linting: {timeout: 7h}}", "1: `checks.linting.timeout` is `7h`: it can be at most `6h`."),
        ("checks: {linting: {command: ''}}", "1: `checks.linting.command` is empty"),
        ("checks: {performance: {rounds: 3}}", "1: `checks.performance.rounds` is too small: it must be at least 5."),
        ("checks: {performance: {rounds: 5.5}}", "1: `checks.performance.rounds` is `5.5`: write a whole number"),
        ("checks: {performance: {regression: 0}}", "1: `checks.performance.regression` is too small: it must be more than 0."),
        ("checks: {security: {command: x, format: sarf}}", "1: `checks.security.format` is `sarf`: did you mean `sarif`?"),
        ("checks: {unit_tests: {command: x, format: lcov}}", "1: `checks.unit_tests.format` is `lcov`: it can be `junit` or `text`."),
        ("checks: {unit_tests: {format: junit}}", "1: `checks.unit_tests` has a `format` and no `command`"),
        ("checks: {unit_tests: {install: make}}", "1: `checks.unit_tests` has a `install` and no `command`"),
        ("checks: {unit_tests: {command: x, report: ../x}}", "1: `checks.unit_tests.report` is `../x`: write a path inside"),
        ("checks: {unit_tests: {command: x, report: /x}}", "1: `checks.unit_tests.report` is `/x`: write a path inside"),
        ("checks: {linting: {command: x, tools: [ruff]}}", "1: `checks.linting` has both `command` and `tools`: keep one"),
        ("checks: {linting: {tools: [rufff]}}", "1: There is no tool `rufff`: did you mean `ruff`?"),
        ("checks: {linting: {tools: [mypy]}}", "1: `mypy` does not serve the check linting: it can be"),
        ("projects: [{}]", "1: `projects[0].folder` is missing: add it."),
        ("projects: [{folder: a/../..}]", "1: `projects[0].folder` is `a/../..`: write a path inside the repository"),
        ("projects:\n- folder: a\n- folder: ./a/", "3: The folder `a` is `projects[0]` already: put both together."),
        ("ignore: ['!a']", "1: `ignore[0]` is `!a`: write a path"),
        ("ignore: vendor", "1: `ignore` is `vendor`: write a list"),
        ("push: {branches: [a b]}", "1: `push.branches[0]` is `a b`: write a branch's name"),
        ("labels: {autobuild: {}}", "1: `labels.autobuild` is a mapping of keys: write a text"),
        ("labels: {autobuild: [a]}", "1: `labels.autobuild` is a list: write a text"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_line_and_its_mend(text: str, expected: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_all_mistakes_come_in_the_order_of_their_lines() -> None:
    text = "autofix: x\nchecks:\n  linting:\n    wait: 1\n    timeout: 5\nthreshold: 200\n"
    assert [each.line for each in validate(text)] == [1, 4, 5, 6]


def test_parse_raises_the_first_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"^\.github/autobuild\.yml, line 2: `autofxi` is not a key") as raised:
        parse("version: 1\nautofxi: off\nx: 1")
    assert raised.value.line == 2
    assert str(raised.value).endswith("(1 more: `autobuild validate` shows them all.)")


# What a gate gets


@pytest.mark.parametrize(
    "text", [None, "", "# nothing\n", "---\n", "{}", "\ufeffversion: 1", b"\xef\xbb\xbfversion: 1"]
)
def test_without_a_word_everything_has_its_default(text: str | bytes | None) -> None:
    plan = plan_gate(text)
    assert (plan.threshold, plan.autofix, plan.folders, plan.problem) == (QUALITY_THRESHOLD, "request", (), "")
    for check, default in zip(plan.checks, CHECKS.values(), strict=True):
        assert (check.name, check.applies, check.required, check.weight, check.timeout_s) == (
            default.name,
            True,
            default.required,
            default.weight,
            seconds(default.timeout),
        )
        assert check.judging.get("fail_on", "") == default.fail_on
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


def test_everything_that_can_be_said() -> None:
    plan = plan_gate(EXAMPLE)
    by_name = {check.name: check for check in plan.checks}
    ignore = ["vendor/**", "*.min.js"]
    assert (plan.problem, plan.threshold, plan.autofix, plan.folders) == ("", 90, "off", ("web", "firmware"))
    assert (by_name["unit_tests"].timeout_s, by_name["unit_tests"].weight) == (90, 2)
    assert not by_name["integration_tests"].applies
    assert by_name["integration_tests"].reason == "It is switched off in .github/autobuild.yml."
    assert by_name["linting"].judging == {"fail_on": "never", "severity": "warning", "ignore": ignore}
    assert by_name["security"].tool_options == {
        "command": "make audit", "format": "sarif", "report": "out/audit.sarif", "install": "make tools",
    }  # fmt: skip
    assert by_name["coverage"].judging == {"minimum": 70, "total_minimum": 60.5, "ignore": ignore}
    assert not by_name["coverage"].required
    assert by_name["performance"].judging == {"mode": "fail", "regression": 5, "ignore": ignore}
    assert (by_name["performance"].tool_options, by_name["performance"].required) == ({"rounds": 10}, True)
    assert by_name["dependencies"].judging["critical_allowed"] == 1


def test_a_project_has_its_own_way() -> None:
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


def test_words_that_yaml_used_to_turn_into_switches_and_numbers() -> None:
    config = parse("autofix: off\nlabels: {autobuild: on, incident: 1_000}\nignore: [0x10, 012, yes, 1e3]")
    assert (config.autofix, config.labels.autobuild, config.labels.incident) == ("off", "on", "1_000")
    assert config.ignore == ("0x10", "012", "yes", "1e3")


def test_a_command_may_hold_tabs_and_lines() -> None:
    config = parse("checks:\n  unit_tests:\n    command: |\n      cat <<X\n      \tindented\n      X\n")
    assert config.checks.unit_tests.command == "cat <<X\n\tindented\nX\n"


def test_which_branches_start_a_gate() -> None:
    assert parse("").runs_on_push("any/branch")
    config = parse("push: {branches: ['**', '!dependabot/**']}\npull_request: {branches: [main, release/*]}")
    assert [config.runs_on_push(name) for name in ("main", "dependabot/npm/x")] == [True, False]
    assert [config.runs_on_pull_request(name) for name in ("main", "release/1", "x")] == [True, True, False]


def test_a_mistake_as_text() -> None:
    assert str(Mistake(3, "No.")) == "3: No."


# What is published


def test_the_published_schema_is_the_models() -> None:
    """Made by `python -m activities.repo_config.schema > docs/autobuild.schema.json`."""
    assert (DOCS / "autobuild.schema.json").read_text("utf-8") == schema()


def test_the_schema_is_one_and_agrees_with_the_reader() -> None:
    published = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(published)
    says = jsonschema.Draft202012Validator(published)
    assert says.is_valid(_plain(EXAMPLE))
    for wrong in (
        "treshold: 1",
        "autofix: x",
        "projects: [{}]",
        "projects: [{folder: ../a}]",
        "version: 2",
        "ignore: x",
    ):
        assert not says.is_valid(_plain(wrong)), wrong


def test_the_documentation_names_every_key_with_its_default() -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([\w.\[\]*]+)` \| (.*?) \|", text, re.MULTILINE))
    documented = _keys(json.loads(schema()))
    assert set(rows) == set(documented)
    for key, default in documented.items():
        assert rows[key] == default, key


def test_every_example_of_the_documentation_is_right() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", (DOCS / "configuration.md").read_text("utf-8"), re.DOTALL)
    assert len(examples) >= 5
    assert [mistakes(example) for example in examples] == [[]] * len(examples)


def _plain(text: str) -> Any:
    """As an editor's YAML reader gives it: `off` quoted, since YAML 1.1 takes it for a switch."""
    return yaml.safe_load(text.replace("autofix: off", 'autofix: "off"'))


def _keys(published: dict[str, Any]) -> dict[str, str]:
    """Every key with its default as the tables show it; what all checks have alike stands once, as `checks.*.key`."""
    found = dict(_walk(published, published, ""))
    for key in ("enabled", "weight", "tools", "command", "report", "install"):
        defaults = {found.pop(f"checks.{check}.{key}") for check in CHECKS}
        assert len(defaults) == 1
        found[f"checks.*.{key}"] = defaults.pop()
    return found


def _walk(node: dict[str, Any], whole: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in node["properties"].items():
        found = whole["$defs"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
        place = f"{above}{key}"
        if reference := found.get("items", {}).get("$ref"):
            yield place, "found by looking"
            yield from _walk(whole["$defs"][reference.rpartition("/")[2]], whole, f"{place}[].")
        elif place == "projects[].checks":
            yield place, "as everywhere"
        elif "properties" in found:
            yield from _walk(found, whole, f"{place}.")
        else:
            yield place, _default(found)


def _default(found: dict[str, Any]) -> str:
    if "default" not in found:
        return "–"
    default = found["default"]
    if isinstance(default, list):
        return f"`[{', '.join(json.dumps(each) for each in default)}]`"
    text = (
        json.dumps(default) if isinstance(default, bool) else f"{default:g}" if isinstance(default, float) else default
    )
    return f"`{text}`"
