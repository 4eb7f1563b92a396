"""The scripts of a package.json, read as far as needed to see which programs a script starts, and with what.

A script is shell text. It is never run to be understood: it is split into its simple commands, other scripts that it
names are followed, and wrappers that only prepare (`cross-env`, `c8`, `npx`) are removed. What is not
understood is a call without a program, and then the whole script is run unchanged.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from activities.languages.javascript.delegation import delegates_tests, is_delegated
from activities.languages.javascript.package_json import PackageJson

INTEGRATION_SCRIPTS = ("test:integration", "integration", "integration-test")
TEST_SCRIPTS = ("test", "test:unit", *INTEGRATION_SCRIPTS)

_UNIT_SCRIPTS = ("test", "test:unit", "test:run", "test:ci", "unit")
_MOST_CALLS = 500
_DEEPEST = 20
_CHECKERS = ("eslint", "biome", "prettier", "standard", "xo", "tslint", "oxlint", "stylelint", "tsd", "publint", "attw")
# Programs that test nothing, and words after which a shell does more than start one program after another.
_IDLE = ("echo", "printf", "exit", "true", ":")
_CONTROL = frozenset(
    (
        "for", "while", "until", "if", "then", "elif", "else", "do", "done", "fi", "case", "esac", "select", "function",
        "{", "}", "(", ")", "[", "[[", "!", ".", "test", "set", "unset", "export", "exit", "trap", "source", "eval",
        "shopt", "pushd", "popd", "read", "return", "break", "continue", "shift", "alias", "wait",
    )
)  # fmt: skip
_VARIABLE = re.compile(r"[A-Za-z_]\w*=")
_MANAGERS = ("npm", "pnpm", "yarn", "bun")
_RUNS_MANY = ("run-s", "run-p", "npm-run-all", "npm-run-all2", "npm-run-all-next")
_WRAPPERS = ("cross-env", "cross-env-shell", "env", "npx", "bunx", "c8", "nyc", "dotenv", "dotenvx", "time")
_COVERAGE = ("c8", "nyc")
_COVERAGE_COMMANDS = ("report", "check-coverage", "merge", "instrument")

# Options of wrappers, and of what starts several programs, whose value is the next word.
_VALUED = {
    "c8": ("-r", "--reporter", "-x", "--exclude", "-n", "--include", "-o", "--report-dir", "--reports-dir", "--src",
           "-e", "--extension", "--lines", "--branches", "--functions", "--statements", "--temp-directory", "-c",
           "--config", "--check-coverage-threshold"),
    "nyc": ("-r", "--reporter", "-x", "--exclude", "-n", "--include", "--report-dir", "-e", "--extension", "--lines",
            "--branches", "--functions", "--statements", "-t", "--temp-dir", "--nycrc-path", "--require", "-i",
            "--cwd"),
    "dotenv": ("-e", "-v", "-p", "-c"),
    "env": ("-u", "--unset", "-C"),
    "npx": ("-p", "--package"),
    "concurrently": ("-n", "--names", "-c", "--prefix-colors", "-p", "--prefix", "-m", "--max-processes", "-s",
                     "--success", "--restart-tries", "--restart-after", "-l", "--prefix-length", "--name-separator"),
}  # fmt: skip
_QUIET = ("-s", "--silent", "-q", "--quiet", "--if-present", "--color", "--no-color")
_OWN_COMMANDS = frozenset(
    (
        "install", "i", "ci", "add", "remove", "up", "update", "pack", "publish", "audit", "dedupe", "config",
        "cache", "link", "why", "info", "version", "init", "rebuild", "prune", "workspace", "workspaces",
        "recursive", "set", "plugin", "dlx", "create", "ls", "list", "outdated",
    )
)  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:(?P<word>(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s;&|<>()"'\\])+)|(?P<operator>&&|\|\||[;&|<>()]))"""
)
_SUBSTITUTION = re.compile(r"^[^']*(?:`|\$\()")
_TAP_FORMATTER = re.compile(r"tap-[\w-]+|faucet|tap|tnyan|colortape|tap-spec|pretty-tap")


