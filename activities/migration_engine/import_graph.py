"""Which files of a repository import which others, as far as their texts say: to see how far a change reaches."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from activities.migration.recipe import SourceTree

_JAVASCRIPT = ("*.js", "*.jsx", "*.mjs", "*.cjs", "*.ts", "*.tsx", "*.mts", "*.cts", "*.vue", "*.svelte")
_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")
_FROM = re.compile(rb"""(?:\bfrom|\bimport|\brequire\(|\bimport\()[ \t]{0,8}["'](\.{1,2}/[^"'\n]{0,300}|\.{1,2})["']""")
_PYTHON = re.compile(
    rb"^[ \t]{0,40}(?:from[ \t]+([.\w]{1,200})[ \t]+import\b([^\n]{0,300})|import[ \t]+([\w., \t]{1,300}))",
    re.MULTILINE,
)
_NAME = re.compile(rb"\w+")


def import_graph(tree: SourceTree) -> Mapping[str, frozenset[str]]:
    """Path → the paths of the tree that it imports."""
    paths = frozenset(tree.paths)
    graph = {}
    for path, content in tree.contents(tree.named(*_JAVASCRIPT, "*.py")):
        data = content or b""
        named = _python(path, data) if path.endswith(".py") else _javascript(path, data)
        found = frozenset(
            one for candidates in named if (one := next((each for each in candidates if each in paths), ""))
        )
        if found:
            graph[path] = found - {path}
    return graph


def dependents(graph: Mapping[str, frozenset[str]], files: Iterable[str]) -> frozenset[str]:
    """The files that import one of these, directly or through others, without these."""
    importers: dict[str, set[str]] = {}
    for path, imported in graph.items():
        for each in imported:
            importers.setdefault(each, set()).add(path)
    start = frozenset(files)
    found, waiting = set(start), list(start)
    while waiting:
        new = importers.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return frozenset(found) - start


def _javascript(path: str, data: bytes) -> Iterator[list[str]]:
    for match in _FROM.finditer(data):
        plain = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1].decode("utf-8", "replace")))
        stem = plain.rpartition(".")[0] if plain.endswith((".js", ".jsx", ".mjs", ".cjs")) else plain
        yield [plain, *(f"{stem}{end}" for end in _ENDINGS), *(f"{plain}/index{end}" for end in _ENDINGS)]


def _python(path: str, data: bytes) -> Iterator[list[str]]:
    folder = posixpath.dirname(path)
    for match in _PYTHON.finditer(data):
        if match[3] is not None:
            for name in match[3].decode("ascii", "replace").split(","):
                yield _modules(folder, name.split(" as ")[0].strip())
            continue
        module = match[1].decode("ascii", "replace")
        yield _modules(folder, module)
        for found in _NAME.finditer(match[2]):
            yield _modules(folder, f"{module}{'' if module.endswith('.') else '.'}{found[0].decode('ascii')}")


def _modules(folder: str, module: str) -> list[str]:
    """The files that a module may be: relative ones from the folder, others from there, the root, or `src`."""
    name = module.lstrip(".").replace(".", "/")
    if not name:
        return []
    ups = len(module) - len(module.lstrip("."))
    starts = [posixpath.normpath(posixpath.join(folder, *[".."] * (ups - 1)))] if ups else ["", "src", folder]
    places = (posixpath.normpath(posixpath.join(start, name)) for start in starts)
    return [file for place in places for file in (f"{place}.py", f"{place}/__init__.py")]
