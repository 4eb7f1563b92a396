"""Which agents a deployment has, and what is wrong with how it names them."""

from pathlib import Path

import pytest

from activities.agent_engine.choice import chosen
from activities.agent_runs.deployment import AgentDeployment
from activities.agent_runs.types import RunLimits
from activities.errors import UserError
from activities.redaction import redact
from activities.repo_config.models import Agent
from bot.settings import Settings
from bot.settings.agents import agent_deployment

FILE = """\
models:
  cheap: {provider: openai, model: small, url: "http://localhost:11434/v1", price: ignore}
  dear: {provider: anthropic, model: large, key: DEAR_KEY, price: {input: 3, output: 15}}
roles:
  coder: {models: [cheap, dear], dollars: 2, steps: 50, minutes: 10}
  reviewer: {models: [dear]}
budget: {issue: 5, month: 50}
"""


def deployment(tmp_path: Path, text: str = FILE, **environ: str) -> AgentDeployment:
    path = tmp_path / "agents.yml"
    path.write_text(text)
    environ = {"AUTOBUILD_AGENTS": str(path), **environ}
    return agent_deployment(Settings.load(environ, needs=()), environ)


def test_the_file_names_models_roles_and_what_they_may_cost(tmp_path: Path) -> None:
    found = deployment(tmp_path, DEAR_KEY="sk-very-secret-1234")
    assert (found.key("dear"), found.key("cheap")) == ("sk-very-secret-1234", "")
    assert "very-secret" not in repr(found)
    assert redact("it was sk-very-secret-1234") == "it was ***"
    choice = chosen(found, "coder", Agent())
    assert (choice.models, choice.limits) == (("cheap", "dear"), RunLimits(2, 50, 600))
    assert (choice.issue_dollars, choice.month_dollars, choice.refusal) == (5, 50, "")
    assert chosen(found, "writer", Agent()).models == ("cheap", "dear")


def test_a_repository_chooses_only_among_what_the_deployment_allows(tmp_path: Path) -> None:
    found = deployment(tmp_path)
    agent = Agent(models=("dear", "other"), run=100.0, issue=1.0, month=1000.0)
    choice = chosen(found, "coder", agent)
    assert (choice.models, choice.limits.dollars, choice.issue_dollars, choice.month_dollars) == (("dear",), 2, 1, 50)
    assert "has none of them" in chosen(found, "reviewer", Agent(models=("cheap",))).refusal


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("models: {a: {modl: x}}", "line 1: `modl` is not a key"),
        ("models: {}", "`models`"),
        ("models: {A b: {model: x}}", "contains an invalid name: write small letters"),
        ("models: {a: {key: sk-123}}", "must be the name of the environment variable"),
        ("models: {a: {}}\nroles: {coder: {models: [b]}}", "names the model `b`"),
        ("models: {a: {}}\nroles: {codr: {models: [a]}}", "codr"),
        ("models: [", "line"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        deployment(tmp_path, text)
    assert sentence in str(error.value)
    assert "sk-123" not in str(error.value)


def test_one_variable_is_enough() -> None:
    environ = {"AUTOBUILD_MODEL": "anthropic:claude-sonnet-4-5", "ANTHROPIC_API_KEY": "sk-another-secret"}
    found = agent_deployment(Settings.load(environ, needs=()), environ)
    assert chosen(found, "coder", Agent()).models == ("claude-sonnet-4-5",)
    assert found.key("claude-sonnet-4-5") == "sk-another-secret"


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="AUTOBUILD_MODEL must be a provider and a model"):
        Settings.load({"AUTOBUILD_MODEL": "gpt"}, needs=())
    environ = {"AUTOBUILD_AGENTS": str(tmp_path / "missing.yml")}
    settings = Settings.load(environ, needs=())
    with pytest.raises(UserError, match="cannot be read"):
        agent_deployment(settings, environ)
    nothing = agent_deployment(Settings.load({}, needs=()), {})
    assert "No agent is configured" in chosen(nothing, "coder", Agent()).refusal
