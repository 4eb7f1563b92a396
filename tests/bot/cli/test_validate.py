"""`autobuild validate`"""

from pathlib import Path

import pytest

from activities.errors import UserError
from bot.cli.validate import mistakes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\n", []),
        ("commands: {retest: triage, ok-to-test: admin}\n", []),
        ("version: 1\ncommands:\n  retets: admin\n", ["3: There is no command `/retets`: did you mean `retest`?"]),
        ("commands: {deploy: read}", ["1: There is no command `/deploy`: there are `fix`, `help`, "]),
        ("commands: {retets: wirte}", ["1: `commands.retets` is `wirte`: did you mean `write`?"]),
        ("treshold: 1", ["1: `treshold` is not a key: did you mean `threshold`?"]),
    ],
)
def test_what_is_said_of_a_file(tmp_path: Path, text: str, said: list[str]) -> None:
    file = tmp_path / "autobuild.yml"
    file.write_text(text)
    found = [str(mistake) for mistake in mistakes(file)]
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True))


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"\xff")
    for name in ("none", "odd"):
        with pytest.raises(UserError, match="cannot be read"):
            mistakes(tmp_path / name)