@dataclass(frozen=True)
class ScriptCommand:
    """One start of a program: `NODE_ENV=test c8 --all vitest run --dir src` in the script named `script`.

    `text` is that as it is written, with the variables of what starts it. `core` is what is left of it without
    variables and wrappers, still shell text. `coverage` are the words of a wrapper that measures coverage.
    `for_members` says that it starts scripts of a workspace's members.
    """

    script: str
    program: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    core: str = ""
    coverage: tuple[str, ...] = ()
    for_members: bool = False


def test_script(package: PackageJson, select: str) -> str:
    """The name of the script that runs the unit or the integration tests, "" where there is none.

    A script that only starts those of a workspace's members is none of the package's own.
    """
    script = declared_script(package, select)
    if select == "integration":
        return script
    return "" if delegates_tests(package.scripts) and not _tests_itself(package, script) else script


def declared_script(package: PackageJson, select: str) -> str:
    """The name of that script, whosever tests it starts, "" where there is none.

    One that only prints, as npm's own placeholder ("no test specified") does, is none. A `test:unit` wins over `test`
    when the integration tests have a script of their own, since `test` then often runs both.
    """
    integration = next((name for name in INTEGRATION_SCRIPTS if _does_something(package, name)), "")
    if select == "integration":
        return integration
    if integration and _does_something(package, "test:unit"):
        return "test:unit"
    return next((name for name in _UNIT_SCRIPTS if _does_something(package, name)), "")


def _does_something(package: PackageJson, script: str) -> bool:
    """Whether there is such a script that does more than print and end, with those before and after it."""
    if script not in package.scripts or "no test specified" in package.scripts[script]:
        return False
    texts = (package.scripts.get(f"{around}{script}", "") for around in ("pre", "", "post"))
    return not all(_only_prints(text) for text in texts)


def _only_prints(text: str) -> bool:
    """Whether shell text does nothing but print and end. One that only fails, and says nothing, is no placeholder."""
    pieces = [piece.split() for piece in re.split(r"[;&|\n]+", re.sub(r"\d?>&\d", " ", text)) if piece.strip()]
    prints = any(words[0] in ("echo", "printf") for words in pieces)
    fails = any(words[0] == "exit" and words[1:] not in ([], ["0"]) for words in pieces)
    idle = all(words[0] in _IDLE for words in pieces) and not re.search(r"`|\$\(", text)
    return idle and (prints or not fails)


def _tests_itself(package: PackageJson, script: str) -> bool:
    """Whether a script starts anything but scripts of members, builds and programs that only check."""
    own = (call for call in calls(package, script) if not call.for_members)
    return any(call.script.startswith("test") and call.program not in _CHECKERS for call in own)


def understood_calls(package: PackageJson, script: str, for_members: bool = False) -> tuple[ScriptCommand, ...]:
    """Every call of a script; () where the script changes folder, pipes or is not understood otherwise. What stands
    beside it in the scripts for linting is theirs to understand. Starts of members' scripts only if `for_members`."""
    found = tuple(calls(package, script))
    beside = ("prelint", "postlint") if script == "lint" else ("prelint", "lint", "postlint")
    if any(call.program in ("cd", "") and call.script not in beside for call in found):
        return ()
    return tuple(call for call in found if for_members or not call.for_members)


def find_call(package: PackageJson, script: str, *programs: str) -> ScriptCommand | None:
    """The first start of one of the programs in a script or in the scripts that it runs, through node too."""
    found = (without_node(call, programs) for call in understood_calls(package, script))
    return next((call for call in found if call.program in programs), None)


def any_call(package: PackageJson, *programs: str) -> ScriptCommand | None:
    """The first start of one of the programs in any script."""
    return next((call for name in package.scripts if (call := find_call(package, name, *programs))), None)


def measured(package: PackageJson, call: ScriptCommand) -> ScriptCommand:
    """A start of a program that nothing measures, as another script measures it: `"cover": "nyc -x docs npm test"`. One
    that starts it by the same words is preferred; node may be started for anything."""
    if call.coverage or not call.program:
        return call
    found = [each for name in package.scripts for each in calls(package, name)]
    found = [each for each in found if each.coverage and each.program == call.program]
    same = [each for each in found if each.core == call.core]
    best = next(iter(same or (found if call.program != "node" else [])), call)
    return replace(call, coverage=best.coverage)


