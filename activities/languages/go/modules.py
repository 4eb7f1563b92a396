"""go.mod and go.work: a module's path, the Go that it asks for, and whether it needs other modules."""

import re

from activities.tooling import Project

MANIFEST, WORKSPACE, LOCK = "go.mod", "go.work", "go.sum"
_MODULE = re.compile(r'^module\s+"?([^\s"]{1,500})"?', re.MULTILINE)
_GO = re.compile(r"^go\s+(\d{1,4}(?:\.\d{1,4}){0,2})", re.MULTILINE)
_REQUIRED = re.compile(r"^(?:require\s+|\s+)([^\s()/]+\.[^\s()]+)\s+v\d", re.MULTILINE)
_VERSION = re.compile(r"v\d+")


def module_path(project: Project) -> str:
    """As packages of the module are imported, "" where go.mod has none."""
    found = _MODULE.search(project.read(MANIFEST))
    return found[1] if found else ""


def module_name(project: Project) -> str:
    """The last part of its path that is no version: what people call it."""
    parts = [part for part in module_path(project).split("/") if part and not _VERSION.fullmatch(part)]
    return parts[-1] if parts else "module"


def wanted_go(project: Project) -> tuple[str, str]:
    """(the oldest Go that it, or the workspace around it, says it needs, the file), ("", "") where none says it."""
    for place in (project, *project.around):
        for name in (MANIFEST, WORKSPACE) if place == project else (WORKSPACE,):
            if found := _GO.search(place.read(name)):
                return found[1], name
    return "", ""


def needed_modules(project: Project) -> tuple[str, ...]:
    """The paths of modules that it requires."""
    return tuple(dict.fromkeys(_REQUIRED.findall(project.read(MANIFEST))))


def is_vendored(project: Project) -> bool:
    """Whether the repository has what the module needs."""
    return any(place.has_file("vendor/modules.txt") for place in (project, *project.around))


def package_folder(project: Project, package: str) -> str:
    """The folder of a package, relative to the module: "." for the module's own; "" for one of another module."""
    path = module_path(project)
    if package == path:
        return "."
    return package.removeprefix(f"{path}/") if path and package.startswith(f"{path}/") else ""
