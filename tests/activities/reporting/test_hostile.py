"""Untrusted text in every function of `reporting` that takes text: rendered, it must show and do nothing."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_type_hints

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from activities.history import RedBranch
from activities.model import (
    Acceptance,
    CheckResult,
    ConfigChange,
    ConfigNotes,
    Finding,
    Mistake,
    QualityCheck,
    QualityGateResult,
    RepoRef,
    Status,
    TestCase,
    ToolReport,
)
from activities.planned_changes import command_texts
from activities.quality_gate.first_configuration import first_configuration as writes_yaml
from activities.repo_config import validate
from activities.reporting import (
    Links,
    baseline,
    check_output,
    command_replies,
    first_configuration,
    gate_comment,
    gate_output,
    gate_states,
    github_errors,
    reasons,
    reply,
    unfinished_output,
)
from activities.reporting.configuration import config_lines
from activities.reporting.planned import Explanation, PlannedTool
from activities.reporting.red_branch import brought_red

HOSTILE = (
    "@octocat",
    "a`@octocat`b",
    "``` @octocat",
    "`|@octocat`",
    "octocat/hello#1 GH-1",
    "<!-- autobuild:gate -->",
    "x --> <img src=x> <b>bold</b>",
    "one\n\n# two\n- three\r\n\r\n> @octocat",
    "a | b | @octocat",
    "[a](https://example.com) ![b](https://example.com)",
    "https://example.com www.example.com",
    "**bold** __bold__ ~~gone~~",
    "- item",
    "    @octocat",
)
LINKS = Links("https://github.com", "octocat/hello", "a" * 40)
# These parameters are Markdown already, or an address that GitHub's API gave.
TRUSTED = {"advice", "page", "what", "texts", "replies", "line", ("merge_failed", "reason")}
# Text without Markdown: what shows it escapes it.
PLAIN: set[Callable[..., Any]] = {
    github_errors.unknown_requirement,
    github_errors.missing_approvals,
    baseline.by_button,
    baseline.rests_on,
    baseline.no_longer,
}
NO_MARKDOWN: set[Callable[..., Any]] = {command_replies.fix_commit_message}
LIVE = re.compile(r"@\w|#1\b|GH-\d|(?<!\u200b)://|\bwww\.", re.IGNORECASE)
OURS = re.compile(r"</?(details|summary|sub|code)>|<!-- autobuild:(gate|reply [\w.:/#@-]*) -->", re.IGNORECASE)


def functions(*modules: Any) -> list[Callable[..., Any]]:
    """The public functions of these modules that take an argument."""
    found = [
        value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]
    return [function for function in found if inspect.signature(function).parameters]


def called(function: Callable[..., Any], text: str) -> str:
    """What the function says with this text in place of each text that it takes."""
    values = {}
    for name, kind in get_type_hints(function).items():
        if name != "return":
            trusted = name in TRUSTED or (function.__name__, name) in TRUSTED
            values[name] = value(kind, "ours" if trusted else text)
    answer = function(**values)
    return answer if isinstance(answer, str) else "\n".join(answer)


def value(kind: Any, text: str) -> Any:
    if kind in (bool, int, float, float | None):
        return {bool: True, int: 7}.get(kind, 7.5)
    if kind is QualityCheck:
        return check(text)
    simple: dict[Any, Any] = {
        str: text,
        Sequence[str]: [text, text],
        Sequence[Acceptance]: accepted(text),
        Sequence[tuple[Acceptance, int]]: [(each, 1) for each in accepted(text)],
        Sequence[Sequence[str]]: [[text]],
        Sequence[tuple[float, float]]: [(7.5, 1.0)],
        Mapping[str, str]: {text: text},
        Mapping[str, int]: {text: 7},
        Mapping[str, float]: {text: 7.5},
    }
    return simple.get(kind, ())


def accepted(text: str) -> list[Acceptance]:
    """One for each end, of what only GitHub and we write as it is: days and numbers are ours."""
    one = Acceptance(
        text, RepoRef("octocat", "hello"), text, (text,), text, text, "2026-11-30", text, text, ended="date"
    )
    return [one, replace(one, until="2026-12-31"), replace(one, issue=7, ended="issue"), replace(one, merged=True)]


def shape(markdown: str) -> list[str]:
    """The structure of rendered Markdown, and what in it would ping, refer, link or be markup."""
    found: list[str] = []
    for token in tokens(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)):
        if token.type in ("html_inline", "html_block"):
            rest = OURS.sub("", token.content)
            assert "<" not in rest, rest
            assert not LIVE.search(rest), rest
        elif token.type == "text":
            assert not LIVE.search(token.content), token.content
        elif token.type not in ("inline", "code_inline", "softbreak"):
            found.append(token.type)
        if href := token.attrs.get("href"):
            assert str(href).startswith("https://github.com/octocat/hello/")
    return found


def tokens(given: Sequence[Token]) -> Iterator[Token]:
    for token in given:
        yield token
        yield from tokens(token.children or ())


def check(text: str, status: Status = "failed") -> QualityCheck:
    metrics: dict[str, Any] = {"benchmarks": [{"id": text, "verdict": text}]}
    return QualityCheck(text, status, 62.0, required=True, reason=text, metrics=metrics, new_findings=1)


def check_result(text: str) -> CheckResult:
    findings = tuple(
        Finding(check=text, tool=text, rule=text, path=text, line=3, message=text, severity="error", new=new)
        for new in (True, False)
    )
    cases = (TestCase(text, "flaky"),)
    reports = (ToolReport(text, text, problem=text, advice=text, tests=cases),)
    return CheckResult(check(text), findings, reports)


def gate(text: str, state: Any) -> QualityGateResult:
    return QualityGateResult(
        text, text, state, can_merge=False, overall_score=62.0, checks=(check(text),), reason=text,
        blocking=(text,) if state == "failed" else (), score_lines=(text,), config=config(text), red_base=red(text),
    )  # fmt: skip


def red(text: str) -> RedBranch:
    return RedBranch(text, text, (text,), (text, text, text, text))


def config(text: str) -> ConfigNotes:
    """Everything that can be said of a configuration; what a change with mistakes changes is not shown."""
    mistakes = (Mistake(3, text, text),)
    return ConfigNotes(
        text, text, text, (Mistake(3, text),), text, text, edited=True, mistakes=mistakes, unread=(text,)
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_shows_and_does_nothing(text: str) -> None:
    shown = (
        set(functions(github_errors, command_replies, command_texts, baseline, first_configuration))
        - {first_configuration.pull_body}
        - PLAIN
        - NO_MARKDOWN
    )
    for function in shown - {command_replies.pull_status}:
        assert shape(called(function, text)) == shape(called(function, "plain")), function.__name__


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_first_configuration_does_nothing(text: str) -> None:
    def body(text: str) -> str:
        tool = PlannedTool("linting", text, "ruff", text, text, text, text)
        plan = Explanation((), (tool, replace(tool, asked_in="")), {}, (text,))
        assert validate(writes_yaml(plan)) == []
        return first_configuration.pull_body(plan)

    assert shape(body(text)) == shape(body("plain"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_status_does_nothing(text: str) -> None:
    def status(text: str, **more: Any) -> str:
        facts = {"checks": {text: text}, "overrides": {text: text}, "waits_for": [text], "draft": True, "merges": True}
        overview = {"head": text, "state": text, "reason": text, **facts, **more}
        return "\n".join(command_replies.pull_status(overview, text))

    unknown = command_replies.pull_status({}, text)
    assert shape(unknown[0]) == ["paragraph_open", "paragraph_close"]
    for more in ({}, {"gating": True}, {"stopped": True}, {"waiting": True}):
        assert shape(status(text, **more)) == shape(status("plain", **more))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_reasons_are_escaped_where_they_are_shown(text: str) -> None:
    for function in [*functions(gate_states, reasons), *PLAIN]:
        reason = called(function, text)
        assert shape(unfinished_output("failed", reason, "", LINKS).summary) == ["paragraph_open", "paragraph_close"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_check_runs_does_nothing(text: str) -> None:
    def summaries(text: str) -> Iterator[str]:
        yield check_output(check_result(text), LINKS).summary
        for state in ("passed", "failed", "refused", "cancelled", "error", "superseded", "unchecked"):
            yield gate_output(gate(text, state), LINKS, {}).summary
            yield gate_output(gate(text, state), LINKS, {text: 7}, text).summary
            yield gate_comment(gate(text, state), LINKS, {text: 7})
            yield unfinished_output(state, text, text, LINKS).summary
        yield reply(text, "Done.")
        yield brought_red(red(text), text, [7, 8], LINKS)
        changed = replace(config(text), mistakes=(), changes=(ConfigChange(text, text, text),))
        yield "\n".join(config_lines(changed, LINKS))

    for hostile, plain in zip(summaries(text), summaries("plain"), strict=True):
        assert shape(hostile) == shape(plain)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_commit_message_names_nobody(text: str) -> None:
    message = command_replies.fix_commit_message([text], text)
    assert not LIVE.search(message)
    assert message.count("\n") == 4
    message = command_replies.fix_commit_message([text], text, [text, text])
    assert not LIVE.search(message)
    assert message.count("\n") == 6
