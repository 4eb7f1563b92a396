"""Records the histories that `tests/workflows/test_replay.py` replays: `python -m tests.histories.record NAME`.

A history is a promise: a file is never recorded again to make a test pass. A change of a workflow gets
`workflow.patched`, and a new file under a new name beside the old one.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.gate.repos import configured
from tests.gate.test_branch import hanging, slow
from tests.stage import Stage, make_stage

HERE = Path(__file__).parent
FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: this is new\n"}


async def passed(stage: Stage) -> dict[str, str]:
    """A push and a pull request that passes."""
    repo = await stage.repository(configured())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.comment(repo, number)
    await stage.github.close_pull(repo, number)
    await stage.workflows.wait_for_result(f"quality:{repo}@change", 30)
    return {"gate-passed": f"quality-gate:{repo}@{sha}", "branch-closed": f"quality:{repo}@change"}


async def superseded(stage: Stage) -> dict[str, str]:
    """A head that makes way for a newer one."""
    repo = await stage.repository(slow())
    old = await hanging(stage, repo, "recorded")
    new = await stage.push(repo, {"security.sh": "true"})
    await stage.verdict(repo, new)
    await stage.github.delete_branch(repo, "change")
    await stage.workflows.wait_for_result(f"quality:{repo}@change", 30)
    return {"gate-superseded": f"quality-gate:{repo}@{old}", "branch-superseding": f"quality:{repo}@change"}


async def requested(stage: Stage) -> dict[str, str]:
    """`/retest` by a comment on a failed head, and its findings accepted by a button."""
    repo = await stage.repository(configured())
    sha = await stage.push(repo, FINDING)
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    comment = stage.github.add_comment(repo, number, "/retest failed")
    runs = await stage.verdict(repo, sha, gates=2)
    stage.github.press_button(repo, runs["linting"]["id"], "accept-baseline")
    await stage.verdict(repo, sha, gates=3)
    await stage.github.delete_branch(repo, "change")
    await stage.workflows.wait_for_result(f"quality:{repo}@change", 30)
    return {"command-retest": f"command:{repo}!comment-{comment.id}", "branch-requests": f"quality:{repo}@change"}


STORIES: tuple[Callable[[Stage], Awaitable[dict[str, str]]], ...] = (passed, superseded, requested)


async def record(suffix: str) -> None:
    """Writes one file for each workflow of each story, with `suffix` in its name."""
    with tempfile.TemporaryDirectory() as folder:
        async with make_stage(Path(folder)) as stage:
            for story in STORIES:
                for name, workflow_id in (await story(stage)).items():
                    history = await stage.temporal.get_workflow_handle(workflow_id).fetch_history()
                    (HERE / f"{name}-{suffix}.json").write_text(history.to_json())
                    print(name, workflow_id, len(history.events))


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
    os._exit(0)
