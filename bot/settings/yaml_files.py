"""Files of a deployment in YAML, which a variable names: read strictly, with every mistake and its line."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from activities.check_options import Keys
from activities.errors import ConfigError, UserError

M = TypeVar("M", bound=Keys)

_LARGEST = 4 * 1024**2


def read_settings_file(path: Path, variable: str, model: type[M], hints: Mapping[str, str]) -> M:
    """The file as `model`; `hints` are for values that do not match a pattern of it. Raises UserError."""
    from activities.repo_config.model_mistakes import first_ones, validated
    from activities.repo_config.strict_yaml import read

    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
    except OSError as error:
        raise UserError(f"{variable} names {path}, which cannot be read: {error.strerror}.") from None
    try:
        found, mistakes = validated(read(text), model, hints)
    except ConfigError as error:
        raise UserError(f"{path}, line {error.line}: {error}") from None
    if found is None or mistakes:
        lines = "\n".join(f"- line {one.line}: {one.message}" for one in first_ones(mistakes))
        raise UserError(f"{path} cannot be used:\n{lines}")
    return found
