"""The file that `pytest --benchmark-json` writes."""

import json
import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from activities.formats.pytest_benchmark import benchmark
from activities.reports import BadReport, Contents

# Below pytest-xdist the plug-in would see another run's worker, and measure nothing.
ALONE = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def read(report: object) -> Contents:
    return benchmark.read(json.dumps(report).encode(), "tool", "performance")


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {},
        {"name": "a"},
        {"stats": {}},
        {"name": "a", "stats": {"data": ["x"]}},
        {"name": "a", "stats": {"data": [-1]}},
    ],
)
def test_a_benchmark_without_name_or_times_is_refused(entry: object) -> None:
    with pytest.raises(BadReport):
        read({"benchmarks": [entry]})


def test_empty_file_has_no_benchmarks() -> None:
    assert benchmark.read(b"", "tool", "performance") == Contents()


def test_without_data_the_median_is_the_only_round() -> None:
    found = read({"benchmarks": [{"fullname": "t.py::b", "stats": {"median": 0.5}}]}).benchmarks
    assert [(one.id, one.rounds) for one in found] == [("t.py::b", (0.5,))]


def test_report_of_a_real_run_is_read(tmp_path: Path) -> None:
    (tmp_path / "test_speed.py").write_text(
        "def test_sum(benchmark):\n    benchmark.pedantic(sum, args=([1],), rounds=4)\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        f"--rootdir={tmp_path}",
    ]
    run([*command, "--benchmark-json=b.json"], cwd=tmp_path, env=ALONE, check=True, capture_output=True)
    found = benchmark.read((tmp_path / "b.json").read_bytes(), "tool", "performance").benchmarks
    assert [one.id for one in found] == ["test_speed.py::test_sum"]
    assert len(found[0].rounds) == 4


def test_many_rounds_are_thinned_out() -> None:
    found = read({"benchmarks": [{"fullname": "b", "stats": {"data": list(range(2500))}}]}).benchmarks[0]
    assert found.rounds[:3] == (0, 3, 6)
    assert len(found.rounds) == 834
