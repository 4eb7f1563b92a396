"""What hatch would do in the environment that runs the tests: read from hatch.toml or pyproject.toml, and never run.

Templates, scripts that start other scripts and defaults of arguments are resolved as hatch does. A matrix and its
overrides are left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from activities.languages.commands import command_files
from activities.languages.python.config import toml, toml_table
from activities.languages.python.declared_tests import DeclaredTests, split, with_command
from activities.tooling import Project

_TESTS = "hatch-test"
"""hatch's own environment for `hatch test`."""

# What `hatch test` installs unasked, less what reorders or repeats tests: that is off unless somebody asks for it.
_OF_HATCH = ("coverage[toml]", "pytest", "pytest-mock")
_SUITE = re.compile(r"(?:py_?)?tests?(?:ing)?|unit(?:[-_]?tests?)?")
_A_PART = re.compile(r"bench(?:marks?)?|docs?|doctests?|lint|style|types?|typing|smoke|release|build")
_ARGUMENTS = re.compile(r"\{args(?::([^{}]*))?\}")
_KNOWN = (
    (re.compile(r"\{env:\w+(?::([^{}]*))?\}"), r"\1"),
    (re.compile(r"\{root(?::(?:uri|real))?\}/?"), ""),
    (re.compile(r"\{/\}"), "/"),
    (re.compile(r"\{[;:]\}"), ":"),
)
_MOST, _DEEPEST = 200, 8
_LONGEST = 20_000
"""Characters of a command: each script may name its arguments a thousand times, for one that does so too."""


@dataclass(frozen=True)
class _Environment:
    """One with what its template gives it. Values are as written: any TOML."""

    name: str
    options: Mapping[str, Any]
    scripts: Mapping[str, Any]

    def lines(self, *keys: str) -> tuple[str, ...]:
        values = (value for key in keys for value in _list(self.options.get(key)))
        return tuple(value for value in values if isinstance(value, str))


def hatch_tests(project: Project) -> DeclaredTests:
    """The environment that runs tests and is named like it, else the first that runs any; nothing found without one."""
    where, tables = _tables(project)
    if _TESTS in tables or _starts_hatch_test(project):
        return _of_hatch_test(where, _environment(tables, _TESTS))
    names = sorted(tables, key=lambda name: (bool(_A_PART.fullmatch(name)), not _SUITE.fullmatch(name)))
    read = [_of_scripts(where, _environment(tables, name)) for name in names[:_MOST]]
    # One without a script is for tests where it is named so and has pytest: `hatch run test:pytest`.
    plain = (replace(one, runner="pytest") for name, one in zip(names, read, strict=False) if _is_for_pytest(name, one))
    return next((one for one in (*read, *plain) if one.runner), DeclaredTests())


def _tables(project: Project) -> tuple[str, Mapping[str, Any]]:
    """What names an environment in a sentence, and the environments. hatch.toml wins."""
    own = toml(project.read("hatch.toml")).get("envs")
    if isinstance(own, dict):
        return "hatch.toml [envs.", own
    return "pyproject.toml [tool.hatch.envs.", toml_table(project, "tool.hatch.envs")


def _environment(tables: Mapping[str, Any], name: str) -> _Environment:
    """hatch's own environment for tests, and a detached one, have no template unless they say so."""
    options: dict[str, Any] = {}
    scripts: dict[str, Any] = {}
    seen: dict[str, None] = {}
    while name not in seen:
        seen[name] = None
        table = tables.get(name)
        table = table if isinstance(table, dict) else {}
        options = {**table, **options}
        scripts = {**_mapping(table.get("scripts")), **scripts}
        alone = table.get("detached") is True or name == _TESTS
        template = table.get("template", "" if alone else "default")
        name = template if isinstance(template, str) and template else name
    return _Environment(next(iter(seen)), options, scripts)


def _of_scripts(where: str, environment: _Environment) -> DeclaredTests:
    """The script that runs the suite, by its name, with what is installed for it."""
    found = _installed(where, environment)
    names = [name for name in environment.scripts if not _A_PART.fullmatch(name)]
    for name in sorted(names, key=lambda name: not _SUITE.fullmatch(name))[:_MOST]:
        left = iter(range(_MOST))
        with_script = found
        for line in _commands(environment.scripts, name, "", left, _DEEPEST):
            with_script = with_command(with_script, split(line))
        if with_script.runner:
            return with_script
    return found


def _of_hatch_test(where: str, environment: _Environment) -> DeclaredTests:
    """`hatch test` starts pytest with the environment's own arguments, on the folder `tests` if nothing is named."""
    found = _installed(where, environment)
    usual = () if "dependencies" in environment.options else _OF_HATCH
    script = environment.scripts.get("run")
    found = replace(found, requirements=(*usual, *found.requirements))
    if isinstance(script, str | list):
        return _of_scripts(where, replace(environment, scripts={"test": script}))
    words = tuple(word for word in environment.lines("extra-args") if "{" not in word)
    named = tuple(word for word in environment.lines("default-args") if "{" not in word)
    return replace(found, runner="pytest", words=(*words, *named))


def _installed(where: str, environment: _Environment) -> DeclaredTests:
    variables = _mapping(environment.options.get("env-vars")).items()
    known = ((name, _plain(value)) for name, value in variables if isinstance(value, str))
    return DeclaredTests(
        f"{where}{environment.name}]",
        requirements=environment.lines("dependencies", "extra-dependencies"),
        extras=environment.lines("features"),
        groups=environment.lines("dependency-groups"),
        variables=tuple((name, value) for name, value in known if value is not None),
    )


def _commands(scripts: Mapping[str, Any], name: str, arguments: str, left: Iterator[int], depth: int) -> Iterator[str]:
    """The command lines of a script, those of scripts that it starts in their place. `left` ends it where they
    multiply."""
    value = scripts.get(name)
    for line, _ in zip([value] if isinstance(value, str) else _list(value), left, strict=False):
        if not isinstance(line, str) or len(line) + line.count("{args") * len(arguments) > _LONGEST:
            continue
        text = _plain(_ARGUMENTS.sub(lambda found: arguments or found[1] or "", line))
        if text is None:
            continue
        first, _, rest = text.removeprefix("- ").strip().partition(" ")
        if first in scripts and first != name and depth:
            yield from _commands(scripts, first, rest.strip(), left, depth - 1)
        else:
            yield text.removeprefix("- ")


def _plain(text: str) -> str | None:
    """With what is known put in; None where something is left that hatch alone knows."""
    for pattern, known in _KNOWN:
        text = pattern.sub(known, text)
    return None if "{" in text else text


def _is_for_pytest(name: str, found: DeclaredTests) -> bool:
    named = (re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in found.requirements)
    return (name == "default" or bool(_SUITE.fullmatch(name))) and "pytest" in named


def _starts_hatch_test(project: Project) -> bool:
    started = re.compile(r"(?:^|[\s;&|])hatch\s+(?:-\S+\s+)*test(?:\s|$)")
    return any(started.search(line) for file in command_files(project) for line in file.lines if "hatch" in line)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
