"""The true numbers of every service over time: load, work and faults, and what callers get of their callees' faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.incidents.faults import InjectedFault
from benchmarks.incidents.services import ServiceGraph

if TYPE_CHECKING:
    import numpy as np

STEP_S: Final = 15.0
_DAY_S: Final = 86400.0


@dataclass(frozen=True)
class ServiceNumbers:
    """Each an array of services × times: calls a second, milliseconds (own work, and what the caller sees the server
    take), share of failed calls, share of processors, bytes, and how much is waiting. `waited` is what is lost on the
    network on the way to it, in milliseconds."""

    times: "np.ndarray"
    rate: "np.ndarray"
    own_ms: "np.ndarray"
    total_ms: "np.ndarray"
    waited_ms: "np.ndarray"
    errors: "np.ndarray"
    cpu: "np.ndarray"
    memory: "np.ndarray"
    disk: "np.ndarray"
    lost: "np.ndarray"
    queued: "np.ndarray"


def wandering(rng: "np.random.Generator", rows: int, columns: int, sigma: float, memory: float = 0.8) -> "np.ndarray":
    """Noise whose neighbours in time are alike, with deviation `sigma`; now and then it jumps."""
    import numpy as np

    shocks = rng.standard_t(5, size=(rows, columns)) * sigma * np.sqrt(0.6 * (1 - memory**2))
    values = np.empty((rows, columns))
    values[:, 0] = shocks[:, 0]
    for at in range(1, columns):
        values[:, at] = memory * values[:, at - 1] + shocks[:, at]
    return values


def simulate(
    rng: "np.random.Generator", graph: ServiceGraph, faults: Sequence[InjectedFault], times: "np.ndarray",
    surge: "np.ndarray", restarts: Sequence[tuple[int, float]],
) -> ServiceNumbers:  # fmt: skip
    """`surge` multiplies the visitors; `restarts` are (service, when), each with a moment of slowness and an empty
    memory."""
    import numpy as np

    count, steps = len(graph.names), len(times)
    rate = _rates(rng, graph, times, surge)
    work = rng.lognormal(3.0, 0.8, size=(count, 1))
    own = work * np.exp(wandering(rng, count, steps, 0.12, 0.5))
    used = rng.uniform(0.08, 0.45, size=(count, 1))
    busy = rate / np.median(rate, axis=1, keepdims=True)
    cpu = used * busy * np.exp(wandering(rng, count, steps, 0.06, 0.5))
    own *= 1 + 0.6 * np.clip(cpu, 0, 2) ** 3
    base = rng.lognormal(19.5, 0.6, size=(count, 1))
    memory = base * (
        1 + wandering(rng, count, steps, 0.02, 0.9) + rng.uniform(0, 0.05, size=(count, 1)) * _saw(rng, times, count)
    )
    disk = rng.lognormal(23, 0.7, size=(count, 1)) * (1 + rng.uniform(0, 2e-6, size=(count, 1)) * (times - times[0]))
    errors = rng.uniform(0.0, 0.006, size=(count, 1)) * np.exp(wandering(rng, count, steps, 0.4, 0.4))
    lost = rng.uniform(0, 0.5, size=(count, 1)) * np.exp(wandering(rng, count, steps, 0.3, 0.3))
    waited = np.abs(rng.uniform(0.2, 1.5, size=(count, 1)) * np.exp(wandering(rng, count, steps, 0.2, 0.3)))
    numbers = ServiceNumbers(times, rate, own, own, waited, errors, cpu, memory, disk, lost, np.zeros((count, steps)))
    for fault in faults:
        _inject(rng, numbers, fault, work)
    for service, when in restarts:
        _restart(numbers, service, when)
    return _handed_on(rng, graph, numbers)


def _rates(rng: "np.random.Generator", graph: ServiceGraph, times: "np.ndarray", surge: "np.ndarray") -> "np.ndarray":
    import numpy as np

    count, steps = len(graph.names), len(times)
    phase, depth, minutes = rng.uniform(0, 6.28), rng.uniform(0.1, 0.5), rng.uniform(7, 40)
    daily = 1 + depth * np.sin(2 * np.pi * times / _DAY_S + phase)
    hourly = 1 + rng.uniform(0, 0.12) * np.sin(2 * np.pi * times / (60 * minutes))
    rate = np.zeros((count, steps))
    rate[0] = rng.lognormal(4.5, 0.8) * daily * hourly * surge
    for caller, callees in enumerate(graph.calls):
        for callee, calls in callees.items():
            rate[callee] += rate[caller] * calls
    return np.asarray(rate * np.exp(wandering(rng, count, steps, 0.06, 0.6)))


def _saw(rng: "np.random.Generator", times: "np.ndarray", rows: int) -> "np.ndarray":
    """Memory between two collections."""
    import numpy as np

    period = rng.uniform(120, 1800, size=(rows, 1))
    return np.asarray(np.mod(times + rng.uniform(0, 1800, size=(rows, 1)), period) / period)


def _inject(rng: "np.random.Generator", numbers: ServiceNumbers, fault: InjectedFault, work: "np.ndarray") -> None:
    """In place: only what the service itself does. A resource that runs short makes it slower, too."""
    import numpy as np

    at, strength = fault.service, fault.envelope(numbers.times) * fault.size
    share = 0.5 if fault.one_instance else 1.0
    if fault.form == "cpu":
        numbers.cpu[at] += strength * share * rng.uniform(0.3, 0.7)
        numbers.own_ms[at] *= 1 + strength * share * rng.uniform(0.4, 4)
        numbers.errors[at] += strength * share * rng.choice((0, 0, 0.02))
    elif fault.form == "memory":
        numbers.memory[at] *= 1 + strength * share * rng.uniform(0.4, 1.5)
        numbers.own_ms[at] *= 1 + strength**2 * share * rng.uniform(0.3, 2.5)
        numbers.cpu[at] += strength * share * rng.uniform(0, 0.15)
        numbers.errors[at] += strength**4 * share * rng.choice((0, 0.02, 0.1))
    elif fault.form == "slow":
        numbers.own_ms[at] += strength * max(float(work[at, 0]) * rng.uniform(1.5, 10), 40.0)
    elif fault.form == "network":
        numbers.waited_ms[at] += strength * rng.uniform(60, 400)
        numbers.lost[at] += strength * rng.uniform(3, 12)
        numbers.errors[at] += strength * rng.choice((0, 0.02))
    elif fault.form == "errors":
        numbers.errors[at] += strength * rng.uniform(0.06, 0.5)
        numbers.own_ms[at] *= 1 - np.clip(strength, 0, 1) * rng.choice((0, 0.3))
        if rng.random() < 0.2:
            numbers.cpu[at] *= 1 - np.clip(strength, 0, 1) * 0.3
    np.clip(numbers.cpu[at], 0, 1.0, out=numbers.cpu[at])
    np.clip(numbers.errors[at], 0, 0.98, out=numbers.errors[at])


def _restart(numbers: ServiceNumbers, service: int, when: float) -> None:
    since = numbers.times - when
    for_minutes = (since >= 0) & (since < 600)
    numbers.memory[service, for_minutes] *= 0.6 + 0.4 * since[for_minutes] / 600
    first = (since >= 0) & (since < 45)
    numbers.own_ms[service, first] *= 1.6
    numbers.cpu[service, first] += 0.15


def _handed_on(rng: "np.random.Generator", graph: ServiceGraph, numbers: ServiceNumbers) -> ServiceNumbers:
    """From callees to callers: they wait, some fail, what waits holds memory, and failed calls are tried again."""
    import numpy as np

    total, errors, rate = numbers.own_ms.copy(), numbers.errors.copy(), numbers.rate.copy()
    for caller in reversed(range(len(graph.names))):
        for callee, calls in graph.calls[caller].items():
            seen = total[callee] + numbers.waited_ms[callee]
            limit = 3000.0
            total[caller] += calls * np.minimum(seen, limit)
            late = np.clip((seen - limit / 2) / limit, 0, 1)
            failed = np.clip(errors[callee] + late, 0, 1) * min(calls, 1.0)
            errors[caller] = 1 - (1 - errors[caller]) * (1 - failed * graph.handed_on[caller][callee])
    for caller, callees in enumerate(graph.calls):
        for callee, calls in callees.items():
            retried = rng.choice((0.0, 0.0, 1.0, 2.0))
            rate[callee] += numbers.rate[caller] * calls * retried * errors[callee]
    usual = np.median(total[:, : max(1, total.shape[1] // 2)], axis=1, keepdims=True)
    queued = rate * total / 1000
    waiting = np.clip(total / usual - 1, 0, 10)
    memory = numbers.memory * (1 + rng.uniform(0, 0.02, size=(len(total), 1)) * waiting)
    return ServiceNumbers(
        numbers.times, rate, numbers.own_ms, total, numbers.waited_ms, errors, numbers.cpu, memory, numbers.disk,
        numbers.lost, queued,
    )  # fmt: skip
