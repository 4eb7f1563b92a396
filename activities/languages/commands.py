"""Which programs a repository's own files start: CI, Make, tox, nox and the like. Read as text, and never run.

A program that such a file starts or installs is one that the repository asked for. Comments, titles and conditions name
nothing.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from activities.languages.command_lines import asks_for, measures_coverage
from activities.languages.yaml_files import read_yaml
from activities.tooling import Project, Tool

_FILES = (
    ".gitlab-ci.yml", "azure-pipelines.yml", ".travis.yml", "appveyor.yml", ".appveyor.yml", ".cirrus.yml",
    "bitbucket-pipelines.yml", ".drone.yml", ".woodpecker.yml", "Jenkinsfile", "Makefile", "makefile", "GNUmakefile",
    "justfile", "Justfile", ".justfile", "Taskfile.yml", "Taskfile.yaml", "tox.ini", "tox.toml", "noxfile.py",
    "tasks.py", "dodo.py", "lefthook.yml", ".lefthook.yml", ".lintstagedrc", ".lintstagedrc.json", ".lintstagedrc.yml",
    ".lintstagedrc.yaml", ".lintstagedrc.js", ".lintstagedrc.cjs", ".lintstagedrc.mjs", "lint-staged.config.js",
    "lint-staged.config.cjs", "lint-staged.config.mjs", ".pre-commit-config.yaml",
)  # fmt: skip
_COVERAGE_FILES = (
    "codecov.yml",
    ".codecov.yml",
    ".coveralls.yml",
    ".github/codecov.yml",
    "codecov.yaml",
    ".codecov.yaml",
)
_COVERAGE = ("coverage", "pytest-cov", "--cov", "--coverage", "--with-coverage", "codecov", "coveralls", "nyc", "c8")
# Files of programs that make environments and name packages too: there each word counts.
_ALL_WORDS = ("tox.ini", "tox.toml", "noxfile.py", ".pre-commit-config.yaml")
_USES = "uses: "
_RUNS = re.compile(
    r"run|entry|args|cmds?|commands?|(?:\w+_)?scripts?|inlineScript|inline|bash|pwsh|powershell|ps|sh|install"
    r"|before_install|test"
)
_BEFORE = re.compile(r"^\s*(?:-\s+)?(?:(?:run|script|command|cmd|entry|commands\w*)\s*[:=]\s*)?[|>@+-]*\s*")
_CONDITION = re.compile(r"^[\w{},!.-]+:\s+")
_QUOTED = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`\n]*)`")
_VARIABLE = re.compile(r"\s*(?:export\s+)?(\w+)\s*[:?+]?=\s*(.*)")
_FOLDERS = (".github/workflows", ".husky", ".circleci", ".azure-pipelines", ".gitlab/ci", ".woodpecker")
_LARGEST = 200_000
_MOST_IN_FOLDER = 50
# Keys of YAML and INI whose value is not what is started.
_NO_COMMAND = re.compile(
    r"\s*(?:-\s+)?[\"']?(?:name|id|if|path|paths|key|restore-keys|needs|branches|description|title|label|displayName|"
    r"cache|exclude|files|types|ignore|envlist|env_list|skipsdist|allowlist_externals|whitelist_externals)[\"']?\s*[:=]"
)
_HOOK_ID = re.compile(r"\s*(?:-\s+)?(?:id|repo|entry)\s*:")
_COMMENT = re.compile(r"(?:^|\s)(?:#|//).*")
_PROFILE = re.compile(r"--profile[\s=\"',]+\w+")
# pyproject.toml's tables that hold commands.
_TABLES = (
    "tox", "pdm.scripts", "hatch.envs", "hatch.scripts", "poe.tasks", "taskipy.tasks", "rye.scripts", "nox", "just",
    "pixi.tasks", "pixi.feature",
)  # fmt: skip


@dataclass(frozen=True)
class CommandFile:
    """A file that starts programs, its path relative to the project, its text less what starts nothing, and its lines
    that may be commands."""

    name: str
    text: str
    lines: tuple[str, ...] = ()

    def names(self, program: str) -> bool:
        """Whether it starts or installs the program."""
        word = _named(program)
        if self.name in _ALL_WORDS or not word.search(self.text):
            return bool(word.search(self.text))
        return any(word.search(line) and (line.startswith(_USES) or asks_for(line, program)) for line in self.lines)

    def measures_coverage(self) -> str:
        """The word by which it does, "" where it does not."""
        if self.name in _ALL_WORDS:
            return next((word for word in _COVERAGE if _named(word).search(self.text)), "")
        return next(filter(None, map(_coverage, self.lines)), "")


def asked_in(tool: Tool, project: Project) -> str:
    """Where the project, a folder around it or a command of theirs asks for the tool, "" where none does."""
    places = (project, *project.around)
    return next((found for place in places if (found := tool.used_by(place))), "") or named_in(project, *tool.programs)


def coverage_in(project: Project) -> str:
    """Where the repository's commands or files of a coverage service speak of coverage, "" where none does."""
    for place in (project, *project.around):
        if file := next((name for name in _COVERAGE_FILES if place.has_file(name)), ""):
            return file
    files = (file for place in (project, *project.around) for file in command_files(place))
    return next((f"{word} in {file.name}" for file in files if (word := file.measures_coverage())), "")


