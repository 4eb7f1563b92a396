"""Command lines of jest: those in package.json become vitest's, those in other files have a row."""

import posixpath
import re
from collections.abc import Iterator

from activities.migration.json_text import JsonMember, JsonPath, line_of, replace_values
from activities.migration.npm_scripts import manifest_commands, started_elsewhere
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.reporting.markdown import code

_HOLDERS = ("scripts", "lint-staged", "husky", "pre-commit")
_START = re.compile(
    r"(?:NODE_OPTIONS=(?:--experimental-vm-modules|'--experimental-vm-modules'|\"--experimental-vm-modules\")\s+)?"
    r"(?:node\s+(?:--[\w-]+(?:=\S+)?\s+)*)?(?<![\w@/.-])(?:(?:\./)?node_modules/(?:\.bin/jest|jest/bin/jest(?:\.js)?)|jest)(?=\s|$)"
    r"(?P<rest>[^&|;]{0,2000})"
)
_BEFORE = re.compile(
    r"(?:^|[&|;(\"'`]|(?:^|\s)(?:[A-Za-z_]\w*=\S*|cross-env(?:-shell)?|env|npx|pnpx|bunx|exec|yarn|pnpm|bun|c8|nyc|time|then|--))\s*$"
)
_EMPTY_CROSS_ENV = re.compile(r"\bcross-env\s+(?=vitest\b)")
_VALUE = r"(?:\s+|=)(?P<value>\"[^\"]*\"|'[^']*'|[^\s-]\S*)"
_DROPPED = re.compile(
    r"\s(?:--(?:ci|detectOpenHandles|forceExit|no-cache|colors|color|watchAll=false|watch=false|watchman=false|no-watchman"
    r"|experimental-vm-modules|useStderr|no-stack-trace|verbose=false)(?=\s|$)|--(?:roots|cacheDirectory)(?:\s+|=)\S+)"
)
_RENAMED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s(?:--runInBand|-i)(?=\s|$)"), " --no-file-parallelism"),
    (re.compile(rf"\s(?:--testPathPatterns?){_VALUE}"), r" \g<value>"),
    (re.compile(rf"\s(?:--testNamePattern){_VALUE}"), r" -t \g<value>"),
    (re.compile(rf"\s(?:--selectProjects){_VALUE}"), r" --project \g<value>"),
    (
        re.compile(r"\s(?:--env|--testEnvironment)(?:\s+|=)(?:jest-environment-)?(?P<value>[\w-]+)\S*"),
        r" --environment \g<value>",
    ),
    (re.compile(rf"\s(?:--maxWorkers|-w){_VALUE}"), r" --minWorkers=1 --maxWorkers=\g<value>"),
    (re.compile(rf"\s(?:--coverageDirectory){_VALUE}"), r" --coverage.reportsDirectory=\g<value>"),
    (re.compile(rf"\s(?:--coverageReporters){_VALUE}"), r" --coverage.reporter=\g<value>"),
    (re.compile(rf"\s(?:--collectCoverageFrom){_VALUE}"), r" --coverage.include=\g<value>"),
    (re.compile(rf"\s(?:--outputFile){_VALUE}"), r" --outputFile=\g<value>"),
    (re.compile(r"\s--(?:collectCoverage|coverage)(?:=true)?(?=\s|$)"), " --coverage"),
    (re.compile(r"\s--(?:updateSnapshot)(?=\s|$)"), " -u"),
    (re.compile(r"\s--bail(?=\s+-|\s*$)"), " --bail=1"),
    (re.compile(r"\s--verbose(?:=true)?(?=\s|$)"), " --reporter=verbose"),
    (re.compile(r"\s--json(?=\s|$)"), " --reporter=json"),
    (re.compile(r"\s(?:--onlyChanged|-o)(?=\s|$)"), " --changed"),
)  # fmt: skip
_WATCH = re.compile(r"\s--watch(?:All)?(?:=true)?(?=\s|$)")
_RELATED = re.compile(r"\s--findRelatedTests(?=\s|$)")
_CONFIG = re.compile(r"(\s(?:--config|-c)(?:\s+|=)[\"']?)(\S*?)jest\.config(\.[\w-]+)??\.(?:[cm]?[jt]s|json)")
_KNOWN = re.compile(
    r"\s--(?:no-file-parallelism|project|environment|minWorkers|maxWorkers|coverage|outputFile|bail|reporter|changed|config"
    r"|silent|passWithNoTests|testTimeout|logHeapUsage|shard|retry|run|maxConcurrency|clearMocks|restoreMocks)\b"
)
_OPTION = re.compile(r"\s--[A-Za-z][\w-]*")
_ELSEWHERE = re.compile(r"\b(?:npx|yarn|pnpm|bunx|pnpx|npm exec|exec)\s+(?:--\s+)?jest\b|node_modules/\.bin/jest\b")


def update(tree: SourceTree, _to: str) -> Iterator[Leftover]:
    """The commands in every package.json."""
    for path, text, found in manifest_commands(tree, "jest", _HOLDERS):
        yield from _manifest(tree, path, text, found)
    for path, line, command in started_elsewhere(tree, _ELSEWHERE, b"jest"):
        yield Leftover(path, line, f"Jest is started here: {code(command)}.", "Start `vitest run`.", True)


def _manifest(tree: SourceTree, path: str, text: str, found: dict[JsonPath, JsonMember]) -> Iterator[Leftover]:
    folder, values = posixpath.dirname(path), {}
    for place, one in found.items():
        if not isinstance(one.value, str) or "jest" not in one.value:
            continue
        after = _EMPTY_CROSS_ENV.sub("", _START.sub(lambda call: _call(tree, folder, call), one.value))
        if after != one.value:
            values[place] = after
        unknown = (
            sorted({word.strip() for word in _OPTION.findall(_KNOWN.sub(" ", after))}) if after != one.value else []
        )
        if unknown and "vitest" in after:
            reason = f"The script {code(place[-1])} gives vitest options of jest: {code(' '.join(unknown))}."
            yield Leftover(path, line_of(text, one), reason, "Look for what vitest has instead.", True)
        if "react-scripts test" in after or any(_BEFORE.search(after[: one.start()]) for one in _START.finditer(after)):
            reason = f"The script {code(place[-1])} still starts jest."
            yield Leftover(path, line_of(text, one), reason, "Start `vitest run`.", True)
    if values:
        tree.write(path, replace_values(text, values))


def _call(tree: SourceTree, folder: str, call: re.Match[str]) -> str:
    """Only where a command begins: the word may be an argument of another one."""
    return _changed(tree, folder, call["rest"]) if _BEFORE.search(call.string[: call.start()]) else call[0]


def _changed(tree: SourceTree, folder: str, rest: str) -> str:
    rest = _DROPPED.sub("", rest)
    for pattern, new in _RENAMED:
        rest = pattern.sub(new, rest)
    rest = _CONFIG.sub(lambda found: _config(tree, folder, found), rest)
    if _RELATED.search(rest):
        return f"vitest related --run{_RELATED.sub('', rest)}"
    if _WATCH.search(rest):
        return f"vitest{_WATCH.sub('', rest)}"
    return f"vitest run{rest}"


def _config(tree: SourceTree, folder: str, found: re.Match[str]) -> str:
    stem = f"{found[2]}vitest.config{found[3] or ''}"
    known = (f"{stem}.{ending}" for ending in ("mts", "mjs"))
    there = next(
        (name for name in known if posixpath.normpath(posixpath.join(folder, name)) in tree.paths), f"{stem}.mjs"
    )
    return f"{found[1]}{there}"
