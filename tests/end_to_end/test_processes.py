"""The product as separate processes: a worker dies in the middle of a gate, and another goes on."""

import os
from pathlib import Path
from typing import Any

import psutil

from bot.processes.local_stack import LocalStack, local_stack
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.repos import CHECKS, configured
from tests.end_to_end.test_migrations import recipe

REPO = "octocat/example"


async def runs(ready: LocalStack, sha: str) -> dict[str, Any]:
    found = await ready.get(f"/repos/{REPO}/commits/{sha}/check-runs?per_page=100")
    return {run["name"].removeprefix("autobuild / "): run for run in found["check_runs"]}


async def ended(ready: LocalStack, sha: str, name: str) -> dict[str, Any]:
    """The check run of this name once it has ended."""
    version = 0
    while (run := (await runs(ready, sha)).get(name)) is None or run["status"] != "completed":
        version = await ready.changed(version)
    return dict(run)


async def test_gate_of_a_killed_worker_is_finished_by_another(tmp_path: Path) -> None:
    async with local_stack(tmp_path, os.environ) as ready:
        files = configured({"security": "sleep 4"})
        await ready.do("add_repository", full_name=REPO, files=files)
        pushed = await ready.do("push_commit", full_name=REPO, branch="change", files={"a.txt": "x\n"})
        await ended(ready, pushed["sha"], "linting")
        await ready.kill("worker")
        await ready.start("worker")
        gate = await ended(ready, pushed["sha"], "gate")
        assert gate["conclusion"] == "success"
        assert all(run["status"] == "completed" for run in (await runs(ready, pushed["sha"])).values())
        assert len(await runs(ready, pushed["sha"])) == len(CHECKS) + 1


async def test_migration_of_a_killed_worker_is_finished_by_another(tmp_path: Path) -> None:
    """Each commit once: what was made before the death is found, what was being made is made again."""
    steps = ("first: sed -i s/one/two/ a.py", "slow needs first: sleep 3; sed -i s/two/three/ a.py")
    async with local_stack(tmp_path, os.environ) as ready:
        files = {**configured({"static_analysis": "true"}), "a.py": "one()\n", **recipe("slowly", *steps)}
        await ready.do("add_repository", full_name=REPO, files=files)
        issue = (await ready.do("open_issue", full_name=REPO, title="Migrate"))["number"]
        await ready.do("add_comment", full_name=REPO, number=issue, body="/migrate slowly", login="octocat")

        async def says(words: str) -> None:
            version = 0
            path = f"/repos/{REPO}/issues/{issue}/comments"
            while not any(words in one["body"] for one in await ready.get(path)):
                version = await ready.changed(version)

        await says("| … | `slow` |")
        await ready.kill("worker")
        await ready.start("worker")
        await says("**Done: #")
        commits = await ready.get(f"/repos/{REPO}/commits?sha=autobuild/migrate-slowly-{issue}")
        assert [one["commit"]["message"] for one in commits][:3] == ["Step slow", "Step first", "Begin"]


async def test_workers_of_one_host_end_with_their_command(tmp_path: Path) -> None:
    async with local_stack(tmp_path, os.environ) as ready:
        await ready.kill("worker")
        await ready.start("worker", "--workers", "2")
        await ready.do("add_repository", full_name=REPO, files=configured())
        pushed = await ready.do("push_commit", full_name=REPO, branch="change", files={"a.txt": "x\n"})
        gate = await ended(ready, pushed["sha"], "gate")
        assert gate["conclusion"] == "success"
        parent = psutil.Process(ready.children["worker"].pid)
        workers = parent.children()
        assert len(workers) == 2
        workers[0].kill()

        async def again() -> list[psutil.Process]:
            alive = [child for child in parent.children() if child.pid not in (workers[0].pid, workers[1].pid)]
            return alive if parent.is_running() else []

        workers += await until(again)
        await ready.kill("worker")
        assert psutil.wait_procs(workers, timeout=WITHIN_S)[1] == []
