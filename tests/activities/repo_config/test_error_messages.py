"""Each mistake in the configuration names its line, its key and its fix."""

import pytest

from activities.errors import ConfigError
from activities.formats import registry
from activities.repo_config import parse, validate


def mistakes(text: str | bytes) -> list[str]:
    return [str(each) for each in validate(text)]


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
        ("commands: {retest: wirte}", "1: `commands.retest` is `wirte`: did you mean `write`?"),
        ("commands: {retest: 1}", "1: `commands.retest` is `1`: "),
        ("version: 1\ncommands:\n  /retest: admin", "3: `commands./retest` contains an invalid name: write a command's name"),
        ("commands: [retest]", "1: `commands` is a list: write keys below it"),
        ("auto_merge: yes", "1: `auto_merge` is `yes`: write `true`"),
        ("merge_method: fast", "1: `merge_method` is `fast`: it can be"),
        ("agent: {plan_approval: requird}", "1: `agent.plan_approval` is `requird`: did you mean `required`?"),
        ("agent: {auto_approve: 5}", "1: `agent.auto_approve` is `5`: write keys below it"),
        ("agent: {auto_approve: {file: 5}}", "1: `file` is not a key in `agent.auto_approve`: did you mean `files`?"),
        ("agent: {auto_approve: {files: 1.5}}", "1: `agent.auto_approve.files` is `1.5`: write a whole number"),
        ("agent: {auto_approve: {dollars: -1}}", "1: `agent.auto_approve.dollars` is too small: it must be at least 0."),
        ("agent: {candidates: 0}", "1: `agent.candidates` is too small: it must be at least 1."),
        ("agent: {candidates: 6}", "1: `agent.candidates` is too large: it can be at most 5."),
        ("agent: {keep_branch: on}", "1: `agent.keep_branch` is `on`: write `true`."),
        ("agent: {pull_labels: bot}", "1: `agent.pull_labels` is `bot`: write a list"),
        ("agent: {pull_labels: ['']}", "1: `agent.pull_labels[0]` is empty"),
        ("agent:\n  pull_labels:\n  - Bot\n  - bot", "4: `bot` is `agent.pull_labels[0]` already: remove one of them."),
        ("agent: {ci_minutes: 1h}", "1: `agent.ci_minutes` is `1h`: write a whole number, without quotes."),
        ("agent: {ci_minutes: 10000}", "1: `agent.ci_minutes` is too large: it can be at most 1440."),
        ("agent: {repositories: [hello]}", "1: `agent.repositories[0]` is `hello`: write a repository as `owner/name`"),
        ("agent: {repositories: [octocat/..]}", "1: `agent.repositories[0]` is `octocat/..`: write a repository"),
        ("agent: {repositories: [https://github.com/octocat/a]}", "1: `agent.repositories[0]` is `https://github.com/octocat/a`"),
        ("agent: {repositories: [octocat/a, octocat/A]}", "1: `octocat/A` is `agent.repositories[0]` already"),
        (f"agent: {{repositories: {[f'octocat/{n}' for n in range(11)]}}}", "1: `agent.repositories` has more than 10 entries"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_line_and_its_fix(text: str, expected: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(("check", "kind"), [("unit_tests", "tests"), ("coverage", "coverage")])
def test_wrong_format_is_answered_with_those_of_the_check(check: str, kind: str) -> None:
    *firsts, last = [f"`{each.name}`" for each in registry().values() if kind in (each.gives, *each.also_for)]
    expected = f"1: `checks.{check}.format` is `sarif`: it can be {', '.join(firsts)} or {last}."
    assert mistakes(f"checks: {{{check}: {{command: x, format: sarif}}}}") == [expected]


def test_all_mistakes_come_in_the_order_of_their_lines() -> None:
    text = "autofix: x\nchecks:\n  linting:\n    wait: 1\n    timeout: 5\nthreshold: 200\n"
    assert [each.line for each in validate(text)] == [1, 4, 5, 6]


def test_parse_raises_the_first_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"^\.github/autobuild\.yml, line 2: `autofxi` is not a key") as raised:
        parse("version: 1\nautofxi: off\nx: 1")
    assert raised.value.line == 2
    assert str(raised.value).endswith("(1 more: `autobuild validate` shows them all.)")
