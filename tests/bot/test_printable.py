"""Untrusted text on terminals and in logs: shown, and without effect."""

import asyncio
import json
import logging
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from activities.workspace.git import git_environment
from bot.doctor.results import fail, show
from bot.printable import printable
from bot.telemetry import CleanFormatter, cleaner
from tests.end_to_end.repos import configured

HOSTILE = {
    "escape": ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
    "clipboard": ("\x1b]52;c;ZXZpbA==\x1b\\", r"\x1b]52;c;ZXZpbA==\x1b" + "\\"),
    "C1": ("\x9b2J\x90q\x9c", r"\x9b2J\x90q\x9c"),
    "carriage return": ("failed\rpassed\x08\x7f", r"failed\rpassed\x08\x7f"),
    "new line": ("a\nb\x0b\x0c\x85", r"a\nb\x0b\x0c\x85"),
    "separators": ("a\u2028b\u2029", r"a\u2028b\u2029"),
    "direction": ("\u202egnp.exe\u2066\u2069\u200f\u061c", r"\u202egnp.exe\u2066\u2069\u200f\u061c"),
    "zero width": ("a\u200bb\ufeff\u2060\u00ad", r"a\u200bb\ufeff\u2060\xad"),
    "fillers": ("test_a\u3164\u115f\uffa0\u2800", r"test_a\u3164\u115f\uffa0\u2800"),
    "variants": ("a\u034f\ufe00\U000e0100", r"a\u034f\ufe00\U000e0100"),
    "tags": ("\U000e0041", r"\U000e0041"),
    "surrogate": ("\udc9b", r"\udc9b"),
    "null": ("\0", r"\x00"),
    "command": ("::error file=a::b", r":\:error file=a::b"),
    "command after spaces": ("  ::set-output name=x::y", r"  :\:set-output name=x::y"),
    "old command": ("a ##[add-path]b ##vso[x]", r"a #\#[add-path]b #\#vso[x]"),
}
NO_EFFECT = re.compile(r"[\n\t -~\u00a0-\u00ac\u00ae-\u0600\u3000-\ud7ff]*")


@pytest.mark.parametrize(
    "text", ["ä é 漢字 한국 🎉 ❤\ufe0f a\u00a0b\u3000c", "tests/a.py::TestB::test_c[x::y]", r"C:\new", "100 % — “ok”"]
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_shown_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(printable(text)) == shown


def test_lines_stay_where_they_are_wanted() -> None:
    assert printable("a\n\tb\r\x1b", lines=True) == "a\n\tb" + r"\r\x1b"


ALL = "".join(text for text, _ in HOSTILE.values())


def test_log_lines_and_tracebacks() -> None:
    try:
        raise ValueError(ALL)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "a.py", 1, "branch=%s", (ALL,), sys.exc_info())
    shown = CleanFormatter(cleaner()).format(record)
    assert NO_EFFECT.fullmatch(shown)
    assert shown.startswith(shown.partition("\n")[0])
    assert "Traceback" in shown.split("\n")[1]


def test_a_token_behind_a_terminal_code_is_still_hidden() -> None:
    record = logging.LogRecord("x", logging.ERROR, "a.py", 1, "\x1b[31mghs_%s", ("a" * 36,), None)
    assert CleanFormatter(cleaner()).format(record).endswith(r"\x1b[31m ***")


def test_doctor() -> None:
    text = StringIO()
    show([fail("App", ALL, ALL)], console=Console(file=text, width=80))
    assert NO_EFFECT.fullmatch(text.getvalue().replace("✗", ""))
    assert r"\x1b[2J" in text.getvalue()


async def autobuild(*argv: str, data: Path) -> tuple[str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**git_environment(), "AUTOBUILD_DATA": str(data)},
    )  # fmt: skip
    out, err = await process.communicate()
    return out.decode(), err.decode()


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder with a hostile name, whose findings have hostile names and messages."""
    folder = tmp_path / "a\x1b]52;c;YQ==\x07\u202eb"
    files = configured() | {"lint.txt": "x\x1b[2J\u202e.py:1: warning: \x1b]52;c;YQ==\x07 ::error::x \x9b2J\u2066\n"}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


async def test_gate(hostile: Path, tmp_path: Path) -> None:
    out, err = await autobuild("gate", str(hostile), data=tmp_path / "data")
    assert NO_EFFECT.fullmatch(re.sub("[✓✗○–!⏱×…]", "", out + err))
    assert r"x\u202e.py:1: warning: :\:error::x \x9b2J\u2066" in out  # a compiler's colours are removed
    assert r"a\x1b]52;c;YQ==\x07\u202eb" in err


async def test_json_and_sarif_have_the_text_as_data(hostile: Path, tmp_path: Path) -> None:
    sarif = tmp_path / "out.sarif"
    out, _ = await autobuild("gate", str(hostile), "--json", "--sarif", str(sarif), data=tmp_path / "data")
    assert out.isascii()
    (finding,) = json.loads(out)["findings"]
    assert finding["path"] == "x\u202e.py"
    assert sarif.read_text().isascii()
    assert json.loads(sarif.read_text())["runs"][0]["results"][0]["message"]["text"].startswith("::error::x \x9b2J")


@pytest.mark.parametrize("text", ["version: 1\nch\u202eecks: {}\n", "\x1b]52;c;YQ==\x07", "version: 1\n\x9b: 1\n"])
async def test_validate(tmp_path: Path, text: str) -> None:
    path = tmp_path / "\x1b[2J.yml"
    path.write_text(text)
    out, err = await autobuild("validate", str(path), data=tmp_path)
    assert NO_EFFECT.fullmatch(out + err)
    assert r"\x1b[2J.yml" in out


async def test_errors(tmp_path: Path) -> None:
    out, err = await autobuild("gate", f"{tmp_path}/\x1b[2J\u202e", data=tmp_path)
    assert (out, err.endswith("\\x1b[2J\\u202e is not a folder.\n")) == ("", True)
