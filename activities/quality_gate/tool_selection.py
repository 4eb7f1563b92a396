"""Which tools answer a check, and in which of the repository's projects each is started: in a member of a workspace
only where no run of the same tool around it looks there already."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from activities import tools
from activities.checking import ToolRun
from activities.model import CONFIG_PATH
from activities.tooling import REPOSITORY, Project, Tool


@dataclass(frozen=True)
class ToolChoice:
    """A project, the names of the tools that the configuration chooses for it (() leaves that to us), and whether the
    configuration asks for the check there."""

    project: Project
    names: tuple[str, ...] = ()
    configured: bool = False


@lru_cache(maxsize=512)
def select_tools(check: str, choices: tuple[ToolChoice, ...]) -> tuple[ToolRun, ...]:
    """In the order of the projects, which have those around them first. Cached: a checkout never changes, and looking
    for what a project uses takes a while."""
    started: defaultdict[str, list[Project]] = defaultdict(list)  # a tool is of one language
    found: list[tuple[ToolChoice, Tool, str]] = []
    for choice in choices:
        for tool, asked_in in _able(choice, check):
            around = (one for one in started[tool.name] if one.inside(choice.project.folder))
            if choice.names or not any(tool.covers(one, choice.project) for one in around):
                started[tool.name].append(choice.project)
                found.append((choice, tool, asked_in or (CONFIG_PATH if choice.configured else "")))
    return tuple(_with_work(check, found, started))


def without_work(check: str, choices: tuple[ToolChoice, ...]) -> tuple[str, ...]:
    """The folders of the projects in which no tool is started, nor looks from a project around them; () where none is
    started at all."""
    runs = select_tools(check, choices)
    projects = [choice.project for choice in choices if runs]
    covered = {project.folder for project in projects if any(_looks_at(run, project) for run in runs)}
    folders = dict.fromkeys(project.folder for project in projects)
    return tuple(folder for folder in folders if folder not in {".", *covered})


def _looks_at(run: ToolRun, project: Project) -> bool:
    if run.project.language != project.language:
        return False
    is_below = bool(run.project.inside(project.folder))
    return run.project.folder == project.folder or (is_below and run.tool.covers(run.project, project))


def _able(choice: ToolChoice, check: str) -> list[tuple[Tool, str]]:
    """The tools, each with where the project asks for it: the chosen ones, else those that it asks for or uses, else
    the default. Of the repository as a whole the defaults too: no two of them look for the same."""
    project = choice.project
    able = [tool for tool in tools.registry().values() if check in tool.checks and tool.language == project.language]
    if choice.names:
        return [(tool, CONFIG_PATH) for tool in able if tool.name in choice.names]
    asked = [(tool, tool.asked_for(project, check)) for tool in able]
    used = [(tool, asked_in) for tool, asked_in in asked if asked_in or tool.used_by(project)]
    if project.language == REPOSITORY:
        return [(tool, asked_in) for tool, asked_in in asked if tool.default or (tool, asked_in) in used]
    return used or [(tool, asked_in) for tool, asked_in in asked if tool.default]


def _with_work(
    check: str, found: Sequence[tuple[ToolChoice, Tool, str]], started: Mapping[str, Sequence[Project]]
) -> Iterator[ToolRun]:
    for choice, tool, asked_in in found:
        below = tuple(inside for one in started[tool.name] if (inside := choice.project.inside(one.folder)))
        alone = replace(choice.project, members=below)
        if choice.names or tool.has_work(alone, check):
            yield ToolRun(alone, tool, asked_in)
