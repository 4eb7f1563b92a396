"""Which tests a change removes, by the lines that it removes: known also where the base's tests were never run."""

import re
from collections import Counter
from typing import Final

_LINE: Final = re.compile(
    rb"^(?:--- (?P<file>[^\n]+)"
    rb"|(?P<mark>[<>])[ \t]*(?:(?:async[ \t]+)?def[ \t]+(?P<python>test\w*)[ \t]*\("
    rb"|(?:it|test)(?:\.\w+)*[ \t]*\([ \t]*(?P<quote>['\"`])(?P<script>[^\n]+?)(?P=quote)"
    rb"|func[ \t]+(?:\([^()\n]*\)[ \t]*)?(?P<go>(?:Test|Fuzz|Example)\w*)[ \t]*\("
    rb"|#\[(?:\w+::)*(?:test|rstest|test_case|quickcheck|wasm_bindgen_test)\b[^\n]*"
    rb"(?:\n(?P=mark)[ \t]*(?:#\[|//)[^\n]*){0,20}"
    rb"\n(?P=mark)[ \t]*(?:pub(?:\([^()\n]*\))?[ \t]+)?(?:async[ \t]+)?fn[ \t]+(?P<rust>\w+)))",
    re.MULTILINE,
)


def removed_tests(diff: bytes) -> tuple[str, ...]:
    """The names, sorted. A test that is added elsewhere under its name was moved, and one for which its own file gets
    another was renamed. `diff` is git's, made with `DIFF_MARKS` and without context."""
    removed: dict[str, Counter[str]] = {}
    added: dict[str, Counter[str]] = {}
    file = ""
    for found in _LINE.finditer(diff):
        if found["file"]:
            file = found["file"].decode("utf-8", "backslashreplace")
            continue
        if found["go"] and not file.endswith("_test.go"):
            continue
        said = found["python"] or found["script"] or found["go"] or found["rust"]
        name = said.decode("utf-8", "backslashreplace")
        side = removed if found["mark"] == b"<" else added
        side.setdefault(file, Counter())[name] += 1
    everywhere = sum(added.values(), Counter[str]())
    names: list[str] = []
    for path, tests in removed.items():
        gone = tests - everywhere
        everywhere -= tests & everywhere
        renamed = (added.get(path, Counter()) - tests).total()
        names += sorted(gone.elements())[renamed:]
    return tuple(sorted(names))
