"""What was not used for a while is removed from the data folder."""

import os
import time
from pathlib import Path

import pytest
from filelock import FileLock

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
        (path / "installed.json").touch()
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def test_used_folders_and_mirrors_stay(tmp_path: Path) -> None:
    kept = [
        create(tmp_path, "checkouts/octocat/example/new", DAY / 8),
        create(tmp_path, "environments/octocat/example/protected/key", 13 * DAY),
        create(tmp_path, "downloads/octocat/example/python", 50 * DAY),
        create(tmp_path, "results/ab/abc.json", 29 * DAY),
        create(tmp_path, "transcripts/abc.jsonl", 6 * DAY),
        create(tmp_path, "mirrors/octocat/example.git", 900 * DAY),
        create(tmp_path, "accepted/octocat/example/linting.txt", 900 * DAY),
    ]
    os.utime(tmp_path / "environments/octocat/example/protected", (NOW - 900 * DAY, NOW - 900 * DAY))
    Cleanup(tmp_path).remove_unused(NOW)
    assert all(path.exists() for path in kept)


def test_unused_folders_are_removed(tmp_path: Path) -> None:
    unused = [
        create(tmp_path, "checkouts/octocat/example/old", DAY),
        create(tmp_path, "environments/octocat/example/protected/key", 15 * DAY),
        create(tmp_path, "prepared/octocat/example/protected/key", 15 * DAY),
        create(tmp_path, "downloads/octocat/example/python", 70 * DAY),
        create(tmp_path, "results/ab/abc.json", 31 * DAY),
        create(tmp_path, "transcripts/abc.jsonl", 8 * DAY),
        create(tmp_path, "scratch/.run-abc", 15 * DAY),
    ]
    Cleanup(tmp_path).remove_unused(NOW)
    assert not any(path.exists() for path in unused)


def test_trust_level_with_nothing_in_it_is_removed(tmp_path: Path) -> None:
    create(tmp_path, "environments/octocat/example/fork-7-abc/key.lock", 15 * DAY)
    level = tmp_path / "environments/octocat/example/fork-7-abc"
    Cleanup(tmp_path).remove_unused(NOW)
    assert not level.exists()


def test_lock_that_is_held_stays(tmp_path: Path) -> None:
    held = create(tmp_path, "checkouts/octocat/example/old.lock", 900 * DAY)
    free = create(tmp_path, "scratch/locks/old.lock", 900 * DAY)
    with FileLock(held):
        Cleanup(tmp_path).remove_unused(NOW)
        assert held.exists()
    assert not free.exists()


@pytest.mark.parametrize(
    ("left", "made"),
    [
        ("mirrors/octocat/example.git.ab12.part/objects", "mirrors/octocat/example.git"),
        ("mirrors/octocat/example.git.ab12.old/objects", "mirrors/octocat/example.git"),
        ("mirrors/octocat/example.git/objects/pack/tmp_pack_Ab12", "mirrors/octocat/example.git"),
        ("checkouts/octocat/example/0a1b.ab12.part/src", "checkouts/octocat/example/0a1b"),
        ("checkouts/octocat/example/0a1b.ab12.old/src", "checkouts/octocat/example/0a1b"),
        ("environments/octocat/example/protected/0a1b/env", "environments/octocat/example/protected/0a1b"),
        ("environments/octocat/example/protected/0a1b.ab12.old/env", "environments/octocat/example/protected/0a1b"),
        ("prepared/octocat/example/branch/0a1b/tree", "prepared/octocat/example/branch/0a1b"),
    ],
)
def test_what_nobody_makes_any_more_is_removed_at_once(tmp_path: Path, left: str, made: str) -> None:
    """Whoever makes something, or removes it, holds the lock beside it, and the kernel frees that of the dead."""
    path = tmp_path / left
    path.mkdir(parents=True)
    if path.name.startswith("tmp"):
        path.rmdir()
        path.touch()
    else:
        path.chmod(0)
    with FileLock(tmp_path / f"{made}.lock"):
        Cleanup(tmp_path).remove_unused(time.time())
        assert path.exists()
    Cleanup(tmp_path).remove_unused(time.time())
    assert not path.exists()


def test_link_is_removed_and_what_is_behind_it_stays(tmp_path: Path) -> None:
    create(tmp_path, "elsewhere/file.txt", 900 * DAY)
    link = tmp_path / "environments/octocat/example/protected/key"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere")
    os.utime(link, (0, 0), follow_symlinks=False)
    Cleanup(tmp_path).remove_unused(NOW)
    assert not link.is_symlink()
    assert (tmp_path / "elsewhere/file.txt").exists()
