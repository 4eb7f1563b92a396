"""How fast something may go: counted in a window, spaced, or both. What is taken may lie ahead: a place in a queue.

First come, first served: whoever asks later is never given an earlier time. Times are in seconds, from anywhere.
"""

from collections import deque
from typing import Protocol


class RateLimiter(Protocol):
    """`free_at` changes nothing; `take` wants a time that `free_at` gave, or a later one."""

    def free_at(self, start: float, cost: int) -> float:
        """The first time from `start` on at which so much more fits in."""

    def take(self, at: float, cost: int) -> "Reservation | None":
        """Uses it up; what is given can be given back."""

    def forget(self, now: float) -> None:
        """Drops what no longer counts."""


class Reservation:
    """A part of a window. `cost` 0: it counts no more."""

    def __init__(self, at: float, cost: int) -> None:
        self.at = at
        self.cost = cost


class SlidingWindow:
    """At most `limit` in any `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._taken: deque[Reservation] = deque()
        self._sum = 0

    def free_at(self, start: float, cost: int) -> float:
        at = max(start, self._taken[-1].at) if self._taken else start
        used = self._sum + cost
        for taken in self._taken:
            if taken.at + self._seconds > at:
                if used <= self._limit:
                    break
                at = taken.at + self._seconds
            used -= taken.cost
        return at

    def take(self, at: float, cost: int) -> Reservation:
        taken = Reservation(at, cost)
        self._taken.append(taken)
        self._sum += cost
        return taken

    def give_back(self, taken: Reservation) -> None:
        self._sum -= taken.cost
        taken.cost = 0

    def forget(self, now: float) -> None:
        while self._taken and self._taken[0].at + self._seconds <= now:
            self.give_back(self._taken.popleft())


class LeakyBucket:
    """One every `seconds`, after `burst` at once; an idle second brings one of the burst back."""

    def __init__(self, seconds: float, burst: int = 1) -> None:
        self._seconds = seconds
        self._slack = (burst - 1) * seconds
        self._next = float("-inf")

    def free_at(self, start: float, cost: int) -> float:
        return max(start, self._next - self._slack)

    def take(self, at: float, cost: int) -> None:
        self._next = max(at, self._next) + cost * self._seconds

    def forget(self, now: float) -> None:
        return


class AllOf:
    """All of them at one time."""

    def __init__(self, *gauges: RateLimiter) -> None:
        self._gauges = gauges

    def free_at(self, start: float, cost: int) -> float:
        return max(gauge.free_at(start, cost) for gauge in self._gauges)

    def take(self, at: float, cost: int) -> None:
        for gauge in self._gauges:
            gauge.take(at, cost)

    def forget(self, now: float) -> None:
        for gauge in self._gauges:
            gauge.forget(now)
