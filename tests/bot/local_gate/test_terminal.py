"""The local gate's findings as lines of a terminal."""

import pytest

from activities.model import Finding
from bot.local_gate.terminal import finding_line


@pytest.mark.parametrize(
    ("path", "line", "rule", "message", "shown"),
    [
        ("", 0, "", "", "error [b]"),
        ("", 0, "", "failed", "error: failed [b]"),
        ("", 3, "", "failed", "error: failed [b]"),
        ("", 0, "B1", "failed", "error: failed [b B1]"),
        ("a.py", 0, "B1", "failed", "a.py: error: failed [b B1]"),
        ("a.py", 3, "B1", "failed\nmore", "a.py:3: error: failed [b B1]"),
    ],
)
def test_line_has_no_empty_parts(path: str, line: int, rule: str, message: str, shown: str) -> None:
    finding = Finding(check="c", tool="b", rule=rule, path=path, line=line, message=message, severity="error")
    assert finding_line(finding) == shown
