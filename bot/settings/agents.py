"""The agents of this deployment: from the file of `AUTOBUILD_AGENTS`, or one model from `AUTOBUILD_MODEL`."""

import re
from collections.abc import Mapping
from pathlib import Path

from activities.agent_runs.deployment import HINTS, NO_AGENTS, AgentDeployment, AgentsFile, of_one_model
from activities.errors import ConfigError, UserError
from activities.redaction import hide
from bot.settings import Settings

_LARGEST = 1024**2
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")


def agent_deployment(settings: Settings, environ: Mapping[str, str]) -> AgentDeployment:
    """With the keys that the environment has. Raises UserError with every mistake of the file."""
    if settings.agents:
        file = _read(Path(settings.agents))
    elif settings.model:
        file = of_one_model(settings.model, settings.model_url, settings.model_price)
    else:
        return NO_AGENTS
    keys = {name: environ.get(model.key, "").strip() for name, model in file.models.items() if model.key}
    hide(*filter(None, keys.values()))
    return AgentDeployment(file, {name: key for name, key in keys.items() if key})


def _read(path: Path) -> AgentsFile:
    from activities.repo_config.model_mistakes import first_ones, validated
    from activities.repo_config.strict_yaml import read

    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
    except OSError as error:
        raise UserError(f"AUTOBUILD_AGENTS names {path}, which cannot be read: {error.strerror}.") from None
    try:
        found, mistakes = validated(read(text), AgentsFile, HINTS)
    except ConfigError as error:
        raise UserError(f"{path}, line {error.line}: {error}") from None
    if found is None or mistakes:
        lines = "\n".join(f"- line {one.line}: {one.message}" for one in first_ones(mistakes))
        raise UserError(f"{path} cannot be used:\n{lines}")
    unknown = sorted({name for role in found.roles.values() for name in role.models} - found.models.keys())
    if unknown:
        raise UserError(f"{path}: a role names the model `{unknown[0]}`, which is not in `models`.")
    for name, model in found.models.items():
        if model.key and not _VARIABLE.fullmatch(model.key):  # it may be the key itself, so it is not shown
            raise UserError(
                f"{path}: `models.{name}.key` must be the name of the environment variable that holds the key, such as "
                "`ANTHROPIC_API_KEY`. If it was the key itself, remove it from the file."
            )
    return found
