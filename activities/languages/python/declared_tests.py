"""Recognizing the command that runs a Python project's tests, and what the commands before it install."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

from activities.tooling import Project

_PYTHON = re.compile(r"(?:.*/)?python(?:3(?:\.\d+)?)?|py")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_RUNNERS = frozenset(("uv", "poetry", "pdm", "pipenv", "hatch", "rye", "pixi"))
_RUN_VALUED = frozenset(("--with", "--extra", "--group", "--python", "-p", "--only-group", "--with-requirements"))
_PYTHON_VALUED = frozenset(("-X", "-W"))
_COVERAGE_VALUED = frozenset(("--source", "--rcfile", "--omit", "--include", "--data-file", "--context"))
_WRAPPERS = frozenset(("time", "env", "sudo", "nice", "xvfb-run", "exec", "command", "-", "!"))
_SCRIPT = re.compile(r"(?:\./)?(?:[\w.-]+/)*(?:run_?tests?|test_?all|all_?tests?|tests?|alltests)\.py")
_MODULE = re.compile(r"(?:[\w.]+\.)?(?:tests?|testsuite|run_?tests?)")
_CHECKERS = frozenset(("mypy", "pyright", "basedpyright", "pylint"))
"""Programs that look into the packages that the code imports."""
_LARGEST = 20_000
_MOST_PARTS = 5
_CONFIG_FILES = frozenset(("-c", "--config-file"))
_ANSWERS = frozenset(("--version", "--help", "-h", "-V", "--collect-only", "--co", "--fixtures", "--markers"))
"""Options with which no test runs."""
_INSTALL_VALUED = re.compile(
    r"-[criftep]|--(?:constraint|requirement|editable|(?:extra-)?index-url|find-links|target|python|prefix|progress-bar"
    r"|only-binary|no-binary|group|extra|index-strategy|python-version|trusted-host|src|root|cache-dir|timeout|retries)"
)
"""Options of pip and uv whose value is the next word."""
_PACKAGE = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[\w.,\s-]*\])?(?:\s*[<>=!~]=?.*)?")
_INSTALLERS = re.compile(
    r"(?:pip|uv|wheel|build|twine|tox|tox-.*|nox|nox-.*|poetry|pdm|hatch|flit|pipenv|pipx|virtualenv|pre-commit|codecov"
    r"|coveralls)(?![\w-]).*"
)
"""What CI installs to install, build or publish with."""
_CHOOSES = re.compile(
    r"-[km].*|--(?:ignore|ignore-glob|deselect|doctest[\w-]*|benchmark-only|benchmark-skip|splits|group|tag|exclude-tag"
    r"|lf|last-failed|testmon|picked)(?:=.*)?",
    re.DOTALL,
)
"""Options of pytest, unittest and Django that choose a part of the tests, or another kind of them."""
_UNITTEST_VALUED = frozenset(("-s", "--start-directory", "-p", "--pattern", "-t", "--top-level-directory", "-k"))
_START = frozenset(("-s", "--start-directory"))
_DJANGO_VALUED = _UNITTEST_VALUED | frozenset(
    ("--settings", "--pythonpath", "-v", "--verbosity", "--testrunner", "--tag", "--exclude-tag", "--shuffle")
)
# pytest's options, and those of usual plug-ins, whose value is the next word.
VALUED = frozenset(
    (
        *("-k", "-m", "-n", "-p", "-c", "-o", "-W", "-r", "--override-ini", "--config-file", "--pythonwarnings"),
        *("--ignore", "--ignore-glob", "--deselect", "--rootdir", "--confcutdir", "--basetemp", "--durations"),
        *("--durations-min", "--tb", "--capture", "--log-level", "--log-cli-level", "--log-file", "--import-mode"),
        *("--color", "--timeout", "--timeout-method", "--reruns", "--reruns-delay", "--dist", "--tx", "--ds", "--dc"),
        *("--numprocesses", "--maxprocesses", "--cov", "--cov-config", "--cov-report", "--cov-fail-under"),
        *(
            "--cov-context",
            "--verbosity",
            "--show-capture",
            "--doctest-glob",
            "--randomly-seed",
            "--hypothesis-profile",
        ),
        *("--asyncio-mode", "--benchmark-json", "--html", "--pastebin", "--assert", "--splits", "--group"),
        *("--maxfail", "--lfnf", "--last-failed-no-failures"),
        *("--junitxml", "--junit-xml", "--junit-prefix", "--junitprefix"),
    )
)


@dataclass(frozen=True)
class DeclaredTests:
    """How a project's own files run its tests. `found_in` names the place, "" where nothing was found.

    `requirements` (PEP 508), `files` (of requirements), `extras` and `groups` are what is installed for it, `variables`
    the environment that is set. `runner` is `pytest` with its `words`, or `python` with what follows the interpreter:
    another runner, as `-m unittest` or `manage.py test`; `more` are further words of the same kind, to be run as well.
    `commands` are the words of all commands that were found. `checks`: types are checked there.
    """

    found_in: str = ""
    requirements: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    runner: str = ""
    words: tuple[str, ...] = ()
    more: tuple[tuple[str, ...], ...] = ()
    commands: tuple[tuple[str, ...], ...] = field(default=(), compare=False)
    checks: bool = field(default=False, compare=False)

    @property
    def by_environment(self) -> bool:
        """Whether tox, nox or hatch says what their environment holds. The lines of CI may name what only CI has."""
        return self.found_in.startswith(("tox.", "setup.cfg", "pyproject.toml [", "hatch.toml", "noxfile.py"))

    def with_installed(self, line: str) -> "DeclaredTests":
        """With what one line of `pip install` arguments or of tox's `deps` names. `-c` and addresses say nothing."""
        words = split(line)
        found = self
        for word, following in zip(words, [*words[1:], ""], strict=False):
            if match := re.fullmatch(r"(?:-r|--requirement)=?(.*)", word):
                name = (match[1] or following).removeprefix("./")
                found = replace(found, files=(*found.files, name)) if name else found
            elif match := re.fullmatch(r"\.{0,2}/?\[([\w.,\s-]+)\](?:[<>=!~].*)?", word.removeprefix("file://")):
                found = replace(found, extras=(*found.extras, *re.split(r"[,\s]+", match[1])))
        return found

    def with_requirements(self, lines: Iterable[str]) -> "DeclaredTests":
        """With the lines of a list of requirements."""
        found = self
        for line in (re.sub(r"(?:^|\s)#.*", "", line).strip() for line in lines):
            plain = not line.startswith(("-", ".", "/", "git+", "http:", "https:", "file:"))
            found = replace(found, requirements=(*found.requirements, line)) if plain else found.with_installed(line)
        return found


