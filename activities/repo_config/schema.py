"""The published JSON schema, `docs/autobuild.schema.json`.

`python -m activities.repo_config.schema` prints it with the keys of the plug-ins that are installed.
"""

import json
from typing import Any

from activities.repo_config.models import config_model


def schema() -> str:
    """The schema as the file holds it."""
    return json.dumps(tidy({**_HEAD, **config_model().model_json_schema(), "title": "Autobuild"}), indent=2) + "\n"


_HEAD = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def tidy(node: Any) -> Any:
    """Without titles that repeat the key, and without defaults that say "not given" and are no value one may write."""
    if isinstance(node, list):
        return [tidy(each) for each in node]
    if not isinstance(node, dict):
        return node
    empty = [key for key, value in node.items() if key == "default" and (value == "" or isinstance(value, dict))]
    noise = [key for key, value in node.items() if key == "title" and isinstance(value, str) and value != "Autobuild"]
    return {key: tidy(value) for key, value in node.items() if key not in {*empty, *noise}}


if __name__ == "__main__":
    print(schema(), end="")
