"""From what does not fit to a sentence that names the line, the thing and the fix."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from activities import tools
from activities.check_options import MANY, ONE, CommandOptions
from activities.defaults import seconds
from activities.model import Mistake
from activities.repo_config.models import COMMAND, HINTS, RepoConfig, config_model
from activities.repo_config.strict_yaml import Document, Place, shown

NOT_READ = "This file is not read. Rename it to `.github/autobuild.yml`, or remove it."
"""A file whose name is nearly the right one."""

TWO_CONFIGS = "There are `.github/autobuild.yml` and `.github/autobuild.yaml`: keep the first, and remove this one."

_MOST = 50
_LONGEST_S = 6 * 3600.0
_OLD_SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def mistakes_of(document: Document) -> tuple[RepoConfig | None, list[Mistake]]:
    """The configuration (None if it has mistakes) and the first fifty mistakes in the order of their lines."""
    if not isinstance(document.data, dict):
        return None, [Mistake(document.line(()), "The file must be a mapping of keys, such as `threshold: 85`.")]
    found = [Mistake(*each) for each in document.mistakes]
    config: RepoConfig | None = None
    try:
        config = config_model().model_validate(document.data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        for each in errors:
            each["loc"] = tuple(step for step in each["loc"] if step not in (ONE, MANY))
        details = sorted(errors, key=lambda each: document.line(each["loc"]))
        # What was left out of the data has its mistake already.
        wrong = [each for each in details if each["type"] != "missing" or each["loc"] not in document.lines]
        found += [Mistake(document.line(each["loc"]), _sentence(each)) for each in wrong[:_MOST]]
    else:
        found += [Mistake(document.line(place), sentence) for place, sentence in _beyond_types(config)]
    return (None if found else config), sorted(found, key=lambda each: each.line)[:_MOST]


def first_and_number(mistakes: Sequence[Mistake]) -> str:
    """The first one's sentence, and how many follow."""
    more = len(mistakes) - 1
    return mistakes[0].message + (f" ({more} more: `autobuild validate` shows them all.)" if more else "")


def _sentence(error: ErrorDetails) -> str:
    place, what, kind = error["loc"], _named(error["loc"]), error["type"]
    if kind == "extra_forbidden":
        known = list(_schema_at(place[:-1]).get("properties", {}))
        where = f" in {_named(place[:-1])}" if len(place) > 1 else ""
        return f"`{shown(place[-1])}` is not a key{where}: {_suggestion(str(place[-1]), known)}"
    if kind == "literal_error":
        schema = _schema_at(place)
        choices = [schema["const"]] if "const" in schema else schema.get("enum", [])
        return f"{what} is {_value(error['input'])}: {_suggestion(str(error['input']), choices)}"
    if kind in _LIMITS:
        return f"{what} {_LIMITS[kind].format(**error.get('ctx', {}))}."
    if place and place[-1] == "[key]":
        return f"{_named(place[:-1])} contains an invalid name: {HINTS[COMMAND]}."
    if kind == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        return f"{what} is {_value(error['input'])}: {HINTS.get(pattern, f'it must match `{pattern}`')}."
    return f"{what} is {_value(error['input'])}: {_expected(kind, error['input'])}."


_LIMITS = {
    "missing": "is missing: add it",
    "string_too_long": "is longer than {max_length} characters: shorten it",
    "string_too_short": "is empty: give it a value, or remove the line",
    "too_short": "is empty: name at least one, or remove the line",
    "too_long": "has more than {max_length} entries: use patterns instead of single names",
    "greater_than_equal": "is too small: it must be at least {ge:g}",
    "greater_than": "is too small: it must be more than {gt:g}",
    "less_than_equal": "is too large: it can be at most {le:g}",
}


