"""The schema, the documentation and the reader say the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from activities.checks import registry
from activities.repo_config import validate
from activities.repo_config.schema import schema
from tests.activities.repo_config.test_gate_plan import EXAMPLE

DOCS = Path(__file__).parents[3] / "docs"


def test_published_schema_is_up_to_date() -> None:
    assert (DOCS / "autobuild.schema.json").read_text("utf-8") == schema(), "run `make docs`"


def test_schema_is_valid_and_agrees_with_the_parser() -> None:
    published = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(published)
    says = jsonschema.Draft202012Validator(published)
    assert says.is_valid(_plain(EXAMPLE))
    for wrong in (
        "treshold: 1",
        "autofix: x",
        "projects: [{}]",
        "projects: [{folder: ../a}]",
        "version: 2",
        "ignore: x",
    ):
        assert not says.is_valid(_plain(wrong)), wrong


def test_the_documentation_names_every_key_with_its_default() -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([\w.\[\]*]+)` \| (.*?) \|", text, re.MULTILINE))
    documented = _keys(json.loads(schema()))
    assert set(rows) == set(documented)
    for key, default in documented.items():
        assert rows[key] == default, key


def test_every_example_of_the_documentation_is_right() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", (DOCS / "configuration.md").read_text("utf-8"), re.DOTALL)
    assert len(examples) >= 5
    assert [validate(example) for example in examples] == [[]] * len(examples)


def _plain(text: str) -> Any:
    """As an editor's YAML reader gives it: `off` quoted, since YAML 1.1 takes it for a switch."""
    return yaml.safe_load(text.replace("autofix: off", 'autofix: "off"'))


def _keys(published: dict[str, Any]) -> dict[str, str]:
    """Every key with its default as the tables show it; what all checks have alike stands once, as `checks.*.key`."""
    found = dict(_walk(published, published, ""))
    for key in ("enabled", "weight", "tools", "command", "report", "install"):
        defaults = {found.pop(f"checks.{check}.{key}") for check in registry()}
        assert len(defaults) == 1
        found[f"checks.*.{key}"] = defaults.pop()
    return found


def _walk(node: dict[str, Any], whole: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in node["properties"].items():
        found = whole["$defs"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
        place = f"{above}{key}"
        if reference := found.get("items", {}).get("$ref"):
            yield place, "detected" if place == "projects" else _default(found)
            yield from _walk(whole["$defs"][reference.rpartition("/")[2]], whole, f"{place}[].")
        elif place == "projects[].checks":
            yield place, "as above"
        elif "patternProperties" in found:
            yield place, "`{}`"
        elif "properties" in found:
            yield from _walk(found, whole, f"{place}.")
        else:
            yield place, _default(found)


def _default(found: dict[str, Any]) -> str:
    if "default" not in found:
        return "–"
    default = found["default"]
    if isinstance(default, list):
        return f"`[{', '.join(json.dumps(each) for each in default)}]`"
    text = (
        json.dumps(default) if isinstance(default, bool) else f"{default:g}" if isinstance(default, float) else default
    )
    return f"`{text}`"
