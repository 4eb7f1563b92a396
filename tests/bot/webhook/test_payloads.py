"""Every payload that GitHub publishes as an example is answered."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.bot.webhook import samples
from tests.bot.webhook.running_server import RunningServer

EXAMPLES = Path(__file__).parents[2] / "node_modules/@octokit/webhooks-examples"
SETS = sorted(path.parent.name for path in EXAMPLES.glob("*/index.json"))


def examples(of: str) -> list[tuple[str, dict[str, Any]]]:
    groups = json.loads((EXAMPLES / of / "index.json").read_text())
    return [(group["name"], payload) for group in groups for payload in group["examples"]]


def test_all_published_examples_are_present() -> None:
    assert len(examples("api.github.com")) == 329
    assert len(SETS) == 6


@pytest.mark.parametrize("of", SETS)
async def test_every_published_example_is_answered(server: RunningServer, of: str) -> None:
    answers = Counter([await server.send(name, payload) for name, payload in examples(of)])
    assert answers.keys() == {202, 204}


async def test_examples_of_an_installed_app_are_dispatched(server: RunningServer) -> None:
    """Few of the examples name an installation; with one, those that have a route take it."""
    repo = samples.unique()
    taken: Counter[str] = Counter()
    for name, payload in examples("api.github.com"):
        changed = payload | {"installation": {"id": 5}}
        if payload.get("repository"):
            changed["repository"] = payload["repository"] | {"full_name": repo}
        taken[name] += await server.send(name, changed) == 202
    assert +taken == {
        "push": 2,
        "pull_request": 17,
        "check_suite": 3,
        "merge_group": 2,
        "deployment_status": 3,
        "issues": 4,
        "repository": 4,
    }
