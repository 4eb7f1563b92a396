"""The options that each version of a tool is given: an option that a version does not know ends it at once."""

import json

import pytest

from activities.tooling import Tool
from activities.tools.ava import tool as ava
from activities.tools.biome import tool as biome
from activities.tools.eslint import tool as eslint
from activities.tools.jasmine import tool as jasmine
from activities.tools.jest import tool as jest
from activities.tools.mocha import tool as mocha
from activities.tools.prettier import tool as prettier
from activities.tools.tsc import tool as tsc
from activities.tools.vitest import tool as vitest
from tests.activities.tools.javascript.conftest import ReplayedProject

# Option → the first minor version that has it, from the tools' own sources; (0, 0) is older than all that we support.
KNOWN: dict[str, dict[str, tuple[int, int]]] = {
    "jest": dict.fromkeys(
        ("--json", "--outputFile", "--passWithNoTests", "--testLocationInResults", "--no-bail", "--coverage", "--ci"),
        (0, 0),
    ),
    "vitest": {
        **dict.fromkeys(
            ("run", "--reporter", "--outputFile", "--passWithNoTests", "--bail", "--coverage.enabled"), (0, 0)
        ),
        "--includeTaskLocation": (3, 0),
    },
    "mocha": dict.fromkeys(("--reporter", "--no-bail"), (0, 0)),
    "jasmine": {"--reporter": (3, 1)},
    "ava": dict.fromkeys(("--tap", "--no-fail-fast"), (0, 0)),
    "eslint": dict.fromkeys((".", "--format", "--output-file"), (0, 0)),
    "prettier": dict.fromkeys(("--list-different", "."), (0, 0)),
    "tsc": dict.fromkeys(("--noEmit", "--pretty"), (0, 0)),
    "biome": {
        **dict.fromkeys(("ci", "--colors", "--no-errors-on-unmatched"), (0, 0)),
        "--reporter": (1, 6),
        "--max-diagnostics": (1, 8),
    },
}
PACKAGES = {"tsc": "typescript", "biome": "@biomejs/biome"}


@pytest.mark.parametrize(
    ("tool", "version"),
    [
        (jest, "24.0.0"), (jest, "30.5.2"),
        (vitest, "0.34.6"), (vitest, "1.6.0"), (vitest, "2.1.9"), (vitest, "3.0.0"), (vitest, "5.1.2"),
        (mocha, "6.0.0"), (mocha, "12.0.3"),
        (jasmine, "3.1.0"), (ava, "3.0.0"), (ava, "8.1.2"),
        (eslint, "6.0.0"), (prettier, "1.19.0"), (tsc, "3.0.0"), (biome, "1.8.0"),
    ],
)  # fmt: skip
async def test_every_version_is_given_options_that_it_knows(
    replayed: ReplayedProject, tool: Tool, version: str
) -> None:
    replayed.installed(tool.name, PACKAGES.get(tool.name, tool.name), version)
    package = {"scripts": {"test": tool.name}} if tool.is_test_runner else {"devDependencies": {tool.name: version}}
    await tool.run(replayed.bench({}, json.dumps(package)))
    words = list(replayed.commands[0])
    if words[-1].startswith("["):  # a launcher's
        words = json.loads(words[-1])
    else:
        words = words[[word.rpartition("/")[2] for word in words].index(tool.name) + 1 :]
    given = {word.partition("=")[0] for word in words if word.startswith("-") or word in ("run", "ci")}
    number = tuple(int(part) for part in version.split(".")[:2])
    assert given
    assert [option for option in given if KNOWN[tool.name].get(option, (99, 0)) > number] == []
