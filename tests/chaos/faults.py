"""Carries out what the plan says of faults, and ends all of them."""

import signal
from dataclasses import dataclass, field

from simulator.github.rest.faults import ApiFault, Kind
from simulator.github.webhooks.delivery_faults import HeldDeliveries
from tests.chaos.deployment import Deployment
from tests.chaos.plan import FaultStep


@dataclass
class Faults:
    """`hanging` requests wait for `answer`, `held` deliveries for `shuffle`."""

    deployment: Deployment
    hanging: list[ApiFault] = field(default_factory=list)
    held: list[HeldDeliveries] = field(default_factory=list)

    async def do(self, step: FaultStep) -> None:
        """One that is there already, or not any more, is left so."""
        deployment, target = self.deployment, step.target
        match step.do:
            case "kill" | "terminate":
                await deployment.end(target, signal.SIGKILL if step.do == "kill" else signal.SIGTERM)
            case "start":
                await deployment.start(target)
            case "errors":
                method, pattern, fault = target.split()
                self._fail(method, pattern, fault, step.times)
            case "hang":
                method, pattern = target.split()
                self.hanging.append(deployment.github.faults.add(method, pattern, "hold"))
            case "answer":
                self._answer()
            case "hold":
                self.held.append(deployment.github.webhooks.faults.hold())
            case "shuffle":
                self._shuffle(step.seed)
            case "fill":
                deployment.data.fill()
            case "free":
                deployment.data.free()

    def _fail(self, method: str, pattern: str, fault: str, times: int) -> None:
        kinds: dict[str, Kind] = {"status": "status", "half": "half", "hang_up": "hang_up"}
        kind, after = kinds[fault.removesuffix("_after")], fault.endswith("_after")
        self.deployment.github.faults.add(method, pattern, kind, times=times, status=500, after=after)

    def _answer(self) -> None:
        for each in self.hanging:
            each.release()
        self.hanging = []

    def _shuffle(self, seed: int) -> None:
        for each in self.held:
            each.shuffle(seed)
        self.held = []

    async def end_all(self) -> None:
        """Everything works from now on; what was held arrives."""
        self._answer()
        self._shuffle(0)
        self.deployment.github.faults.clear()
        self.deployment.github.webhooks.faults.stop_random()
        self.deployment.data.free()
        await self.deployment.start_all()
