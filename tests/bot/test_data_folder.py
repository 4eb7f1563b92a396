"""Nothing in the data folder can be read by another account of the host."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.errors import UserError
from activities.model import RepoRef
from activities.untrusted_files import UntrustedFolder
from activities.workspace.git import git_environment
from activities.workspace.mirror import Workspaces
from bot.processes.temporal_server import temporal_server
from bot.settings import Settings, data_folder_of, require_writable
from bot.settings.data_folder import OURS, make_private, mention_earlier_folder
from tests.bot.cli.test_gate import git, write
from tests.end_to_end.repos import configured

NOBODY = 65534
# Prints what another account can list or open.
READER = """
import os, sys
for folder, _, files in os.walk(sys.argv[1]):
    print(folder)
    for name in files:
        try:
            open(os.path.join(folder, name), "rb").close()
            print(name)
        except OSError:
            pass
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="data-folder."))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def read_by_another(folder: Path) -> str:
    command = ("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "/usr/bin/env", "python3")
    done = subprocess.run([*command, "-I", "-c", READER, folder], capture_output=True, text=True, check=True, cwd="/")
    return done.stdout.replace(f"{folder}\n", "", 1)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_ones(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if not path.is_symlink() and mode(path) & 0o077]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
async def test_another_account_reads_nothing_of_a_gate(place: Path) -> None:
    repository, data = place / "repository", place / "data"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    write(repository, configured() | {"a.txt": "private\n", "lint.txt": "a.txt:1: warning: private\n"})
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=Begin")
    assert "a.txt" in read_by_another(place), "the test itself cannot read what is open to others"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "gate", str(repository),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**git_environment(), "AUTOBUILD_DATA": str(data)},
    )  # fmt: skip
    assert await process.wait() == 1
    assert {"mirrors", "checkouts", "results", "scratch"} <= {path.name for path in data.iterdir()}
    assert read_by_another(data) == ""
    assert mode(data) == 0o700


def test_what_an_earlier_version_left_open_is_closed(place: Path) -> None:
    data = place / "data"
    for name in (*OURS, "others"):
        (data / name).mkdir(parents=True)
    for name in ("temporal.db", "temporal.db-wal", "temporal.db.lock"):
        (data / name).write_text("")
    (data / "results" / "a.json").write_text("{}")
    require_writable(data)
    assert {mode(path) for path in (data, *(data / name for name in OURS))} == {0o700}
    assert {mode(path) for path in data.glob("temporal.db*")} == {0o600}
    assert mode(data / "others") == 0o755


def test_the_default_is_the_same_from_every_working_directory(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(place))
    for folder in (place, Path("/")):
        monkeypatch.chdir(folder)
        assert data_folder_of({}) == Settings.load({}, ()).data == place / ".local" / "share" / "autobuild"
    monkeypatch.setenv("XDG_DATA_HOME", str(place / "xdg"))
    assert Settings.load({}, ()).data == place / "xdg" / "autobuild"
    assert data_folder_of({"AUTOBUILD_DATA": "a"}) == Path("/a")


def test_an_account_without_a_home_has_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    for load in (lambda: Settings.load({}, ()), lambda: data_folder_of({})):
        with pytest.raises(UserError, match="AUTOBUILD_DATA must be set: this account has no home folder"):
            load()


def test_an_earlier_folder_is_named_and_stays(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("XDG_DATA_HOME", str(place / "xdg"))
    (place / ".autobuild" / "bench").mkdir(parents=True)
    mention_earlier_folder({})
    assert capsys.readouterr().err == ""
    (place / ".autobuild" / "app").mkdir()
    mention_earlier_folder({"AUTOBUILD_DATA": ".autobuild"})
    assert capsys.readouterr().err == ""
    mention_earlier_folder({})
    said = capsys.readouterr().err
    assert said.startswith(f"The data folder is {place}/xdg/autobuild; {place}/.autobuild of an earlier version is not")
    assert (place / ".autobuild" / "app").is_dir()
    assert not (place / "xdg").exists()


def test_a_folder_of_everybody_is_not_closed(place: Path) -> None:
    place.chmod(0o1777)
    (place / "results").mkdir()
    make_private(place)
    assert (mode(place), mode(place / "results")) == (0o1777, 0o700)


def test_a_link_is_not_followed(place: Path) -> None:
    (place / "data").mkdir()
    (place / "elsewhere").mkdir(0o755)
    (place / "data" / "results").symlink_to("../elsewhere")
    make_private(place / "data")
    assert mode(place / "elsewhere") == 0o755


async def test_the_database_of_temporal_is_closed(place: Path) -> None:
    async with temporal_server(place / "data" / "temporal.db"):
        assert (place / "data" / "temporal.db").exists()
        # The lock is an empty file.
        assert open_ones(place / "data") in ([], [place / "data" / "temporal.db.lock"])


@pytest.fixture
def private_umask() -> Iterator[None]:
    """As `worker`, `serve` and `up` have it."""
    before = os.umask(0o077)
    yield
    os.umask(before)


async def nobody(_: RepoRef) -> tuple[str, str]:
    return "", ""


@pytest.mark.usefixtures("private_umask")
async def test_a_checkout_has_gits_modes_in_a_closed_folder(place: Path) -> None:
    source, data = place / "source", place / "data"
    source.mkdir()
    git(source, "init", "--quiet", "--initial-branch=main")
    write(source, {"folder/a.txt": "", "run.sh": ""})
    (source / "run.sh").chmod(0o755)
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "--message=Begin")
    repo, sha = RepoRef("octocat", "example", path=str(source)), git(source, "rev-parse", "HEAD")
    workspaces = Workspaces(data, lambda repo: repo.path, nobody)
    await workspaces.fetch(repo, sha)
    checkout = await workspaces.checkout(repo, sha)
    modes = {path.relative_to(checkout).as_posix(): oct(mode(path)) for path in (checkout, *checkout.rglob("*"))}
    assert modes == {".": "0o755", "folder": "0o755", "folder/a.txt": "0o644", "run.sh": "0o755"}
    assert [path for path in open_ones(data) if not path.is_relative_to(checkout)] == []


@pytest.mark.usefixtures("private_umask")
def test_a_copied_tree_keeps_its_modes(place: Path) -> None:
    for name, bits in (("a.txt", 0o644), ("folder/run.sh", 0o755)):
        (place / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "from" / name).write_text("")
        (place / "from" / name).chmod(bits)
    (place / "to").mkdir()
    UntrustedFolder(place / "from").copy_tree(UntrustedFolder(place / "to"))
    UntrustedFolder(place / "to").write("new/b.txt", b"")
    modes = {path.relative_to(place / "to").as_posix(): oct(mode(path)) for path in (place / "to").rglob("*")}
    assert modes == {
        "a.txt": "0o644", "folder": "0o755", "folder/run.sh": "0o755", "new": "0o755", "new/b.txt": "0o644",
    }  # fmt: skip
