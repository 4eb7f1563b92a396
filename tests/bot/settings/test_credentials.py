"""The App's credentials on disk: whole, for us alone, and never mixed with another's."""

import asyncio
import os
import resource
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from activities.errors import UserError
from bot.settings import WEB_NEEDS, WORKER_NEEDS, Settings, credentials
from bot.settings.credentials import AppCredentials
from tests.deadlines import WITHIN_S

KEY = "-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5\n-----END RSA PRIVATE KEY-----\n"
APP = AppCredentials(
    7, "example-bot", "https://github.com/apps/example-bot", "Iv1.7", "https://github.com", KEY, "swordfish"
)


@pytest.fixture(params=[0o000, 0o022, 0o777])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    old = os.umask(request.param)
    yield
    os.umask(old)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def environ(data: Path, **more: str) -> dict[str, str]:
    return {"AUTOBUILD_DATA": str(data), **more}


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(UserError) as error:
        act()
    assert "swordfish" not in str(error.value)
    assert "BEGIN" not in str(error.value)
    return str(error.value)


@pytest.mark.usefixtures("_umask")
def test_stored_app_is_read_and_private(tmp_path: Path) -> None:
    credentials.store(tmp_path, APP)
    file = credentials.place(tmp_path)
    assert credentials.stored(tmp_path) == APP
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    assert os.listdir(file.parent) == [file.name]


def test_nothing_is_stored_at_first(tmp_path: Path) -> None:
    assert credentials.stored(tmp_path / "absent") is None
    credentials.try_place(tmp_path)
    assert credentials.stored(tmp_path) is None


def test_stored_app_is_never_overwritten(tmp_path: Path) -> None:
    credentials.store(tmp_path, APP)
    assert "already holds an App" in refusal(lambda: credentials.store(tmp_path, replace(APP, id=8)))
    assert "already holds an App" in refusal(lambda: credentials.try_place(tmp_path))
    assert credentials.stored(tmp_path) == APP
    assert len(os.listdir(tmp_path / "app")) == 1


def test_link_instead_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir(mode=0o700)
    credentials.place(tmp_path).symlink_to(tmp_path / "elsewhere")
    refusal(lambda: credentials.store(tmp_path, APP))
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "elsewhere").write_text("{}")
    assert "cannot be read" in refusal(lambda: credentials.stored(tmp_path))


def test_link_instead_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "app").symlink_to(tmp_path / "elsewhere")
    assert "cannot be written" in refusal(lambda: credentials.store(tmp_path, APP))
    assert os.listdir(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("opened", [0o640, 0o604, 0o660, 0o602])
def test_file_open_to_others_is_refused_with_its_fix(tmp_path: Path, opened: int) -> None:
    credentials.store(tmp_path, APP)
    file = credentials.place(tmp_path)
    file.chmod(opened)
    assert f"chmod 600 {file}" in refusal(lambda: credentials.stored(tmp_path))
    file.chmod(0o600)
    file.parent.chmod(0o700 | opened & 0o077)
    assert f"chmod 700 {file.parent}" in refusal(lambda: Settings.load(environ(tmp_path)))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_file_of_another_user_is_refused_with_its_fix(tmp_path: Path) -> None:
    credentials.store(tmp_path, APP)
    os.chown(credentials.place(tmp_path), 12345, 12345)
    assert "belongs to user 12345" in refusal(lambda: credentials.stored(tmp_path))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"id": "7"}', "\x00", '{"id": 7, "webhook_secret": "swordfish"}'])
def test_invalid_file_is_refused(tmp_path: Path, content: str) -> None:
    credentials.store(tmp_path, APP)
    credentials.place(tmp_path).write_text(content)
    assert "is invalid" in refusal(lambda: credentials.stored(tmp_path))


def test_unwritable_folder_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert "cannot be written" in refusal(lambda: credentials.try_place(tmp_path / "data"))


