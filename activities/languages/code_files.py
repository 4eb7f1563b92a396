"""Files by their names: which are tests, which are code that is measured; and which lines of code can run."""

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

_FAMILIES = (
    frozenset((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte")),
    frozenset((".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".mm")),
    frozenset((".java", ".kt", ".kts", ".scala", ".groovy")),
    frozenset((".cs", ".fs", ".vb")),
)
# A folder of tests, or a file that is one.
_TEST = re.compile(
    r"(?:^|/)(?:(?:tests|test|testing|__tests__|__mocks__|spec)/"
    r"|(?:conftest\.py|test_[^/]*|[^/]*(?:_test|[.]test|[.]spec)[.]\w+)\Z)"
)
# Files that set up a project, and folders that are beside its code.
_NO_PRODUCT = re.compile(
    r"(?:^|/)(?:(?:docs?|examples?|scripts?|tools?|benchmarks?|vendor|third_party|node_modules|\.[^/]+)/"
    r"|(?:setup|noxfile|tasks|fabfile|manage|gulpfile|Gruntfile)\.\w+\Z"
    r"|\.[^/]*\Z|[^/]*\.(?:config|conf|setup|stories)\.\w+\Z|[^/]*\.d\.[cm]?ts\Z)"
)
_COMMENTS = re.compile(r"/\*.*?\*/|<!--.*?-->|(?:^|(?<=\s))//[^\n]*|^[ \t]*#(?!!)[^\n]*", re.DOTALL | re.MULTILINE)
# What runs nothing: brackets alone, declarations of what is elsewhere, and types.
_NO_CODE = re.compile(
    r"[\s{}()\[\];,]*"
    r"|(?:import|package|using|use|namespace)\b.*|export\s*(?:type\s+)?[*{].*|\}\s*from\b.*"
    r"|(?:export\s+)?(?:declare|interface|type)\b.*"
)


def is_test(path: str) -> bool:
    """Whether a file is a test, or stands in a folder of tests: they are left out of a measurement on purpose."""
    return bool(_TEST.search(path))


def unnamed(paths: Collection[str], named: Collection[str]) -> list[str]:
    """Those of the changed paths that no report names, of a kind that is measured, tests left out; sorted."""
    kinds = {kind for path in named for kind in _kinds(path)}
    return sorted(p for p in paths if p not in named and PurePosixPath(p).suffix in kinds and not is_test(p))


def in_measured_folders(paths: Collection[str], named: Collection[str]) -> list[str]:
    """Those of the paths that belong to the code which the reports measure: in a folder of it, or beside it at the
    root, and no set-up."""
    folders = {parent for path in named for parent in _parents(path)}
    at_root = any("/" not in path for path in named)
    found = (path for path in paths if not _NO_PRODUCT.search(path))
    return [path for path in found if (at_root if "/" not in path else not folders.isdisjoint(_parents(path)))]


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _kinds(path: str) -> frozenset[str]:
    suffix = PurePosixPath(path).suffix
    return next((family for family in _FAMILIES if suffix in family), frozenset((suffix,)) - {""})


def executable_lines(path: str, lines: Sequence[str]) -> frozenset[int]:
    """The 1-based lines that can run: of Python what coverage.py would count, of any other language those that are
    neither blank, comments, brackets, imports nor types. In doubt a line counts."""
    text = "\n".join(lines)
    if path.endswith(".py"):
        return python_statements(text)
    plain = _COMMENTS.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    return frozenset(n for n, line in enumerate(plain.split("\n"), 1) if not _NO_CODE.fullmatch(line.strip()))


def python_statements(text: str, exclude: Sequence[str] = ()) -> frozenset[int]:
    """The lines that coverage.py counts; none of a file that cannot be read. `exclude` are patterns beside its own."""
    from coverage.config import DEFAULT_EXCLUDE
    from coverage.exceptions import CoverageException
    from coverage.parser import PythonParser

    pattern = "|".join(f"(?:{each})" for each in (*DEFAULT_EXCLUDE, *exclude))
    parser = PythonParser(text=f"{text}\n", exclude=pattern)
    try:
        parser.parse_source()
    except (CoverageException, SyntaxError, ValueError, RecursionError, re.error):
        return frozenset()
    return frozenset(parser.statements) - frozenset(parser.excluded)
