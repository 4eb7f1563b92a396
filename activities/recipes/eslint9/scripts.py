"""Command lines of ESLint: what ESLint 9 has no options for, in package.json and in files that start it."""

import posixpath
import re
from collections.abc import Iterator

from activities.migration.json_text import JsonMember, JsonPath, line_of, replace_values
from activities.migration.npm_scripts import manifest_commands, started_elsewhere
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.recipes.eslint9.versions import WITHOUT_FORMATTERS
from activities.reporting.markdown import code

_HOLDERS = ("scripts", "lint-staged", "husky", "pre-commit")
_CALL = re.compile(r"(?:^|(?<=[\s/\"']))eslint(?=\s|$)[^&|;]{0,2000}")
_WORD = r"(\"[^\"]*\"|'[^']*'|[^\s\"']+)"
_EXTENSIONS = re.compile(rf"\s--ext(?:\s+|=){_WORD}")
_GONE = re.compile(rf"\s--(?:ignore-path|resolve-plugins-relative-to)(?:\s+|=){_WORD}")
_NO_LOOKUP = re.compile(r"(?<=\s)--no-eslintrc(?=\s|$)")
_OLD_MODE = re.compile(r"(?:\bcross-env\s+)?\bESLINT_USE_FLAT_CONFIG=false\s+")
_OLD_FILE = re.compile(r"\s(?:-c|--config)(?:\s+|=)\S*\.eslintrc")
_FORMATTER = re.compile(rf"\s(?:-f|--format)(?:\s+|=)(?:{'|'.join(sorted(WITHOUT_FORMATTERS))})\b")
_BY_HAND = (
    (re.compile(r"\s--rulesdir\b"), "`--rulesdir`", "Import the rules in `eslint.config`, as a plug-in of its own."),
    (re.compile(r"\s--env\b"), "`--env`", "Name the globals in `eslint.config`."),
    (_OLD_FILE, "a configuration in the old format", "Name an `eslint.config`."),
    (_FORMATTER, "a formatter that is a package of its own now", "Install `eslint-formatter-…` of that name."),
)
_ELSEWHERE = re.compile(
    r"\beslint\b[^\n]{0,400}?\s--(?:ext|rulesdir|no-eslintrc|ignore-path|resolve-plugins-relative-to|env)\b"
    r"|ESLINT_USE_FLAT_CONFIG=false"
)


def update(tree: SourceTree, _to: str) -> Iterator[Leftover]:
    """The commands in every package.json; other files that start ESLint with such options have a row."""
    for path, text, found in manifest_commands(tree, "eslint", _HOLDERS):
        yield from _manifest(tree, path, text, found)
    for path, line, command in started_elsewhere(tree, _ELSEWHERE, b"eslint", b"ESLINT"):
        reason = f"ESLint is started with an option that ESLint 9 does not have: {code(command)}."
        yield Leftover(path, line, reason, "Change it as the scripts of package.json were changed.", True)


def _manifest(tree: SourceTree, path: str, text: str, found: dict[JsonPath, JsonMember]) -> Iterator[Leftover]:
    folder, values = posixpath.dirname(path), {}
    for place, one in found.items():
        if not isinstance(one.value, str) or "eslint" not in one.value.lower():
            continue
        before = _OLD_MODE.sub("", one.value)
        after = _CALL.sub(lambda call: _changed(tree, folder, call[0]), before)
        if after != one.value:
            values[place] = after
        for pattern, what, fix in _BY_HAND:
            if any(pattern.search(call[0]) for call in _CALL.finditer(after)):
                reason = f"The script {code(place[-1])} uses {what}, which ESLint 9 does not have."
                yield Leftover(path, line_of(text, one), reason, fix, True)
    if values:
        tree.write(path, replace_values(text, values))


def _changed(tree: SourceTree, folder: str, call: str) -> str:
    call = _NO_LOOKUP.sub("--no-config-lookup", _GONE.sub("", call))
    named = [word.strip("\"'") for word in _EXTENSIONS.findall(call)]
    if not named:
        return call
    endings = [one.strip().lstrip(".") for word in named for one in word.split(",") if one.strip()]
    call = _EXTENSIONS.sub("", call)
    # Folders are searched for what `eslint.config` names, `.js` always: without `.js`, the files are named instead.
    return call if "js" in endings else _with_patterns(tree, folder, call, endings)


def _with_patterns(tree: SourceTree, folder: str, call: str, endings: list[str]) -> str:
    ending = endings[0] if len(endings) == 1 else f"{{{','.join(endings)}}}"

    def named(word: re.Match[str]) -> str:
        plain = word[1].strip("\"'")
        inside = posixpath.normpath(posixpath.join(folder, plain))
        is_folder = inside == (folder or ".") or any(path.startswith(f"{inside}/") for path in tree.paths)
        if not is_folder or plain.startswith("-"):
            return word[0]
        start = "" if plain in (".", "./") else f"{plain.rstrip('/')}/"
        return word[0].replace(word[1], f'"{start}**/*.{ending}"')

    return re.sub(rf"(?<=\s){_WORD}", named, call)
