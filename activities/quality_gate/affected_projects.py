"""Which projects of a large repository a change can affect: those that it touches, and those that need one of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from activities import toolchains
from activities.tooling import Project

_FEW = 20
"""Up to so many projects all are checked."""


def affected_folders(projects: Sequence[Project], paths: Collection[str]) -> frozenset[str] | None:
    """The folders of those projects, None where all have to be checked: where they are few, or a changed file lies in
    none of them or decides what is installed. What a project needs is what its manifest declares."""
    below = [project for project in projects if project.folder != "."]
    if len({project.folder for project in below}) <= _FEW or not paths:
        return None
    manifests = {name for chain in toolchains.registry().values() for name in chain.manifests}
    touched: set[str] = set()
    for path in paths:
        owners = [project.folder for project in below if path.startswith(f"{project.folder}/")]
        if not owners or PurePosixPath(path).name in manifests:
            return None
        touched.update(owners)
    return _with_dependents(touched, _needed_by(below))


def _needed_by(projects: Sequence[Project]) -> Mapping[str, set[str]]:
    """Folder → the folders of the projects that need the one in it."""
    chains = {chain.language: chain for chain in toolchains.registry().values()}
    declared = [(project, chains[project.language]) for project in projects if project.language in chains]
    named: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for project, chain in declared:
        named[project.language, chain.package_name(project)].add(project.folder)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for project, chain in declared:
        for name in filter(None, chain.needed_packages(project)):
            for folder in named.get((project.language, name), ()):
                found[folder].add(project.folder)
    return found


def _with_dependents(touched: Collection[str], needed_by: Mapping[str, set[str]]) -> frozenset[str]:
    found, pending = set(touched), list(touched)
    while pending:
        more = needed_by.get(pending.pop(), set()) - found
        found |= more
        pending += more
    return frozenset(found)
