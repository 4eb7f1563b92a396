"""The version of React that a configuration of ESLint names, by which its plug-in judges."""

import re

from activities.migration.recipe import SourceTree
from activities.recipes.react18.manifests import FAMILY

_FILES = (".eslintrc", ".eslintrc.*", "eslint.config.*", "package.json")
_VERSION = re.compile(
    r"""(\bsettings["']?\s{0,9}:.{0,600}?\breact["']?\s{0,9}:[^:,]{0,100}?\bversion["']?\s{0,9}:\s{0,9})"""
    r"""(["']?)(1[567])((?:\.\d{1,4}){0,2})\2(?=[\s,}]|$)""",
    re.DOTALL,
)


def raise_versions(tree: SourceTree) -> None:
    """`"settings": {"react": {"version": "16.8"}}` is `"18.3"`, as many numbers as before."""
    for path in tree.containing(tree.named(*_FILES), b"react", b"version"):
        text = tree.read(path) or ""
        if path.endswith("package.json") and '"eslintConfig"' not in text:
            continue
        new = _VERSION.sub(_raised, text)
        if new != text:
            tree.write(path, new)


def _raised(match: re.Match[str]) -> str:
    numbers = FAMILY["react"].split(".")[: 1 + match[4].count(".")]
    return f"{match[1]}{match[2]}{'.'.join(numbers)}{match[2]}"
