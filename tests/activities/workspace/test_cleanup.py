"""What was not used for a while is removed from the data folder."""

import os
from pathlib import Path

from activities.workspace.cleanup import Cleanup

NOW = 2_000_000_000.0
DAY = 86400.0


def create(data: Path, name: str, age_s: float) -> Path:
    path = data / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix:
        path.write_text("{}")
    else:
        path.mkdir()
        (path / "locked").mkdir(mode=0)
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def test_used_folders_and_mirrors_stay(tmp_path: Path) -> None:
    kept = [
        create(tmp_path, "checkouts/octocat/example/new", DAY / 8),
        create(tmp_path, "environments/octocat/example/key", 13 * DAY),
        create(tmp_path, "results/ab/abc.json", 29 * DAY),
        create(tmp_path, "mirrors/octocat/example.git", 900 * DAY),
        create(tmp_path, "checkouts/octocat/example/old.lock", 900 * DAY),
    ]
    Cleanup(tmp_path).remove_unused(NOW)
    assert all(path.exists() for path in kept)


def test_unused_folders_are_removed(tmp_path: Path) -> None:
    unused = [
        create(tmp_path, "checkouts/octocat/example/old", DAY),
        create(tmp_path, "environments/octocat/example/key", 15 * DAY),
        create(tmp_path, "prepared/octocat/example/key", 15 * DAY),
        create(tmp_path, "results/ab/abc.json", 31 * DAY),
    ]
    Cleanup(tmp_path).remove_unused(NOW)
    assert not any(path.exists() for path in unused)
