"""Where tests of a Rust project are: by looking whether it has any, and the file and line of a module's function."""

import posixpath
import re
from functools import lru_cache

from activities.languages.rust.compiler import CargoTarget
from activities.tooling import Project
from activities.untrusted_files import UntrustedFileError

_MOST_FILES = 5000
_LARGEST = 500_000
_DEEPEST_MODULE = 20
_TESTS = re.compile(
    r"#\[[^\]\n]{0,100}(?:test|case|quickcheck)|\b(?:proptest|quickcheck)!|^\s*//[/!]\s*```", re.MULTILINE
)
_NOT_ENTERED = ("target", "node_modules", "vendor")


@lru_cache(maxsize=64)
def has_tests(project: Project) -> bool:
    """Whether any of its files seems to hold tests, or examples in its documentation. In doubt it has."""

    def enter(folder: str) -> bool:
        name = folder.rpartition("/")[2]
        return not name.startswith(".") and name not in _NOT_ENTERED

    looked_at = 0
    for file in project.files.files(enter=enter):
        if not file.endswith(".rs"):
            continue
        looked_at += 1
        if looked_at > _MOST_FILES or file.startswith("tests/") or "/tests/" in file:
            return True
        if _TESTS.search(_text(project, file)):
            return True
    return False


def _text(project: Project, file: str) -> str:
    try:
        return project.files.read_text(file, _LARGEST)
    except UntrustedFileError:
        return ""


class TestPlaces:
    """Finds them in one tree; `root` is the repository's root, and paths are relative to it."""

    __test__ = False

    def __init__(self, root: Project) -> None:
        self._root = root
        self._lines: dict[str, dict[str, int]] = {}

    def place(self, target: CargoTarget, name: str) -> tuple[str, int]:
        """(path, line) of the test `module::tests::name`: modules are files beside the target's own, named as they are.
        The line is 0 where no function of that name stands there."""
        *modules, function = name.split("::")
        file, folder = target.source, posixpath.dirname(target.source)
        for module in modules[:_DEEPEST_MODULE]:
            inner = posixpath.join(folder, module)
            found = next((path for path in (f"{inner}.rs", f"{inner}/mod.rs") if self._root.has_file(path)), "")
            if not found:
                break
            file, folder = found, inner
        return file, self._functions(file).get(function, 0)

    def _functions(self, file: str) -> dict[str, int]:
        if file not in self._lines:
            lines = enumerate(_text(self._root, file).splitlines(), 1) if file else ()
            found = ((number, _FUNCTION.match(line[:500])) for number, line in lines)
            self._lines[file] = {match["name"]: number for number, match in found if match}
        return self._lines[file]


_FUNCTION = re.compile(r"\s*(?:pub(?:\([^)]*\))? +)?(?:async +)?fn +(?P<name>\w+)")
