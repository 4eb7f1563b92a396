"""What is to be installed for a Python project, as arguments for uv: all at once, or piece by piece."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from activities.languages.python.config import table, toml
from activities.languages.python.dependencies import dependencies, extras, for_checks, groups, is_package, valid
from activities.languages.python.requirements_files import requirements_files
from activities.languages.python.version import project_name
from activities.tooling import Project

_LOCKS = ("poetry.lock", "pdm.lock")


@dataclass(frozen=True)
class InstallItem:
    """Something that can be installed by itself. `what` ends the sentence "could not be installed: …"."""

    what: str
    arguments: tuple[str, ...]


def pieces(project: Project) -> tuple[InstallItem, ...]:
    """The project's own files first, the project itself last. Empty when there is nothing to install."""
    return (*_files(project), *_groups(project), *_itself(project))


def without_itself(project: Project) -> InstallItem | None:
    """What the project needs to run, for one that cannot be built."""
    needed = valid(dependencies(project))
    return InstallItem("the project's own dependencies", needed) if needed else None


def plainly(project: Project) -> InstallItem:
    """The project without its extras."""
    return InstallItem("the project itself", ("-e", ".", *_mode(project)))


def constraints(project: Project) -> str:
    """The versions of poetry's or pdm's lock file as a constraints file, "" without one. A package that is locked
    in several versions (for several platforms) is left open."""
    versions: dict[str, set[str]] = defaultdict(set)
    for name in _LOCKS:
        for package in _packages(project.read(name)):
            versions[str(package.get("name"))].add(str(package.get("version")))
    fixed = {name: found for name, found in versions.items() if len(found) == 1}
    lines = (f"{name}=={min(found)}" for name, found in sorted(fixed.items()))
    return "".join(f"{line}\n" for line in valid(tuple(lines)))


def _files(project: Project) -> Iterator[InstallItem]:
    for name in requirements_files(project):
        yield InstallItem(f"what {name} lists", ("-r", name))


def _groups(project: Project) -> Iterator[InstallItem]:
    for name, lines in groups(project).items():
        wanted = valid(lines)
        if wanted and for_checks(name):
            yield InstallItem(f"the dependency group {name}", wanted)


def _itself(project: Project) -> Iterator[InstallItem]:
    if is_package(project):
        names = ",".join(sorted(name for name in extras(project) if for_checks(name)))
        yield InstallItem("the project itself", ("-e", f".[{names}]" if names else ".", *_mode(project)))


def _mode(project: Project) -> tuple[str, ...]:
    """setuptools would list the modules that are there today; "compat" puts the folder itself on the path, so
    that a checkout with a new module finds it. Other backends do so anyway and may refuse the setting."""
    backend = str(table(project, "build-system").get("build-backend", "setuptools"))
    if not backend.startswith("setuptools"):
        return ()
    name = project_name(project)
    setting = "editable_mode=compat"
    return (f"--config-settings-package={name}:{setting}",) if name else (f"--config-setting={setting}",)


def _packages(text: str) -> list[dict[str, object]]:
    listed = toml(text).get("package")
    return [package for package in listed if isinstance(package, dict)] if isinstance(listed, list) else []
