"""What is shown of a change of the configuration: every setting that differs, and nothing else."""

import pytest

from activities.model import ConfigChange
from activities.repo_config import parse
from activities.repo_config.changes import changes


def changed(before: str, after: str) -> list[tuple[str, str, str]]:
    return [(each.key, each.before, each.after) for each in changes(parse(before), parse(after))]


@pytest.mark.parametrize("after", ["", "# words", "version: 1\nthreshold: 85", "checks: {linting: {weight: 1}}"])
def test_what_means_the_same_is_no_change(after: str) -> None:
    assert changed("", after) == []


def test_each_kind_of_setting_is_shown() -> None:
    before = "threshold: 90\nignore: [a]\ncommands: {retest: admin}\nprojects: [{folder: web}]\n"
    after = """\
auto_merge: true
ignore: [a, "b|c"]
checks: {unit_tests: {command: make test}}
projects: [{folder: web, checks: {linting: {enabled: false}}}]
"""
    found = changed(before, after)
    assert {key.rpartition(".")[0] for key, _, _ in found} <= {
        "",
        "checks.unit_tests",
        "projects.web.checks.linting",
        "commands",
    }
    assert set(found) >= {
        ("threshold", "90", "85"),
        ("auto_merge", "false", "true"),
        ("ignore", '["a"]', '["a", "b|c"]'),
        ("commands.retest", "admin", ""),
        ("checks.unit_tests.command", "", "make test"),
        ("projects.web.checks.linting.enabled", "true", "false"),
    }


def test_limits_of_agents_are_shown() -> None:
    after = "agent: {plan_approval: required, auto_approve: {files: 3}, repositories: [octocat/hello]}"
    assert changed("", after) == [
        ("agent.plan_approval", "auto", "required"),
        ("agent.auto_approve.files", "10", "3"),
        ("agent.repositories", "[]", '["octocat/hello"]'),
    ]


def test_a_long_value_is_shown_where_it_begins_to_differ() -> None:
    """What is cut off must not hide the change."""
    command = "checks: {{linting: {{command: '{}{}{}'}}}}"
    old, new = (command.format("a" * 500, word, "b" * 500) for word in ("pytest", "true; #"))
    [found] = changes(parse(old), parse(new))
    assert isinstance(found, ConfigChange)
    assert found.before.startswith("…aaaaaaaaaaaaaaaaaaaapytest")
    assert found.after.startswith("…aaaaaaaaaaaaaaaaaaaatrue; #")
    assert max(len(found.before), len(found.after)) < 130
