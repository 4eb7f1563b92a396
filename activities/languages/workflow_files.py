"""The files of GitHub Actions in a repository: workflows and composite actions."""

from activities.tooling import Project

_WORKFLOWS, _ACTIONS = ".github/workflows", ".github/actions"
_ENDINGS = (".yml", ".yaml")
_ACTION_FILES = ("action.yml", "action.yaml")
_MOST_FILES = 500


def workflow_files(project: Project) -> tuple[str, ...]:
    """Relative to the project, which is the repository as a whole."""
    names = (name for name in project.files.names(_WORKFLOWS) if name.endswith(_ENDINGS))
    return tuple(path for name in names if project.has_file(path := f"{_WORKFLOWS}/{name}"))[:_MOST_FILES]


def action_files(project: Project) -> tuple[str, ...]:
    """The same of the definitions of actions."""
    folders = ("", *(f"{_ACTIONS}/{name}/" for name in project.files.names(_ACTIONS)[:_MOST_FILES]))
    paths = (f"{folder}{name}" for folder in folders for name in _ACTION_FILES)
    return tuple(path for path in paths if project.has_file(path))