def options_of(words: tuple[str, ...]) -> Iterator[str]:
    """pytest's options with their values, without what it is to test."""
    valued = False
    for word in words:
        if word.startswith("-") or valued:
            yield word
        valued = word in VALUED


def _unlimited(words: Iterable[str], valued: Set[str]) -> Iterator[str]:
    """The options with their values, without what is to be tested and without those that choose a part of it."""
    before = ""
    for word in words:
        value = before in valued or (before == "--parallel" and re.fullmatch(r"\d+|auto", word))
        if (value or word.startswith("-")) and not _CHOOSES.fullmatch(before if value else word):
            yield word
        before = "" if value else word


def whole_suite(found: DeclaredTests, project: Project, others: Sequence[DeclaredTests] = ()) -> DeclaredTests:
    """The same without what limits it to some tests: one line or job of several may run a part only. Where each runs a
    part that only its own words name, all are run. `others` were found in other places."""
    words, more = found.words, list[tuple[str, ...]]()
    commands = [each for one in (found, *others) if one.runner == found.runner for each in one.commands]
    if found.runner == "pytest":
        words = tuple(_unlimited(words, VALUED))
        if any(_CONFIG_FILES.isdisjoint(each) for each in commands):
            words = tuple(_without_valued(words, _CONFIG_FILES))
    elif words[:2] == ("-m", "unittest"):
        parts = (_discovering(each[2:], project) for each in (words, *commands) if each[:2] == ("-m", "unittest"))
        words, *more = _parts(parts, lambda part: not _is_reached(part, project))
    elif words[:3] == ("-m", "django", "test"):
        words = (*words[:3], *_unlimited(words[3:], _DJANGO_VALUED))
    elif words[1:2] == ("test",):
        words = (*words[:2], *_unlimited(words[2:], _DJANGO_VALUED))
    else:
        program = words[: 2 if words[0] == "-m" else 1]
        starts = (each for each in (words, *commands) if each[: len(program)] == program)
        words, *more = _parts(starts, lambda _part: False)
    variables = tuple(
        (name, shlex.join(_unlimited(split(value), VALUED)) if name == "PYTEST_ADDOPTS" else value)
        for name, value in found.variables
    )
    return replace(found, words=words, more=tuple(more), variables=variables)


