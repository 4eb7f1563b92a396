"""The tests of a file by its text: their names, how much they assert, whether they are skipped."""

import re
from typing import Final

from activities.patch_checks.compiled_tests import compiled_tests
from activities.patch_checks.masks import family, masked
from activities.patch_checks.python_tests import python_tests
from activities.patch_checks.script_tests import script_tests
from activities.patch_checks.summary import TestSummary

_LARGEST: Final = 1024**2
_TEST_PLACE: Final = re.compile(
    r"(?:^|[/_.-])(?:tests?|specs?|__tests__|testing|e2e|cypress|conftest|benches)(?=$|[/_.-])", re.IGNORECASE
)


def tests_of(path: str, text: str) -> list[TestSummary]:
    """None of a file in a language that is not known. `describe` and `test` are names of anything in a script that is
    no test's."""
    language = family(path)
    if language is None or len(text) > _LARGEST:
        return []
    mask = masked(text, language)
    if language == "python":
        return list(python_tests(text, mask))
    if language == "javascript":
        return list(script_tests(text, mask)) if _TEST_PLACE.search(path) else []
    return list(compiled_tests(text, mask, language, path))
