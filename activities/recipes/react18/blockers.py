"""Packages that do not run with React 18, and the way out of each."""

from collections.abc import Iterator

from activities.languages.javascript.version_ranges import lowest
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.recipes.react18.manifests import asked_for
from activities.reporting.markdown import code

_NEVER: tuple[int, ...] = ()

KNOWN: dict[str, tuple[tuple[int, ...], str]] = {
    "@material-ui/core": (_NEVER, "Move to @mui/material 5; `npx @mui/codemod v5.0.0/preset-safe` helps."),
    "@hot-loader/react-dom": (_NEVER, "Remove it with react-hot-loader."),
    "@testing-library/react-hooks": (_NEVER, "Import `renderHook` from @testing-library/react, and remove it."),
    "@wojtekmaj/enzyme-adapter-react-17": (_NEVER, "Use @cfaester/enzyme-adapter-react-18, or @testing-library/react."),
    "enzyme-adapter-react-16": (_NEVER, "Use @cfaester/enzyme-adapter-react-18, or @testing-library/react."),
    "react-hot-loader": (_NEVER, "Use Fast Refresh (@pmmmwh/react-refresh-webpack-plugin, or that of the bundler)."),
}
"""Package → the first version that runs with React 18 (none: no version does), and what to do."""


def find_blockers(tree: SourceTree, _to: str) -> Iterator[Leftover]:
    """A row for each place where one is asked for."""
    for path, line, member in asked_for(tree, *KNOWN):
        name, text = member.path[-1], str(member.value)
        first, fix = KNOWN[name]
        if member.path[0] == "peerDependencies" or (first and () != lowest(text) >= first):
            continue
        yield Leftover(path, line, f"`{name}` {code(text)} does not take React 18.", fix)