def _parts(parts: Iterable[tuple[str, ...]], is_apart: Callable[[tuple[str, ...]], bool]) -> list[tuple[str, ...]]:
    """Those that differ in more than plain options; where one names no part, only it and what it does not reach."""
    by_named: dict[tuple[str, ...], tuple[str, ...]] = {}
    for part in parts:
        by_named.setdefault(_named(part), part)
    whole = next((part for named, part in by_named.items() if not named), None)
    if whole is None:
        return list(by_named.values())[:_MOST_PARTS]
    return [whole, *(part for named, part in by_named.items() if named and is_apart(part))][:_MOST_PARTS]


def _named(words: tuple[str, ...]) -> tuple[str, ...]:
    """What of a command says which tests it runs."""
    own = words[3:] if words[:3] == ("-m", "unittest", "discover") else words[2:] if words[:1] == ("-m",) else words[1:]
    return tuple(
        word
        for before, word in pairwise(("", *own))
        if not word.startswith("-") or before in _UNITTEST_VALUED or word in _UNITTEST_VALUED - _START
    )


def _is_reached(words: tuple[str, ...], project: Project) -> bool:
    """Whether unittest finds these tests from the root: it looks into packages only."""
    named = [word for word in _named(words) if not word.startswith("-")]
    return len(named) == 1 and "-p" not in words and project.has_file(f"{named[0]}/__init__.py")


def _without_valued(words: Iterable[str], options: Set[str]) -> Iterator[str]:
    for before, word in pairwise(("", *words)):
        if before not in options and word.partition("=")[0] not in options:
            yield word


def _discovering(words: tuple[str, ...], project: Project) -> tuple[str, ...]:
    """unittest's words: `discover` keeps its folder, and takes the place of the tests that are named. It looks only
    into packages, so a folder of tests that is none has to be said."""
    options = tuple(_unlimited(words, _UNITTEST_VALUED))
    if words == options:
        return ("-m", "unittest", *words)
    if words[:1] == ("discover",):
        own = (word for before, word in pairwise(words) if before not in _UNITTEST_VALUED)
        folder = next((word for word in own if not word.startswith("-")), "")
    else:
        named = (re.split(r"[./]", word)[0] for word in words if not word.startswith("-"))
        folders = (name for name in named if name and project.files.is_folder(name))
        folder = next((name for name in folders if not project.has_file(f"{name}/__init__.py")), "")
    return ("-m", "unittest", "discover", *((folder,) if folder else ()), *options)


def split(line: str) -> list[str]:
    """The words of a command line, [] for one that a shell could not read."""
    try:
        return shlex.split(line, comments=True) if len(line) < _LARGEST else []
    except ValueError:
        return []


def with_command(found: DeclaredTests, words: list[str]) -> DeclaredTests:
    """With the command, if it runs tests; with what it installs, if it installs something; else unchanged."""
    words, variables = _program(words)
    plain = _plain_python(words)
    if not _CHECKERS.isdisjoint(plain[2:3] if plain[:2] == ["python", "-m"] else plain[:1]):
        return replace(found, checks=True)
    runner, rest = _runner(plain)
    if runner:
        return _running(found, runner, rest, variables)
    return _installing(found, words[2:] if words[1:2] == ["-m"] else words)


def _plain_python(words: list[str]) -> list[str]:
    """The command with `python` at its start, where Python runs it: `coverage run`, an own script and options of the
    interpreter are put aside."""
    while words:
        if words[:2] == ["coverage", "run"]:
            words = ["python", *_without_options(words[2:], _COVERAGE_VALUED)]
        elif _PYTHON.fullmatch(words[0]):
            rest = _without_options(words[1:], _PYTHON_VALUED)
            if rest[:1] != ["-m"] or rest[1:2] not in (["coverage"], ["pytest"], ["py.test"]):
                return ["python", *rest]
            words = rest[1:]
        elif words[0] in ("django-admin", "django-admin.py"):
            return ["python", "-m", "django", *words[1:]]
        else:
            return ["python", *words] if words[0].endswith(".py") else words
    return words


