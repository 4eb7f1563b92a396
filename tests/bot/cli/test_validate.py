"""`autobuild validate`"""

from pathlib import Path

import pytest

from activities.errors import UserError
from bot.cli.validate import mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 1\n", []),
        ("commands: {retest: triage, ok-to-test: admin}\n", []),
        ("version: 1\ncommands:\n  retets: admin\n", ["3: There is no command `/retets`: did you mean `retest`?"]),
        ("commands: {deploy: read}", ["1: There is no command `/deploy`: the commands are `approve`, `autobuild`, "]),
        ("commands: {retets: wirte}", ["1: `commands.retets` is `wirte`: did you mean `write`?"]),
        ("treshold: 1", ["1: `treshold` is not a key: did you mean `threshold`?"]),
    ],
)
def test_each_mistake_has_its_line_and_a_fix(tmp_path: Path, text: str, expected: list[str]) -> None:
    file = tmp_path / "autobuild.yml"
    file.write_text(text)
    found = [str(mistake) for mistake in mistakes(file)]
    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True))


def test_unreadable_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"\xff")
    for name in ("none", "odd"):
        with pytest.raises(UserError, match="cannot be read"):
            mistakes(tmp_path / name)


def test_a_link_is_no_configuration(tmp_path: Path) -> None:
    """A gate reads what git has, and that is the link."""
    (tmp_path / "real.yml").write_text("version: 1\n")
    (tmp_path / "autobuild.yml").symlink_to("real.yml")
    assert [str(each) for each in mistakes(tmp_path / "autobuild.yml")] == [
        "1: This is not a regular file. Replace it with a regular file."
    ]
