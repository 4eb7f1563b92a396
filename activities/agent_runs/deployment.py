"""Which models a deployment has, which role may use which, and what they may cost: the file that `AUTOBUILD_AGENTS`
names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import Field

from activities.agent_runs.types import Role, RunLimits
from activities.check_options import Keys

NAME: Final = r"^[a-z0-9][a-z0-9._-]*$"
HINTS: Final = {
    NAME: "write small letters, digits and hyphens, such as `sonnet`",
}

ModelName = Annotated[str, Field(pattern=NAME, max_length=40)]
Effort = Literal["", "low", "medium", "high"]
Dollars = Annotated[float, Field(ge=0, le=10_000)]


class Price(Keys):
    """Dollars for a million tokens."""

    input: Dollars
    output: Dollars


class ModelSettings(Keys):
    """One model that agents may use, by a name of the deployment's own. `key` names a variable of the worker's
    environment: a key itself is never in the file."""

    backend: Annotated[str, Field(pattern=NAME, max_length=40, description="A plug-in of `activities/agents/`.")] = (
        "chat"
    )
    provider: Annotated[Literal["anthropic", "openai", "google"], Field(description="Whose protocol it speaks.")] = (
        "openai"
    )
    model: Annotated[str, Field(max_length=200, description="The provider's name of the model.")] = ""
    url: Annotated[
        str, Field(max_length=500, description="Another address with the same protocol: Ollama, vLLM, llama.cpp.")
    ] = ""
    key: Annotated[str, Field(description="The variable with its key.")] = ""
    effort: Annotated[Effort, Field(description="How much it thinks, where the provider knows that.")] = ""
    price: Annotated[
        Price | Literal["", "ignore"],
        Field(description="Default: the provider's list price. `ignore`: it costs nothing that has to be counted."),
    ] = ""
    tools: Annotated[bool, Field(description="False for a model that cannot call tools: it answers in text.")] = True
    max_output_tokens: Annotated[int, Field(ge=256, le=200_000)] = 8192
    command: Annotated[
        tuple[str, ...], Field(max_length=100, description="The command line of a `command` agent.")
    ] = ()
    package: Annotated[
        str, Field(max_length=200, description="The npm package, with its version, that a `command` agent comes from.")
    ] = ""
    environment: Annotated[
        dict[str, str], Field(max_length=50, description="More variables for a `command` agent; no secrets.")
    ] = Field(default_factory=dict)
    script: Annotated[str, Field(max_length=4096, description="The file with a `scripted` agent's answers.")] = ""


class RoleSettings(Keys):
    """What one role may use."""

    models: Annotated[
        tuple[ModelName, ...],
        Field(min_length=1, max_length=10, description="From cheap to dear: the next where the one before failed."),
    ]
    dollars: Annotated[Dollars, Field(description="For one run.")] = 3.0
    steps: Annotated[int, Field(ge=1, le=10_000, description="Calls of the model in one run.")] = 100
    minutes: Annotated[int, Field(ge=1, le=600, description="For one run.")] = 45


class BudgetSettings(Keys):
    """What may be spent in all, in US dollars."""

    issue: Annotated[Dollars, Field(description="For one issue or pull request; `/budget` raises it.")] = 10.0
    month: Annotated[Dollars, Field(description="For one repository in a month.")] = 100.0


class AgentsFile(Keys):
    """The agents of one deployment."""

    version: Literal[1] = 1
    models: Annotated[dict[ModelName, ModelSettings], Field(min_length=1, max_length=50)]
    roles: Annotated[
        dict[Role, RoleSettings], Field(description="Default: every role may use every model, in their order.")
    ] = Field(default_factory=dict)
    budget: BudgetSettings = BudgetSettings()


@dataclass(frozen=True)
class AgentDeployment:
    """The file and the keys of its models (name of the model → key), which are never shown."""

    file: AgentsFile | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def models(self) -> Mapping[str, ModelSettings]:
        return self.file.models if self.file else {}

    def key(self, model: str) -> str:
        """The key of a model, "" where it has none."""
        return self.keys.get(model, "")

    def role(self, role: Role) -> RoleSettings | None:
        """None where no model is configured."""
        if not self.file:
            return None
        return self.file.roles.get(role) or RoleSettings(models=tuple(self.file.models))

    def limits(self, role: Role) -> RunLimits:
        """Of one run in this role."""
        settings = self.role(role)
        return RunLimits(settings.dollars, settings.steps, settings.minutes * 60) if settings else RunLimits()

    @property
    def budget(self) -> BudgetSettings:
        return self.file.budget if self.file else BudgetSettings()


NO_AGENTS = AgentDeployment()

NO_BACKEND = (
    "No agent is configured here, so nothing was written. Whoever runs this deployment names a model in the file of "
    "`AUTOBUILD_AGENTS`, or in `AUTOBUILD_MODEL` (`anthropic:claude-sonnet-4-5` with `ANTHROPIC_API_KEY`), and starts "
    "it again."
)

USUAL_KEYS: Mapping[str, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "google": "GOOGLE_API_KEY",
}


def of_one_model(text: str, url: str = "", price: str = "") -> AgentsFile:
    """The file that `AUTOBUILD_MODEL` stands for, `provider:model`: one model for every role."""
    provider, _, model = text.partition(":")
    facts = {"provider": provider, "model": model, "url": url, "key": USUAL_KEYS[provider], "price": price}
    name = re.sub(r"[^a-z0-9._-]+", "-", model.lower()).strip("-._")[:40] or "model"
    return AgentsFile(models={name: ModelSettings.model_validate(facts)})
