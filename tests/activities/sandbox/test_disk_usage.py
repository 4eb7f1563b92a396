"""What counts as written to the disk, and when a walk is due."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.sandbox.usage import DiskUsage
from activities.untrusted_files import remove_tree

MIB = 1024**2


@pytest.fixture
def too_deep(tmp_path: Path) -> Iterator[Path]:
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
    remove_tree(top)
    assert not top.exists()


def test_earlier_content_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"x" * 3 * MIB)
    assert not DiskUsage([tmp_path], MIB).exceeded("")


def test_file_with_two_names_counts_once(tmp_path: Path) -> None:
    disk = DiskUsage([tmp_path], 3 * MIB)
    (tmp_path / "one").write_bytes(b"x" * 2 * MIB)
    os.link(tmp_path / "one", tmp_path / "two")
    assert not disk.exceeded("")
    (tmp_path / "three").write_bytes(b"x" * 2 * MIB)
    assert disk.exceeded("")


def test_hole_in_a_file_is_not_counted(tmp_path: Path) -> None:
    disk = DiskUsage([tmp_path], MIB)
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(100 * MIB)
    assert not disk.exceeded("")


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    disk = DiskUsage([tmp_path / "inside"], MIB)
    (tmp_path / "big").write_bytes(b"x" * 3 * MIB)
    (tmp_path / "inside" / "file").symlink_to(tmp_path / "big")
    (tmp_path / "inside" / "folder").symlink_to(tmp_path)
    assert not disk.exceeded("")


def test_folder_deeper_than_a_path_can_name_exceeds_every_limit(tmp_path: Path, too_deep: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    disk = DiskUsage([empty], 100 * MIB)
    too_deep.rename(empty / "top")
    try:
        assert disk.exceeded("")
    finally:
        (empty / "top").rename(too_deep)


def test_no_walk_is_due_right_after_one(tmp_path: Path) -> None:
    disk = DiskUsage([tmp_path], 1 << 50)
    assert not disk.due()
