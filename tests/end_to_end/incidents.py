"""Services with a repository, logs and metrics, one of which a merged change has broken."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from temporalio.common import WorkflowIDConflictPolicy

from activities.incidents.types import Alert, AlertBatch
from tests.end_to_end.planned import RUN_PY
from tests.end_to_end.repos import configured
from tests.stack import Stack
from workflows import ids
from workflows.monitoring.requests import MonitoringInput

GOOD = "DISCOUNTS = {'spring': 10}\n\n\ndef total(price, code=''):\n    percent = DISCOUNTS.get(code, 0)\n    return price - price * percent // 100\n"
BAD = GOOD.replace("DISCOUNTS.get(code, 0)", "DISCOUNTS[code]")
FAILING_LINE = 5
CASES = "from shop import total\n\n\ndef test_without_a_code():\n    assert total(100) == 100\n\n\ndef test_with_a_code():\n    assert total(100, 'spring') == 90\n"
BROKEN_FOR_S = 300.0
SERVICES = 12


@dataclass
class Incidents:
    """A stack with a file of services: each has a repository `octocat/shop-<n>`, and a log of its own."""

    stack: Stack
    folder: Path
    number: int = 0

    @staticmethod
    def write_file(folder: Path, **more: Any) -> str:
        """The path of the deployment's file."""
        services = {
            f"shop-{at}": {"repository": f"octocat/shop-{at}", "log_files": [str(folder / f"shop-{at}.log")]}
            for at in range(1, SERVICES + 1)
        }
        path = folder / "incidents.yml"
        path.write_text(yaml.safe_dump({"version": 1, "services": services, **more}))
        return str(path)

    async def shop(
        self, config: str = "", change: str = BAD, errors: bool = True, message: str = "Take any code"
    ) -> "Shop":
        """A service whose repository got `change` some minutes ago, and which has failed (`errors`) for minutes."""
        self.number += 1
        name = f"shop-{self.number}"
        onset = time.time() - BROKEN_FOR_S
        files = configured(
            {"unit_tests": "python3 run.py"}, **{"run.py": RUN_PY, "shop.py": GOOD, "tests/test_shop.py": CASES}
        )
        files[".github/autobuild.yml"] += config
        store = self.stack.github.store
        store.advance(-3600)
        repo = await self.stack.repository(files, f"octocat/{name}")
        store.advance(3600 - BROKEN_FOR_S - 60)
        sha = await self.stack.push(repo, {"shop.py": change}, "main", message=message)
        store.advance(BROKEN_FOR_S + 60)
        write_log(self.folder / f"{name}.log", name, onset, errors=errors)
        return Shop(self.stack, name, repo, sha, onset)


@dataclass
class Shop:
    """One service. `sha` is the change that may have broken it."""

    stack: Stack
    name: str
    repo: str
    sha: str
    onset: float

    def alert(self, **more: Any) -> Alert:
        fields = {"summary": "Half of the calls fail.", "starts_at": self.onset, "id": "1", "severity": "critical"}
        return Alert("alertmanager", self.name, "HighErrors", self.name, **{**fields, **more})

    @property
    def incident(self) -> str:
        return ids.incident("alertmanager", self.name)

    async def fire(self, *alerts: Alert) -> None:
        """As the webhook server sends them."""
        await self.stack.temporal.start_workflow(
            "ContinuousMonitoringWorkflow", MonitoringInput(), id=ids.monitoring(),
            task_queue=self.stack.settings.task_queue, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="alerted", start_signal_args=[AlertBatch(alerts or (self.alert(),))],
        )  # fmt: skip

    async def signal(self, name: str, *arguments: Any) -> None:
        await self.stack.temporal.get_workflow_handle(self.incident).signal(name, args=arguments)


def write_log(path: Path, service: str, onset: float, *, errors: bool) -> None:
    """Twenty minutes of orders, of which half fail since the onset where there are `errors`."""
    trace = (
        "order failed\nTraceback (most recent call last):\n"
        f'  File "/srv/{service}/shop.py", line {FAILING_LINE}, in total\n'
        "    percent = DISCOUNTS[code]\nKeyError: ''"
    )
    lines, at, count = [], onset - 1200, 0
    while at < time.time():
        count += 1
        failed = errors and at >= onset and count % 2
        said = {"level": "error", "message": trace} if failed else {"level": "info", "message": f"order {count} paid"}
        stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        lines.append(json.dumps({"time": stamp, "service": service, **said}))
        at += 1.0
    path.write_text("\n".join(lines) + "\n")
