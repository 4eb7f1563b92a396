"""Services that call each other, as a random graph without cycles; each one is reached from the gateway."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.incidents.words import GATEWAY, SERVICES

if TYPE_CHECKING:
    import numpy as np

_SUFFIXES: Final = ("", "", "-service", "svc")


@dataclass(frozen=True)
class ServiceGraph:
    """`calls[i]` maps the index of a callee to how many calls one call of `i` makes. Callers come before callees.
    `handed_on[i]` maps a callee to the share of its errors that fail the call of `i`: there are fall-backs."""

    names: tuple[str, ...]
    calls: tuple[dict[int, float], ...]
    handed_on: tuple[dict[int, float], ...]
    instances: tuple[int, ...]

    def callers(self, index: int) -> list[int]:
        """Those that call it directly."""
        return [caller for caller, callees in enumerate(self.calls) if index in callees]

    def ancestors(self, index: int) -> set[int]:
        """Those that call it, directly or not."""
        found: set[int] = set()
        open_ones = [index]
        while open_ones:
            for caller in self.callers(open_ones.pop()):
                if caller not in found:
                    found.add(caller)
                    open_ones.append(caller)
        return found


def random_graph(rng: "np.random.Generator", least: int = 5, most: int = 50) -> ServiceGraph:
    """Of `least` to `most` services, more often few than many."""
    count = round(least * (most / least) ** rng.random())
    suffix = _SUFFIXES[rng.integers(len(_SUFFIXES))]
    order = [GATEWAY, *(SERVICES[at] for at in rng.permutation(len(SERVICES)))]
    names = tuple(name + suffix for name in order[:count])
    calls: list[dict[int, float]] = [{} for _ in names]
    for callee in range(1, count):
        for caller in rng.integers(max(0, callee // 3 - 1), callee, size=1 + int(rng.random() < 0.35)):
            calls[int(caller)][callee] = float(rng.choice((0.3, 0.6, 1.0, 1.0, 2.0)))
    handed_on = tuple(
        {callee: float(rng.choice((0.0, 0.5, 0.9, 1.0))) for callee in callees} for callees in calls
    )  # fmt: skip
    return ServiceGraph(names, tuple(calls), handed_on, tuple(int(each) for each in rng.integers(1, 4, size=count)))
