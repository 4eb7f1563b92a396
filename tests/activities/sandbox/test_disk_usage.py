"""What counts as written, and when it is worth a look."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.sandbox import scratch
from activities.sandbox.disk_usage import Disk

MIB = 1024**2


@pytest.fixture
def bottomless(tmp_path: Path) -> Iterator[Path]:
    """A folder whose depths no path can name."""
    top = tmp_path / "top"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("d" * 60, dir_fd=here)
        below = os.open("d" * 60, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    yield top
    scratch.remove(top)
    assert not top.exists()


def test_what_was_there_before_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"x" * 3 * MIB)
    assert not Disk([tmp_path], MIB).over("")


def test_a_file_with_two_names_counts_once(tmp_path: Path) -> None:
    disk = Disk([tmp_path], 3 * MIB)
    (tmp_path / "one").write_bytes(b"x" * 2 * MIB)
    os.link(tmp_path / "one", tmp_path / "two")
    assert not disk.over("")
    (tmp_path / "three").write_bytes(b"x" * 2 * MIB)
    assert disk.over("")


def test_a_hole_is_not_counted(tmp_path: Path) -> None:
    disk = Disk([tmp_path], MIB)
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(100 * MIB)
    assert not disk.over("")


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    disk = Disk([tmp_path / "inside"], MIB)
    (tmp_path / "big").write_bytes(b"x" * 3 * MIB)
    (tmp_path / "inside" / "file").symlink_to(tmp_path / "big")
    (tmp_path / "inside" / "folder").symlink_to(tmp_path)
    assert not disk.over("")


def test_what_hides_too_deep_to_be_named_is_over_every_limit(tmp_path: Path, bottomless: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    disk = Disk([empty], 100 * MIB)
    bottomless.rename(empty / "top")
    try:
        assert disk.over("")
    finally:
        (empty / "top").rename(bottomless)


def test_a_walk_has_just_been_made(tmp_path: Path) -> None:
    disk = Disk([tmp_path], 1 << 50)
    assert not disk.due()
