"""Which programs a repository's own files start: CI, Make, tox, nox and the like. Read as text, and never run.

A program that such a file names is one that the repository asked for. Comments, titles and conditions name nothing.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

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
    """A file that starts programs, its path relative to the project, and its text less what starts nothing."""

    name: str
    text: str


def asked_in(tool: Tool, project: Project) -> str:
    """Where the project, a folder around it or a command of theirs asks for the tool, "" where none does."""
    places = (project, *project.around)
    return next((found for place in places if (found := tool.used_by(place))), "") or named_in(project, *tool.programs)


def coverage_in(project: Project) -> str:
    """Where the repository's commands or files of a coverage service speak of coverage, "" where none does."""
    for place in (project, *project.around):
        if file := next((name for name in _COVERAGE_FILES if place.has_file(name)), ""):
            return file
    return named_in(project, *_COVERAGE)


def named_in(project: Project, *programs: str) -> str:
    """Where the repository's own commands name one of the programs ("ruff in Makefile"), "" where none does. The
    project's files come first, then those of the folders around it."""
    for place in (project, *project.around):
        for file in command_files(place):
            for program in programs:
                if _named(program).search(file.text):
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
            yield CommandFile(name, _commands(name, text))
    yield CommandFile("pyproject.toml", "\n".join(_of_pyproject(project)))
    yield CommandFile("package.json", "\n".join(_of_package(project)))


def _commands(name: str, text: str) -> str:
    lines = (_COMMENT.sub("", line) for line in text.splitlines())
    if name == ".pre-commit-config.yaml":
        return "\n".join(line for line in lines if _HOOK_ID.match(line))
    return _PROFILE.sub("", "\n".join(line for line in lines if not _NO_COMMAND.match(line)))


def _of_pyproject(project: Project) -> Iterator[str]:
    text = project.read("pyproject.toml")[:_LARGEST]
    if not any(f"[tool.{table}" in text for table in _TABLES):
        return
    try:
        tables = tomllib.loads(text).get("tool", {})
    except (ValueError, RecursionError):
        return
    for table in _TABLES:
        found: object = tables
        for part in table.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        yield from _texts(found)


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
