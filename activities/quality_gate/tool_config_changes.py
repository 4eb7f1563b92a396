"""Which tools' configuration a change edits: it decides what is reported, so the verdict names it.

The linters' configuration is the head's own. A change may loosen it for good reasons, but not unseen.
"""

import configparser
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

_LINT, _TYPES, _SAFE, _TESTS = "linting", "static_analysis", "security", "tests"
_FILES: Mapping[str, str] = {
    **dict.fromkeys(("ruff.toml", ".ruff.toml", ".flake8", ".pylintrc", "pylintrc", ".isort.cfg", "biome.json"), _LINT),
    **dict.fromkeys(("biome.jsonc", ".eslintignore", ".prettierignore", ".editorconfig"), _LINT),
    **dict.fromkeys(("mypy.ini", ".mypy.ini", "pyrightconfig.json", "tsconfig.json"), _TYPES),
    **dict.fromkeys((".bandit", "bandit.yaml", ".semgrepignore"), _SAFE),
    **dict.fromkeys((".coveragerc", "pytest.ini", ".nycrc", ".nycrc.json", ".c8rc.json", ".mocharc.json"), _TESTS),
}
_STEMS: Mapping[str, str] = {
    "eslint.config": _LINT,
    ".eslintrc": _LINT,
    "prettier.config": _LINT,
    ".prettierrc": _LINT,
    "jest.config": _TESTS,
    "vitest.config": _TESTS,
    "tsconfig.": _TYPES,
}
_SECTIONS: Mapping[str, str] = {
    **dict.fromkeys(("ruff", "flake8", "pylint", "isort", "black", "eslintConfig", "prettier"), _LINT),
    **dict.fromkeys(("mypy", "pyright", "basedpyright"), _TYPES),
    "bandit": _SAFE,
    **dict.fromkeys(("pytest", "coverage", "jest", "nyc", "c8", "mocha", "ava"), _TESTS),
}
_CHECKS: Mapping[str, tuple[str, ...]] = {
    "linting": (_LINT,),
    "static_analysis": (_TYPES,),
    "security": (_SAFE,),
    "unit_tests": (_TESTS,),
    "integration_tests": (_TESTS,),
    "coverage": (_TESTS,),
}
SHARED = ("pyproject.toml", "setup.cfg", "tox.ini", "package.json")
"""Files in which a tool's configuration is one part among others."""


def edited(check: str, paths: Iterable[str], texts: Mapping[str, tuple[str, str]]) -> list[str]:
    """The files among `paths`, which a change touches, whose edit decides what the check's tools report. `texts` has
    the shared files before and after, "" where they are not there."""
    kinds = set(_CHECKS.get(check, ()))
    return sorted(path for path in paths if kinds & _edited(path, texts))


def _edited(path: str, texts: Mapping[str, tuple[str, str]]) -> set[str]:
    name = PurePosixPath(path).name
    if name in SHARED:
        before, after = (_sections(name, text) for text in texts[path])
        return {
            kind for section, kind in _SECTIONS.items() if _part(before, section) != _part(after, section)
        }  # fmt: skip
    if name in _FILES:
        return {_FILES[name]}
    return {kind for stem, kind in _STEMS.items() if name.startswith(stem)}


def _part(sections: Mapping[str, object], tool: str) -> dict[str, object]:
    """All of a tool's sections: `mypy` and `mypy-tests.*`, `coverage:run`, `tool:pytest`."""
    return {name: body for name, body in sections.items() if _tool_of(name) == tool}


def _tool_of(section: str) -> str:
    name = section.removeprefix("tool:")
    for separator in (":", "-", "."):
        name = name.partition(separator)[0]
    return name.strip()


def _sections(name: str, text: str) -> Mapping[str, object]:
    """A file that cannot be read has no sections; that it is broken is told elsewhere."""
    try:
        if name == "pyproject.toml":
            tool = tomllib.loads(text).get("tool")
            return tool if isinstance(tool, dict) else {}
        if name == "package.json":
            body = json.loads(text or "{}")
            return body if isinstance(body, dict) else {}
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
        return {section: dict(parser.items(section)) for section in parser.sections()}
    except (ValueError, configparser.Error, RecursionError):
        return {}
