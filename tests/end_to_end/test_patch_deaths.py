"""A worker that is killed while it writes, judges or pushes a patch: the next one goes on, and does nothing twice."""

import asyncio
import os
from pathlib import Path
from typing import Any

import yaml

from bot.processes.local_stack import LocalStack, local_stack
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.repos import configured
from tests.model_server import model_process

REPO = "octocat/example"
FILES = configured({"linting": "sh lint.sh"}, **{"lint.sh": "if [ -e slow.txt ]; then sleep 2; fi\n", "a.txt": "0\n"})


def answer(when: str, content: str, *edits: dict[str, Any], seconds: float = 0) -> dict[str, Any]:
    edits = ({"path": "a.txt", "content": content}, *edits)
    return {"when": when, "edits": [*edits], "dollars": 0.02, "seconds": seconds}


ANSWERS = [
    answer("while it runs", "1\n", seconds=2),
    answer("while it is judged", "2\n", {"path": "slow.txt", "content": "x\n"}),
    answer("while it is pushed", "3\n", {"path": "slow.txt"}),
]


async def patch_comments(ready: LocalStack) -> list[str]:
    found = await ready.get(f"/repos/{REPO}/issues/1/comments?per_page=100")
    return [comment["body"] for comment in found if "### Patch" in comment["body"]]


async def shown(ready: LocalStack, words: str, count: int = 1) -> list[str]:
    """The comments with these words, once there are so many."""
    version = 0
    async with asyncio.timeout(WITHIN_S):
        while len(found := [text for text in await patch_comments(ready) if words in text]) < count:
            version = await ready.changed(version)
    return found


async def test_a_killed_worker_pays_and_writes_nothing_twice(tmp_path: Path) -> None:
    script, file = tmp_path / "script.yml", tmp_path / "agents.yml"
    script.write_text(yaml.safe_dump({"answers": ANSWERS}))
    file.write_text(yaml.safe_dump({"models": {"demo": {"backend": "scripted", "script": str(script)}}}))
    async with local_stack(tmp_path / "data", {**os.environ, "AUTOBUILD_AGENTS": str(file)}) as ready:
        await ready.do("add_repository", full_name=REPO, files=FILES)
        await ready.do("push_commit", full_name=REPO, branch="change", files={"b.txt": "x\n"})
        await ready.do("open_pull", full_name=REPO, head="change", title="A change")
        for number, (asked, stage) in enumerate(
            (
                ("runs", "Writing the change"),
                ("is judged", "Checking the change"),
                ("is pushed", "Pushing the commits"),
            ),
            1,
        ):
            if number == 3:
                lost = {"containing": ["createCommitOnBranch"], "after": True}
                await ready.do("fault", method="POST", pattern="/api/graphql", kind="hang_up", **lost)
            await ready.do("add_comment", full_name=REPO, number=1, body=f"/patch Die while it {asked}")
            await shown(ready, stage)
            await ready.kill("worker")
            await ready.start("worker")
            for text in await shown(ready, "**Done.**", number):
                assert "| coder | `demo` | 1 |" in text
        assert len(await patch_comments(ready)) == 3
        commits = await ready.get(f"/repos/{REPO}/commits?sha=change&per_page=100")
        assert [one["commit"]["message"].partition("\n")[0] for one in commits][:5] == [
            *["Apply the requested change"] * 3, "Change", commits[4]["commit"]["message"],
        ]  # fmt: skip


async def test_a_killed_worker_asks_a_model_for_nothing_again_that_was_answered(tmp_path: Path) -> None:
    """The second answer never comes, and the worker is killed while it waits: the next one goes on from there."""
    file = tmp_path / "agents.yml"
    write = {"name": "write", "input": {"path": "a.txt", "content": "1\n"}}
    with model_process() as server:
        server.begin(
            {"tools": [write], "usage": {"input": 1000, "output": 10}},
            {"fault": "silence"},
            {"text": "It is done.", "usage": {"input": 1000, "output": 10}},
        )
        model = {"provider": "openai", "model": "m", "url": f"{server.url}/v1", "price": {"input": 1.0, "output": 1.0}}
        file.write_text(yaml.safe_dump({"models": {"demo": model}}))
        async with local_stack(tmp_path / "data", {**os.environ, "AUTOBUILD_AGENTS": str(file)}) as ready:
            await ready.do("add_repository", full_name=REPO, files=FILES)
            await ready.do("push_commit", full_name=REPO, branch="change", files={"b.txt": "x\n"})
            await ready.do("open_pull", full_name=REPO, head="change", title="A change")
            await ready.do("add_comment", full_name=REPO, number=1, body="/patch Write 1")
            await until(lambda: asyncio.to_thread(lambda: len(server.requests) >= 2))
            await ready.kill("worker")
            await ready.start("worker")
            await shown(ready, "**Done.**")
            assert len(await patch_comments(ready)) == 1
            commits = await ready.get(f"/repos/{REPO}/commits?sha=change&per_page=100")
            assert sum(one["commit"]["message"].startswith("Apply the requested") for one in commits) == 1
        assert [one["reply"] for one in server.requests] == [0, 1, 2]
        # The one in flight was asked for again, with the very same request.
        assert server.requests[1]["body"] == server.requests[2]["body"]
