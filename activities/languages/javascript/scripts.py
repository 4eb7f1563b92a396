"""The scripts of a package.json, read as far as needed to see which program a script starts, and with what.

A script is shell text. It is never run to be understood: it is split into its simple commands, other scripts that it
names are followed, and wrappers that only prepare (`cross-env`, `c8`, `npx`) are removed. What is not
understood is simply not found, and then the whole script is run unchanged.
"""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from activities.languages.javascript.delegation import delegates_tests, is_delegated
from activities.languages.javascript.package_json import PackageJson

INTEGRATION_SCRIPTS = ("test:integration", "integration", "integration-test")
TEST_SCRIPTS = ("test", "test:unit", *INTEGRATION_SCRIPTS)

_UNIT_SCRIPTS = ("test", "test:unit", "test:run", "test:ci", "unit")
_DEPTH = 5
_VARIABLE = re.compile(r"[A-Za-z_]\w*=")
_MANAGERS = ("npm", "pnpm", "yarn", "bun")
_RUNS_MANY = ("run-s", "run-p", "npm-run-all", "npm-run-all2")
_CHECKERS = ("eslint", "biome", "prettier", "standard", "xo", "tslint", "oxlint", "stylelint", "tsd", "publint", "attw")
_UNREADABLE = ";&|<>()"
_WRAPPERS = ("cross-env", "cross-env-shell", "env", "npx", "c8", "nyc", "dotenv", "--")


@dataclass(frozen=True)
class ScriptCommand:
    """One start of a program: `NODE_ENV=test vitest run --dir src` in the script named `script`.

    `before` is what the script does first and what the program may need (`npm run build`), as shell text; programs
    that only check are left out of it.
    """

    script: str
    program: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    before: tuple[str, ...] = ()

    def prepared(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The words to start instead of the program's own, with what must be done before."""
        if not self.before:
            return argv
        return ("/bin/sh", "-c", " && ".join((*self.before, 'exec "$0" "$@"')), *argv)


def test_script(package: PackageJson, select: str) -> str:
    """The name of the script that runs the unit or the integration tests, "" where there is none.

    npm's own placeholder ("no test specified") is none. A `test:unit` wins over `test` when the integration tests
    have a script of their own, since `test` then often runs both. A script that only starts those of a workspace's
    members is none of the package's own.
    """
    integration = next((name for name in INTEGRATION_SCRIPTS if name in package.scripts), "")
    if select == "integration":
        return integration
    if integration and "test:unit" in package.scripts:
        return "test:unit"
    missing = "no test specified"
    script = next((name for name in _UNIT_SCRIPTS if missing not in package.scripts.get(name, missing)), "")
    return "" if delegates_tests(package.scripts) and not _tests_itself(package, script) else script


def _tests_itself(package: PackageJson, script: str) -> bool:
    """Whether a script starts anything but scripts of members, builds and programs that only check."""
    return any(call.script.startswith("test") and call.program not in _CHECKERS for call in calls(package, script))


def find_call(package: PackageJson, script: str, *programs: str) -> ScriptCommand | None:
    """The first start of one of the programs in a script or in the scripts that it runs, through node too."""
    found = find_start(package, script, lambda call: _without_node(call, programs).program in programs)
    return found and _without_node(found, programs)


def find_start(package: PackageJson, script: str, matches: Callable[[ScriptCommand], bool]) -> ScriptCommand | None:
    """As `find_call`, for any condition. A script that changes folder or pipes is not understood: None."""
    found = list(calls(package, script))
    if any(call.program in ("cd", "") for call in found):
        return None
    at = next((at for at, call in enumerate(found) if matches(call)), -1)
    before = tuple(call.text for call in found[:at] if not _only_checks(call))
    return replace(found[at], before=before) if at >= 0 else None


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


def calls(package: PackageJson, script: str, depth: int = _DEPTH) -> Iterator[ScriptCommand]:
    """Every simple command of a script, in order, those of other scripts of the package in their place and npm's
    `pre` script first. What is not understood is a call without a program."""
    if depth == 0 or script not in package.scripts:
        return
    yield from calls(package, f"pre{script}", depth - 1)
    for text in _simple_commands(package.scripts[script]):
        words = _words(text)
        if is_delegated(words):
            continue
        others = tuple(_other_scripts(package, words))
        for name in others:
            yield from calls(package, name, depth - 1)
        if not others:
            yield _call(script, words, text)


def _simple_commands(text: str) -> Iterator[str]:
    """The pieces between `&&` and `;`, quotes kept. Any other operator is yielded as a piece that is no command."""
    lexer = shlex.shlex(text, posix=False, punctuation_chars=_UNREADABLE)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        for word in lexer:
            if word in ("&&", ";"):
                yield " ".join(words)
                words = []
            else:
                words.append(word)
    except ValueError:
        words = [_UNREADABLE]
    yield " ".join(words)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return [_UNREADABLE]


def _other_scripts(package: PackageJson, words: list[str]) -> Iterator[str]:
    """`npm run x`, `npm test`, `yarn x`, `run-s x y:*`: the package's scripts that a command runs."""
    plain = [word for word in words if not word.startswith("-") and not _VARIABLE.match(word)]
    if not plain:
        return
    first, rest = plain[0], plain[1:]
    if first in _RUNS_MANY:
        yield from (name for pattern in rest for name in package.scripts if fnmatchcase(name, pattern))
    elif first in _MANAGERS and rest:
        named = rest[1:] if rest[0] in ("run", "run-script") else [{"t": "test"}.get(rest[0], rest[0])]
        yield from (name for name in named[:1] if name in package.scripts)


def _call(script: str, words: list[str], text: str) -> ScriptCommand:
    env: dict[str, str] = {}
    left = list(words)
    while left and (_VARIABLE.match(left[0]) or _skipped(left)):
        name, equals, value = left.pop(0).partition("=")
        if equals and not name.startswith("-"):
            env[name] = value
    if not left or any(set(word) <= set(_UNREADABLE) for word in words):
        return ScriptCommand(script, "", text=text)
    return ScriptCommand(script, PurePosixPath(left[0]).name, tuple(left[1:]), env, text)


def _without_node(call: ScriptCommand, programs: tuple[str, ...]) -> ScriptCommand:
    """`node --experimental-vm-modules node_modules/jest/bin/jest.js x` is jest with an option for node, when jest is
    one of the programs."""
    at = next((at for at, word in enumerate(call.args) if not word.startswith("-")), -1)
    if call.program != "node" or at < 0:
        return call
    names = "|".join(re.escape(name) for name in programs)
    found = re.search(rf"(?:^|/)node_modules/(?:\.bin/)?({names})\b", call.args[at])
    if found is None:
        return call
    options = " ".join((call.env.get("NODE_OPTIONS", ""), *call.args[:at])).strip()
    env = {**call.env, **({"NODE_OPTIONS": options} if options else {})}
    return replace(call, program=found[1], args=call.args[at + 1 :], env=env)


def _only_checks(call: ScriptCommand) -> bool:
    return call.program in _CHECKERS or (call.program == "tsc" and "--noEmit" in call.args)


def _skipped(words: list[str]) -> bool:
    """A wrapper, an option of one, or `exec` of a package manager."""
    first = words[0]
    return first in _WRAPPERS or first.startswith("-") or (first in (*_MANAGERS, "exec") and len(words) > 1)
