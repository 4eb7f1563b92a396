"""How to see that a Python project uses a tool."""

from dataclasses import dataclass

from packaging.utils import canonicalize_name

from activities.languages.python.config import has_table, hooks, section
from activities.languages.python.dependencies import declared
from activities.tools import Project


@dataclass(frozen=True)
class ToolDetection:
    """Where a tool leaves traces in a project, looked at in this order.

    `tables` below `tool` in pyproject.toml; `files` that must exist; `sections` as (file, section);
    `hooks` of pre-commit; `packages` declared for development.
    """

    tables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    hooks: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    def found_in(self, project: Project) -> str:
        """Why the project uses the tool, "" if nothing says so."""
        return self.configured(project) or _hook(project, self.hooks) or _declared(project, self.packages)

    def configured(self, project: Project) -> str:
        """Where the tool's own configuration is, "" if there is none."""
        for name in self.tables:
            if has_table(project, name):
                return f"[tool.{name}] in pyproject.toml"
        for name in self.files:
            if (project.root / name).is_file():
                return name
        found = (f"[{name}] in {file}" for file, name in self.sections if section(project, file, name) is not None)
        return next(found, "")


def _hook(project: Project, names: tuple[str, ...]) -> str:
    known = hooks(project) if names else {}
    return next((f"hook {name} in .pre-commit-config.yaml" for name in names if name in known), "")


def _declared(project: Project, names: tuple[str, ...]) -> str:
    known = declared(project) if names else {}
    return next((f"{name} in {known[key]}" for name in names if (key := canonicalize_name(name)) in known), "")