def named_in(project: Project, *programs: str) -> str:
    """Where the repository's own commands start one of the programs ("ruff in Makefile"), "" where none does. The
    project's files come first, then those of the folders around it."""
    for place in (project, *project.around):
        for file in command_files(place):
            for program in programs:
                if file.names(program):
                    return f"{program} in {file.name}"
    return ""


@lru_cache(maxsize=256)
def command_files(project: Project) -> tuple[CommandFile, ...]:
    """Those in the project's own folder."""
    return tuple(file for file in _files(project) if file.text.strip())


def _files(project: Project) -> Iterator[CommandFile]:
    folders = (f"{folder}/{name}" for folder in _FOLDERS for name in project.files.names(folder)[:_MOST_IN_FOLDER])
    for name in (*folders, *_FILES):
        if text := project.read(name)[:_LARGEST]:
            yield CommandFile(name, _commands(name, text), tuple(_lines(name, text)))
    for name, texts in (("pyproject.toml", _of_pyproject(project)), ("package.json", _of_package(project))):
        joined = "\n".join(texts)
        yield CommandFile(name, joined, tuple(joined.splitlines()))


def _commands(name: str, text: str) -> str:
    lines = (_COMMENT.sub("", line) for line in text.splitlines())
    if name == ".pre-commit-config.yaml":
        return "\n".join(line for line in lines if _HOOK_ID.match(line))
    return _PROFILE.sub("", "\n".join(line for line in lines if not _NO_COMMAND.match(line)))


def _lines(name: str, text: str) -> Iterator[str]:
    """The commands of a file, without what stands before it in its line."""
    if name.endswith((".yml", ".yaml", ".lintstagedrc", ".json")) and (value := read_yaml(text)) is not None:
        values = _texts(value) if "lintstaged" in name else _of_yaml(value)
        yield from (line.strip() for each in values for line in _without_comments(each))
        return
    for line in _without_comments(text):
        quoted = [next(filter(None, found), "") for found in _QUOTED.findall(line)]
        if name.endswith((".py", ".js", ".cjs", ".mjs", "Jenkinsfile")):
            yield from quoted
        elif (assigned := _VARIABLE.fullmatch(line)) and _is_named_after(assigned[1], assigned[2]):
            yield assigned[2]  # MYPY := $(BIN)/mypy
        else:
            command = _BEFORE.sub("", line)
            yield _CONDITION.sub("", command) if name == "tox.ini" else command
        if name == "Jenkinsfile":
            yield line


def _without_comments(text: str) -> list[str]:
    return [_COMMENT.sub("", line) for line in text.replace("\\\n", " ").splitlines()]


def _is_named_after(variable: str, value: str) -> bool:
    return variable.lower().replace("_", "-") in value.lower()


def _of_yaml(root: object) -> Iterator[str]:
    """The texts below keys whose value is a command, and what is used. Each list and table once: by aliases a short
    file can hold endless ones."""
    pending: list[tuple[object, bool]] = [(root, False)]
    seen: set[tuple[int, bool]] = set()
    while pending:
        value, runs = pending.pop()
        if isinstance(value, str) and runs:
            yield value
        elif isinstance(value, list | dict) and (id(value), runs) not in seen:
            seen.add((id(value), runs))
            if isinstance(value, list):
                pending += [(each, runs) for each in reversed(value)]
                continue
            for key, each in reversed(value.items()):
                uses = key == "uses" and isinstance(each, str)
                is_command = uses or (not isinstance(each, dict) and bool(_RUNS.fullmatch(str(key))))
                pending.append((f"{_USES}{each}" if uses else each, is_command))


def _coverage(line: str) -> str:
    if line.startswith(_USES):
        return next((word for word in ("codecov", "coveralls") if word in line), "")
    return measures_coverage(line)


def _of_pyproject(project: Project) -> Iterator[str]:
    yield from _texts(_toml(project.read("hatch.toml")[:_LARGEST]).get("envs"))
    text = project.read("pyproject.toml")[:_LARGEST]
    if not any(f"[tool.{table}" in text for table in _TABLES):
        return
    tables = _toml(text).get("tool", {})
    for table in _TABLES:
        found: object = tables
        for part in table.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        yield from _texts(found)


def _toml(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def _of_package(project: Project) -> Iterator[str]:
    try:
        package = json.loads(project.read("package.json").removeprefix("\ufeff") or "{}")
    except (ValueError, RecursionError):
        return
    if isinstance(package, dict):
        for key in ("scripts", "lint-staged", "husky", "simple-git-hooks"):
            yield from _texts(package.get(key))


def _texts(value: object, depth: int = 6) -> Iterator[str]:
    """Every text in nested lists and tables."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each, depth - 1)


@lru_cache(maxsize=256)
def _named(program: str) -> re.Pattern[str]:
    """As a word of a command, as an action (`psf/black@stable`), and with a version (`ruff==0.9`)."""
    return re.compile(rf"(?<![\w.-]){re.escape(program)}(?:-action|-pre-commit)?(?=$|[\s\"'`,;:|&)@\]}}<>=~!\[])", re.M)
