"""The settings of a deployment, and the errors for invalid ones."""

import os
from pathlib import Path

import pytest

from activities.errors import UserError
from bot.settings import WEB_NEEDS, WORKER_NEEDS, Settings

KEY = "-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5\n-----END RSA PRIVATE KEY-----\n"
GOOD = {"AUTOBUILD_APP_ID": "7", "AUTOBUILD_PRIVATE_KEY": KEY, "AUTOBUILD_WEBHOOK_SECRET": "swordfish"}


def problems(environ: dict[str, str], needs: tuple[str, ...] = (*WEB_NEEDS, *WORKER_NEEDS)) -> list[str]:
    with pytest.raises(UserError) as error:
        Settings.load(environ, needs)
    return str(error.value).splitlines()[1:]


def test_all_missing_settings_are_named_at_once() -> None:
    named = [line.split()[1] for line in problems({})]
    assert named == ["AUTOBUILD_APP_ID", "AUTOBUILD_PRIVATE_KEY", "AUTOBUILD_WEBHOOK_SECRET"]


def test_all_invalid_settings_are_named_with_the_missing() -> None:
    wrong = {
        "AUTOBUILD_APP_ID": "seven",
        "AUTOBUILD_PRIVATE_KEY": "swordfish",
        "AUTOBUILD_PORT": "99999",
        "AUTOBUILD_SANDBOX": "docker",
        "AUTOBUILD_GITHUB_API_URL": "api.github.com",
        "AUTOBUILD_BASE_URL": "https://octocat:swordfish@example.com",
        "AUTOBUILD_MAX_ACTIVITIES": "0",
        "LOG_LEVEL": "loud",
    }
    lines = problems(wrong)
    assert sorted(line.split()[1] for line in lines) == sorted([*wrong, "AUTOBUILD_WEBHOOK_SECRET"])
    assert "swordfish" not in "".join(lines)


@pytest.mark.parametrize("text", ["-1", "1.5", "１", "0x10", "9" * 5000, "", " "])
def test_app_id_must_be_a_number(text: str) -> None:
    assert "AUTOBUILD_APP_ID" in problems(GOOD | {"AUTOBUILD_APP_ID": text})[0]


@pytest.mark.parametrize("secret", ["", "  ", "\n"])
def test_blank_secret_is_missing(secret: str) -> None:
    assert "is not set" in problems(GOOD | {"AUTOBUILD_WEBHOOK_SECRET": secret})[0]


def test_secret_must_be_text() -> None:
    assert "UTF-8" in problems(GOOD | {"AUTOBUILD_WEBHOOK_SECRET": os.fsdecode(b"sword\xff")})[0]


def test_secret_is_read_from_a_file(tmp_path: Path) -> None:
    secret, key = tmp_path / "secret", tmp_path / "key.pem"
    secret.write_text(" sword fish \n")
    key.write_text(KEY)
    loaded = Settings.load(
        {
            "AUTOBUILD_APP_ID": "7",
            "AUTOBUILD_WEBHOOK_SECRET_FILE": str(secret),
            "AUTOBUILD_PRIVATE_KEY_FILE": str(key),
        }
    )
    assert (loaded.webhook_secret, loaded.private_key) == (" sword fish ", KEY)


def test_unreadable_secret_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("absent", "bytes", "."):
        lines = problems({"AUTOBUILD_APP_ID": "7", "AUTOBUILD_WEBHOOK_SECRET_FILE": str(tmp_path / name)}, WEB_NEEDS)
        assert "cannot be read" in lines[0]
    both = GOOD | {"AUTOBUILD_WEBHOOK_SECRET_FILE": str(tmp_path / "bytes")}
    assert "set twice" in problems(both)[0]


def test_key_on_one_line_is_read() -> None:
    assert Settings.load(GOOD | {"AUTOBUILD_PRIVATE_KEY": KEY.replace("\n", "\\n")}).private_key == KEY


def test_each_process_requires_its_own_settings() -> None:
    web = Settings.load({"AUTOBUILD_APP_ID": "7", "AUTOBUILD_WEBHOOK_SECRET": "swordfish"}, WEB_NEEDS)
    assert web.private_key == ""
    assert Settings.load(GOOD, WORKER_NEEDS).app_id == 7
    assert Settings.load({}, ()).sandbox == "bubblewrap"


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings.load(GOOD | {"SENTRY_DSN": "https://swordfish@example.com/1"}))
    assert "swordfish" not in shown
    assert "PRIVATE KEY" not in shown
    assert "app_id=7" in shown


def test_values_are_read() -> None:
    loaded = Settings.load(
        GOOD
        | {
            "AUTOBUILD_GITHUB_URL": "http://localhost:3000/",
            "AUTOBUILD_GITHUB_API_URL": "http://localhost:3000/api/v3",
            "AUTOBUILD_PUSH_BRANCHES": " main, release/* ,",
            "AUTOBUILD_SANDBOX": "None",
            "AUTOBUILD_DATA": "/srv/autobuild",
            "AUTOBUILD_APP_SLUG": "example-bot",
            "AUTOBUILD_PORT": "0",
            "LOG_LEVEL": "debug",
        }
    )
    assert loaded.github_url == "http://localhost:3000"
    assert loaded.push_branches == ("main", "release/*")
    assert (loaded.sandbox, loaded.data, loaded.port, loaded.log_level) == ("none", Path("/srv/autobuild"), 0, "DEBUG")
    assert loaded.own_login == "example-bot[bot]"


def test_enterprise_server_requires_its_api() -> None:
    """Else its App's code, key and events would be taken to github.com, which answers 404 to all of them."""
    with pytest.raises(UserError, match=r"AUTOBUILD_GITHUB_API_URL is not set, .* https://github\.example\.com/api/v3"):
        Settings.load({"AUTOBUILD_GITHUB_URL": "https://github.example.com/"}, ())


def test_table_names_every_setting_once() -> None:
    names = [name for name, _, _ in Settings.table()]
    assert len(set(names)) == len(names)
    assert {"AUTOBUILD_APP_ID", "TEMPORAL_ADDRESS", "AUTOBUILD_WEBHOOK_SECRET or AUTOBUILD_WEBHOOK_SECRET_FILE"} <= set(
        names
    )
    assert all(meaning.endswith(".") for _, _, meaning in Settings.table())


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com\r\nSet-Cookie: a=b",
        "https://exam\tple.com",
        "https://example.com/a b",
        "https://example.com?a",
        "https://example.com#a",
        "https://octocat@example.com",
        "https://example.com:port",
        "https://example.com:99999",
        "https://[::1",
        "https://",
        "https://exämple.com",
        'https://example.com/"><script>',
        "javascript:alert(1)",
        "//example.com",
    ],
)
def test_address_must_be_valid(text: str) -> None:
    (line,) = problems(GOOD | {"AUTOBUILD_BASE_URL": text})
    assert line == "- AUTOBUILD_BASE_URL must be an http or https address without user, query or fragment."


def test_process_without_app_reads_none(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("no folder")
    assert Settings.load({"AUTOBUILD_DATA": str(tmp_path)}, ()).app_id == 0
