"""`.github/autobuild.yml`: read strictly, so that a typing error is a message with a line and never a silence.

The text comes from the base branch (a change must not loosen its own gate), yet it is untrusted all the same.
`docs/configuration.md` explains every key, `docs/autobuild.schema.json` is the same for editors.
"""

import difflib
import re
from collections.abc import Collection
from dataclasses import replace

from activities.errors import ConfigError
from activities.model import CONFIG_PATH, GatePlan, Mistake
from activities.repo_config.error_messages import first_and_number, mistakes_of
from activities.repo_config.gate_plan import options_for_project, plan_of
from activities.repo_config.models import RepoConfig, config_model
from activities.repo_config.strict_yaml import read

__all__ = ["PATH", "Mistake", "RepoConfig", "options_for_project", "parse", "plan_gate", "unknown_commands", "validate"]

PATH = CONFIG_PATH

_MERGE_GROUP = re.compile(r"gh-readonly-queue/(?P<base>.+)/pr-\d+-[0-9a-f]+\Z")


def parse(text: str | bytes) -> RepoConfig:
    """The configuration. Raises `ConfigError` with the line, what is wrong there and how to fix it."""
    config, mistakes = _read(text)
    if config is None:
        raise ConfigError(f"{PATH}, line {mistakes[0].line}: {first_and_number(mistakes)}", mistakes[0].line)
    return config


def validate(text: str | bytes) -> list[Mistake]:
    """Everything that is wrong, in the order of the lines; empty when all is well."""
    return _read(text)[1]


def unknown_commands(text: str | bytes, known: Collection[str]) -> list[Mistake]:
    """Permissions for slash commands that do not exist, in a valid configuration: they protect nothing. `known` are the
    commands of this deployment, () where nobody knows them."""
    found = []
    for name in parse(text).commands if known else ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            names = ", ".join(f"`{one}`" for one in known)
            fix = f"did you mean `{near[0]}`?" if near else f"the commands are {names}."
            found.append(Mistake(read(text).line(("commands", name)), f"There is no command `/{name}`: {fix}"))
    return found


def plan_gate(text: str | bytes | None, branch: str = "", into: str = "") -> GatePlan:
    """What a gate is to do; None where the repository has no such file. With a mistake in it the plan is the
    default one, and says so in `problem` and `line`. `branch` is the head's ("" on a laptop), `into` the base of its
    pull request ("" where there is none): the configuration may leave some out."""
    if text is None:
        return plan_of(config_model()())
    config, mistakes = _read(text)
    if config is None:
        return replace(plan_of(config_model()()), problem=first_and_number(mistakes), line=mistakes[0].line)
    plan = plan_of(config)
    if group := _MERGE_GROUP.match(branch):  # a merge queue's branch goes into the queue's own
        into = group["base"]
    if not branch or config.runs_on_push(branch) or (into and config.runs_on_pull_request(into)):
        return plan
    reason = f"This branch is excluded by the branch patterns in {PATH}."
    return replace(plan, left_out=True, checks=tuple(replace(c, applies=False, reason=reason) for c in plan.checks))


def _read(text: str | bytes) -> tuple[RepoConfig | None, list[Mistake]]:
    try:
        document = read(text)
    except ConfigError as error:
        return None, [Mistake(error.line, str(error))]
    config, mistakes = mistakes_of(document)
    return (None if mistakes else config), mistakes