def test_full_disk_is_known_before(tmp_path: Path) -> None:
    """An empty file needs no room, so a whole App's worth is tried."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        said = refusal(lambda: credentials.try_place(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "cannot be written" in said
    assert list((tmp_path / "app").iterdir()) == []


async def test_waiting_ends_when_the_file_appears(tmp_path: Path) -> None:
    waiting = asyncio.create_task(credentials.appears(tmp_path))
    credentials.store(tmp_path, APP)
    await asyncio.wait_for(waiting, WITHIN_S)


def test_secrets_are_not_shown() -> None:
    assert "swordfish" not in repr(APP)
    assert "BEGIN" not in repr(APP)


def test_lines_are_settings(tmp_path: Path) -> None:
    lines = dict(line.split("=", 1) for line in APP.lines().splitlines())
    loaded = Settings.load(lines | environ(tmp_path))
    assert (loaded.app_id, loaded.private_key, loaded.webhook_secret) == (7, KEY, "swordfish")
    assert loaded.own_login == "example-bot[bot]"


def test_stored_app_is_used_where_nothing_is_set(tmp_path: Path) -> None:
    credentials.store(tmp_path, APP)
    loaded = Settings.load(environ(tmp_path))
    assert (loaded.app_id, loaded.app_slug) == (7, "example-bot")
    assert (loaded.private_key, loaded.webhook_secret) == (KEY, "swordfish")


def test_each_process_gets_only_what_it_needs(tmp_path: Path) -> None:
    credentials.store(tmp_path, APP)
    assert Settings.load(environ(tmp_path), WEB_NEEDS).private_key == ""
    assert Settings.load(environ(tmp_path), WORKER_NEEDS).webhook_secret == ""
    assert Settings.load(environ(tmp_path), ()).app_id == 0


def test_environment_wins(tmp_path: Path) -> None:
    credentials.store(tmp_path, APP)
    set_ones = replace(APP, id=8, slug="other", webhook_secret="plaice").lines()
    loaded = Settings.load(dict(line.split("=", 1) for line in set_ones.splitlines()) | environ(tmp_path))
    assert (loaded.app_id, loaded.app_slug, loaded.webhook_secret) == (8, "other", "plaice")
    renamed = Settings.load(environ(tmp_path, AUTOBUILD_APP_SLUG="renamed"))
    assert (renamed.app_id, renamed.own_login) == (7, "renamed[bot]")


def test_stored_address_is_used_where_none_is_set(tmp_path: Path) -> None:
    channel, base = "https://smee.io/channel", "https://autobuild.example.com"
    credentials.store(tmp_path, replace(APP, smee_url=channel))
    loaded = Settings.load(environ(tmp_path), WEB_NEEDS)
    assert (loaded.base_url, loaded.smee_url) == ("", channel)
    moved = Settings.load(environ(tmp_path, AUTOBUILD_BASE_URL=base), WEB_NEEDS)
    assert (moved.base_url, moved.smee_url) == (base, "")


@pytest.mark.parametrize(
    "half",
    [
        {"AUTOBUILD_APP_ID": "8"},
        {"AUTOBUILD_APP_ID": "7"},
        {"AUTOBUILD_WEBHOOK_SECRET": "plaice"},
        {"AUTOBUILD_PRIVATE_KEY": KEY},
    ],
)
def test_environment_and_stored_app_are_not_mixed(tmp_path: Path, half: dict[str, str]) -> None:
    credentials.store(tmp_path, APP)
    assert "The stored App is ignored" in refusal(lambda: Settings.load(environ(tmp_path, **half)))


def test_app_of_another_github_is_refused(tmp_path: Path) -> None:
    credentials.store(tmp_path, APP)
    github = {"AUTOBUILD_GITHUB_URL": "https://github.example.com", "AUTOBUILD_GITHUB_API_URL": "https://example.com"}
    said = refusal(lambda: Settings.load(environ(tmp_path, **github)))
    assert "https://github.com" in said
    assert "https://github.example.com" in said
