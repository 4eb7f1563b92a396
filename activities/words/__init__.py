"""Every sentence the bot says; outcomes in, Markdown, annotations and SARIF out; no input or output of its own.

The voice: short, what, why, what next. Not a person. Silent when nothing changed.
"""

from activities.markdown import code, plain
from activities.words.annotations import annotations
from activities.words.check_run import ACCEPT_BASELINE, FIX, RETEST, Button, Conclusion, Ending, check_ending
from activities.words.comment import GATE_MARK, gate_comment, reply, reply_mark
from activities.words.early import early_ending, fork_text, superseded_text
from activities.words.gate import gate_ending, gate_title
from activities.words.places import Places
from activities.words.sarif import sarif

__all__ = [
    "ACCEPT_BASELINE",
    "FIX",
    "GATE_MARK",
    "RETEST",
    "Button",
    "Conclusion",
    "Ending",
    "Places",
    "annotations",
    "check_ending",
    "code",
    "early_ending",
    "fork_text",
    "gate_comment",
    "gate_ending",
    "gate_title",
    "plain",
    "reply",
    "reply_mark",
    "sarif",
    "superseded_text",
]
