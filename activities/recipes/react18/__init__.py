"""React 16 or 17 to 18: packages, roots, server rendering, lifecycles, types, tests and documentation."""

import re
from collections.abc import Iterable
from pathlib import Path

from activities.languages.javascript.version_ranges import lowest
from activities.migration.recipe import AlreadyMigrated, Recipe, RecipeStep, SourceTree
from activities.migration.transforms.programs import NodeTransform
from activities.migration.types import Leftover
from activities.recipes.react18.blockers import find_blockers
from activities.recipes.react18.compiler import CompilerTransform
from activities.recipes.react18.manifests import asked_for, is_outdated
from activities.recipes.react18.packages import HOOKS, ReactPackages
from activities.recipes.react18.report import ReportTransform

_PROGRAM = Path(__file__).parent / "transform" / "transform.mjs"
_TYPED = ("*.ts", "*.tsx", "*.mts", "*.cts")
_CODE = ("*.js", "*.jsx", "*.mjs", "*.cjs", *_TYPED)
_PAGES = ("*.vue", "*.html", "*.htm", "*.svelte", "*.astro")
_TYPES = rb"(SFC|SFCElement|SFCFactory|StatelessComponent|ReactType|VFC|VoidFunctionComponent|RefForwardingComponent)"
_OLD = re.compile(
    rb"\bReactDOM\??\.(render|hydrate|unmountComponentAtNode)\b|\bunmountComponentAtNode\(|\brenderToNodeStream\b|"
    rb"(?<!_)\bcomponentWill(Mount|ReceiveProps|Update)\b|\{[^{}]*\b(render|hydrate)\b[^{}]*\}\s*(=\s*require\(|from)\s*"
    rb"['\"]react-dom['\"]|\brequire\(['\"]react-dom['\"]\)\s*\.(render|hydrate)\b|\bimport\(['\"]react-dom['\"]\)|"
    rb"@testing-library/react-hooks|\bReact\."
    + _TYPES
    + rb"\b|\{[^{}]*\b"
    + _TYPES
    + rb"\b[^{}]*\}\s*from\s*['\"]react['\"]"
)
_NAMES = re.compile(
    rb"(?:import\s+(?:\*\s*as\s+)?|(?:const|let|var)\s+)([\w$]+)\s*(?:from\s*|=\s*require\(\s*)['\"]react-dom['\"]"
)


def _is_old(content: bytes) -> bool:
    """Whether a file uses what React 18 removed or replaced, by the name that it gives react-dom too."""
    if _OLD.search(content):
        return True
    old = rb"\??\.(render|hydrate|unmountComponentAtNode|unstable_renderSubtreeIntoContainer)\b"
    return any(re.search(rb"\b" + re.escape(name) + old, content) for name in _NAMES.findall(content))


def _step(name: str, patterns: tuple[str, ...], *needles: bytes, sees_all: bool = False) -> NodeTransform:
    return NodeTransform(_PROGRAM, name, patterns, needles, sees_all=sees_all, writes_text=True)


class React18(Recipe):
    """Names that React 17 knows too come first, so that each step leaves a program that works."""

    title = "Upgrade to React 18"
    to = "18"
    steps = (
        RecipeStep("lifecycles", "Name unsafe lifecycle methods so", _step("lifecycles", _CODE, b"componentWill")),
        RecipeStep(
            "type-names",
            "Replace type names that React 18 removed",
            _step(
                "type-names", _CODE, b"SFC", b"StatelessComponent", b"ReactType", b"VFC", b"VoidFunctionComponent",
                b"RefForwardingComponent",
            ),
        ),
        RecipeStep(
            "packages", "Upgrade React's packages to 18",
            ReactPackages(NodeTransform(_PROGRAM, "tests", _CODE, (HOOKS.encode(),))), risk="medium", essential=True,
        ),
        RecipeStep(
            "roots",
            "Create roots instead of rendering into containers",
            _step("roots", (*_CODE, *_PAGES), b"react-dom", b"ReactDOM", b"reactDom", b"ReactDom", sees_all=True),
            needs=("packages",),
            risk="medium",
        ),
        RecipeStep(
            "server", "Stream with the new server functions", _step("server", _CODE, b"renderToNodeStream"),
            needs=("packages",), risk="medium",
        ),
        RecipeStep(
            "types",
            "Fix what the new types report",
            CompilerTransform(_step("types", _CODE, b"react", b"React", sees_all=True)),
            needs=("packages",),
        ),
        RecipeStep(
            "tests",
            "Move tests to the test library of React 18",
            _step(
                "tests", _CODE, b"react-hooks", b"test-utils", b"enzyme", b"@cypress/react", b"user-event",
                b"@testing-library", b"react-testing-library", b"cypress/react", b"react-test-renderer", sees_all=True,
            ),
            needs=("packages",),
        ),
        RecipeStep(
            "docs", "Update documentation that quotes the old calls",
            _step("docs", ("*.md", "*.mdx", "*.markdown"), b"ReactDOM", b"react-dom"), needs=("roots",),
        ),
        RecipeStep(
            "report", "Report what a person should look at",
            ReportTransform(
                _step("report", (*_CODE, "package.json", ".browserslistrc"), b"react", b"browserslist", b"ie ", b"IE ")
            ),
        ),
    )  # fmt: skip

    def why_not(self, tree: SourceTree, to: str) -> str:
        if is_outdated(tree):
            return self._too_old(tree)
        if any(_is_old(tree.content(path) or b"") for path in tree.containing(tree.named(*_CODE), b"react")):
            return ""
        asked = next(iter(asked_for(tree, "react", "react-dom")), None)
        if asked:
            path, line, _ = asked
            where = f"React 18 or later is asked for already ({path}:{line})"
            return AlreadyMigrated(f"{where}, and no file uses what it removed.")
        return "No package.json asks for react and no file uses react-dom here. Name the folder of a React application."

    def blockers(self, tree: SourceTree, to: str) -> Iterable[Leftover]:
        return find_blockers(tree, to)

    def _too_old(self, tree: SourceTree) -> str:
        first = [(lowest(str(member.value)), path) for path, _, member in asked_for(tree, "react", "react-dom")]
        old = [(version, path) for version, path in first if () < version < (16,)]
        if not old or any(version[:1] in ((16,), (17,)) for version, _ in first):
            return ""
        version, path = old[0]
        return f"{path} asks for React {version[0]}. Migrate to 16 first: what changed until then is not done here."


recipe = React18()
