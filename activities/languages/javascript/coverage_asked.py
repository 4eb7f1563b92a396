"""Whether a JavaScript project speaks of coverage: without a word of its own, a minimum only informs."""

import re
from fnmatch import fnmatchcase

from activities.languages.commands import coverage_in
from activities.languages.javascript.package_json import read_package, workspace_home
from activities.tooling import Project

_PACKAGES = ("nyc", "c8", "istanbul", "@vitest/coverage-*", "codecov", "coveralls")
_FILES = (".nycrc", ".nycrc.json", ".nycrc.yml", ".nycrc.yaml", "nyc.config.js", ".c8rc.json", ".c8rc", ".taprc")
_RUNNERS = ("jest.config.*", "vitest.config.*", "vite.config.*", "vitest.workspace.*", "ava.config.*")
_SPEAKS = re.compile(r"\b(?:collectCoverage\w*|coverage\w*)\b")


def coverage_asked(project: Project) -> str:
    """Where it does: a package or file for coverage, the test runner's own configuration, a command."""
    home = workspace_home(project)
    for place in (project, home) if home != project else (project,):
        package = read_package(place)
        if found := next((name for name in package.dependencies for each in _PACKAGES if fnmatchcase(name, each)), ""):
            return f"{found} in {package.declared(found)} of package.json"
        if file := next((name for name in _FILES if place.has_file(name)), ""):
            return file
        for key in ("nyc", "c8", "jest", "vitest", "tap"):
            if key in package.data and (key in ("nyc", "c8") or _SPEAKS.search(str(package.data[key]))):
                return f"{key} in package.json"
        for name in place.files.names("."):
            if any(fnmatchcase(name, each) for each in _RUNNERS) and _SPEAKS.search(place.read(name)):
                return name
    return coverage_in(project)