def without_options(args: tuple[str, ...], flags: tuple[str, ...], valued: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments less some options: `flags` stand alone, `valued` have a value behind them or behind "=". One that
    ends with a dot stands for all that begin with it."""
    left: list[str] = []
    skip = False
    for word in args:
        name, equals, _ = word.partition("=")
        if skip:
            skip = False
        elif name in valued:
            skip = not equals
        elif name not in flags and not any(flag.endswith(".") and name.startswith(flag) for flag in flags):
            left.append(word)
    return tuple(left)


def calls(package: PackageJson, script: str) -> Iterator[ScriptCommand]:
    """Every simple command of a script, in order, those of other scripts of the package in their place, npm's `pre`
    script first and its `post` script last."""
    return _Reading(package).of_script(script, "", ())


@dataclass
class _Reading:
    """One way through the scripts. Scripts that start themselves, or too many others, end in a call that is not
    understood: `left` are the pieces that may still be read, `inside` the scripts that are being read."""

    package: PackageJson
    left: int = _MOST_CALLS

    def of_script(self, script: str, extra: str, inside: tuple[str, ...]) -> Iterator[ScriptCommand]:
        """`extra` is given to the script's last command."""
        if script not in self.package.scripts:
            return
        self.left -= 1
        if script in inside or self.left <= 0 or len(inside) >= _DEEPEST:
            yield ScriptCommand(inside[-1] if inside else script, "")
            return
        inside = (*inside, script)
        yield from self.of_script(f"pre{script}", "", inside)
        yield from self._of_text(script, f"{self.package.scripts[script]} {extra}".strip(), inside)
        yield from self.of_script(f"post{script}", "", inside)

    def _of_text(self, script: str, text: str, inside: tuple[str, ...]) -> Iterator[ScriptCommand]:
        for raw in _simple_commands(text):
            self.left -= 1
            if self.left <= 0:
                yield ScriptCommand(script, "")
                return
            call = _call(self.package, script, () if raw[:1] and raw[0] in _CONTROL else raw)
            if is_delegated(raw):
                yield replace(call, for_members=True)
                continue
            inner = _scripts_and_texts(self.package, call)
            if inner is None:
                yield call
                continue
            for name, more in inner:
                found = self.of_script(name, more, inside) if name else self._of_text(script, more, inside)
                for each in found:
                    yield _as_started_by(call, each)


def _as_started_by(outer: ScriptCommand, call: ScriptCommand) -> ScriptCommand:
    """A command of a script with the variables, and measured as by, what starts that script."""
    call = replace(call, coverage=call.coverage or outer.coverage)
    env = outer.env
    given = "".join(f"{name}={shlex.quote(value)} " for name, value in env.items() if name not in call.env)
    return replace(call, env={**env, **call.env}, text=given + call.text) if env else call


def _simple_commands(text: str) -> Iterator[tuple[str, ...]]:
    """The words, quotes kept, of the pieces between `&&` and `;`. What has any other operator, several lines or a
    comment is no command: (). A formatter that TAP is piped into is left out."""
    words: list[str] = []
    at, readable, to_formatter = 0, True, False
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            readable = False
            break
        word, operator = found["word"] or "", found["operator"]
        between, at = text[at : found.start("operator" if operator else "word")], found.end()
        readable = readable and "\n" not in between and not _SUBSTITUTION.search(word) and not word.startswith("#")
        if operator in ("&&", ";"):
            if words or not readable:
                yield tuple(words) if readable else ()
            words, readable, to_formatter = [], True, False
        elif operator == "|" and (next_word := _TOKEN.match(text, at)) and _is_formatter(text[at:], next_word["word"]):
            to_formatter = True
        elif operator:
            readable = False
        elif not to_formatter:
            words.append(word)
    if words or not readable:
        yield tuple(words) if readable else ()


def _is_formatter(behind: str, word: str | None) -> bool:
    if word == "npx":
        word = (behind.split() + [""] * 2)[1]
    return bool(word and _TAP_FORMATTER.fullmatch(word.rpartition("/")[2]))


def _scripts_and_texts(package: PackageJson, call: ScriptCommand) -> tuple[tuple[str, str], ...] | None:
    """What a command runs of the package: (script, further arguments), or ("", shell text). None where it is a
    program."""
    if call.program in _RUNS_MANY:
        names = (word for word in call.args if not word.startswith("-"))
        return tuple((name, "") for pattern in names for name in _named(package, pattern)) or None
    if call.program in ("concurrently", "conc"):
        texts = _without_values(call.args, _VALUED["concurrently"])
        return tuple(each for text in texts for each in _concurrent(package, text)) or None
    if call.program not in _MANAGERS:
        return None
    left = [word for word in call.args if word not in _QUIET]
    if left[:1] and left[0] in ("run", "run-script"):
        left = left[1:]
    elif call.program == "bun" or (left[:1] and left[0] in _OWN_COMMANDS):
        return None
    name = {"t": "test", "tst": "test"}.get(left[0], left[0]) if left else ""
    if name in package.scripts:
        further = left[2:] if left[1:2] == ["--"] else left[1:]
        return ((name, shlex.join(further)),)
    return () if "--if-present" in call.args else None


def _named(package: PackageJson, pattern: str) -> list[str]:
    return [name for name in package.scripts if fnmatchcase(name, pattern)]


def _concurrent(package: PackageJson, text: str) -> Iterator[tuple[str, str]]:
    """A command of `concurrently`: `npm:lint`, `pnpm:test:*`, or shell text."""
    manager, colon, rest = text.partition(":")
    if not (colon and manager in _MANAGERS):
        yield "", text
        return
    pattern, _, further = rest.partition(" ")
    yield from ((name, further) for name in _named(package, pattern))


def _without_values(words: Sequence[str], valued: tuple[str, ...]) -> Iterator[str]:
    """The words that are neither options nor their values."""
    skip = False
    for word in words:
        if not skip and not word.startswith("-"):
            yield word
        skip = not skip and word in valued


def _call(package: PackageJson, script: str, raw: tuple[str, ...]) -> ScriptCommand:
    """What a simple command starts, once its variables and wrappers are removed."""
    text = " ".join(raw)
    try:
        words = [" ".join(shlex.split(word)) for word in raw]
    except ValueError:
        words = []
    env: dict[str, str] = {}
    wrapper, coverage, at = "", tuple[str, ...](), 0
    while at < len(words):
        word, count = words[at], 1
        if _VARIABLE.match(word):
            name, _, env[name] = [*word.partition("=")[:2], word.partition("=")[2]]
        elif wrapper and word.startswith("-"):
            count += word in _VALUED.get(wrapper, ())
            coverage += tuple(words[at : at + count]) if wrapper in _COVERAGE and word != "--" else ()
        elif _is_wrapper(package, words[at:]):
            wrapper = word
            coverage = (word,) if word in _COVERAGE else coverage
            count += word in _MANAGERS and words[at + 1] in ("exec", "x")
        else:
            break
        at += count
    if at >= len(words):
        return ScriptCommand(script, "", text=text)
    program, args = PurePosixPath(words[at]).name, tuple(words[at + 1 :])
    if program == "bun" and args[:1] == ("test",):  # never the script of that name
        program, args = "bun-test", args[1:]
    return ScriptCommand(script, program, args, env, text, " ".join(raw[at:]), coverage)


def _is_wrapper(package: PackageJson, words: list[str]) -> bool:
    """Whether what follows is a program that the first word starts. A manager starts scripts, and does other things,
    too."""
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first in _MANAGERS:
        own = second in package.scripts or second in _OWN_COMMANDS or second.startswith("-")
        return second in ("exec", "x") or (first in ("yarn", "pnpm") and not own and second not in ("run", "", "test"))
    return first in _WRAPPERS and not (first in _COVERAGE and second in _COVERAGE_COMMANDS)


def without_node(call: ScriptCommand, programs: Sequence[str]) -> ScriptCommand:
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
