"""Packages that do not run with React 18, and the way out of each."""

import posixpath
import re
from collections.abc import Iterator

from activities.languages.javascript.locked_packages import LockedPackage, locked_packages
from activities.languages.javascript.version_ranges import admits, lowest
from activities.migration.json_text import JsonMember, replace_values
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.recipes.react18.manifests import FAMILY, VERSIONS, dependencies
from activities.recipes.react18.ranges import raised
from activities.reporting.markdown import code

_ADAPTER = "Use @cfaester/enzyme-adapter-react-18, or move these tests to @testing-library/react."
_MUI = "Move to @mui/material 5; `npx @mui/codemod v5.0.0/preset-safe` does most of it."

NEVER = {
    "@apollo/react-hooks": "Move to @apollo/client.",
    "@hot-loader/react-dom": "Remove it together with react-hot-loader.",
    "@material-ui/core": _MUI,
    "@material-ui/icons": "Move to @mui/icons-material 5.",
    "@material-ui/lab": "Move to @mui/lab or @mui/material 5.",
    "@material-ui/pickers": "Move to @mui/x-date-pickers.",
    "@material-ui/styles": "Move to @mui/styles or @emotion/styled.",
    "@reach/router": "Move to react-router-dom.",
    "@testing-library/react-hooks": "Import `renderHook` from @testing-library/react, and remove it.",
    "@wojtekmaj/enzyme-adapter-react-17": _ADAPTER,
    "enzyme-adapter-react-16": _ADAPTER,
    "react-dates": "Move to react-datepicker or another one that is maintained.",
    "react-hot-loader": "Use Fast Refresh: @pmmmwh/react-refresh-webpack-plugin, or that of the bundler.",
    "react-sortable-hoc": "Move to @dnd-kit/sortable.",
}
"""No version of these takes React 18."""

FIRST = {
    "@apollo/client": "3.6.0",
    "@cypress/react": "9.0.0",
    "@storybook/react": "6.5.0",
    "gatsby": "4.11.0",
    "mobx-react": "7.4.0",
    "next": "12.0.1",
    "react-beautiful-dnd": "13.1.1",
    "react-datepicker": "4.8.0",
    "react-helmet-async": "1.3.0",
    "react-modal": "3.15.1",
    "react-popper": "2.3.0",
    "react-query": "3.35.0",
    "react-redux": "7.2.7",
    "react-select": "5.3.0",
    "react-table": "7.8.0",
    "react-virtualized": "9.22.4",
    "recharts": "2.1.11",
    "semantic-ui-react": "2.1.3",
    "swr": "1.1.0",
}
"""The first version of each that takes React 18, by the peers that it names."""

_MOVED = "@testing-library/react-hooks"
"""Its tests are migrated, and what stays is named there."""

_OF_FAMILIES = ("@cypress/react", "@storybook/react", "gatsby", "next")
"""A newer version of these needs newer ones of others too."""

_OF_REACT = re.compile(r"^(?!.*(?:^@types/|eslint|babel|^react-scripts$|refresh)).*react")

_LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock")
_MOST_INDIRECT = 10

Locked = dict[str, list[LockedPackage]]


def find_blockers(tree: SourceTree, _to: str) -> Iterator[Leftover]:
    """A row for each place where a package is asked for that takes no React 18, then for those that others brought."""
    locks = {path: _by_name(tree, path) for path in tree.named(*_LOCKS)}
    direct = {_MOVED}
    for path, line, member in dependencies(tree):
        name = member.path[-1]
        direct.add(name)
        fix = _blocks(member, _nearest(locks, path).get(name, []))
        if fix and name != _MOVED and not _within(member):
            yield Leftover(path, line, f"`{name}` {code(str(member.value))} does not take React 18.", fix)
    for path, locked in locks.items():
        others = [one for name, found in locked.items() if name not in direct for one in found if _takes_none(one)]
        for one in others[:_MOST_INDIRECT]:
            reason = f"`{one.name}` {one.version}, which another package brings, does not take React 18."
            yield Leftover(path, one.line, reason, way_out(one.name))


def raise_blockers(tree: SourceTree) -> None:
    """Packages that take React 18 in a later version of the same major get that."""
    locks = {path: _by_name(tree, path) for path in tree.named(*_LOCKS)}
    for path, _, member in list(dependencies(tree)):
        new = _within(member)
        if new and _blocks(member, _nearest(locks, path).get(member.path[-1], [])):
            tree.write(path, replace_values(tree.read(path) or "", {member.path: new}))


def brings_others(tree: SourceTree, manifest: str) -> bool:
    """Whether a package.json asks for a package that may say which React it takes."""
    names = {member.path[-1] for path, _, member in dependencies(tree) if path == manifest}
    return any(name in NEVER or name in FIRST or _OF_REACT.search(name) for name in names - VERSIONS.keys())


def way_out(name: str) -> str:
    """What to do about a package that takes no React 18."""
    if name in NEVER:
        return NEVER[name]
    return (
        f"Upgrade it to {FIRST[name]} or later." if name in FIRST else "Look for a version of it that takes React 18."
    )


def _takes_none(package: LockedPackage) -> bool:
    """Types alone do not count: overrides of a repository are often written into the ranges of their peers."""
    return any(not peer.startswith("@types/") for peer in excluded_peers(package))


def excluded_peers(package: LockedPackage) -> list[str]:
    """Those of its peers of which it admits no version of React 18."""
    if package.name in VERSIONS:
        return []
    return [
        peer
        for peer, wanted in package.peers.items()
        if peer in FAMILY and admits(wanted, _version(FAMILY[peer])) is False
    ]


def excluding(tree: SourceTree, lock: str) -> dict[str, list[str]]:
    """Package → such peers, for all that a lock file holds."""
    found = {
        name: [peer for one in each for peer in excluded_peers(one)] for name, each in _by_name(tree, lock).items()
    }
    return {name: list(dict.fromkeys(peers)) for name, peers in found.items() if peers}


def _blocks(member: JsonMember, locked: list[LockedPackage]) -> str:
    """What to do about it, "" where it is none."""
    name, asked = member.path[-1], str(member.value)
    if member.path[0] == "peerDependencies":
        return ""
    if name in NEVER:
        return NEVER[name]
    if any(map(_takes_none, locked)):
        return way_out(name)
    if name in FIRST:
        first = _version(FIRST[name])
        known = [lowest(one.version) for one in locked] or ([lowest(asked)] if admits(asked, first) is False else [])
        return way_out(name) if any(() < version < first for version in known) else ""
    return ""


def _within(member: JsonMember) -> str:
    """The range of a later version of the same major that takes React 18, "" where there is none."""
    name, asked = member.path[-1], str(member.value)
    if name not in FIRST or name in _OF_FAMILIES or lowest(asked)[:1] != _version(FIRST[name])[:1]:
        return ""
    new = raised(asked, FIRST[name], within=True)
    return new if new and new != asked else ""


def _nearest(locks: dict[str, Locked], manifest: str) -> Locked:
    """What the lock file beside a manifest holds, or the next one above."""
    folder = posixpath.dirname(manifest)
    while True:
        for path, locked in locks.items():
            if posixpath.dirname(path) == folder:
                return locked
        if not folder:
            return {}
        folder = posixpath.dirname(folder)


def _by_name(tree: SourceTree, path: str) -> Locked:
    found: Locked = {}
    for one in locked_packages(posixpath.basename(path), tree.read(path) or ""):
        found.setdefault(one.name, []).append(one)
    return found


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