def _runner(words: list[str]) -> tuple[str, list[str]]:
    """(`pytest` and its words, or `python` and what follows it); ("", []) for what runs no tests."""
    if not _ANSWERS.isdisjoint(words):
        return "", []
    if words[:1] in (["pytest"], ["py.test"]):
        return "pytest", words[1:]
    if words[:1] != ["python"] or len(words) < 2:
        return "", []
    if words[1] == "-m":
        module = words[2] if len(words) > 2 else ""
        tests = module == "unittest" or (module == "django" and words[3:4] == ["test"]) or _MODULE.fullmatch(module)
        return ("python", words[1:]) if tests else ("", [])
    script = words[1].removeprefix("./")
    django = script.rpartition("/")[2] == "manage.py" and words[2:3] == ["test"]
    return ("python", [script, *words[2:]]) if django or _SCRIPT.fullmatch(script) else ("", [])


def _running(found: DeclaredTests, runner: str, words: list[str], variables: dict[str, str]) -> DeclaredTests:
    """The first command that runs tests is the project's; what further ones of the same runner name is tested too."""
    end = next((number for number, word in enumerate(words) if re.match(r"[|<>&]|\d>", word)), len(words))
    words = words[:end]
    if runner == (found.runner or runner):
        found = replace(found, commands=(*found.commands, tuple(words)))
    if found.runner:
        more = tuple(word for word in words if runner == found.runner == "pytest" and not word.startswith("-"))
        return replace(found, words=(*found.words, *(word for word in more if word not in found.words)))
    own = tuple({**dict(found.variables), **variables}.items())
    return replace(found, runner=runner, words=tuple(words), variables=own)


def _program(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """The command itself, behind variables, wrappers and `uv run`; and the variables."""
    variables: dict[str, str] = {}
    while words:
        first = words[0].removeprefix("-") if words[0] != "-" else "-"
        if match := _ASSIGNMENT.fullmatch(first):
            variables[match[1]] = match[2]
            words = words[1:]
        elif first in _RUNNERS and words[1:2] == ["run"]:
            words = _without_options(words[2:], _RUN_VALUED)
            if words[:1] == ["-m"]:
                words = ["python", *words]
        elif first in _WRAPPERS:
            words = _without_options(words[1:], frozenset())
        else:
            return [first.rpartition("/")[2] if first.startswith(("/", "{")) else first, *words[1:]], variables
    return [], variables


def _without_options(words: list[str], valued: frozenset[str]) -> list[str]:
    """What follows the leading options; `-m NAME` is no option here."""
    while words and words[0].startswith("-") and words[0] != "-m":
        words = words[2:] if words[0] in valued else words[1:]
    return words


def _installing(found: DeclaredTests, words: list[str]) -> DeclaredTests:
    installs = words[1:2] in (["install"], ["sync"]) or words[:3] == ["uv", "pip", "install"]
    if not installs or words[0] not in {"pip", "pip3", *_RUNNERS}:
        return found
    extras: list[str] = []
    groups: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, _, value = word.partition("=")
        attached = re.fullmatch(r"-d?G(.*)", option) if words[0] == "pdm" else None
        named = re.split(r"[,\s]+", value or (attached and attached[1]) or following)
        if option in ("--extra", "--extras", "-E"):
            extras += named
        elif attached or option in ("--group", "--with", "-G", "--only-group"):
            groups += named
            extras += named if words[0] == "pdm" else []  # pdm calls both groups
    found = found.with_installed(shlex.join(words))
    packages = _packages(words) if words[0] in {"pip", "pip3"} or words[1:2] == ["pip"] else ()
    return replace(
        found,
        requirements=(*found.requirements, *packages),
        extras=(*found.extras, *extras),
        groups=(*found.groups, *groups),
    )


def _packages(words: list[str]) -> Iterator[str]:
    """The packages that `pip install` names by their name in an index."""
    following = words[words.index("install") + 1 :]
    for before, word in pairwise(["", *following]):
        plain = _PACKAGE.fullmatch(word) and not word.endswith((".whl", ".txt", ".zip", ".gz"))
        if plain and not _INSTALL_VALUED.fullmatch(before) and not _INSTALLERS.fullmatch(word):
            yield word
