"""uv's workspaces: a root whose pyproject.toml lists members, which share one lock file and one environment."""

from dataclasses import replace

from activities.languages.python.config import toml_table
from activities.languages.workspace_patterns import is_named, named_folders
from activities.tooling import Project


def workspace_home(project: Project) -> Project:
    """Where the project's packages are installed: the root of the workspace that lists it, else itself."""
    return next((home for home in project.around if _lists(home, project)), project)


def workspace_members(home: Project) -> tuple[Project, ...]:
    """The members below the root, in order; none where the project is no root of a workspace."""
    excluded = _patterns(home, "exclude")
    named = named_folders(home.files, _patterns(home, "members"), "pyproject.toml")
    prefix = "" if home.folder == "." else f"{home.folder}/"
    return tuple(
        replace(home, folder=f"{prefix}{folder}", root=home.root / folder)
        for folder in named
        if not is_named(excluded, folder)
    )


def left_alone(project: Project) -> tuple[str, ...]:
    """The folders below the project, relative to it, that are no part of it: members that are checked on their own,
    and what its workspace excludes."""
    return (*project.members, *named_folders(project.files, _patterns(project, "exclude"), "pyproject.toml"))


def is_excluded(project: Project) -> bool:
    """Whether a workspace around it says that it is none of its members."""
    return any(is_named(_patterns(home, "exclude"), home.inside(project.folder)) for home in project.around)


def _lists(home: Project, project: Project) -> bool:
    inside = home.inside(project.folder)
    return is_named(_patterns(home, "members"), inside) and not is_named(_patterns(home, "exclude"), inside)


def _patterns(home: Project, key: str) -> list[str]:
    listed = toml_table(home, "tool.uv.workspace").get(key)
    return [pattern for pattern in listed if isinstance(pattern, str)] if isinstance(listed, list) else []
