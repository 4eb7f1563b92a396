"""`autobuild diagnose` on folders with data, as a person runs it."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ONSET = 1_700_000_000


def diagnosed(tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "AUTOBUILD_DATA": str(tmp_path / "state")}
    command = [sys.executable, "-m", "bot", "diagnose", *options]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def faulty(folder: Path, *, noted: bool = True) -> Path:
    """The processor of `cart` is busy from the onset on; its caller `front-end` waits for it."""
    noise = random.Random(3)
    folder.mkdir(parents=True)
    lines = ["time,cart_cpu,cart_mem,front-end_cpu,front-end_latency,pay_cpu,pay_mem"]
    for at in range(-1800, 600, 15):
        row = [noise.gauss(mean, mean / 50) for mean in (10, 300, 20, 0.1, 15, 200)]
        row[0] += 80 * (at >= 0)
        row[3] += 0.3 * (at >= 0)
        lines.append(f"{ONSET + at}," + ",".join(f"{value:.4f}" for value in row))
    (folder / "data.csv").write_text("\n".join(lines))
    if noted:
        (folder / "inject_time.txt").write_text(f"{ONSET}\n")
    return folder


@pytest.mark.parametrize("noted", [True, False])
def test_time_comes_from_the_folder_or_from_the_person(tmp_path: Path, noted: bool) -> None:
    at = () if noted else ("--at", "2023-11-14T22:13:20Z")
    done = diagnosed(tmp_path, str(faulty(tmp_path / "data", noted=noted)), "--json", "--service", "front-end", *at)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["state"] == "reported"
    assert (found["consensus"]["causes"][0]["entity"], found["consensus"]["causes"][0]["fault"]) == ("cart", "cpu")


def test_folders_that_hold_no_incident_or_several(tmp_path: Path) -> None:
    for name in ("a", "b"):
        faulty(tmp_path / "many" / name)
    (tmp_path / "empty").mkdir()
    several, empty = diagnosed(tmp_path, str(tmp_path / "many")), diagnosed(tmp_path, str(tmp_path / "empty"))
    assert (several.returncode, empty.returncode) == (2, 2)
    assert "holds the data of 2 incidents. Name one of them" in several.stderr
    assert "holds no metrics, logs or traces that can be read. Expected is one of these" in empty.stderr


def test_without_data_nothing_is_said_and_the_exit_code_shows_it(tmp_path: Path) -> None:
    nobody = diagnosed(tmp_path, "--prometheus", "http://127.0.0.1:9", "--service", "cart")
    assert nobody.returncode == 1, nobody.stdout
    assert "Prometheus cannot be reached" in nobody.stdout
    untimed = diagnosed(tmp_path, str(faulty(tmp_path / "data", noted=False)), "--service", "cart")
    assert untimed.returncode == 1, untimed.stdout
    assert "Say with --at when it began" in untimed.stdout
