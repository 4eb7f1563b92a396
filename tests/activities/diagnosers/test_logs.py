"""What the log lines of two services say of an incident, by seeds: noise accuses nobody, clear faults their service."""

import random
from collections.abc import Callable, Iterator

import polars as pl
import pytest

from activities.diagnosers.logs import DIAGNOSER
from activities.incidents.data import IncidentData, LogTable
from activities.incidents.types import Alert, Diagnosis, IncidentScope

ONSET = 1_700_000_000.0
BEGIN, END = ONSET - 7200, ONSET + 600
SERVICES = ("checkout", "payments", "stock")
Line = tuple[float | None, str, str, str]

TRACE = """ERROR charge failed for order 17
Traceback (most recent call last):
  File "/usr/lib/python3.11/site-packages/flask/app.py", line 1498, in dispatch_request
    return self.ensure_sync(self.view_functions[rule.endpoint])(**view_args)
  File "/app/payments/charge.py", line 42, in charge
    total = order["total"]
KeyError: 'total'"""


def diagnosis(lines: list[Line], services: tuple[str, ...] = SERVICES) -> Diagnosis:
    schema = {"time": pl.Float64, "service": pl.String, "level": pl.String, "text": pl.String}
    table = LogTable(pl.DataFrame(lines, schema=schema, orient="row"))
    scope = IncidentScope("incident:test:1", services[0], services, ONSET, BEGIN, END)
    return DIAGNOSER.diagnose(IncidentData(scope, Alert("test", "1", "errors"), logs=table))


def times(random_: random.Random, rate: float, begin: float = BEGIN, end: float = END) -> Iterator[float]:
    at = begin
    while (at := at + random_.expovariate(rate)) < end:
        yield at


def noise(seed: int, rate: float = 0.3) -> list[Line]:
    """Traffic that grows by half, errors in proportion, bursts of them, a deployment, words that only sound like faults."""
    this = random.Random(seed)
    lines: list[Line] = []
    for service in SERVICES:
        for at in times(this, rate):
            if this.random() > 0.66 + 0.33 * (at - BEGIN) / (END - BEGIN):
                continue
            lines.append((at, service, "info", f"INFO order {this.randrange(10**6)} done in {this.randrange(900)} ms"))
            if this.random() < 0.05:
                lines.append((at, service, "error", f"ERROR user {this.randrange(999)} not found"))
            if this.random() < 0.02:
                lines.append(
                    (at, service, "warning", f"WARN retry {this.randrange(5)} of upload took {this.random():.2f}s")
                )
        for at in times(this, 1 / 2000):
            lines += [
                (at + each / 10, service, "error", f"ERROR job {each} failed: lock held")
                for each in range(this.randrange(1, 9))
            ]
        if this.random() < 0.3:
            lines.append(
                (ONSET + this.random() * 500, service, "error", f"ERROR odd thing {this.choice('abc')} failed")
            )
        deployed = ONSET - 300 + this.random() * 600
        lines += [(deployed + each, service, "info", text) for each, text in enumerate((
            "INFO shutting down gracefully, 0 errors", "INFO starting version 1.4.7", "INFO loading configuration", "INFO listening on port 8080",
        ))]  # fmt: skip
    return lines


def test_noise_accuses_nobody() -> None:
    seeds = 100
    accused = [seed for seed in range(seeds) if diagnosis(noise(seed)).hypotheses]
    assert len(accused) <= seeds * 0.02, accused


def failing(
    this: random.Random, service: str, text: str | Callable[[], str], rate: float = 0.1, level: str = "error"
) -> list[Line]:
    begin = ONSET - this.random() * 200
    return [(at, service, level, text if isinstance(text, str) else text()) for at in times(this, rate, begin)]


