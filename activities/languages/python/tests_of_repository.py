"""How a Python project's own files run its tests: by tox, nox or hatch, or by a line of Make, CI and the like."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from activities.languages.command_lines import is_program, started
from activities.languages.commands import CommandFile, command_files
from activities.languages.python.config import toml_table
from activities.languages.python.declared_tests import DeclaredTests, split, whole_suite, with_command
from activities.languages.python.dependencies import declared, extras, group_names
from activities.languages.python.hatch_environments import hatch_tests
from activities.languages.python.hook_rules import hook_rules, without_output_options
from activities.languages.python.nox_files import nox_sessions, nox_tests
from activities.languages.python.tox_files import tox_own_environments, tox_tests
from activities.languages.yaml_files import read_yaml
from activities.tooling import Project

_LARGEST = 100_000
_MOST_LINES = 5000
# What stands before a command in the lines of YAML, Make and TOML.
_BEFORE = re.compile(r"^\s*(?:-\s+)?(?:(?:run|script|command|cmd|test)\s*[:=]\s*)?[|>@+-]*\s*[\"'\[]?")
_NOT_FOR_TESTS = re.compile(r"FORCE_COLOR|PY_COLORS|NO_COLOR|CLICOLOR|PATH$|PIP_|UV_|POETRY_|GITHUB_|CI$")
_PYTEST = ("pytest.ini", ".pytest.ini", "pytest.toml", "conftest.py", "tests/conftest.py")
_NO_VERDICT = frozenset(("--exit-zero", "--version", "--help"))
_TAKE_FILE = ("--config", "--config-file", "--append-config", "--rcfile", "--settings-path", "--settings-file", "--sp")
_PLAIN_OPTION = re.compile(r"--[a-z][\w-]*(?:=[^{}$<>|]+)?")
_PLAIN_VALUE = re.compile(r"[\w][\w.,:*/=-]*")
_WORKFLOWS = ".github/workflows/"
_ENVIRONMENTS = re.compile(r"\b(?:tox|nox(?:file)?|hatch)\b")
_OWN_READERS = frozenset(("tox.ini", "tox.toml", "noxfile.py", ".pre-commit-config.yaml", "package.json"))


@lru_cache(maxsize=256)
def declared_tests(project: Project) -> DeclaredTests:
    """The first place that runs tests, in this order; what it names and the project does not have is left out. The jobs
    of CI come first where nothing starts tox, nox or hatch; the extras that a job installs for its tests always count,
    since an environment may name what cannot be had (`git+https://…`)."""
    by_lines, by_environments = tuple(_by_lines(project)), (tox_tests, nox_tests, hatch_tests)
    jobs = [] if _starts_environments(project) else [one for one in by_lines if one.found_in.startswith(_WORKFLOWS)]
    for found in (*jobs, *(one(project) for one in by_environments), *by_lines, _by_django(project)):
        if found.runner and not _starts_pytest(project, found):
            known_extras, known_groups = extras(project), group_names(project)
            of_jobs = (
                name for one in by_lines if one.runner and one.found_in.startswith(_WORKFLOWS) for name in one.extras
            )
            return replace(
                found if found.by_environment else whole_suite(found, project, by_lines),
                files=tuple(dict.fromkeys(name for name in found.files if project.has_file(name))),
                extras=tuple(dict.fromkeys(name for name in (*found.extras, *of_jobs) if name in known_extras)),
                groups=tuple(dict.fromkeys(name for name in found.groups if name in known_groups)),
            )
    return DeclaredTests()


@lru_cache(maxsize=256)
def packages_for_types(project: Project) -> tuple[str, ...]:
    """What tox, nox and jobs of CI install where they check types: stubs, and what only scripts import (PEP 508)."""
    jobs = (one for one in _by_lines(project) if one.found_in.startswith(_WORKFLOWS))
    places = (*tox_own_environments(project), *nox_sessions(project), *jobs)
    return tuple(dict.fromkeys(line for one in places if one.checks for line in one.requirements))


def _starts_environments(project: Project) -> bool:
    files = (file for file in command_files(project) if file.name not in _OWN_READERS)
    return any(_ENVIRONMENTS.search(file.text) for file in files)


def _starts_pytest(project: Project, found: DeclaredTests) -> bool:
    """Whether it is a script that starts pytest in its turn."""
    return found.runner == "python" and "pytest" in project.read(found.words[0])


def _by_django(project: Project) -> DeclaredTests:
    """A manage.py of Django where nothing of pytest is configured or declared."""
    with_pytest = {"pytest", "pytest-django"} & declared(project).keys() or any(map(project.has_file, _PYTEST))
    if with_pytest or toml_table(project, "tool.pytest") or "django" not in project.read("manage.py"):
        return DeclaredTests()
    return DeclaredTests("manage.py", runner="python", words=("manage.py", "test"))


def named_paths(project: Project, program: str) -> tuple[str, ...]:
    """The folders and files that the repository's own commands give a program (`mypy src tests`), in order."""
    return tuple(dict.fromkeys(path for words in _starts(project, program) for path in _paths(project, words)))


