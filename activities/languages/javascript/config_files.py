"""Which files a JavaScript tool's configuration gives it to load: plug-ins, set-up files, reporters, other
configuration. Configuration is code most often, so it is read as text, and more may be found than is loaded."""

import json
import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from activities.languages.javascript.package_json import read_package, workspace_home
from activities.languages.javascript.scripts import calls
from activities.tooling import Project, ToolDetection
from activities.untrusted_files import UntrustedFolder

_LARGEST = 200_000
_MOST_FILES = 50
_IMPORTED = re.compile(r"(?:\bfrom|\bimport|\brequire|\bextends)\b[\s(\"':\[=]*(\.{1,2}/[^\"'`\s)]+)")
_WORD = re.compile(r"[\w@./<>-]+")
_ENDINGS = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json", "/index.js", "/index.ts")
# A list, an object, or the rest of the line; a YAML list on the lines below.
_VALUE = r"[\"']?\s*[:=]\s*(\[[^\]]*\]|\{[^}]*\}|[^\n]+|(?:\n\s*-[^\n]*)+)"


def configured_files(name: str, detection: ToolDetection, project: Project, follow: bool = False) -> Iterator[str]:
    """Paths relative to the project's folder, as far as they are written there. `follow`: also what these files import,
    and so on; not for a test runner, whose set-up files import the product."""
    home = workspace_home(project)
    for place in (project, home) if home != project else (project,):
        back = posixpath.relpath(place.folder, project.folder)
        yield from (posixpath.join(back, path) for path in _in_place(name, detection, place, follow))


def _in_place(name: str, detection: ToolDetection, project: Project, follow: bool) -> Iterator[str]:
    root = UntrustedFolder(project.root, follow_links=True)
    package = read_package(project)
    named = list(_arguments(name, project))
    yield from named
    for key in detection.keys:
        yield from _options(detection, json.dumps({key: package.data.get(key)}))
    patterns = (*detection.files, *detection.other_files)
    own = [file for file in root.names(".") if any(fnmatchcase(file, pattern) for pattern in patterns)]
    pending, seen = [*own, *(_existing(root, path) for path in named)], set[str]()
    while pending and len(seen) < _MOST_FILES:
        file = pending.pop()
        if file and file not in seen:
            seen.add(file)
            text, is_own = project.read(file)[:_LARGEST], file in own or file in named
            words = [*_IMPORTED.findall(text), *(_options(detection, text) if is_own else ())]
            loaded = [_beside(file, word) for word in words]
            yield from loaded
            pending += [_existing(root, path) for path in loaded] if follow else ()


def _arguments(name: str, project: Project) -> Iterator[str]:
    """Files among the arguments of the tool in the package's scripts: `--config`, `--rulesdir`, `--require`."""
    package = read_package(project)
    for script in package.scripts:
        for call in calls(package, script):
            if call.program == name:
                words = " ".join((*call.args, *call.env.values())).split()
                yield from (word.rpartition("=")[2] for word in words if "/" in word or "." in word)


def _options(detection: ToolDetection, text: str) -> Iterator[str]:
    if detection.plugin_options:
        options = "|".join(map(re.escape, detection.plugin_options))
        for value in re.findall(rf"\b(?:{options}){_VALUE}", text):
            yield from _WORD.findall(value)


def _beside(file: str, word: str) -> str:
    """A word of a file as a path: relative to that file where it says so."""
    word = word.replace("<rootDir>/", "")
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), word) if word.startswith(".") else word)


def _existing(root: UntrustedFolder, path: str) -> str:
    """The file that a specifier names, "" where there is none."""
    if path.startswith(("/", "..")):
        return ""
    return next((path + ending for ending in _ENDINGS if root.is_file(path + ending)), "")
