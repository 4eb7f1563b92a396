"""What is this host's own trouble, and what is the repository's."""

import asyncio
import dataclasses
import errno
import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.errors import HostTrouble, UserError
from activities.host_activity import LASTING, with_host_trouble
from activities.host_trouble import host_trouble, trouble_of_program
from activities.model import RepoRef
from activities.result_store import ResultStore
from activities.untrusted_files import UntrustedFolder
from activities.workspace.git import GitError, git
from activities.workspace.mirror import Workspaces
from tests.mounts import fill, read_only, small_disk

REPO = RepoRef("octocat", "example")


def shortage_of(error: BaseException) -> str:
    found = host_trouble(error)
    return found.shortage if found else ""


@contextmanager
def no_files_left() -> Iterator[None]:
    """This process can open no more files, also where one that was open is closed meanwhile."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.parametrize(
    ("number", "shortage"),
    [
        (errno.ENOSPC, "disk"),
        (errno.EDQUOT, "disk"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "disk error"),
        (errno.EMFILE, "files"),
        (errno.ENFILE, "files"),
        (errno.ENOMEM, "memory"),
        (errno.EAGAIN, "processes"),
        (errno.ENOENT, None),
        (errno.EACCES, None),
        (errno.ECONNREFUSED, None),
        (errno.ENAMETOOLONG, None),
    ],
)
def test_errors_of_the_system(number: int, shortage: str | None) -> None:
    try:
        try:
            raise OSError(number, os.strerror(number))
        except OSError as error:
            raise UserError("It did not work.") from error
    except UserError as error:
        found = host_trouble(error)
    assert (found.shortage if found else None) == shortage
    said = trouble_of_program(1, f"cp: cannot do 'a: b': {os.strerror(number)}\n")
    assert (said.shortage if said else None) == shortage


def test_errors_of_python_and_sqlite() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("pragma max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as full:
        database.execute("create table t as select hex(zeroblob(100000)) x")
    database.execute("pragma query_only = 1")
    with pytest.raises(sqlite3.OperationalError) as closed:
        database.execute("create table u (x)")
    with pytest.raises(sqlite3.OperationalError) as wrong:
        database.execute("select nothing")
    found = [host_trouble(each.value) for each in (full, closed, wrong)]
    assert [each.shortage if each else "" for each in found] == ["disk", "read-only", ""]
    assert shortage_of(MemoryError()) == "memory"
    assert shortage_of(RuntimeError("can't start new thread")) == "processes"
    assert host_trouble(ExceptionGroup("several", [ValueError(), OSError(errno.ENOSPC, "")]))
    assert not host_trouble(RuntimeError("No space left on device"))


def test_lock_on_a_disk_without_inodes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m", inodes=3) as disk:
        (disk / "a").touch()
        (disk / "b").touch()
        with pytest.raises(OSError, match="No space") as caught:
            FileLock(disk / "c.lock").acquire()
    assert shortage_of(caught.value) == "disk"


@pytest.mark.parametrize(
    ("code", "said", "shortage"),
    [
        (128, "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output\n", "disk"),
        (128, "error: cannot fork() for index-pack: Resource temporarily unavailable\n", "processes"),
        (128, "fatal: Out of memory, malloc failed (tried to allocate 9 bytes)\n", "memory"),
        (128, "error: index-pack died of signal 9\nfatal: fetch-pack: invalid index-pack output\n", "memory"),
        (-9, "", "memory"),
        (1, "bwrap: Can't mkdir parents for /x: Read-only file system\n", "read-only"),
        (128, "remote: fatal: write error: No space left on device\nfatal: early EOF\n", None),
        (128, "fatal: 'No space left on device' does not appear to be a git repository\n", None),
        (1, "", None),
    ],
)
def test_words_of_our_programs(code: int, said: str, shortage: str | None) -> None:
    found = trouble_of_program(code, said)
    assert (found.shortage if found else None) == shortage


@pytest.fixture
async def origin(tmp_path: Path) -> tuple[Path, str]:
    """A repository with a commit whose file is 3 MB."""
    folder = tmp_path / "origin"
    folder.mkdir()
    await git(folder, "init", "--quiet", "-b", "main")
    (folder / "a").write_bytes(os.urandom(3_000_000))
    await git(folder, "add", "a")
    who = {f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    await git(folder, "commit", "--quiet", "-m", "A", env=who)
    return folder, (await git(folder, "rev-parse", "HEAD")).decode().strip()


def workspaces(data: Path, origin: Path) -> Workspaces:
    async def nobody(_: RepoRef) -> tuple[str, str]:
        return "", ""

    return Workspaces(data, lambda _: f"file://{origin}", nobody)


async def files_of(ours: Workspaces, sha: str) -> Path:
    await ours.fetch(REPO, sha)
    return await ours.checkout(REPO, sha)


async def test_full_disk_leaves_no_broken_mirror_and_no_half_checkout(tmp_path: Path, origin: tuple[Path, str]) -> None:
    folder, sha = origin
    with small_disk(tmp_path / "disk", "16m") as disk:
        ours, taken = workspaces(disk, folder), [0]
        steps = (20_000, 60_000, 1_500_000, 4_000_000)  # what is left, so that another step of git fails each time
        for left in steps:
            filler = fill(disk, left)
            with pytest.raises((HostTrouble, OSError)) as caught:
                await files_of(ours, sha)
            assert shortage_of(caught.value) in ("disk", "disk error"), caught.value
            filler.unlink()
            taken.append(sum(each.stat().st_size for each in disk.rglob("*") if each.is_file()))
        assert max(taken) < 6_000_000  # the mirror, and one unfinished object: nothing piles up
        assert (await files_of(ours, sha) / "a").stat().st_size == 3_000_000


async def test_configuration_that_cannot_be_read_is_not_missing(tmp_path: Path, origin: tuple[Path, str]) -> None:
    folder, sha = origin
    ours = workspaces(tmp_path / "data", folder)
    await ours.fetch(REPO, sha)
    assert await ours.read_file(REPO, sha, "b") is None
    with no_files_left(), pytest.raises(OSError) as caught:
        await ours.read_file(REPO, sha, "a")
    assert host_trouble(caught.value)


async def test_read_only_data_folder(tmp_path: Path, origin: tuple[Path, str]) -> None:
    folder, sha = origin
    data = tmp_path / "data"
    ours, results = workspaces(data, folder), ResultStore(data / "results")
    await ours.fetch(REPO, sha)
    with read_only(data):
        for attempt in (ours.checkout(REPO, sha), asyncio.to_thread(results.put_facts, "ab" * 32, {})):
            with pytest.raises((HostTrouble, OSError)) as caught:
                await attempt
            assert shortage_of(caught.value) == "read-only"


def test_file_that_cannot_be_opened_for_the_host_is_not_missing(tmp_path: Path) -> None:
    """Else a repository would have no tests, and pass."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("x")
    results, folder = ResultStore(tmp_path / "results"), UntrustedFolder(tmp_path)
    results.put_facts("ab" * 32, {"a": 1})
    looks: list[Callable[[], object]] = [
        lambda: folder.is_file("folder/file"),
        lambda: folder.is_folder("folder"),
        lambda: folder.names("folder"),
        lambda: list(folder.files()),
        lambda: folder.read_bytes("folder/file", 10),
        lambda: results.facts("ab" * 32),
    ]
    assert all(look() for look in looks)
    with no_files_left():
        for look in looks:
            with pytest.raises(HostTrouble) as caught:
                look()
            assert caught.value.shortage == "files"
    assert all(look() for look in looks)


