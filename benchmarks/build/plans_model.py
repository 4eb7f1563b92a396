"""A plan of several tasks, done one after another or several at the same time.

Two tasks that change one file are done in sequence, the later upon the earlier's change. Changes made side by side are
joined as they end; one that does not join with one of those before it is done again at the end, upon all the others.
What a task costs grows with its time.
"""

import heapq
import random
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from benchmarks.build.assumptions import Assumptions
from benchmarks.build.candidates_model import log_normal


@dataclass(frozen=True)
class PlanOutcome:
    """Means over plans. `again` counts the tasks of a plan that are done twice."""

    serial_minutes: float
    serial_dollars: float
    parallel_minutes: float
    parallel_dollars: float
    again: float

    @property
    def minutes_ratio(self) -> float:
        return self.parallel_minutes / self.serial_minutes

    @property
    def dollars_ratio(self) -> float:
        return self.parallel_dollars / self.serial_dollars

    def saved(self, hour: float) -> float:
        """Dollars that the shorter wait is worth, less what it costs more."""
        waited = (self.serial_minutes - self.parallel_minutes) / 60 * hour
        return waited - (self.parallel_dollars - self.serial_dollars)


def simulate_plans(given: Assumptions, tasks: int, overlap: float, plans: int, seed: int) -> PlanOutcome:
    """`overlap` is how often two tasks change one file. The numbers drawn are the same for each `overlap`."""
    rng = random.Random(seed)  # noqa: S311
    serial = parallel = redone = 0.0
    again = 0
    for _ in range(plans):
        times = [log_normal(rng, given.minutes, given.spread) for _ in range(tasks)]
        needs = [{earlier for earlier in range(one) if rng.random() < overlap} for one in range(tasks)]
        ran = scheduled(times, needs, int(given.workers))
        failing = [rng.random() < 1 - (1 - given.conflict) ** beside for beside in joined_beside(ran)]
        serial += sum(times)
        parallel += max(end for _, end in ran)
        redone += sum(time for time, fails in zip(times, failing, strict=True) if fails)
        again += sum(failing)
    each = given.dollars / given.minutes
    planning_minutes, planning_dollars = given.planning_minutes * tasks, given.planning_dollars * tasks
    return PlanOutcome(
        serial / plans, serial / plans * each, planning_minutes + (parallel + redone) / plans,
        planning_dollars + (serial + redone) / plans * each, again / plans,
    )  # fmt: skip


def scheduled(times: Sequence[float], needs: Sequence[AbstractSet[int]], workers: int) -> list[tuple[float, float]]:
    """When each task starts and ends: whenever a worker is free, it takes the first task whose needs are done."""
    ran = [(0.0, 0.0)] * len(times)
    waiting, done, running = list(range(len(times))), set[int](), list[tuple[float, int]]()
    clock = 0.0
    while waiting or running:
        for one in [task for task in waiting if needs[task] <= done][: workers - len(running)]:
            waiting.remove(one)
            ran[one] = (clock, clock + times[one])
            heapq.heappush(running, (ran[one][1], one))
        clock, ended = heapq.heappop(running)
        done.add(ended)
    return ran


def joined_beside(ran: Sequence[tuple[float, float]]) -> list[int]:
    """For each task, how many others were joined after it started and before itself."""
    order = {one: place for place, one in enumerate(sorted(range(len(ran)), key=lambda task: (ran[task][1], task)))}
    return [
        sum(order[other] < order[one] and ran[other][1] > ran[one][0] for other in range(len(ran)))
        for one in range(len(ran))
    ]
