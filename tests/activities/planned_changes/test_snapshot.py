"""All texts of planned changes, so that a change of words is seen in review."""

import ast
from pathlib import Path

import pytest

from activities.planned_changes import pull_request, report, sections, texts
from tests.activities.planned_changes.snapshot import PAGE, page
from tests.activities.reporting.test_snapshot import literals


def test_the_texts_are_those_of_the_snapshot() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("module", [pull_request, report, sections, texts], ids=lambda module: module.__name__)
def test_every_sentence_is_in_the_snapshot(module: object) -> None:
    source = Path(str(getattr(module, "__file__", ""))).read_text("utf-8")
    shown = page()
    assert [text for text in literals(ast.parse(source)) if text not in shown] == []
