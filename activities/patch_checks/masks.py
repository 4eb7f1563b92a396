"""Code with the insides of its strings and comments blanked, character for character: what is left is only code.

Not a parser: bad or hostile code gives another mask, never an error, in time that is proportional to its length.
"""

import re
from typing import Final, Literal

Family = Literal["python", "javascript", "go", "rust"]

_ENDINGS: Final[dict[str, Family]] = {
    ".py": "python", ".pyi": "python",
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte"), "javascript"),
    ".go": "go",
    ".rs": "rust",
}  # fmt: skip

_PYTHON: Final = re.compile(
    r"#[^\n]*|(?:\b[rRbBuUfFtT]{1,2})?(?:'''(?:[^\\']|\\.|'(?!''))*+(?:'''|\Z)|\"\"\"(?:[^\\\"]|\\.|\"(?!\"\"))*+(?:\"\"\"|\Z)"
    r"|'(?:[^\\'\n]|\\.)*+'?|\"(?:[^\\\"\n]|\\.)*+\"?)",
    re.DOTALL,
)
_JAVASCRIPT: Final = re.compile(
    r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)|'(?:[^\\'\n]|\\.)*+'?|\"(?:[^\\\"\n]|\\.)*+\"?|`(?:[^\\`]|\\.)*+(?:`|\Z)"
    r"|(?<=[(,=:\[!&|?{};])[ \t]*/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/",
    re.DOTALL,
)
_GO: Final = re.compile(
    r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)|\"(?:[^\\\"\n]|\\.)*+\"?|`[^`]*+(?:`|\Z)|'(?:[^\\'\n]|\\.){1,12}'",
    re.DOTALL,
)
_RUST: Final = re.compile(
    r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)|\br(?P<hashes>#{1,8})\".*?(?:\"(?P=hashes)|\Z)|\br\"[^\"]*+(?:\"|\Z)"
    r"|\"(?:[^\\\"]|\\.)*+(?:\"|\Z)|'(?:[^\\'\n]|\\.[^'\n]{0,10})'",
    re.DOTALL,
)
_MASKED: Final = {"python": _PYTHON, "javascript": _JAVASCRIPT, "go": _GO, "rust": _RUST}
_QUOTES: Final = "'\"`"
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}


def family(path: str) -> Family | None:
    """The language of a file by its name."""
    return _ENDINGS.get(path[path.rfind(".") :].lower()) if "." in path else None


def masked(text: str, language: Family) -> str:
    """The same length, with the same line ends; quotes stay, and a string that holds something holds `_`."""
    return _MASKED[language].sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    text = found[0]
    first = next((at for at, char in enumerate(text[:12]) if char in _QUOTES), -1)
    if text.startswith(("#", "//", "/*")) or first < 0:
        return "".join("\n" if char == "\n" else " " for char in text)
    inside = "".join("\n" if char == "\n" else "_" for char in text[first + 1 : -1])
    return f"{text[: first + 1]}{inside}{text[-1] if len(text) > first + 1 else ''}"


def closing(mask: str, opening: int) -> int:
    """The offset of the bracket that closes the one at `opening`; the text's end where none does."""
    depth = 0
    for found in re.compile(r"[()\[\]{}]").finditer(mask, opening):
        depth += 1 if found[0] in _PAIRS else -1
        if depth == 0:
            return found.start()
    return len(mask)


def parts(mask: str, start: int, end: int) -> list[tuple[int, int]]:
    """The ranges between the commas of one level; an empty last one does not count."""
    found, depth, begin = [], 0, start
    for bracket in re.compile(r"[()\[\]{},]").finditer(mask, start, end):
        if bracket[0] == ",":
            if depth == 0:
                found.append((begin, bracket.start()))
                begin = bracket.end()
        else:
            depth += 1 if bracket[0] in _PAIRS else -1
    if mask[begin:end].strip():
        found.append((begin, end))
    return found


def elements(mask: str, start: int, end: int) -> int:
    """How many values a list, tuple or object written out has, 1 for anything else."""
    text = mask[start:end]
    begin = start + len(text) - len(text.lstrip())
    if begin < end and mask[begin] in "([{" and closing(mask, begin) >= start + len(text.rstrip()) - 1:
        return len(parts(mask, begin + 1, closing(mask, begin)))
    return 1


def line_of(text: str, offset: int) -> int:
    """1-based."""
    return text.count("\n", 0, offset) + 1