def linted_paths(project: Project, program: str, hook_ids: Sequence[str], command: str = "") -> tuple[str, ...]:
    """What the repository's own commands give a linter, which finds nothing elsewhere; "." where a hook starts it, one
    of the commands names nothing that is plain, or none starts it. `command` is what follows the program's name."""
    if hook_rules(project, hook_ids):
        return (".",)
    found: dict[str, None] = {}
    for words in _starts(project, program):
        if _NO_VERDICT.isdisjoint(words) and (not command or list(words[:1]) == [command]):
            paths = list(_paths(project, words[1:] if command else words))
            if not paths or any(word.startswith("$") for word in words):
                return (".",)
            found.update(dict.fromkeys(paths))
    return tuple(found) or (".",)


def _paths(project: Project, words: Sequence[str]) -> Iterator[str]:
    """The words that are folders and files of the project."""
    for word in words:
        path = word.removesuffix("/").removeprefix("./")
        plain = path and not path.startswith(("-", "/", ".."))
        if plain and (project.has_file(path) or project.files.is_folder(path)):
            yield path


def is_started(project: Project, program: str) -> bool:
    """Whether a command of the repository starts the program, other than as a published hook."""
    return any(True for _ in _starts(project, program))


def command_options(project: Project, program: str) -> tuple[str, ...]:
    """The long options, with their values, of the first command that starts the program and fails where it finds
    something. What follows an option is its value where no file or folder is called so."""
    for words in _starts(project, program):
        if _NO_VERDICT.isdisjoint(words):
            return without_output_options(tuple(_long_options(project, words)))
    return ()


def _long_options(project: Project, words: Sequence[str]) -> Iterator[str]:
    for word, following in pairwise((*words, "")):
        if word.startswith("--") and _PLAIN_OPTION.fullmatch(word):
            yield word
            value = "=" not in word and _PLAIN_VALUE.fullmatch(following)
            if value and (
                word in _TAKE_FILE or not (project.has_file(following) or project.files.is_folder(following))
            ):
                yield following


def _starts(project: Project, program: str) -> Iterator[Sequence[str]]:
    """What follows the program in the repository's own commands."""
    for file in command_files(project):
        commands = (words for line in file.lines if program in line for words in started(line))
        yield from (words[1:] for words in commands if is_program(words[0], program))


def _by_lines(project: Project) -> Iterator[DeclaredTests]:
    files = [file for file in command_files(project) if file.name not in _OWN_READERS]
    for file in sorted(files, key=lambda one: one.name not in ("Makefile", "makefile", "GNUmakefile", "justfile")):
        if file.name.startswith(_WORKFLOWS):
            yield from _of_workflow(file.name, project.read(file.name))
        else:
            yield _of_lines(DeclaredTests(file.name), _lines(file))


def _lines(file: CommandFile) -> list[str]:
    """The commands, without the quotes and brackets around them; `pip install .[test]` keeps its own."""
    text = file.text.replace("\\\n", " ")
    lines = [_BEFORE.sub("", line).rstrip("\"'") for line in text.splitlines()[:_MOST_LINES]]
    return [line if line.count("[") == line.count("]") else line.rstrip("\"']") for line in lines]


def _of_lines(found: DeclaredTests, lines: list[str]) -> DeclaredTests:
    """Variables of Make and CI (`$(NAME)`, `${{ … }}`) are unknown, so a line with one says nothing. One job of several
    may run a part of the tests only, so what it names does not limit them."""
    for line in lines:
        for part in re.split(r"&&|;|\|\|", line):
            if not re.search(r"\$[({]", part):
                found = with_command(found, split(part))
    return found


def _of_workflow(name: str, text: str) -> Iterator[DeclaredTests]:
    """Each job of a workflow with what its steps install, run and set."""
    workflow, left = read_yaml(text), _LARGEST
    jobs = workflow.get("jobs") if isinstance(workflow, dict) else None
    for title, job in (jobs if isinstance(jobs, dict) else {}).items():
        steps = job.get("steps") if isinstance(job, dict) else None
        found = DeclaredTests(f"{name}, job {title}")
        for step in steps if isinstance(steps, list) else ():
            run = step.get("run") if isinstance(step, dict) else None
            left -= 1 + len(run if isinstance(run, str) else "")
            if left < 0:  # by aliases a short file holds endless steps
                return
            if not isinstance(run, str) or step.get("working-directory"):
                continue
            before = found.runner
            found = _of_lines(found, run.replace("\\\n", " ").splitlines()[:_MOST_LINES])
            if found.runner and not before:
                own = {**_environment(workflow), **_environment(job), **_environment(step), **dict(found.variables)}
                found = replace(found, variables=tuple(own.items()))
        yield found


def _environment(table: object) -> dict[str, str]:
    """The variables of a workflow, a job or a step; not those that CI has to fill in, nor those of installers, of CI
    itself and of colours, over which our reading of the output would stumble."""
    variables = table.get("env") if isinstance(table, dict) else None
    return {
        str(name): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in (variables.items() if isinstance(variables, dict) else ())
        if isinstance(value, str | int | float) and "${{" not in str(value) and not _NOT_FOR_TESTS.match(str(name))
    }
