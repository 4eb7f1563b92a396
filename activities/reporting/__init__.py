"""Every sentence the bot says; outcomes in, Markdown, annotations and SARIF out; no input or output of its own.

The voice: short, what, why, what next. Not a person. Silent when nothing changed.
"""

from activities.reporting.annotations import annotations
from activities.reporting.check_run import (
    ACCEPT_BASELINE,
    FIX,
    RETEST,
    Button,
    CheckRunOutput,
    Conclusion,
    check_ending,
)
from activities.reporting.comment import GATE_MARK, gate_comment, reply, reply_mark
from activities.reporting.early_end import early_ending, fork_text, superseded_text
from activities.reporting.gate import gate_ending, gate_title
from activities.reporting.links import Links
from activities.reporting.markdown import code, escape_markdown
from activities.reporting.sarif import sarif

__all__ = [
    "ACCEPT_BASELINE",
    "FIX",
    "GATE_MARK",
    "RETEST",
    "Button",
    "CheckRunOutput",
    "Conclusion",
    "Links",
    "annotations",
    "check_ending",
    "code",
    "early_ending",
    "escape_markdown",
    "fork_text",
    "gate_comment",
    "gate_ending",
    "gate_title",
    "reply",
    "reply_mark",
    "sarif",
    "superseded_text",
]
