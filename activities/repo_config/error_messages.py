"""What is wrong with a configuration, each with its line, the thing and the fix."""

from collections.abc import Iterator, Sequence

from activities import tools
from activities.check_options import CommandOptions
from activities.defaults import seconds
from activities.model import Mistake
from activities.repo_config.model_mistakes import first_ones, named, suggestion, validated
from activities.repo_config.models import HINTS, RepoConfig, config_model
from activities.repo_config.strict_yaml import Document, Place, shown

NOT_READ = "This file is not read. Rename it to `.github/autobuild.yml`, or remove it."
"""A file whose name is nearly the right one."""

TWO_CONFIGS = "There are `.github/autobuild.yml` and `.github/autobuild.yaml`: keep the first, and remove this one."

_LONGEST_S = 6 * 3600.0


def mistakes_of(document: Document) -> tuple[RepoConfig | None, list[Mistake]]:
    """The configuration (None if it has mistakes) and the first fifty mistakes in the order of their lines."""
    if not isinstance(document.data, dict):
        return None, [Mistake(document.line(()), "The file must be a mapping of keys, such as `threshold: 85`.")]
    config, found = validated(document, config_model(), HINTS)
    if config is not None:
        found += [Mistake(document.line(place), sentence) for place, sentence in _beyond_types(config)]
    return (None if found else config), first_ones(found)


def first_and_number(mistakes: Sequence[Mistake]) -> str:
    """The first one's sentence, and how many follow."""
    more = len(mistakes) - 1
    return mistakes[0].message + (f" ({more} more: `autobuild validate` shows them all.)" if more else "")


def _beyond_types(config: RepoConfig) -> Iterator[tuple[Place, str]]:
    """What no type can say: keys that need or exclude one another, tools that do not exist."""
    for name, check in config.checks:
        yield from _of_check(("checks", name), name, check)
        if seconds(check.timeout) > _LONGEST_S:
            yield ("checks", name, "timeout"), f"`checks.{name}.timeout` is `{check.timeout}`: it can be at most `6h`."
    yield from _named_twice(("agent", "repositories"), config.agent.repositories)
    yield from _named_twice(("agent", "pull_labels"), config.agent.pull_labels)
    folders: dict[str, int] = {}
    for index, project in enumerate(config.projects):
        if (first := folders.setdefault(project.path, index)) != index:
            place: Place = ("projects", index, "folder")
            yield place, f"The folder `{shown(project.path)}` is `projects[{first}]` already: put both together."
        for name, check in project.checks:
            yield from _of_check(("projects", index, "checks", name), name, check)


def _named_twice(place: Place, names: Sequence[str]) -> Iterator[tuple[Place, str]]:
    """GitHub's names ignore case."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if (known := first.setdefault(name.casefold(), index)) != index:
            yield (*place, index), f"`{shown(name)}` is {named((*place, known))} already: remove one of them."


def _of_check(place: Place, name: str, check: CommandOptions) -> Iterator[tuple[Place, str]]:
    what = named(place)
    for key in ("format", "report", "install"):
        if key in check.model_fields_set and not check.command:
            yield (*place, key), f"{what} has a `{key}` and no `command`: add the command, or remove the line."
    if check.command and check.tools:
        yield (*place, "tools"), f"{what} has both `command` and `tools`: keep one of them."
    for index, tool in enumerate(check.tools):
        yield from _of_tool((*place, "tools", index), name, tool)


def _of_tool(place: Place, check: str, tool: str) -> Iterator[tuple[Place, str]]:
    able = [each for each, found in tools.registry().items() if check in found.checks]
    if tool not in able:
        other = (
            f"`{tool}` does not serve the check {check}" if tool in tools.registry() else f"there is no tool `{tool}`"
        )
        yield place, f"{other[0].upper()}{other[1:]}: {suggestion(tool, able, otherwise='use `command`.')}"
