"""All of the bot's texts, so that a change of words is seen in review."""

import ast
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from activities import reporting
from tests.activities.reporting.snapshot import PAGE, page

# They escape, cut, link, count or tabulate; the texts around them are other modules'.
HELPERS = {"links", "markdown", "sarif", "wording"}


def test_the_texts_are_those_of_the_snapshot() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def test_every_sentence_is_in_the_snapshot() -> None:
    shown, missing = page(), []
    for name in sorted({info.name for info in pkgutil.iter_modules(reporting.__path__)} - HELPERS):
        source = Path(str(import_module(f"{reporting.__name__}.{name}").__file__)).read_text("utf-8")
        missing += [f"{name}: {text}" for text in literals(ast.parse(source)) if text not in shown]
    assert missing == []


def literals(tree: ast.Module) -> Iterator[str]:
    """The lines of strings that hold words, without docstrings; of an f-string the parts between its values."""
    statements = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    docs = {id(value) for value in statements if isinstance(value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield from (line.strip() for line in node.value.split("\n") if re.search(r"[a-z] [a-z]", line))
