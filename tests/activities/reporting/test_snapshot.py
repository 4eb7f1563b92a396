"""All of the bot's texts, so that a change of words is seen in review."""

from tests.activities.reporting.snapshot import PAGE, page


def test_the_texts_are_those_of_the_snapshot() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.activities.reporting.snapshot"
