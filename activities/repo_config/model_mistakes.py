"""From what does not fit a model to a sentence that names the line, the thing and the fix."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from activities.check_options import MANY, ONE, Keys
from activities.model import Mistake
from activities.repo_config.strict_yaml import Document, Place, shown

Model = TypeVar("Model", bound=Keys)
Schema = dict[str, Any]

_MOST = 50
_OLD_SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def validated(document: Document, model: type[Model], hints: Mapping[str, str]) -> tuple[Model | None, list[Mistake]]:
    """What the document says, None where it does not fit, and the mistakes: those of the document first, then at most
    fifty of the model. `hints` is pattern → what to write instead of a text that does not match it."""
    found = [Mistake(*each) for each in document.mistakes]
    try:
        return model.model_validate(document.data), found
    except ValidationError as error:
        errors = error.errors(include_url=False)
    for each in errors:
        each["loc"] = tuple(step for step in each["loc"] if step not in (ONE, MANY))
    details = sorted(errors, key=lambda each: document.line(each["loc"]))
    # What was left out of the data has its mistake already.
    wrong = [each for each in details if each["type"] != "missing" or each["loc"] not in document.lines]
    # A list of nothing but mistakes is no empty one.
    holders = {each["loc"][:length] for each in wrong for length in range(len(each["loc"]))}
    wrong = [each for each in wrong if each["type"] != "too_short" or each["loc"] not in holders]
    schema = model.model_json_schema()
    return None, found + [Mistake(document.line(each["loc"]), _sentence(each, schema, hints)) for each in wrong[:_MOST]]


def first_ones(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """The first fifty in the order of their lines."""
    return sorted(mistakes, key=lambda each: each.line)[:_MOST]


def _sentence(error: ErrorDetails, schema: Schema, hints: Mapping[str, str]) -> str:
    place, what, kind = error["loc"], named(error["loc"]), error["type"]
    if kind == "extra_forbidden":
        known = list(_schema_at(schema, place[:-1]).get("properties", {}))
        where = f" in {named(place[:-1])}" if len(place) > 1 else ""
        return f"`{shown(place[-1])}` is not a key{where}: {suggestion(str(place[-1]), known)}"
    if kind == "literal_error":
        there = _schema_at(schema, place)
        there = _ways(there)[0]
        choices = [there["const"]] if "const" in there else there.get("enum", [])
        return f"{what} is {_value(error['input'])}: {suggestion(str(error['input']), choices)}"
    if kind in _LIMITS:
        return f"{what} {_LIMITS[kind].format(**error.get('ctx', {}))}."
    if place and place[-1] == "[key]":
        hint = hints.get(str(error.get("ctx", {}).get("pattern")), "use another")
        return f"{named(place[:-1])} contains an invalid name: {hint}."
    if kind == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        return f"{what} is {_value(error['input'])}: {hints.get(pattern, f'it must match `{pattern}`')}."
    return f"{what} is {_value(error['input'])}: {_expected(kind, error['input'])}."


_LIMITS = {
    "missing": "is missing: add it",
    "string_too_long": "is longer than {max_length} characters: shorten it",
    "string_too_short": "is empty: give it a value, or remove the line",
    "too_short": "is empty: name at least one, or remove the line",
    "too_long": "has more than {max_length} entries: name fewer, or use patterns where these are allowed",
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


def suggestion(word: str, choices: Iterable[object], otherwise: str = "this value is not valid here.") -> str:
    """The choice that is nearly the word, else all choices."""
    known = {str(each).lower().replace("-", "_"): str(each) for each in choices}
    typed = word.lower().replace("-", "_").replace(" ", "_")[:60]
    if near := difflib.get_close_matches(typed, known, n=1, cutoff=0.6):
        return f"did you mean `{known[near[0]]}`?"
    *firsts, last = [f"`{each}`" for each in known.values()] or [""]
    if not last:
        return otherwise
    return f"it can be {', '.join(firsts)} or {last}." if firsts else f"it can be {last}."


def named(place: Place) -> str:
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


def _schema_at(whole: Schema, place: Place) -> dict[str, Any]:
    """The part of the schema that describes this place. A mapping with names of its own describes all its values
    alike."""
    at = whole
    for step in place:
        if isinstance(step, int):
            at = next((way["items"] for way in _ways(at) if "items" in way), {})
        elif step in at.get("properties", {}):
            at = at["properties"][step]
        else:
            at = next(iter(at.get("patternProperties", {}).values()), {})
        if reference := at.get("$ref"):
            at = whole["$defs"][reference.rpartition("/")[2]]
    return at


def _ways(schema: Schema) -> list[Schema]:
    """A value may be one of several: those; else itself."""
    return schema.get("oneOf") or schema.get("anyOf") or [schema]
