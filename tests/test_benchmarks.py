"""Every benchmark measures, counts right, and sends what it says. No time is held to a goal here."""

import hashlib
import hmac
import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from activities.migration_engine.steps import StepSite
from activities.sandbox.ownership import claimed
from benchmarks import Effort
from benchmarks.__main__ import load as load_benchmark
from benchmarks.__main__ import names
from benchmarks.migrated_files import MigratedFiles
from benchmarks.rows import Goal, Row, median, percentile
from benchmarks.support import bare_receiver, events, react_project, sample_project
from benchmarks.support.codemods import Codemods, must_be_rewritten
from benchmarks.support.deployment import deployment
from benchmarks.support.load import load
from benchmarks.support.receivers import receivers
from bot.webhook.events import Ignored
from bot.webhook.parsing import parse_event
from bot.webhook.routes import Rules, SignalWithStart, route
from tests.runners import runner_with_registries
from tests.wheels import make_wheels

SECRET = "a secret"
RULES = Rules("autobuild[bot]", 1)


def test_every_benchmark_is_documented() -> None:
    assert names() == [
        "first_check_run", "gate_time", "killed_worker", "known_folder", "memory", "migrated_files", "same_tree",
        "small_package", "starting", "webhooks", "whole_migration",
    ]  # fmt: skip
    text = Path("docs/performance.md").read_text("utf-8")
    assert [name for name in names() if f"`{name}`" not in text] == []


@pytest.mark.parametrize("setup", [deployment, receivers])
async def test_a_small_run_measures(setup: object, tmp_path: Path) -> None:
    """All benchmarks that need the same processes, on one set of them."""
    alike = [benchmark for benchmark in map(load_benchmark, names()) if benchmark.setup is setup]
    assert len(alike) >= 2
    async with alike[0].setup(tmp_path) as subject:
        for benchmark in alike:
            rows = await benchmark.measure(subject, Effort(small=True))
            assert rows
            assert all(0 <= row.measured < float("inf") and 0 <= row.baseline < float("inf") for row in rows)
            assert all(row.met for row in rows if row.goal == Goal("measured", at_most=0))


def test_a_small_gate_is_measured_beside_its_tools(tmp_path: Path) -> None:
    """In a process of its own, as `make bench` does it: it waits for every process below it."""
    wheels = make_wheels(tmp_path / "wheels", "pytest", "coverage", "mypy")
    command = [sys.executable, "-m", "benchmarks", "--small", "--data", str(tmp_path / "data"), "gate_time"]
    environ = {**os.environ, "UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert done.stdout.count("gate: ") == 4


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
def test_a_row_knows_whether_its_goal_is_met(measured: float, goal: Goal | None, met: bool | None) -> None:
    assert Row("one", "s", measured, 4.0, "another", goal).met is met


def test_a_ratio_to_zero_is_one_or_infinite() -> None:
    assert Row("", "", 0, 0, "").ratio == 1.0
    assert Row("", "", 1, 0, "").ratio == float("inf")


def test_goal_is_written_with_its_unit() -> None:
    assert Goal("ratio", at_least=0.8).words("/s") == "ratio ≥ 0.8"
    assert Goal("measured", at_most=100).words("MB") == "≤ 100 MB"
    assert Goal("difference", at_most=5).words("s") == "≤ 5 s more"


def test_percentile_and_median() -> None:
    values = [float(number) for number in range(1, 201)]
    assert (percentile(values, 99), percentile(values, 100), percentile([7.0], 99)) == (198.0, 200.0, 7.0)
    assert median([5.0, 1.0, 100.0]) == 5.0


def test_ignored_events_start_nothing_and_pushes_a_workflow_each() -> None:
    for name, body in events.ignored():
        event = parse_event(name, body, "d-1")
        assert isinstance(event, Ignored) or isinstance(route(event, RULES), Ignored)
    parsed = [parse_event(name, body, "d-1") for name, body in events.pushes(3)]
    started = [route(event, RULES) for event in parsed if not isinstance(event, Ignored)]
    assert len({one.id for one in started if isinstance(one, SignalWithStart)}) == 3


async def test_the_bare_receiver_verifies_what_the_load_sends() -> None:
    runner = web.AppRunner(bare_receiver.make_app(SECRET), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        answered = await load(port, events.requests(events.ignored(), SECRET) * 4, connections=3)
        assert len(answered.seconds) == 20
        with pytest.raises(RuntimeError, match="401"):
            await load(port, events.requests(events.ignored(), "another"), connections=1)
    finally:
        await runner.cleanup()


def test_requests_are_signed_as_github_does_it() -> None:
    [(name, body)] = events.pushes(1)
    [request] = events.requests([(name, body)], SECRET)
    assert hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().encode() in request


def test_the_sample_project_has_as_many_tests_as_it_says(tmp_path: Path) -> None:
    sample_project.lay_out(tmp_path / "shop")
    sample_project.change(tmp_path / "shop", 1)
    tests = [path.read_text("utf-8").count("\ndef test_") for path in (tmp_path / "shop/tests").iterdir()]
    assert sum(tests) == sample_project.MODULES * sample_project.TESTS_A_MODULE + 1
    for path in (tmp_path / "shop").rglob("*.py"):
        compile(path.read_text("utf-8"), str(path), "exec")


def test_the_react_project_is_always_the_same_and_as_large_as_it_says(tmp_path: Path) -> None:
    files = dict(react_project.files(300))
    assert files == dict(react_project.files(300))
    assert len(files) == 301
    assert sum("ReactDOM.render(" in text for text in files.values()) == 3 * react_project.MATCHING
    for path, text in files.items():
        for name in re.findall(r"from '(\.[^']+)'", text):
            plain = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            assert any(f"{plain}{end}" in files for end in (".js", ".jsx", ".tsx")), (path, name)


async def test_ast_grep_rewrites_what_a_migration_is_measured_with(tmp_path: Path) -> None:
    codemods = Codemods(tmp_path)
    assert (await codemods.ast_grep(100)).wall > 0
    with pytest.raises(RuntimeError, match="0 of 4 files were rewritten"):
        must_be_rewritten(codemods.fresh(100), 100)


async def test_a_small_migration_is_measured(tmp_path: Path) -> None:
    """The tools beside it have tests of their own; jscodeshift is only installed where it is measured."""
    tmp_path.joinpath("data").mkdir()
    with claimed(tmp_path / "data"):
        site = StepSite(await runner_with_registries(), tmp_path / "data")
        assert (await MigratedFiles(site, Codemods(tmp_path)).migrate(100)).wall > 0


def test_every_started_process_is_written_down(tmp_path: Path) -> None:
    starts = tmp_path / "starts.txt"
    code = "import subprocess; subprocess.run(['true']); subprocess.run(['git', '--version'])"
    environ = {**os.environ, "PYTHONPATH": "benchmarks/support/starts", "BENCHMARK_STARTS": str(starts)}
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, capture_output=True)
    assert [line.split()[1] for line in starts.read_text("utf-8").splitlines()] == ["true", "git"]
