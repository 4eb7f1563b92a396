"""How to see that a Python project uses a tool."""

from packaging.utils import canonicalize_name

from activities.languages.python.config import has_table, hooks, section
from activities.languages.python.dependencies import declared
from activities.tooling import Project, ToolDetection


def found_in(detection: ToolDetection, project: Project) -> str:
    """Why the project uses the tool, "" if nothing says so."""
    return (
        configured_in(detection, project) or _hook(project, detection.hooks) or _declared(project, detection.packages)
    )


def configured_in(detection: ToolDetection, project: Project) -> str:
    """Where the tool's own configuration is, "" if there is none."""
    for name in detection.tables:
        if has_table(project, name):
            return f"[tool.{name}] in pyproject.toml"
    for name in detection.files:
        if (project.root / name).is_file():
            return name
    found = (f"[{name}] in {file}" for file, name in detection.sections if section(project, file, name) is not None)
    return next(found, "")


def _hook(project: Project, names: tuple[str, ...]) -> str:
    known = hooks(project) if names else {}
    return next((f"hook {name} in .pre-commit-config.yaml" for name in names if name in known), "")


def _declared(project: Project, names: tuple[str, ...]) -> str:
    known = declared(project) if names else {}
    return next((f"{name} in {known[key]}" for name in names if (key := canonicalize_name(name)) in known), "")
