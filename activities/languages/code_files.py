"""Files by their names: which are tests, which are code that is measured; and which lines of code can run."""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
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
_COMMENT = re.compile(r"/\*|<!--|(?:^|(?<=\s))//[^\n]*|^[ \t]*#(?!!)[^\n]*", re.MULTILINE)
_CLOSE = {"/*": "*/", "<!--": "-->"}
_LARGEST_PYTHON = 300_000
"""Characters; reading takes 350 times the memory, and an honest file is shorter."""
_START_OF_LINE, _END_OF_LINE, _MOST_BLANK_LINES = 400, 100, 20
_MOST_OF_PATTERNS, _LONGEST_PATTERN = 1000, 200
_PLAIN = r"(?:\\[^\w\s]|\\b|[^\\^$*+?{}\[\]|()])"
_PLAIN_PATTERN = re.compile(
    rf"\^?(?:\\s\*)?(?:{_PLAIN}|\[[^\\\]\[^-]+\])*(?:\((?:\?:)?(?:{_PLAIN}|\|)*\)\??)?(?:{_PLAIN}|\[[^\\\]\[^-]+\])*\$?"
)
"""Plain characters, sets of them, and one group of them: it ends soon on every text."""
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
    plain = _without_comments(text)
    return frozenset(n for n, line in enumerate(plain.split("\n"), 1) if not _NO_CODE.fullmatch(line.strip()))


def _without_comments(text: str) -> str:
    """Blanks in their place. One that is opened and never closed is none. (A regular expression would look for the end
    of each of those again.)"""
    last = {opening: text.rfind(close) for opening, close in _CLOSE.items()}
    parts, end, at = [], 0, 0
    while match := _COMMENT.search(text, at):
        at = match.end()
        if close := _CLOSE.get(match[0]):
            if last[match[0]] < at:
                continue
            at = text.index(close, at) + len(close)
        parts += [text[end : match.start()], re.sub(r"[^\n]", " ", text[match.start() : at])]
        end = at
    return "".join((*parts, text[end:]))


def python_statements(text: str, exclude: Sequence[str] | None = ()) -> frozenset[int]:
    """The lines that coverage.py counts; none of a file that is no Python. `exclude` are a repository's patterns beside
    coverage.py's own: the simple ones are looked for; any other is left out, for it may take years. With None nothing
    is excluded. Of a file that is too large to be read so, all lines but blank ones and comments."""
    from coverage.config import DEFAULT_EXCLUDE
    from coverage.exceptions import CoverageException
    from coverage.parser import PythonParser

    class ShortLines(PythonParser):
        """coverage.py's own patterns take long for long lines, and for many blank ones."""

        def lines_matching(self, regex: str) -> set[int]:
            whole, self.text = self.text, "\n".join(_shortened(self.text.split("\n")))
            try:
                return super().lines_matching(regex)
            finally:
                self.text = whole

    lines = text.split("\n")
    in_doubt = frozenset(n for n, line in enumerate(lines, 1) if (code := line.strip()) and not code.startswith("#"))
    if len(text) > _LARGEST_PYTHON:
        return in_doubt
    patterns = () if exclude is None else (*DEFAULT_EXCLUDE, *_simple(exclude))
    parser = ShortLines(text=f"{text}\n", exclude="|".join(f"(?:{e})" for e in patterns) or None)
    try:
        parser.parse_source()
    except (CoverageException, SyntaxError, ValueError):
        return frozenset()
    except (RecursionError, MemoryError):  # more within each other than Python's parser takes
        return in_doubt
    return frozenset(parser.statements) - frozenset(parser.excluded)


def _shortened(lines: Iterable[str]) -> Iterator[str]:
    """Long lines without their middle, and of many blank lines in a row a few."""
    blank = 0
    for line in lines:
        blank = 0 if line.strip() else blank + 1
        if blank > _MOST_BLANK_LINES:
            yield "_"
        elif len(line) > _START_OF_LINE + _END_OF_LINE:
            yield f"{line[:_START_OF_LINE].rstrip()}_{line[-_END_OF_LINE:].rstrip()}"
        else:
            yield line.rstrip()


def _simple(patterns: Iterable[str]) -> Iterator[str]:
    left = _MOST_OF_PATTERNS
    for pattern in patterns:
        left -= len(pattern)
        if left < 0:
            return
        if pattern and len(pattern) <= _LONGEST_PATTERN and _PLAIN_PATTERN.fullmatch(pattern):
            yield pattern
