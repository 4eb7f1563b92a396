"""The agents of this deployment: from the file of `AUTOBUILD_AGENTS`, or one model from `AUTOBUILD_MODEL`."""

import re
from collections.abc import Mapping
from pathlib import Path

from activities.agent_runs.deployment import HINTS, NO_AGENTS, AgentDeployment, AgentsFile, of_one_model
from activities.errors import UserError
from activities.redaction import hide
from bot.settings import Settings
from bot.settings.yaml_files import read_settings_file

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
    found = read_settings_file(path, "AUTOBUILD_AGENTS", AgentsFile, HINTS)
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
