"""The limit of the data folder, the reserve of its disk, and what is never evicted."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from activities.errors import HostTrouble
from activities.model import RepoRef
from activities.workspace.git import git
from activities.workspace.leases import hold, leases
from activities.workspace.mirror import Workspaces
from activities.workspace.storage import Storage, free_bytes
from tests.mounts import fill, small_disk

MIB = 1024**2
NOW = 2_000_000_000.0
NAMES = (
    "results/ab/abc.json",
    "checkouts/octocat/example/c1",
    "prepared/octocat/example/protected/p1",
    "environments/octocat/example/protected/e1",
    "downloads/octocat/example",
    "mirrors/octocat/example.git",
)
KEPT = ("app/github.json", "temporal.db", "scratch/out.1", "checkouts/octocat/example/c1.lock")

HOLD = """
import sys
from pathlib import Path
from activities.workspace.leases import hold, leases
with leases():
    print(hold(Path(sys.argv[1])), flush=True)
    sys.stdin.read()
"""


def filled(data: Path) -> list[Path]:
    """One of each kind with a MiB, the first used longest ago."""
    paths = [data / name for name in NAMES]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path if path.suffix == ".json" else path / "a" / "file"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * MIB)
        used(path, (len(paths) - number) * 86400)
    for name in KEPT:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(b"x")
        used(data / name, 900 * 86400)
    return paths


def used(path: Path, ago_s: float) -> None:
    os.utime(path, (NOW - ago_s, NOW - ago_s))


def there(paths: list[Path]) -> list[bool]:
    return [path.exists() for path in paths]


def test_least_recently_used_goes_first_down_to_the_limit(tmp_path: Path) -> None:
    paths = filled(tmp_path)
    Storage(tmp_path, 7 * MIB).keep_limit(NOW)
    assert all(there(paths))
    Storage(tmp_path, 3 * MIB + MIB // 2).keep_limit(NOW)
    assert there(paths) == [False, False, False, True, True, True]
    (paths[5] / "more").write_bytes(b"x" * MIB)  # a mirror grows
    used(paths[5], 3600)
    Storage(tmp_path, 3 * MIB + MIB // 2).keep_limit(NOW)
    assert there(paths) == [False, False, False, False, True, True]
    Storage(tmp_path, 1).keep_limit(NOW)
    assert not any(there(paths))
    assert all((tmp_path / name).exists() for name in KEPT)
    assert not list(tmp_path.rglob("*.old"))


def test_what_was_measured_is_not_walked_again(tmp_path: Path) -> None:
    paths = filled(tmp_path)
    Storage(tmp_path, 100 * MIB).keep_limit(NOW)
    (paths[1] / "later").write_bytes(b"x" * 50 * MIB)  # nobody writes to a checkout
    used(paths[1], 5 * 86400)
    Storage(tmp_path, 7 * MIB).keep_limit(NOW)
    assert all(there(paths))


def test_what_is_in_use_stays_whoever_evicts(tmp_path: Path) -> None:
    paths = filled(tmp_path)
    used(paths[0], 60)  # of a gate that is not over
    command = (sys.executable, "-c", HOLD, str(paths[1]))
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout
    try:
        assert other.stdout.readline() == "True\n"
        with leases():
            for path in paths[2:4]:
                assert hold(path)
                used(path, 10 * 86400)
            used(paths[1], 10 * 86400)
            Storage(tmp_path, 1).keep_limit(NOW)
            assert there(paths) == [True, True, True, True, False, False]
        Storage(tmp_path, 1).keep_limit(NOW)
        assert there(paths) == [True, True, False, False, False, False]
    finally:
        other.kill()
        other.communicate()
    Storage(tmp_path, 1).keep_limit(NOW)  # its lease ended with the process
    assert there(paths) == [True, False, False, False, False, False]


def test_transcripts_count_as_they_grow_and_those_of_today_stay(tmp_path: Path) -> None:
    old, new = (tmp_path / "transcripts" / name for name in ("old.jsonl", "new.jsonl"))
    old.parent.mkdir()
    for path, ago_s in ((old, 86400.0), (new, 3600.0)):
        path.write_bytes(b"x" * MIB)
        used(path, ago_s)
    Storage(tmp_path, 3 * MIB).keep_limit(NOW)
    assert there([old, new]) == [True, True]
    new.write_bytes(b"x" * 4 * MIB)  # its run goes on
    used(new, 60)
    Storage(tmp_path, 3 * MIB).keep_limit(NOW)
    assert there([old, new]) == [False, True]


async def test_reserve_is_made_free_before_work_begins(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "24m") as disk:
        storage = Storage(disk, reserve=12 * MIB)
        await storage.require_reserve()
        paths = [disk / f"checkouts/octocat/example/{number}" for number in range(10)]
        for number, path in enumerate(paths):
            path.mkdir(parents=True)
            (path / "file").write_bytes(b"x" * MIB)
            os.utime(path, (time.time() - 3600 + number, time.time() - 3600 + number))
        fill(disk, 8 * MIB)
        await storage.require_reserve()
        assert free_bytes(disk) >= 12 * MIB
        assert there(paths) == sorted(there(paths))  # the oldest, and no more than needed
        assert there(paths).count(False) in (4, 5)
        (disk / "filler").unlink()
        fill(disk, MIB)
        with pytest.raises(HostTrouble, match="full"):
            await storage.require_reserve()
        assert not any(there(paths))


async def test_evicted_mirror_and_checkout_are_made_again(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    await git(origin, "init", "--quiet", "-b", "main")
    (origin / "a").write_text("1")
    await git(origin, "add", "a")
    who = {f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    await git(origin, "commit", "--quiet", "-m", "A", env=who)
    sha = (await git(origin, "rev-parse", "HEAD")).decode().strip()

    async def nobody(_: RepoRef) -> tuple[str, str]:
        return "", ""

    repo, data = RepoRef("octocat", "example"), tmp_path / "data"
    ours, storage = Workspaces(data, lambda _: f"file://{origin}", nobody), Storage(data, limit=1)
    with leases():
        await ours.fetch(repo, sha)
        checkout = await ours.checkout(repo, sha)
        storage.keep_limit(NOW * 2)
        assert (checkout / "a").read_text() == "1"
    storage.keep_limit(NOW * 2)
    assert not checkout.exists()
    assert not ours.mirror(repo).exists()
    assert ((await ours.checkout(repo, sha)) / "a").read_text() == "1"
