"""`docs/incidents.md` says of every source what to type into it."""

import json
import re

import pytest

from bot.alerts import registry
from tests.doc_tables import ROOT

PAGE = (ROOT / "docs" / "incidents.md").read_text("utf-8")


def sections() -> dict[str, str]:
    found = re.split(r"^### (\w+)$", PAGE, flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def test_every_source_has_a_section_with_its_address() -> None:
    found = sections()
    assert set(registry()) <= set(found)
    assert all(f"https://autobuild.example.com/alerts/{name}" in found[name] for name in registry())


@pytest.mark.parametrize("source", ["datadog", "generic"])
def test_the_example_can_be_read(source: str) -> None:
    example = re.findall(r"```json\n(.*?)```", sections()[source], re.DOTALL)[-1]
    filled = re.sub(r"\$\w+", "Triggered", example)
    (alert,) = registry()[source].read(filled.encode(), ("service",))
    assert alert.source == source
    assert json.loads(example)
