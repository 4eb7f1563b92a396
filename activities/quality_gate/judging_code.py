"""Which code a change edits that decides what a check reports: the verdict names it.

A `conftest.py`, a plug-in, a script of package.json or a module in a tool's place can report whatever it likes. It is
the head's own, as the tools' configuration is; each plug-in declares what belongs to it.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from activities import toolchains, tools
from activities.checking import ToolRun
from activities.languages.javascript.package_json import parse_package
from activities.quality_gate.diff import HeadDiff
from activities.quality_gate.shared_files import PACKAGE_JSON, UNREADABLE, Texts, changed_sections, is_shared
from activities.tooling import Project, Tool, Toolchain


def edited_code(check: str, diff: HeadDiff, tool_runs: Sequence[ToolRun]) -> list[str]:
    """The paths of such files, sorted. `tool_runs` are the tools that answer the check on the head."""
    judges = [one for tool in tools.registry().values() if check in tool.checks for one in tool.detection.judges]
    found = {path for path in diff.paths if _matches_any(path, judges)}
    for tool_run in tool_runs if diff.paths else ():
        project, tool = tool_run.project, tool_run.tool
        loaded = {place for name in tool.loaded_code(project) for place in _places(project.folder, name)}
        found.update(path for path in diff.paths if loaded & _names(path) or _edits_scripts(tool, path, diff.texts))
        chains = [one for one in toolchains.registry().values() if one.language == project.language]
        for chain in chains if tool.runs_project_code else ():
            found.update(path for path in diff.paths if _decides_start(chain, project, path, diff))
    return sorted(found)


def _decides_start(chain: Toolchain, project: Project, path: str, diff: HeadDiff) -> bool:
    """Whether the file runs when the tools start, or when what they start from is installed."""
    if _matches_any(path, chain.judges):
        return True
    if is_shared(path):
        return bool(changed_sections(path, diff.texts) & {*chain.judging_sections, UNREADABLE})
    return chain.is_judge(project, posixpath.relpath(path, project.folder), path in diff.added)


def _matches_any(path: str, patterns: Iterable[str]) -> bool:
    """A pattern with a slash is of paths, at any depth; any other of names."""
    name = PurePosixPath(path).name
    return any(
        fnmatchcase(f"/{path}", f"*/{pattern}") if "/" in pattern else fnmatchcase(name, pattern)
        for pattern in patterns
    )


def _places(folder: str, name: str) -> Iterator[str]:
    """Where a file or module of this name would be: `./rules/x.js`, `tools.plugin`, `plugin.py:factory`."""
    plain = name.replace("<rootDir>", ".").partition(":")[0]
    for place in (plain, plain.replace(".", "/"), f"src/{plain.replace('.', '/')}"):
        yield posixpath.normpath(posixpath.join(folder, place))


def _names(path: str) -> set[str]:
    """What may name the file: its path, with and without its suffix, and its folder where it is that folder's index."""
    plain = path.rpartition(".")[0] or path
    folder, _, stem = plain.rpartition("/")
    return {path, plain, *((folder,) if folder and stem in ("index", "__init__") else ())}


def _edits_scripts(tool: Tool, path: str, texts: Texts) -> bool:
    """Whether the scripts of a package.json that start the tool differ, or those that they run."""
    reads_scripts = tool.language == "javascript" or tool.detection.scripts
    if not reads_scripts or PurePosixPath(path).name != PACKAGE_JSON:
        return False
    if path not in texts:
        return True
    before, after = (_scripts(tool, text) for text in texts[path])
    return before != after


def _scripts(tool: Tool, text: str) -> Mapping[str, str]:
    scripts = parse_package(text).scripts
    program = re.compile(rf"(?<![\w-]){re.escape(tool.name)}(?![\w-])")
    pending = [name for name in scripts if _matches_any(name, tool.detection.scripts) or program.search(scripts[name])]
    found: dict[str, str] = {}
    while pending:
        name = pending.pop()
        if name in scripts and name not in found:
            found[name] = scripts[name]
            pending += [f"pre{name}", f"post{name}", *re.findall(r"[\w:.-]+", scripts[name])]
    return found
