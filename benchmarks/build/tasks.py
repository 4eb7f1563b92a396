"""A task: the files that an agent gets, what it is asked, the tests that it does not see, and one right answer."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from activities.agents.scripted import ScriptedEdit

FOLDER = Path(__file__).parent / "tasks"
PYTEST = "python -m pytest -q -p no:cacheprovider -p no:randomly"


class BuildTask(BaseModel):
    """`command` runs the tests, those that an agent sees and, afterwards, the hidden ones too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    task: str
    files: Mapping[str, str]
    hidden: Mapping[str, str]
    solution: tuple[ScriptedEdit, ...]
    command: str = PYTEST


def tasks() -> dict[str, BuildTask]:
    """All of them, by their names."""
    found = {}
    for path in sorted(FOLDER.glob("*.yml")):
        found[path.stem] = BuildTask(name=path.stem, **yaml.safe_load(path.read_text("utf-8")))
    return found
