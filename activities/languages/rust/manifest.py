"""Cargo.toml: which packages make a workspace, and what they need."""

import posixpath
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from activities.languages.workspace_patterns import is_named
from activities.tooling import Project

MANIFEST = "Cargo.toml"
_FUZZERS = frozenset(("libfuzzer-sys", "afl", "honggfuzz"))
_KINDS = ("dependencies", "dev-dependencies", "build-dependencies")


@lru_cache(maxsize=512)
def read_manifest(project: Project) -> Mapping[str, Any]:
    """The tables of the project's Cargo.toml, {} where it has none that can be read."""
    return read_toml(project.read(MANIFEST))


def read_toml(text: str) -> Mapping[str, Any]:
    """Untrusted TOML, {} for what is none."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def table(tables: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """A table in tables, {} where there is none."""
    for name in names:
        inner = tables.get(name)
        tables = inner if isinstance(inner, dict) else {}
    return tables


def workspace_home(project: Project) -> Project:
    """The root of the workspace that a package belongs to, which cargo finds by looking upwards; else itself."""
    if "workspace" in read_manifest(project):
        return project
    for place in project.around:
        if "workspace" in read_manifest(place):
            excluded = table(read_manifest(place), "workspace").get("exclude")
            return project if _excludes(excluded, place.inside(project.folder)) else place
    return project


def _excludes(excluded: object, folder: str) -> bool:
    patterns = [str(one) for one in excluded] if isinstance(excluded, list) else []
    return any(is_named(patterns, above) for above in _with_parents(folder))


def _with_parents(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def package_name(project: Project) -> str:
    name = table(read_manifest(project), "package").get("name")
    return name if isinstance(name, str) else ""


def is_fuzz_target(project: Project) -> bool:
    """Whether a fuzzer runs it: it needs that program, often a nightly compiler, and has no tests."""
    named = table(read_manifest(project), "package", "metadata").get("cargo-fuzz")
    return bool(named) or not _FUZZERS.isdisjoint(dependencies(project))


def dependencies(project: Project) -> Mapping[str, object]:
    """Name → what Cargo.toml says of it, of every kind, target and of the workspace."""
    tables = read_manifest(project)
    targets = table(tables, "target")
    places = [tables, table(tables, "workspace"), *(table(targets, name) for name in targets)]
    return {name: said for place in places for kind in _KINDS for name, said in table(place, kind).items()}


def needs_packages(project: Project) -> bool:
    """Whether it declares a package that is none of the repository's own."""
    return any(not (isinstance(said, dict) and "path" in said) for said in dependencies(project).values())
