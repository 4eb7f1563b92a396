"""Log lines of every service: what it always writes, what it writes of its own fault, and what its callers complain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.incidents.data import LogTable
from benchmarks.incidents.faults import InjectedFault
from benchmarks.incidents.services import ServiceGraph
from benchmarks.incidents.simulated import ServiceNumbers
from benchmarks.incidents.words import THINGS

if TYPE_CHECKING:
    import numpy as np

_USUAL: Final = (
    ("info", "GET /api/v1/{word}/{number} HTTP/1.1 200 {ms}ms"),
    ("info", "POST /api/v1/{word} status=201 duration={ms}ms request_id={id}"),
    ("debug", "cache hit for {word}:{number}"),
    ("info", "handled {word} {id} in {ms} ms"),
    ("info", "Processed batch of {number} {word} items"),
    ("debug", "SELECT * FROM {word} WHERE id = {number} took {ms} ms"),
    ("info", "user {number} updated {word}"),
    ("info", "published event {word}.changed offset={number}"),
    ("info", "scheduled job {word} finished in {ms} ms"),
    ("warning", "retrying {word} request {id}, attempt 2"),
    ("warning", "slow query on {word}: {ms} ms"),
    ("error", "request {id} failed: status 500"),
    ("error", "validation failed for {word} {number}: missing field"),
)
_WEIGHTS: Final = (30, 15, 20, 20, 5, 15, 8, 6, 1, 0.3, 0.3, 0.15, 0.2)
_OWN: Final = {
    "cpu": (("warning", "request {id} took {ms}000 ms"), ("warning", "worker pool is saturated, {number} tasks wait")),
    "memory": (
        ("warning", "GC overhead: {ms} ms in the last minute"),
        ("error", "java.lang.OutOfMemoryError: Java heap space"),
        ("critical", "Container killed: out of memory (limit {number} MiB)"),
    ),
    "slow": (("warning", "request {id} took {ms}00 ms"), ("warning", "lock wait of {ms}00 ms on {word}")),
    "network": (("warning", "connection reset by peer while reading {word}"),),
    "errors": (
        ("error", "failed to process {word} {number}: unexpected state"),
        ("error", "request {id} failed: status 500"),
    ),
    "logs": (
        ("error", "checksum of {word} {number} does not match"), ("warning", "wrote {word} {number} without its total"),
    ),
}  # fmt: skip
_CONFIGURATION: Final = (
    ("error", "KeyError: '{setting}': the environment variable {setting} is not set"),
    ("error", "invalid configuration: {setting} must be a number, not 'none'"),
    ("error", "could not connect to database at {word}-db-old:5432: connection refused"),
    ("error", "access denied for user 'app' to {word}: invalid credentials"),
)
_DEPENDENCY: Final = (
    ("error", "AttributeError: module 'serializer' has no attribute 'dump_{word}'"),
    ("error", "java.lang.NoSuchMethodError: com.fasterxml.jackson.core.JsonFactory.build()"),
    ("error", "TypeError: parse() got an unexpected keyword argument 'strict'"),
)
_FRAMES: Final = {
    "py": (
        "Traceback (most recent call last):", '  File "/app/{path}", line {line}, in {function}',
        "    {function}(value)",
        "{error}: bad value for {word}",
    ),
    "java": (
        "java.lang.IllegalStateException: bad {word}", "\tat com.example.{stem}.{function}({name}:{line})",
        "\tat java.base/java.lang.Thread.run(Thread.java:829)",
    ),
    "js": (
        "TypeError: Cannot read properties of undefined (reading '{word}')",
        "    at {function} (/srv/app/{path}:{line}:17)",
    ),
    "go": (
        "panic: runtime error: index out of range [3] with length 3", "", "goroutine 51 [running]:",
        "main.{function}(0xc000)", "\t/src/{path}:{line} +0x1d",
    ),
}  # fmt: skip
_COMPLAINTS: Final = (
    "timeout after 5000 ms calling http://{callee}:8080/api/{word}/{number}",
    "call to {callee} failed: 503 Service Unavailable",
    "upstream request failed: status 503",
    "rpc error: code = Unavailable desc = {callee}: connection error",
    "could not load {word} {number}: request timed out",
)
_RESTARTED: Final = (
    ("info", "Starting version {number}.4.2"), ("info", "Loaded configuration from /etc/app/config.yml"),
    ("info", "listening on 0.0.0.0:8080"), ("warning", "SIGTERM received, shutting down"),
)  # fmt: skip


@dataclass(frozen=True)
class FaultPlace:
    """Where in the code a fault of it is: the file, the line, the function."""

    path: str
    line: int
    function: str


@dataclass
class _Written:
    """Lines so far, as columns."""

    rng: "np.random.Generator"
    time: list[float]
    service: list[str]
    level: list[str]
    text: list[str]

    def write(self, service: str, times: "np.ndarray", level: str, template: str, **more: object) -> None:
        """One line at each time."""
        numbers = self.rng.integers(1, 99999, size=(len(times), 4))
        for when, (a, b, c, d) in zip(times.tolist(), numbers.tolist(), strict=True):
            words = {"word": THINGS[a % 12], "number": b, "ms": 1 + c % 300, "id": f"{d:05x}{b:05x}{a:05x}", **more}
            self.time.append(when)
            self.service.append(service)
            self.level.append(level)
            self.text.append(template.format_map(words))


def logged(
    rng: "np.random.Generator", graph: ServiceGraph, numbers: ServiceNumbers, faults: Sequence[InjectedFault],
    places: dict[int, FaultPlace], restarts: Sequence[tuple[int, float]], lines: int = 8000,
) -> LogTable:  # fmt: skip
    """About `lines` of what is always written, and what the faults bring."""
    import polars as pl

    out = _Written(rng, [], [], [], [])
    volume = rng.lognormal(0, 0.7, size=len(graph.names))
    volume *= lines / volume.sum()
    for at, name in enumerate(graph.names):
        _usual(out, name, numbers, at, volume[at])
    for fault in faults:
        _own(out, graph, numbers, fault, places.get(fault.service), volume[fault.service])
    _complaints(out, graph, numbers, volume)
    for service, when in restarts:
        for level, template in _RESTARTED:
            times = when + rng.uniform(-20, 20, size=graph.instances[service])
            out.write(graph.names[service], times, level, template)
    columns = {"time": out.time, "service": out.service, "level": out.level, "text": out.text}
    schema = {"time": pl.Float64, "service": pl.String, "level": pl.String, "text": pl.String}
    return LogTable(pl.DataFrame(columns, schema=schema).sort("time"))


def _usual(out: _Written, name: str, numbers: ServiceNumbers, at: int, volume: float) -> None:
    import numpy as np

    rng = out.rng
    chosen = rng.choice(len(_USUAL), size=min(len(_USUAL), int(rng.integers(5, 10))), replace=False)
    weights = np.array([_WEIGHTS[one] for one in chosen])
    for one, share in zip(chosen, weights / weights.sum(), strict=True):
        level, template = _USUAL[one]
        out.write(name, _drawn(rng, numbers, numbers.rate[at], volume * share), level, template)


def _drawn(rng: "np.random.Generator", numbers: ServiceNumbers, weight: "np.ndarray", count: float) -> "np.ndarray":
    """Random times, as likely as `weight` says; `count` of them are expected."""
    import numpy as np

    total = float(weight.sum())
    if total <= 0 or count <= 0:
        return np.empty(0)
    size = min(int(rng.poisson(count)), 4000)
    steps = rng.choice(len(numbers.times), size=size, p=weight / total)
    return np.asarray(numbers.times[steps] - rng.uniform(0, 15, size=size))


def _own(
    out: _Written, graph: ServiceGraph, numbers: ServiceNumbers, fault: InjectedFault, place: FaultPlace | None,
    volume: float,
) -> None:  # fmt: skip
    """What the service at fault writes. Not every one says anything of being slow."""
    rng, name = out.rng, graph.names[fault.service]
    strength = fault.envelope(numbers.times)
    minutes = float(strength.sum()) * 15 / 60
    often = max(volume / 135 * minutes * rng.uniform(0.05, 0.4), 4.0) * fault.size
    rows = _OWN[fault.form]
    if fault.form in ("errors", "logs") and fault.origin == "configuration":
        rows = (_CONFIGURATION[rng.integers(len(_CONFIGURATION))],)
    elif fault.form in ("errors", "logs") and fault.origin == "dependency":
        rows = (_DEPENDENCY[rng.integers(len(_DEPENDENCY))],)
    elif fault.form in ("errors", "logs") and place and rng.random() < 0.75:
        rows = (("error", _trace(place)),)
    if fault.form in ("cpu", "slow", "network", "memory") and rng.random() < 0.4:
        return
    for level, template in rows:
        times = _drawn(rng, numbers, strength, often * (0.2 if level == "critical" else 1))
        out.write(name, times, level, template, setting=rng.choice(("POOL_SIZE", "DB_URL", "TIMEOUT_MS")))


def _trace(place: FaultPlace) -> str:
    suffix = place.path.rpartition(".")[2]
    text = "\n".join(_FRAMES[suffix])
    name = place.path.rpartition("/")[2]
    known = {"path": place.path, "line": place.line, "function": place.function, "name": name, "error": "ValueError",
             "stem": name.partition(".")[0]}  # fmt: skip
    for key, value in known.items():
        text = text.replace("{" + key + "}", str(value))
    return text


def _complaints(out: _Written, graph: ServiceGraph, numbers: ServiceNumbers, volume: "np.ndarray") -> None:
    """Of callers whose calls fail or are late: most name the callee, some do not."""
    import numpy as np

    for caller, callees in enumerate(graph.calls):
        for callee, calls in callees.items():
            late = np.clip((numbers.total_ms[callee] + numbers.waited_ms[callee] - 1000) / 3000, 0, 1)
            failed = np.clip(numbers.errors[callee] + late, 0, 1) * min(calls, 1.0)
            each = volume[caller] / len(numbers.times) * out.rng.uniform(0.1, 0.8)
            template = _COMPLAINTS[out.rng.integers(len(_COMPLAINTS))]
            times = _drawn(out.rng, numbers, failed, each * float(failed.sum()))
            out.write(graph.names[caller], times, "error", template, callee=graph.names[callee])
