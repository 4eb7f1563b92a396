"""The scripts of a package.json, read as far as needed to see which program a script starts, and with what.

A script is shell text. It is never run to be understood: it is split into its simple commands, other scripts that it
names are followed, and wrappers that only set the stage (`cross-env`, `c8`, `npx`) are taken off. What is not
understood is simply not found, and then the whole script is run as it stands.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from activities.package_json import Package

UNIT_SCRIPTS = ("test",)
INTEGRATION_SCRIPTS = ("test:integration", "integration", "integration-test")

_DEPTH = 5
_VARIABLE = re.compile(r"[A-Za-z_]\w*=")
_MANAGERS = ("npm", "pnpm", "yarn", "bun")
_RUNS_MANY = ("run-s", "run-p", "npm-run-all", "npm-run-all2")
_WRAPPERS = ("cross-env", "cross-env-shell", "env", "npx", "c8", "nyc", "dotenv", "--")


@dataclass(frozen=True)
class Call:
    """One start of a program: `NODE_ENV=test vitest run --dir src` in the script named `script`."""

    script: str
    program: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


def test_script(package: Package, select: str) -> str:
    """The name of the script that runs the unit or the integration tests, "" where there is none.

    npm's own placeholder ("no test specified") is none. A `test:unit` wins over `test` when the integration tests
    have a script of their own, since `test` then often runs both.
    """
    integration = next((name for name in INTEGRATION_SCRIPTS if name in package.scripts), "")
    if select == "integration":
        return integration
    if integration and "test:unit" in package.scripts:
        return "test:unit"
    return "test" if "no test specified" not in package.scripts.get("test", "no test specified") else ""


def find_call(package: Package, script: str, *programs: str) -> Call | None:
    """The first start of one of the programs in a script or in the scripts that it runs."""
    found = list(calls(package, script))
    if any(call.program == "cd" for call in found):
        return None
    return next((call for call in found if call.program in programs), None)


def without_options(args: tuple[str, ...], flags: tuple[str, ...], valued: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments less some options: `flags` stand alone, `valued` have a value behind them or behind "="."""
    left: list[str] = []
    skip = False
    for word in args:
        name, equals, _ = word.partition("=")
        if skip:
            skip = False
        elif name in valued:
            skip = not equals
        elif name not in flags:
            left.append(word)
    return tuple(left)


def calls(package: Package, script: str, depth: int = _DEPTH) -> Iterator[Call]:
    """Every simple command of a script, in order, those of other scripts of the package in their place."""
    if depth == 0 or script not in package.scripts:
        return
    for words in _simple_commands(package.scripts[script]):
        others = tuple(_other_scripts(package, words))
        if others:
            for name in others:
                yield from calls(package, name, depth - 1)
        elif call := _call(script, words):
            yield call


def _simple_commands(text: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|<>()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        for word in lexer:
            if set(word) <= set(";&|<>()"):
                yield words
                words = []
            else:
                words.append(word)
    except ValueError:
        return
    yield words


def _other_scripts(package: Package, words: list[str]) -> Iterator[str]:
    """`npm run x`, `npm test`, `yarn x`, `run-s x y:*`: the package's scripts that a command runs."""
    plain = [word for word in words if not word.startswith("-") and not _VARIABLE.match(word)]
    if not plain:
        return
    first, rest = plain[0], plain[1:]
    if first in _RUNS_MANY:
        yield from (name for wanted in rest for name in package.scripts if fnmatchcase(name, wanted))
    elif first in _MANAGERS and rest:
        named = rest[1:] if rest[0] in ("run", "run-script") else [{"t": "test"}.get(rest[0], rest[0])]
        yield from (name for name in named[:1] if name in package.scripts)


def _call(script: str, words: list[str]) -> Call | None:
    env: dict[str, str] = {}
    left = list(words)
    while left and (_VARIABLE.match(left[0]) or _skipped(left)):
        word = left.pop(0)
        if _VARIABLE.match(word):
            name, _, value = word.partition("=")
            env[name] = value
    if not left:
        return None
    return Call(script, PurePosixPath(left[0]).name, tuple(left[1:]), env)


def _skipped(words: list[str]) -> bool:
    """A wrapper, an option of one, or `exec` of a package manager."""
    first = words[0]
    return first in _WRAPPERS or first.startswith("-") or (first in (*_MANAGERS, "exec") and len(words) > 1)
