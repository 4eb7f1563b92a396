"""One line of the screen, and how a check that cannot go on ends."""

import re
from dataclasses import dataclass
from typing import Literal

from activities.redaction import redact

Status = Literal["right", "look", "wrong", "left out"]
"""`look`: it works, and somebody should know. `left out`: it depends on something that is wrong."""

_LONGEST = 600
_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class DoctorResult:
    """`what` and `mend` are sentences for a person; `mend` is "" where nothing is to be done."""

    mark: Status
    subject: str
    what: str
    mend: str = ""


class DoctorError(Exception):
    """A check's own end: what is wrong, and how it is mended."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


class DoctorSkipped(Exception):
    """The check depends on something that is wrong already; the text names it."""


def right(subject: str, what: str) -> DoctorResult:
    return DoctorResult("right", subject, plain(what))


def look(subject: str, what: str, mend: str = "") -> DoctorResult:
    return DoctorResult("look", subject, plain(what), plain(mend))


def wrong(subject: str, what: str, mend: str = "") -> DoctorResult:
    return DoctorResult("wrong", subject, plain(what), plain(mend))


def left_out(subject: str, why: str) -> DoctorResult:
    return DoctorResult("left out", subject, plain(why))


def plain(text: str) -> str:
    """Others' words on our screen: without credentials, without what moves a cursor, and not for ever."""
    shown = _COLOURS.sub(" ", text[:5000])
    shown = redact("".join(letter if letter.isprintable() else " " for letter in shown))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
