"""The benchmarks can be loaded, count right, and are played with what they say. Nothing is timed here."""

import hashlib
import hmac
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from benchmarks.__main__ import load as load_benchmark
from benchmarks.__main__ import names
from benchmarks.props import bare, events, shop
from benchmarks.props.load import load
from benchmarks.rows import Goal, Row, median, percentile
from bot.webhook.parsing import Ignored, parse_event
from bot.webhook.routes import Rules, SignalWithStart, route

SECRET = "a secret"
RULES = Rules("autobuild[bot]", 1)


def test_there_is_a_benchmark_for_each_number_of_the_documentation() -> None:
    assert names() == [
        "first_check_run", "gate_time", "killed_worker", "memory", "same_tree", "starting", "webhooks",
    ]  # fmt: skip
    told = Path("docs/performance.md").read_text("utf-8")
    assert [name for name in names() if f"`{name}`" not in told] == []


@pytest.mark.parametrize("name", names())
def test_each_module_defines_one_benchmark(name: str) -> None:
    assert callable(load_benchmark(name).run)


@pytest.mark.parametrize(
    ("measured", "goal", "met"),
    [
        (2.0, Goal("ratio", at_most=1.0), True),
        (4.1, Goal("ratio", at_most=1.0), False),
        (3.2, Goal("ratio", at_least=0.8), True),
        (3.1, Goal("ratio", at_least=0.8), False),
        (1.0, Goal("measured", at_most=1.0), True),
        (1.1, Goal("measured", at_most=1.0), False),
        (9.0, Goal("difference", at_most=5.0), True),
        (9.1, Goal("difference", at_most=5.0), False),
        (9.1, None, None),
    ],
)
def test_a_row_knows_whether_what_is_wanted_is_so(measured: float, goal: Goal | None, met: bool | None) -> None:
    assert Row("one", "s", measured, 4.0, "another", goal).met is met


def test_nothing_is_more_than_nothing_and_something_is_endlessly_more() -> None:
    assert Row("", "", 0, 0, "").ratio == 1.0
    assert Row("", "", 1, 0, "").ratio == float("inf")


def test_what_is_wanted_is_said_in_words() -> None:
    assert Goal("ratio", at_least=0.8).words("/s") == "ratio ≥ 0.8"
    assert Goal("measured", at_most=100).words("MB") == "≤ 100 MB"
    assert Goal("difference", at_most=5).words("s") == "≤ 5 s more"


def test_the_slowest_hundredth_and_the_middle() -> None:
    values = [float(number) for number in range(1, 201)]
    assert (percentile(values, 99), percentile(values, 100), percentile([7.0], 99)) == (198.0, 200.0, 7.0)
    assert median([5.0, 1.0, 100.0]) == 5.0


def test_events_of_no_concern_ask_for_nothing_and_pushes_start_a_workflow_each() -> None:
    for name, body in events.of_no_concern():
        event = parse_event(name, body, "d-1")
        assert isinstance(event, Ignored) or isinstance(route(event, RULES), Ignored)
    parsed = [parse_event(name, body, "d-1") for name, body in events.pushes(3)]
    started = [route(event, RULES) for event in parsed if not isinstance(event, Ignored)]
    assert len({one.id for one in started if isinstance(one, SignalWithStart)}) == 3


async def test_the_load_reaches_the_bare_receiver_which_verifies() -> None:
    runner = web.AppRunner(bare.make_app(SECRET), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        answered = await load(port, events.requests(events.of_no_concern(), SECRET) * 4, connections=3)
        assert len(answered.seconds) == 20
        with pytest.raises(RuntimeError, match="401"):
            await load(port, events.requests(events.of_no_concern(), "another"), connections=1)
    finally:
        await runner.cleanup()


def test_requests_are_signed_as_github_does_it() -> None:
    [(name, body)] = events.pushes(1)
    [request] = events.requests([(name, body)], SECRET)
    assert hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().encode() in request


def test_the_shop_is_a_repository_with_as_many_tests_as_it_says(tmp_path: Path) -> None:
    shop.lay_out(tmp_path / "shop")
    shop.change(tmp_path / "shop", 1)
    tests = [path.read_text("utf-8").count("\ndef test_") for path in (tmp_path / "shop/tests").iterdir()]
    assert sum(tests) == shop.MODULES * shop.TESTS_A_MODULE + 1
    for path in (tmp_path / "shop").rglob("*.py"):
        compile(path.read_text("utf-8"), str(path), "exec")


def test_every_process_that_is_started_is_written_down(tmp_path: Path) -> None:
    starts = tmp_path / "starts.txt"
    code = "import subprocess; subprocess.run(['true']); subprocess.run(['git', '--version'])"
    environ = {**os.environ, "PYTHONPATH": "benchmarks/props/starts", "BENCHMARK_STARTS": str(starts)}
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, capture_output=True)
    assert [line.split()[1] for line in starts.read_text("utf-8").splitlines()] == ["true", "git"]