FAULTS = {
    "code": TRACE,
    "memory": "FATAL java.lang.OutOfMemoryError: Java heap space",
    "disk": "ERROR write of segment 7 failed: No space left on device",
    "configuration": "ERROR missing required environment variable PAYMENT_URL",
    "network": "ERROR getaddrinfo ENOTFOUND db.example",
    "dependency": "ERROR ModuleNotFoundError: No module named 'yaml'",
    "latency": "ERROR query deadline exceeded after 5000 ms",
    "errors": "ERROR total is negative",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_clear_fault_names_its_service_and_kind(fault: str) -> None:
    right = 0
    for seed in range(10):
        this = random.Random(seed)
        found = diagnosis(noise(seed) + failing(this, "payments", FAULTS[fault]))
        best = found.hypotheses[0] if found.hypotheses else None
        right += best is not None and (best.entity, best.fault) == ("payments", fault) and best.log_odds > 1
    assert right >= 9


def test_frames_are_of_our_own_code() -> None:
    found = diagnosis(noise(1) + failing(random.Random(1), "payments", TRACE))
    assert [(one.path, one.line, one.function) for one in found.frames] == [("/app/payments/charge.py", 42, "charge")]
    assert any("`/app/payments/charge.py`, line 42, in `charge`" in one.text for one in found.evidence)


@pytest.mark.parametrize(
    "complaint",
    [
        "ERROR POST http://payments:8080/charge failed: Connection refused",
        "ERROR payments-service returned 503",
        "ERROR call to payments.default.svc timed out after 3000 ms",
        "ERROR grpc: payments: rpc error: code = Unavailable",
    ],
)
def test_a_caller_that_complains_points_at_its_callee(complaint: str) -> None:
    found = diagnosis(noise(3) + failing(random.Random(3), "checkout", complaint))
    assert found.hypotheses[0].entity == "payments"
    assert "`checkout` cannot reach `payments`." in {one.text for one in found.hypotheses}


def test_one_line_about_memory_is_enough() -> None:
    line: Line = (ONSET + 20, "stock", "error", "kernel: Out of memory: Killed process 4242 (java)")
    found = diagnosis([*noise(5), line])
    assert (found.hypotheses[0].entity, found.hypotheses[0].fault) == ("stock", "memory")


def test_a_service_that_falls_silent_is_evidence() -> None:
    lines = [one for one in noise(6) if one[1] != "stock" or (one[0] or 0) < ONSET - 700]
    found = diagnosis(lines)
    assert (found.hypotheses[0].entity, found.hypotheses[0].fault) == ("stock", "unknown")
    assert found.hypotheses[0].log_odds < 1


def test_noise_alone_is_healthy_and_covers_all_services() -> None:
    found = diagnosis(noise(7))
    assert found.healthy
    assert found.coverage == 1


def test_services_without_lines_lower_the_coverage() -> None:
    assert diagnosis(noise(7), (*SERVICES, "mail", "search", "ads")).coverage == 0.5


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "There are no log lines of this time."),
        ([(None, "checkout", "error", "ERROR x")] * 50, "No log line has a time"),
        ([(ONSET + 1, "checkout", "error", "ERROR x")] * 50, "no log lines from before"),
        ([(ONSET - 5000, "checkout", "error", "ERROR x")] * 50, "no log lines from after"),
        ([(ONSET + 10**7, "checkout", "error", "ERROR x")] * 50, "no log lines from before"),
    ],
)
def test_what_cannot_be_judged_is_abstained_from(lines: list[Line], reason: str) -> None:
    found = diagnosis(lines)
    assert reason in found.abstained
    assert not found.hypotheses
    assert not found.healthy


def test_hostile_lines_are_only_text() -> None:
    texts = [
        "",
        "\x00" * 50,
        "`<script>`\n# x",
        "<*> " * 2000,
        "\u202e evil",
        "a" * 4096,
        "ERROR [x](javascript:1) `rm`",
    ]
    lines: list[Line] = [
        (at, "checkout", "error", texts[n % len(texts)]) for n, at in enumerate(times(random.Random(1), 1))
    ]
    lines += [
        (at, "checkout", "strange level", "ERROR `[x](http://evil.example)` failed")
        for at in times(random.Random(1), 1, ONSET)
    ]
    lines += [(float("nan"), "checkout", "error", "x"), (float("inf"), "checkout", "error", "x")]
    found = diagnosis(lines)
    for one in found.evidence:
        assert one.text.count("`") % 2 == 0
        assert one.text.isprintable()
        assert len(one.text) < 400


def test_a_log_that_begins_shortly_before_the_onset_had_no_less_traffic_before() -> None:
    lines: list[Line] = [(ONSET - 1200 + at, "checkout", "info", f"INFO order {at} paid") for at in range(1500)]
    lines += [(ONSET + at, "checkout", "error", f"ERROR order {at} failed") for at in range(0, 300, 2)]
    said = diagnosis(sorted(lines, key=str), ("checkout",))
    assert not said.healthy
    assert [one.entity for one in said.hypotheses] == ["checkout"]
