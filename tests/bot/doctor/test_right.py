"""The screen of a deployment in which all is right, and of one that does not exist yet."""

import json
import os
import re
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from io import StringIO
from pathlib import Path

from rich.console import Console

from bot.doctor import CHECKS
from bot.doctor.output import show
from bot.doctor.results import DoctorResult, left_out, look, right, wrong
from tests.bot.doctor.conftest import Deployment
from tests.bot.webhook.running_server import SECRET


async def doctor(environ: dict[str, str], *options: str) -> tuple[int, str, str]:
    """The program as a person starts it: (exit code, standard output, standard error)."""
    command = (sys.executable, "-m", "bot", "doctor", *options)
    process = await create_subprocess_exec(*command, env={**os.environ, **environ}, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_all_is_right(scheduled: Deployment) -> None:
    async with scheduled.worker():
        code, out, err = await doctor(scheduled.environ)
    assert (code, err) == (0, "")
    assert [line[0] for line in out.splitlines()] == ["✓"] * len(CHECKS) + ["A"]
    assert out.splitlines()[-1] == "All is right."
    for secret in (SECRET, "PRIVATE KEY", "ghs_", "eyJ", "sha256="):
        assert secret not in out


async def test_before_there_is_anything(tmp_path: Path) -> None:
    """Nobody listens at the address of GitHub's, and none at Temporal's."""
    environ = {
        "AUTOBUILD_DATA": str(tmp_path / "data"),
        "AUTOBUILD_GITHUB_API_URL": "http://127.0.0.1:1",
        "AUTOBUILD_GITHUB_URL": "http://127.0.0.1:1",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
    }
    code, out, err = await doctor(environ, "--json")
    assert (code, err) == (1, "")
    document = json.loads(out)
    assert document["right"] is False
    marks = {line["subject"]: line["mark"] for line in document["lines"]}
    assert marks == {
        **dict.fromkeys(("settings", "sandbox", "programs", "data folder"), "right"),
        **dict.fromkeys(("App", "GitHub", "Temporal"), "wrong"),
        **dict.fromkeys(("clock", "key", "permissions", "events", "installations", "rate limit"), "left out"),
        **dict.fromkeys(("hook", "deliveries", "door", "workers", "schedules"), "left out"),
    }
    first = next(line for line in document["lines"] if line["mark"] == "wrong")
    assert first["subject"] == "App"
    assert "autobuild up" in first["mend"]
    assert not (tmp_path / "data").exists()


LINES = [right("settings", "Fine."), look("door", "Odd.", "Look."), wrong("key", "Bad " * 30, "Mend " * 30)]


def screen(lines: list[DoctorResult], **options: object) -> str:
    console = Console(file=StringIO(), width=60, highlight=False, **options)  # type: ignore[arg-type]
    show(lines, console=console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_pipe_gets_a_line_each() -> None:
    bad, mend = ("Bad " * 30).rstrip(), ("Mend " * 30).rstrip()
    shown = [line.rstrip() for line in screen(LINES).splitlines()]
    assert shown == [
        "✓ settings  Fine.",
        "! door      Odd.",
        " " * 12 + "Look.",
        f"✗ key       {bad}",
        " " * 12 + mend,
        "One thing is wrong.",
    ]


def test_a_terminal_gets_columns() -> None:
    shown = re.sub(r"\x1b\[[\d;]*m", "", screen(LINES, force_terminal=True))
    assert max(map(len, shown.splitlines())) <= 60
    assert "\n" + " " * 11 + "Bad Bad" in shown
    assert "\x1b[" in screen(LINES, force_terminal=True)


def test_what_is_left_out_for_one_reason_takes_one_line() -> None:
    names = ("key", "events", "hook")
    lines = [*(left_out(name, "It needs a key.") for name in names), left_out("workers", "It needs Temporal.")]
    shown = re.sub(r"\x1b\[[\d;]*m", "", screen(lines, force_terminal=True)).splitlines()
    assert [line.rstrip() for line in shown[:3]] == [
        "· key     It needs a key. So do events, hook.",
        "· workers It needs Temporal.",
        "All is right.",
    ]
    assert len(screen(lines).splitlines()) == 5


def test_an_old_terminal_gets_letters() -> None:
    class Ascii(StringIO):
        encoding = "ascii"

    file = Ascii()
    show(LINES, console=Console(file=file, width=60))
    assert file.getvalue().startswith("+ settings")
    assert file.getvalue().isascii()


def test_others_words_move_no_cursor() -> None:
    line = wrong("key", "\x1b[2Jghs_abc\nnext\u202e", "x" * 1000)
    assert line.what == " *** next "
    assert len(line.mend) == 601
