"""Whether a run of the tests in a package has those of a package below it, too, as far as its script and its
configuration say. Configuration is code most often, so it is read as text."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise

from activities.languages.javascript.package_json import read_package, workspace_home
from activities.languages.javascript.scripts import ScriptCommand, find_call, test_script, without_options
from activities.languages.workspace_patterns import reaches
from activities.tooling import Project

_LARGEST = 200_000
_STRING = re.compile(r"[\"'`]([^\"'`\n]+)[\"'`]")
_VALUE = r"[\"']?\s*[:=(]\s*(\[[^\]]*\]|[\"'`][^\"'`\n]+[\"'`])"

_ASIDE = frozenset(
    (
        "examples", "example", "samples", "demo", "demos", "playground", "playgrounds", "e2e", "fixtures",
        "__fixtures__", "test", "tests", "bench", "benchmark", "benchmarks", "docs", "website", "templates",
    )
)  # fmt: skip

# What decides where a runner looks: options of its configuration, the first that is there; files of nothing else.
_OPTIONS = {
    "jest": ("projects", "roots", "testMatch"),
    "vitest": ("projects", "workspace", "dir", "include"),
    "mocha": ("spec",),
    "ava": ("files",),
}
_FILES = {
    "jest": ("jest.config.*",),
    "vitest": ("vitest.config.*", "vite.config.*"),
    "mocha": (".mocharc.*",),
    "ava": ("ava.config.*",),
}
_LISTS = {"vitest": ("vitest.workspace.*", "vitest.projects.*")}
_VALUED = {
    "jest": ("--config", "-c", "--maxWorkers", "-w", "--testTimeout", "--env", "--selectProjects", "-t"),
    "vitest": ("--config", "-c", "--pool", "--environment", "--project", "--testTimeout", "-t"),
    "mocha": ("--require", "-r", "--timeout", "-t", "--ui", "-u", "--import", "--config", "--file", "--loader"),
    "jasmine": (),
    "bun-test": ("--preload", "-r", "--timeout", "-t", "--test-name-pattern", "--reporter", "--coverage-reporter"),
    "node": ("--import", "--require", "-r", "--loader", "--test-reporter", "--test-timeout", "--test-concurrency"),
}  # fmt: skip
_FOLDERS = ("--dir", "--root", "--rootDir", "--roots", "--projects")
# Without any of it: the whole tree, except for mocha and jasmine.
_EVERYWHERE = "**"
_BY_DEFAULT = {"mocha": "test", "jasmine": "spec"}


def runs_tests_of(runner: str, project: Project, member: Project) -> bool:
    """`runner` is jest, vitest, mocha, ava, jasmine, bun-test or node. A runner that no script starts covers nothing: a
    workspace without a script for all leaves the tests to its members."""
    package = read_package(project)
    script = test_script(package, "unit")
    call = find_call(package, script, runner) if script else None
    return call is not None and reaches(_patterns(runner, project, call), project.inside(member.folder))


def is_left_out(project: Project) -> bool:
    """Whether it is an example or the like in a workspace whose root runs its tests itself, and leaves those out."""
    home = workspace_home(project)
    parts = home.inside(project.folder).split("/")
    return not _ASIDE.isdisjoint(parts) and bool(test_script(read_package(home), "unit"))


def _patterns(runner: str, project: Project, call: ScriptCommand) -> list[str]:
    """Where the runner looks for tests, relative to the project."""
    words = call.args[call.args.index("--test") + 1 :] if runner == "node" and "--test" in call.args else call.args
    named = [word.partition("=")[2] for word in words if word.partition("=")[0] in _FOLDERS and "=" in word]
    named += [after for word, after in pairwise(words) if word in _FOLDERS]
    plain = without_options(words, (), (*_VALUED.get(runner, ()), *_FOLDERS))
    named += [word for word in plain if not word.startswith("-") and word not in ("run", "watch", "related")]
    return named or _configured(runner, project) or [_BY_DEFAULT.get(runner, _EVERYWHERE)]


def _configured(runner: str, project: Project) -> list[str]:
    own = json.dumps(read_package(project).data.get(runner) or {})
    for text in _texts(project, _LISTS.get(runner, ())):
        return _plain(_STRING.findall(text))
    for text in (own, *_texts(project, _FILES.get(runner, ()))):
        for option in _OPTIONS.get(runner, ()):
            if values := re.findall(rf"\b{option}\b{_VALUE}", text):
                return _plain(string for value in values for string in _STRING.findall(value))
    return []


def _texts(project: Project, patterns: Sequence[str]) -> Iterator[str]:
    for name in project.files.names():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            yield project.read(name)[:_LARGEST]


def _plain(patterns: Iterable[str]) -> list[str]:
    """A pattern of jest may begin with the project's folder; one with `!` leaves out."""
    named = (pattern for pattern in patterns if not pattern.startswith("!"))
    return [pattern.replace("<rootDir>/", "").replace("<rootDir>", ".") for pattern in named]