@pytest.mark.parametrize(
    ("lasts", "attempts", "final"), [(timedelta(), 5, False), (LASTING, 5, True), (10 * LASTING, 0, False)]
)
async def test_workflow_hears_of_a_trouble_that_lasts(lasts: timedelta, attempts: int, final: bool) -> None:
    """Where it waits for that host, without a limit, it is tried until the workflow ends."""
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info,
        scheduled_time=datetime.now(UTC) - lasts,
        attempt=3,
        retry_policy=RetryPolicy(maximum_attempts=attempts),
    )

    async def write() -> None:
        raise OSError(errno.ENOSPC, "No space left on device: /a/path")

    with pytest.raises(ApplicationError) as caught:
        await environment.run(with_host_trouble(write))
    assert (caught.value.type, caught.value.non_retryable) == ("HostTrouble", final)
    assert caught.value.message == "the disk of the host that runs the checks is full"
    assert caught.value.next_retry_delay == timedelta(seconds=45)


async def test_error_that_is_not_the_hosts_ends_a_long_wait() -> None:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, attempt=9, retry_policy=RetryPolicy(maximum_attempts=0))

    async def fail() -> None:
        raise GitError(("fetch",), 1, "fatal: bad object")

    with pytest.raises(ApplicationError) as caught:
        await environment.run(with_host_trouble(fail))
    assert caught.value.non_retryable
