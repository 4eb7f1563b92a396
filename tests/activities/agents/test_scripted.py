"""A script's answers, and what is wrong with a script. What they do to files is in `tests/activities/agent_runs`."""

from pathlib import Path

import pytest

from activities.agent_runs.deployment import ModelSettings
from activities.agents.scripted import backend


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("answers: [{answer: Done.}]", ""),
        ("answers: [{answr: Done.}]", "cannot be used"),
        ("answers: [", "cannot be used"),
        (None, "cannot be used"),
    ],
)
def test_a_script_that_cannot_be_used_says_why(tmp_path: Path, script: str | None, sentence: str) -> None:
    path = tmp_path / "script.yml"
    if script is not None:
        path.write_text(script)
    said = backend.problem(ModelSettings(backend="scripted", script=str(path)))
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_a_scripted_model_needs_a_script() -> None:
    assert "needs a `script`" in backend.problem(ModelSettings(backend="scripted"))
