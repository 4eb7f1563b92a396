"""npm's ranges of versions."""

import pytest

from activities.languages.javascript.version_ranges import admits, lowest


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", True), ("*", True), ("x", True), ("18", True), ("18.x", True), ("^18", True), ("~18.3", True), ("18.3.1", True),
        (">=16", True), (">= 16.8.0", True), (">=16.3 <=18", True), ("15 - 18", True), ("<19", True), ("^18.0.0-0", True),
        ("^16.8||^17||^18", True), ("^0.14 || >=15.0.0-rc.1", True), (">17", True), ("v18.3.1", True),
        ("^17", False), ("^18.4", False), ("~18.2.0", False), ("18.3.0", False), (">=16 <18", False), ("^16.8.0 || ^17.0.0", False),
        ("15.0.0 - 17.0.2", False), (">18", False), ("<=17.x", False), ("^0.14.0", False),
        ("latest", None), ("workspace:*", None), ("npm:react@17", None), ("github:a/b#1", None), ("^17 || next", None),
    ],
)  # fmt: skip
def test_admits(text: str, answer: bool | None) -> None:
    assert admits(text, (18, 3, 1)) is answer


@pytest.mark.parametrize(("text", "version"), [("^0.2.3", (0, 2, 4)), ("~1", (1, 9, 0)), ("^0.0.3", (0, 0, 3))])
def test_admits_versions_before_1(text: str, version: tuple[int, ...]) -> None:
    assert admits(text, version)
    assert not admits(text, (*version[:1], version[1] + 1, 0) if text != "~1" else (2, 0, 0))


def test_lowest() -> None:
    assert [lowest(text) for text in ("^17.0.2", ">=16 <18", "16.x || 17.x", "latest", "")] == [
        (17, 0, 2), (16,), (16,), (), (),
    ]  # fmt: skip
