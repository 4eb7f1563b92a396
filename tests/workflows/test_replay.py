"""Workflows are for ever: what was recorded with an earlier build must still replay."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.deadlines import WITHIN_S
from workflows.registered import ALL

HISTORIES = sorted((Path(__file__).parent.parent / "histories").glob("*.json"))


def test_every_workflow_has_a_recorded_history() -> None:
    recorded = "".join(path.read_text() for path in HISTORIES)
    assert all(f'"name": "{one.__name__}"' in recorded for one in ALL)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_history_replays(path: Path) -> None:
    history = WorkflowHistory.from_json(path.stem, path.read_text())
    async with asyncio.timeout(WITHIN_S):  # a workflow that waits for what its history does not have may never end
        replayed = await Replayer(workflows=ALL).replay_workflow(history, raise_on_replay_failure=False)
    assert replayed.replay_failure is None
