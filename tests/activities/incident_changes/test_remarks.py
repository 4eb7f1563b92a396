"""Changes of comments and blank lines alone: no program does anything else for them."""

import pytest

from activities.incident_changes.git_history import is_remark


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        (b"\n>\n># Explains it.\n", True),
        (b"\n<// old\n>// new\n", True),
        (b"\n> * a line of a comment\n", True),
        (b"\n># Explains it.\n>x = 1\n", False),
        (b"\n<x = 1\n", False),
        (b"\n>x = 1  # a remark\n", False),
        (b"", False),
    ],
)
def test_remarks(body: bytes, remark: bool) -> None:
    assert is_remark(body) is remark
