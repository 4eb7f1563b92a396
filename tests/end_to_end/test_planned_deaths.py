"""A worker that is killed in every stage of a planned change: the next one goes on, and does nothing twice."""

import os
from pathlib import Path

from bot.client import WorkflowClient, connect
from bot.processes.local_stack import LocalStack, local_stack
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.planned import FILES, agents, case, coder, design, edits, files_of, module, plan, task

REPO = "octocat/example"
STAGES = ("designing", "planning", "coding", "checking", "reviewing", "publishing", "ci")
SLOW = 2
"""Seconds that an agent takes: long enough for a kill."""
ANSWERS = [
    {**design("SURVIVES"), "seconds": SLOW},
    {**plan("SURVIVES", *(task(name, *files_of(name)) for name in ("one", "two"))), "seconds": SLOW},
    *(
        coder(
            f"Do {name.upper()}.",
            edits(**{f"{name}_": module(name), f"tests__test_{name}": case(name)}),
            seconds=SLOW,
        )
        for name in ("one", "two")
    ),
    {"roles": ["reviewer"], "answer": "No findings.", "dollars": 0.01, "seconds": SLOW},
]


async def comments(ready: LocalStack) -> list[str]:
    found = await ready.get(f"/repos/{REPO}/issues/1/comments?per_page=100")
    return [comment["body"] for comment in found if comment["user"]["type"] == "Bot"]


async def test_a_worker_killed_in_every_stage_pays_and_writes_nothing_twice(tmp_path: Path) -> None:
    files = {**FILES, "tests/test_slow.py": "import time\n\n\ndef test_slow():\n    time.sleep(1)\n"}
    environ = {**os.environ, "AUTOBUILD_AGENTS": agents(tmp_path, ANSWERS)}
    async with local_stack(tmp_path / "data", environ) as ready:
        await ready.do("add_repository", full_name=REPO, files=files)
        await ready.do("open_issue", full_name=REPO, title="A wish", body="SURVIVES")
        await ready.do("add_label", full_name=REPO, number=1, name="autobuild")
        client = WorkflowClient(await connect(ready.temporal.address))
        id, hit = f"plan-patch-pr:{REPO}#1", []

        async def stage() -> str:
            listed = await client.list_workflows(f"WorkflowId = '{id}'", limit=1)
            if not listed:
                return ""
            return "ended" if listed[0].status != "running" else (await client.get_workflow_status(id)).detail

        for at, wanted in enumerate(STAGES):
            if wanted == "publishing":
                lost = {"containing": ["createCommitOnBranch"], "after": True}
                await ready.do("fault", method="POST", pattern="/api/graphql", kind="hang_up", **lost)

            async def reached(later: tuple[str, ...] = (*STAGES[at:], "ended")) -> str:
                now = await stage()
                return now if now in later else ""

            if await until(reached) == wanted:
                hit.append(wanted)
                await ready.kill("worker")
                await ready.start("worker")
        assert {"designing", "planning", "coding"} <= {*hit}, hit
        ended = await client.wait_for_result(id, WITHIN_S)
        assert (ended["state"], ended["reason"]) == ("ready", "")
        assert {one["role"]: one["calls"] for one in ended["costs"]} == {
            "architect": 1, "planner": 1, "coder": 2, "reviewer": 1,
        }  # fmt: skip
        assert len([text for text in await comments(ready) if "### Planned change" in text]) == 1
        pulls = await ready.get(f"/repos/{REPO}/pulls?state=all")
        assert len(pulls) == 1
        commits = await ready.get(f"/repos/{REPO}/pulls/{pulls[0]['number']}/commits?per_page=100")
        assert len(commits) == 2
        branches = await ready.get(f"/repos/{REPO}/branches?per_page=100")
        assert sorted(one["name"] for one in branches) == ["autobuild/issue-1", "main"]
