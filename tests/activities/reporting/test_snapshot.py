"""All of the bot's texts, so that a change of words is seen in review."""

import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path

from activities import reporting
from tests.activities.reporting import snapshot
from tests.activities.reporting.snapshot import PAGE, page

# They escape, cut, link, count or tabulate; the texts around them are other modules'.
HELPERS = {"links", "markdown", "metrics", "sarif", "wording", "check_run", "comment", "gate"}


def test_the_texts_are_those_of_the_snapshot() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def test_every_sentence_is_in_the_snapshot() -> None:
    shown = set(re.findall(r"\w+", Path(snapshot.__file__).read_text("utf-8")))
    missing = []
    for name in {info.name for info in pkgutil.iter_modules(reporting.__path__)} - HELPERS:
        module = import_module(f"{reporting.__name__}.{name}")
        functions = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        own = [key for key in functions if vars(module)[key].__module__ == module.__name__]
        texts = [key for key, value in vars(module).items() if key.isupper() and isinstance(value, str)]
        missing += [key for key in (*own, *texts) if not key.startswith("_") and key not in shown]
    assert missing == []
