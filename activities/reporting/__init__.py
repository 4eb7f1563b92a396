"""What the bot writes on GitHub: results in, Markdown, annotations and SARIF out; no input or output of its own.

The voice: short and active; what, why, what next. Standard terms, no person, nothing when nothing changed.
`tests/activities/reporting/snapshot.md` shows every text.
"""

from activities.reporting.check_run import (
    ACCEPT_BASELINE,
    FIX,
    RETEST,
    Button,
    CheckRunOutput,
    annotations,
    check_output,
)
from activities.reporting.comment import GATE_MARK, checking_comment, gate_comment, reply, reply_mark
from activities.reporting.gate import REPLACED, gate_output, unfinished_output
from activities.reporting.links import Links
from activities.reporting.markdown import code, escape_markdown
from activities.reporting.sarif import sarif

__all__ = [
    "ACCEPT_BASELINE",
    "FIX",
    "GATE_MARK",
    "REPLACED",
    "RETEST",
    "Button",
    "CheckRunOutput",
    "Links",
    "annotations",
    "check_output",
    "checking_comment",
    "code",
    "escape_markdown",
    "gate_comment",
    "gate_output",
    "reply",
    "reply_mark",
    "sarif",
    "unfinished_output",
]
