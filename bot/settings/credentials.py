"""The App's credentials in a file of the data folder: readable by this user only, written whole or not at all.

`<data>/app/credentials.json`, mode 600 in a folder of mode 700. A file that others could have read or changed is
refused, with the command that fixes it.
"""

import asyncio
import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from activities.errors import UserError
from bot.settings.data_folder import make_private

_FILE = "credentials.json"
_POLL_EVERY_S = 1.0
_NO_LINKS = os.O_NOFOLLOW | os.O_CLOEXEC
# A key of 16,384 bits in PEM has 13 KB.
_LARGEST = 2**16
# More than a usual App's credentials need.
_TYPICAL = 2**12


@dataclass(frozen=True)
class AppCredentials:
    """A registered GitHub App and its secrets. `github_url` is the GitHub that it belongs to; it sends events to the
    channel `smee_url`, else to this server at `base_url`, where the set-up page was given it."""

    id: int
    slug: str
    html_url: str
    client_id: str
    github_url: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    base_url: str = ""
    smee_url: str = ""

    @property
    def installation_page(self) -> str:
        """The page where a person chooses the repositories that it may access."""
        return f"{self.html_url}/installations/new"

    def lines(self) -> str:
        """The settings as `NAME=value` lines for a secret store, secrets included; the key on one line."""
        values = {
            "AUTOBUILD_APP_ID": self.id,
            "AUTOBUILD_APP_SLUG": self.slug,
            "AUTOBUILD_WEBHOOK_SECRET": self.webhook_secret,
            "AUTOBUILD_PRIVATE_KEY": self.private_key.strip().replace("\n", "\\n"),
        }
        where = {"AUTOBUILD_BASE_URL": self.base_url, "AUTOBUILD_SMEE_URL": self.smee_url}
        set_ones = values | {name: value for name, value in where.items() if value}
        return "".join(f"{name}={value}\n" for name, value in set_ones.items())

    def addresses(self, base_url: str, smee_url: str) -> dict[str, str]:
        """Where GitHub sends events, by the settings' names: what is set in the environment, else what is stored."""
        if base_url or smee_url:
            return {"base_url": base_url, "smee_url": smee_url}
        return {"base_url": self.base_url, "smee_url": self.smee_url}


def place(data: Path) -> Path:
    """The file of the App's credentials."""
    return data / "app" / _FILE


def is_there(data: Path) -> bool:
    """Whether there is a file, readable or not."""
    try:
        os.lstat(place(data))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # reading it says what is wrong
    return True


def stored(data: Path) -> AppCredentials | None:
    """The stored App; None where there is no file. Raises UserError, which says how to fix the file."""
    path = place(data)
    try:
        with _folder(path.parent) as at, open(os.open(_FILE, os.O_RDONLY | _NO_LINKS, dir_fd=at), "rb") as file:
            _require_private(path.parent, os.fstat(at))
            _require_private(path, os.fstat(file.fileno()))
            return msgspec.json.decode(file.read(_LARGEST), type=AppCredentials)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is invalid: {error}. Remove it and register the App again.") from error


def store(data: Path, app: AppCredentials) -> None:
    """Writes the file. Raises UserError where there is one already, or where it cannot be written."""
    with _writing(data) as at:
        try:
            _write(at, _FILE, msgspec.json.encode(app))
        except FileExistsError as error:
            raise UserError(f"{place(data)} already holds an App.") from error


def try_place(data: Path) -> None:
    """Raises UserError where `store` would, before an App is registered that could not be stored."""
    if is_there(data):
        raise UserError(f"{place(data)} already holds an App.")
    with _writing(data) as at:
        name = f".{secrets.token_hex(8)}.try"
        _write(at, name, bytes(_TYPICAL))
        os.unlink(name, dir_fd=at)


async def appears(data: Path) -> None:
    """Waits until there is a file, valid or not."""
    while not is_there(data):  # noqa: ASYNC110  (another process writes it)
        await asyncio.sleep(_POLL_EVERY_S)


@contextlib.contextmanager
def _writing(data: Path) -> Iterator[int]:
    path = place(data)
    try:
        make_private(data)
        with contextlib.suppress(FileExistsError):
            path.parent.mkdir(mode=0o700)
        with _folder(path.parent) as at:
            os.fchmod(at, 0o700)  # whatever the umask is; fails where the folder is not ours
            yield at
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error


def _write(at: int, name: str, content: bytes) -> None:
    """A new file, whole even after a power cut. Raises FileExistsError instead of replacing one: linking does not."""
    new = f".{secrets.token_hex(8)}.new"
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600, dir_fd=at), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(new, name, src_dir_fd=at, dst_dir_fd=at)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new, dir_fd=at)
    os.fsync(at)


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[int]:
    """An open folder, so that no other can take its place meanwhile."""
    at = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _NO_LINKS)
    try:
        yield at
    finally:
        os.close(at)


def _require_private(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise UserError(f"{path} is neither a file nor a folder. Remove it.")
    if found.st_uid != os.geteuid():
        raise UserError(
            f"{path} belongs to user {found.st_uid}, and this is user {os.geteuid()}. "
            f"Run this as that user, or run `chown -R {os.geteuid()} {path.parent}`."
        )
    if found.st_mode & 0o077:
        mode = "700" if stat.S_ISDIR(found.st_mode) else "600"
        raise UserError(
            f"{path} is open to other users (mode {stat.S_IMODE(found.st_mode):03o}). Run `chmod {mode} {path}`."
        )