def _expected(kind: str, given: object) -> str:
    """What should be there instead of something of the wrong type."""
    if kind.startswith("bool") and str(given) in _OLD_SWITCHES:
        return f"write `{_OLD_SWITCHES[str(given)]}`"
    kinds = {
        "bool": "write `true` or `false`",
        "int": "write a whole number, without quotes",
        "float": "write a number, without quotes",
        "string": "write a text; put it in quotes if it looks like a number",
        "tuple": "write a list, one `- ` line for each entry",
        "dict": "write keys below it, indented by two spaces",
        "model": "write keys below it, indented by two spaces",
    }
    return next((hint for start, hint in kinds.items() if kind.startswith(start)), "this value is not valid here")


def _suggestion(word: str, choices: Iterable[object], otherwise: str = "this value is not valid here.") -> str:
    """The choice that is nearly the word, else all choices."""
    known = {str(each).lower().replace("-", "_"): str(each) for each in choices}
    typed = word.lower().replace("-", "_").replace(" ", "_")[:60]
    if near := difflib.get_close_matches(typed, known, n=1, cutoff=0.6):
        return f"did you mean `{known[near[0]]}`?"
    *firsts, last = [f"`{each}`" for each in known.values()] or [""]
    if not last:
        return otherwise
    return f"it can be {', '.join(firsts)} or {last}." if firsts else f"it can be {last}."


def _named(place: Place) -> str:
    """`checks.linting.tools[0]`, as one would write it."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{shown(step)}"
    return f"`{text.removeprefix('.')}`"


def _value(given: object) -> str:
    if isinstance(given, bool):
        return f"`{str(given).lower()}`"
    if isinstance(given, Mapping):
        return "a mapping of keys"
    return "a list" if isinstance(given, tuple) else f"`{shown(given)}`"


@cache
def _schema() -> dict[str, Any]:
    return config_model().model_json_schema()


def _schema_at(place: Place) -> dict[str, Any]:
    """The part of the schema that describes this place. A mapping with names of its own describes all its values
    alike."""
    whole = at = _schema()
    for step in place:
        if isinstance(step, int):
            at = at.get("items", {})
        elif step in at.get("properties", {}):
            at = at["properties"][step]
        else:
            at = next(iter(at.get("patternProperties", {}).values()), {})
        if reference := at.get("$ref"):
            at = whole["$defs"][reference.rpartition("/")[2]]
    return at


def _beyond_types(config: RepoConfig) -> Iterator[tuple[Place, str]]:
    """What no type can say: keys that need or exclude one another, tools that do not exist."""
    for name, check in config.checks:
        yield from _of_check(("checks", name), name, check)
        if seconds(check.timeout) > _LONGEST_S:
            yield ("checks", name, "timeout"), f"`checks.{name}.timeout` is `{check.timeout}`: it can be at most `6h`."
    folders: dict[str, int] = {}
    for index, project in enumerate(config.projects):
        if (first := folders.setdefault(project.path, index)) != index:
            place: Place = ("projects", index, "folder")
            yield place, f"The folder `{shown(project.path)}` is `projects[{first}]` already: put both together."
        for name, check in project.checks:
            yield from _of_check(("projects", index, "checks", name), name, check)


def _of_check(place: Place, name: str, check: CommandOptions) -> Iterator[tuple[Place, str]]:
    what = _named(place)
    for key in ("format", "report", "install"):
        if key in check.model_fields_set and not check.command:
            yield (*place, key), f"{what} has a `{key}` and no `command`: add the command, or remove the line."
    if check.command and check.tools:
        yield (*place, "tools"), f"{what} has both `command` and `tools`: keep one of them."
    for index, tool in enumerate(check.tools):
        yield from _of_tool((*place, "tools", index), name, tool)


def _of_tool(place: Place, check: str, tool: str) -> Iterator[tuple[Place, str]]:
    able = [each for each, found in tools.registry().items() if check in found.checks]
    if tool not in able:
        other = (
            f"`{tool}` does not serve the check {check}" if tool in tools.registry() else f"there is no tool `{tool}`"
        )
        yield place, f"{other[0].upper()}{other[1:]}: {_suggestion(tool, able, otherwise='use `command`.')}"
