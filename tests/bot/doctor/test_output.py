"""The output for a healthy deployment, and for one that does not exist yet."""

import json
import os
import re
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from io import StringIO
from pathlib import Path

from rich.console import Console

from bot.doctor import CHECKS
from bot.doctor.results import DoctorResult, fail, ok, show, skip, warn
from tests.bot.doctor.conftest import Deployment
from tests.bot.webhook.running_server import SECRET


async def doctor(environ: dict[str, str], *options: str) -> tuple[int, str, str]:
    """The program as a person starts it: (exit code, standard output, standard error)."""
    command = (sys.executable, "-m", "bot", "doctor", *options)
    process = await create_subprocess_exec(*command, env={**os.environ, **environ}, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_healthy_deployment_has_no_errors(scheduled: Deployment) -> None:
    async with scheduled.worker():
        code, out, err = await doctor(scheduled.environ)
    assert (code, err) == (0, "")
    # Services are the one thing that not every deployment has.
    assert [line[0] for line in out.splitlines()] == ["✓"] * (len(CHECKS) - 2) + ["·", "·", "N"]
    assert out.splitlines()[-1] == "No errors."
    for secret in (SECRET, "PRIVATE KEY", "ghs_", "eyJ", "sha256="):
        assert secret not in out


async def test_new_machine_names_the_first_errors(tmp_path: Path) -> None:
    """Nothing listens at the addresses of GitHub and Temporal."""
    environ = {
        "AUTOBUILD_DATA": str(tmp_path / "data"),
        "AUTOBUILD_GITHUB_API_URL": "http://127.0.0.1:1",
        "AUTOBUILD_GITHUB_URL": "http://127.0.0.1:1",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "UV_DEFAULT_INDEX": "http://127.0.0.1:1/",
        "NPM_CONFIG_REGISTRY": "http://127.0.0.1:1/",
    }
    code, out, err = await doctor(environ, "--json")
    assert (code, err) == (1, "")
    document = json.loads(out)
    assert document["ok"] is False
    statuses = {line["subject"]: line["status"] for line in document["results"]}
    assert statuses == {
        **dict.fromkeys(("settings", "Temporal access", "sandbox", "registries", "programs", "data folder"), "ok"),
        **dict.fromkeys(("App", "GitHub", "Temporal"), "error"),
        **dict.fromkeys(("clock", "key", "permissions", "events", "installations", "rate limit"), "skipped"),
        **dict.fromkeys(("webhook", "deliveries", "endpoint", "workers", "schedules"), "skipped"),
        **dict.fromkeys(("incidents", "metrics and logs"), "skipped"),
    }
    first = next(line for line in document["results"] if line["status"] == "error")
    assert first["subject"] == "App"
    assert "autobuild up" in first["fix"]
    assert not (tmp_path / "data").exists()


LINES = [ok("settings", "Fine."), warn("endpoint", "Odd.", "Look."), fail("key", "Bad " * 30, "Fix. " * 30)]


def screen(lines: list[DoctorResult], **options: object) -> str:
    console = Console(file=StringIO(), width=60, highlight=False, **options)  # type: ignore[arg-type]
    show(lines, console=console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_pipe_gets_one_line_each() -> None:
    bad, fix_text = ("Bad " * 30).rstrip(), ("Fix. " * 30).rstrip()
    shown = [line.rstrip() for line in screen(LINES).splitlines()]
    assert shown == [
        "✓ settings  Fine.",
        "! endpoint  Odd.",
        " " * 12 + "Look.",
        f"✗ key       {bad}",
        " " * 12 + fix_text,
        "1 error.",
    ]


def test_terminal_gets_columns() -> None:
    shown = re.sub(r"\x1b\[[\d;]*m", "", screen(LINES, force_terminal=True))
    assert max(map(len, shown.splitlines())) <= 60
    assert "\n" + " " * 11 + "Bad Bad" in shown
    assert "\x1b[" in screen(LINES, force_terminal=True)


def test_checks_skipped_for_one_reason_take_one_line() -> None:
    names = ("key", "events", "webhook")
    lines = [*(skip(name, "Needs a key.") for name in names), skip("workers", "Needs Temporal.")]
    shown = re.sub(r"\x1b\[[\d;]*m", "", screen(lines, force_terminal=True)).splitlines()
    assert [line.rstrip() for line in shown[:3]] == [
        "· key     Needs a key. Also skipped: events, webhook.",
        "· workers Needs Temporal.",
        "No errors.",
    ]
    assert len(screen(lines).splitlines()) == 5


def test_ascii_terminal_gets_ascii() -> None:
    class Ascii(StringIO):
        encoding = "ascii"

    file = Ascii()
    show(LINES, console=Console(file=file, width=60))
    assert file.getvalue().startswith("+ settings")
    assert file.getvalue().isascii()


def test_untrusted_text_moves_no_cursor() -> None:
    line = fail("key", "\x1b[2Jghs_abc\nnext\u202e", "x" * 1000)
    assert line.message == r"\x1b[2J *** next\u202e"
    assert len(line.fix) == 601
