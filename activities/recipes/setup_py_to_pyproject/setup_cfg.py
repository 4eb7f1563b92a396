"""What setup.cfg declares in place of setup.py: its sections as keywords of `setup()`, and the file without them."""

import configparser
import re
from collections.abc import Mapping

from activities.languages.ini_files import read_ini
from activities.recipes.setup_py_to_pyproject.values import AttributeOf, FileText, FoundPackages

_OURS = re.compile(r"metadata|options(?:\..*)?")
_LISTS = frozenset(
    (
        "classifiers",
        "platforms",
        "install_requires",
        "setup_requires",
        "tests_require",
        "py_modules",
        "scripts",
        "license_files",
    )
)
_TABLES = frozenset(("project_urls", "package_dir"))
_SECTIONS = ("extras_require", "package_data", "exclude_package_data", "data_files", "entry_points")


def declared(text: str) -> dict[str, object] | None:
    """None where it is no ini file."""
    found = read_ini(text)
    if found is None:
        return None
    values: dict[str, object] = {}
    for name, value in (*found.get("metadata", {}).items(), *found.get("options", {}).items()):
        key = {"home_page": "url", "summary": "description", "license_file": "license_files"}.get(
            name.replace("-", "_"), name.replace("-", "_")
        )
        values[key] = _value(key, value.strip(), found)
    for section in _SECTIONS:
        if entries := found.get(f"options.{section}"):
            values[section] = _section(text, section, entries)
    return values


def _value(key: str, text: str, sections: Mapping[str, Mapping[str, str]]) -> object:
    found: object = text
    if text.startswith("attr:"):
        module, _, name = text.removeprefix("attr:").strip().rpartition(".")
        found = AttributeOf(module, name)
    elif text.startswith("file:"):
        found = FileText(tuple(part.strip() for part in text.removeprefix("file:").split(",") if part.strip()))
    elif key == "packages" and text.rstrip(":") in ("find", "find_namespace"):
        options = sections.get("options.packages.find", {})
        found = FoundPackages(
            text.startswith("find_namespace"),
            options.get("where", ".").strip(),
            tuple(_lines(options.get("include", ""))),
            tuple(_lines(options.get("exclude", ""))),
        )
    elif key in _LISTS or key in {"packages", "keywords"}:
        found = _lines(text)
    elif key in _TABLES:
        found = {name.strip(): value.strip() for line in _lines(text) for name, _, value in [line.partition("=")]}
    elif key in ("zip_safe", "include_package_data"):
        found = text.lower() in ("1", "true", "yes")
    return found


def _lines(text: str) -> list[str]:
    parts = text.splitlines() if "\n" in text else text.split(",")
    return [part.strip() for part in parts if part.strip()]


def _section(text: str, name: str, entries: Mapping[str, str]) -> object:
    if name == "extras_require":
        return {key: [line for line in value.splitlines() if line.strip()] for key, value in entries.items()}
    if name == "data_files":
        return [[key, _lines(value)] for key, value in entries.items()]
    if name == "entry_points":  # names keep their case here
        parser = configparser.RawConfigParser(strict=False)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(text)
        return {key: _lines_of_points(value) for key, value in parser.items("options.entry_points")}
    return {key: _lines(value) for key, value in entries.items()}


def _lines_of_points(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def without_sections(text: str) -> str:
    """Only what other tools have in the file; "" where that is nothing."""
    parts = re.split(r"(?m)^(?=\[)", text)
    kept = [part for part in parts if not ((match := re.match(r"\[([^\]]+)\]", part)) and _OURS.fullmatch(match[1]))]
    rest = "".join(kept)
    has_more = any(part.startswith("[") for part in kept)
    return rest.lstrip("\r\n") if has_more else ""
