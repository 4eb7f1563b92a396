"""Configuration of linters, type checkers, tests and coverage that asks for less than before.

Known words decide the direction: what is left out grew, what is chosen shrank, a threshold fell, a severity fell, a
strict option went. Where the direction of an edit is not known, a note names it.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from activities import tools
from activities.patch_checks.config_values import Rows, Value, rows_of
from activities.patch_checks.patch import Patch, PatchFile
from activities.patch_checks.types import PatchProblem
from activities.reporting import patch_problems as texts

# Of names, without hyphens and underscores, in small letters.
_LEAVES_OUT: Final = re.compile(
    r"(?:ignore|ignored|ignores|ignorepatterns?|exclude[ds]?|excludepaths|excluderules|omit|disable[d]?|disableerrorcode"
    r"|skip[s]?|skippaths|perfileignores|perfiletargetversion|extendignore|extendexclude|ignorepaths|deselect|noqa"
    r"|excludelines|excludealso|partialbranches|partialalso|norecursedirs|testpathignorepatterns|watchpathignorepatterns"
    r"|coveragepathignorepatterns|modulepathignorepatterns|ignoreerrors|whitelist|allowlist|allow|unfixable|suppress"
    r"|excludedirs|ignorecodes|knownissues|forceexclude|collectignore|collectignoreglob|filterwarnings|untyped)$"
)
_CHOOSES: Final = re.compile(
    r"(?:select|extendselect|enable[d]?|enableerrorcode|include|includes|source|sourcepkgs|testpaths|files|testmatch"
    r"|testregex|collectcoveragefrom|plugins|extends|loadplugins|hooks|repos|jobs|checks|linters|rules|deny|forbid"
    r"|warn|pythonfiles|pythonclasses|pythonfunctions|testfiles|spec|packages|projects|tests|envlist|commands|paths"
    r"|requiredplugins|reporters?|lib)$"
)
_AT_LEAST: Final = re.compile(
    r"(?:failunder|branches|functions|lines|statements|threshold|target|minscore|minimum\w*|min\w*coverage|score|checkcoverage"
    r"|patch|project|count|level)$"
)
_AT_MOST: Final = re.compile(
    r"(?:max\w*|linelength|printwidth|maxwarnings|cognitivecomplexity\w*|toomany\w*|\w*threshold)$"
)
_STRICT: Final = re.compile(
    r"(?:strict\w*|disallow\w*|warn\w*|checkuntypeddefs|noimplicit\w*|nounused\w*|nounchecked\w*|nofallthrough\w*|xfailstrict"
    r"|branch|report\w+|checkjs|checkcoverage|all|perfile|forceconsistentcasinginfilenames|exactoptionalpropertytypes"
    r"|errorsummary|failonwarning\w*|failon\w*|forbidonly|bail|requireserial|alwaysrun|enabled|recommended|denywarnings"
    r"|linter|formatter|typecheck|implicitreexport)$"
)
_LENIENT: Final = re.compile(
    r"(?:ignore\w*|allow\w*|skip\w*|passwithnotests|continueonerror|informational|followimports|exitzero|disable\w*"
    r"|suppress\w*|nocoverage|noerror\w*|optional|experimental|isolatedmodules)$"
)
_LEVELS: Final = (
    ("off", "0", "none", "false", "allow"), ("information", "info", "hint"), ("warn", "1", "warning", "on"),
    ("error", "2", "true", "deny"), ("forbid",),
)  # fmt: skip
_SEVERITIES: Final = {word: level for level, words in enumerate(_LEVELS) for word in words}
_SCRIPT: Final = re.compile(
    r"(?:^|[:.-])(?:pre|post)?(?:test\w*|lint\w*|check\w*|typecheck|types?|coverage|ci|verify|validate)(?=$|[:.-])"
)
_OPTIONS: Final = re.compile(r"(?:addopts|args|commands?|command|entry|run|script|nodeoptions|flags)$")
_LOOSE_WORDS: Final = re.compile(
    r"--(?:ignore\S*|deselect\S*|no-cov\S*|exit-zero|passWithNoTests|pass-with-no-tests|no-verify|no-strict\S*"
    r"|testPathIgnorePatterns\S*|testNamePattern\S*|extend-ignore\S*|exclude\S*|skip\S*|no-check|allow-\S+|no-fail\S*"
    r"|disable\S*|no-error\S*|ignore-missing-imports|runxfail|lf|last-failed|forceExit|max-warnings\S*|continue-on-\S+)"
    r"|(?:^|\s)-(?:k|m|W|p|t)(?=\s|=|$)|\|\|\s*(?:true|:|exit 0)|;\s*(?:true|exit 0)"
    r"|^\s*(?:true|:|echo\b.*|exit 0)\s*$|2>\s*/dev/null"
)
_RATED: Final = re.compile(r"rules|lints|severity|report|errorlevel|diagnostic")
_NO_CHECK: Final = frozenset(
    ("poetry", "uv", "setuptools", "hatch", "pdm", "flit", "distutils", "setuptools_scm", "commitizen", "towncrier",
     "bumpversion", "semantic_release", "cibuildwheel", "black", "isort", "metadata", "options", "bdist_wheel")
)  # fmt: skip
_PACKAGE_KEYS: Final = frozenset(
    ("jest", "nyc", "c8", "eslintConfig", "eslintIgnore", "ava", "mocha", "xo", "standard", "vitest", "stylelint")
)
_MORE_FILES: Final = re.compile(
    r"(?:\.?codecov\.ya?ml|\.coveragerc|tsconfig[\w.-]*\.json|\.nycrc(?:\.\w+)?|\.c8rc(?:\.\w+)?|\.eslintignore|\.golangci\.\w+"
    r"|\.?rustfmt\.toml|\.?clippy\.toml|deny\.toml|sonar-project\.properties|\.rubocop\.yml|\.stylelintrc(?:\.\w+)?|\.bandit"
    r"|\.oxlintrc\.json|tox\.ini|noxfile\.py|\.mocharc\.\w+|\.markdownlint\S*|\.yamllint\S*|\.semgrepignore|\.trivyignore"
    r"|\.?pylintrc(?:\.toml)?|pyrightconfig\.json|\.?mypy\.ini|\.?pytest\.(?:ini|toml)|\.?ruff\.toml|\.flake8|jest\.config\.\w+"
    r"|vitest\.(?:config|workspace)\.\w+|eslint\.config\.\w+|\.eslintrc(?:\.\w+)?|biome\.jsonc?|karma\.conf\.\w+"
    r"|playwright\.config\.\w+|cypress\.config\.\w+|\.gitleaksignore|\.gitleaks\.toml|\.secrets\.baseline)"
)
_CODE_LOOSER: Final = re.compile(
    r"['\"]?off['\"]?|['\"]warn['\"]|\bignores?\b|\bexclude\b|\bomit\b|passWithNoTests|collect_ignore|pytest_ignore_collect"
    r"|pytest_collection_modifyitems|\bskip\b|\bxfail\b|testPathIgnorePatterns|\bdeselect\w*|:\s*0\b|\breturn\b|allowOnly"
    r"|exitstatus|pytest_sessionfinish|pytest_runtest_makereport|os\._exit|process\.exit|\bretry\b|\bretries\b"
)


def is_config(path: str) -> bool:
    """Whether a file decides what a check reports."""
    name = PurePosixPath(path).name
    shared = name in (
        "pyproject.toml",
        "setup.cfg",
        "package.json",
        "Cargo.toml",
        ".pre-commit-config.yaml",
        "Makefile",
        "conftest.py",
    )
    known = any(tool.detection.configured_by_file(name) for tool in tools.registry().values())
    return shared or known or bool(_MORE_FILES.fullmatch(name))


def problems(patch: Patch) -> Iterator[tuple[PatchProblem, bool]]:
    """(the problem, whether it only is a note)."""
    for file in patch.files:
        if is_config(file.path):
            yield from _of_file(file, patch)


def _of_file(file: PatchFile, patch: Patch) -> Iterator[tuple[PatchProblem, bool]]:
    name = PurePosixPath(file.path).name
    before, after = file.texts
    if file.after is None:
        yield (
            PatchProblem("loosened-configuration", file.path, 0, texts.CONFIG_REMOVED),
            name in ("conftest.py", "Makefile"),
        )
        return
    old, new = rows_of(file.path, before), rows_of(file.path, after)
    if old is None or new is None:
        yield from _of_code(file, patch)
        return
    old, new = _relevant(name, old), _relevant(name, new)
    if old == new:
        return
    found = list(_looser(old, new))
    for key, why in found:
        yield PatchProblem("loosened-configuration", file.path, _line(after, key), texts.looser(key, why)), False
    if not found and name not in ("package.json", "Cargo.toml"):
        yield PatchProblem("loosened-configuration", file.path, 0, texts.CONFIG_EDITED), True


def _of_code(file: PatchFile, patch: Patch) -> Iterator[tuple[PatchProblem, bool]]:
    """Configuration that is a program: only its lines can be looked at."""
    for lines in patch.lines:
        for number, row in enumerate(lines.added if lines.path == file.path else (), lines.start):
            if _CODE_LOOSER.search(row) and "".join(row.split()) not in {"".join(one.split()) for one in lines.removed}:
                is_note = (PurePosixPath(file.path).name == "Makefile" and not _LOOSE_WORDS.search(row)) or (
                    file.is_new and PurePosixPath(file.path).name != "conftest.py"
                )
                yield PatchProblem("loosened-configuration", file.path, number, texts.looser_line(row.strip())), is_note
                return
    yield PatchProblem("loosened-configuration", file.path, 0, texts.CONFIG_EDITED), True


def _relevant(name: str, rows: Rows) -> Rows:
    """Without what no check reads."""
    if name == "pyproject.toml":
        return {k: v for k, v in rows.items() if k.startswith("tool.") and k.split(".")[1] not in _NO_CHECK}
    if name == "setup.cfg":
        return {k: v for k, v in rows.items() if k.split(".")[0] not in _NO_CHECK}
    if name == "Cargo.toml":
        return {
            k: v
            for k, v in rows.items()
            if k.startswith(("lints", "workspace.lints")) or k.endswith((".test", ".doctest", ".harness"))
        }
    if name == "package.json":
        return {
            key: value
            for key, value in rows.items()
            if key.split(".")[0] in _PACKAGE_KEYS or (key.startswith("scripts.") and _SCRIPT.search(key[8:]))
        }
    return rows


def _looser(old: Rows, new: Rows) -> Iterator[tuple[str, str]]:
    """(the key, why) of each row that asks for less."""
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        if was != now and (why := _why(key, was, now, is_there=key in new, was_there=key in old, is_new_file=not old)):
            yield key, why


def _why(key: str, was: Value, now: Value, *, is_there: bool, was_there: bool, is_new_file: bool) -> str:
    word = _plain_word(key.rpartition(".")[2])
    parent = _plain_word(key.rpartition(".")[0].rpartition(".")[2])
    if key.startswith("scripts.") or _OPTIONS.search(word):
        return _of_command(was, now, is_there)
    leaves_out = _LEAVES_OUT.search(parent) or (_LEAVES_OUT.search(word) and isinstance(now, str))
    if isinstance(was, frozenset) or isinstance(now, frozenset) or leaves_out:
        return _of_list(word, parent, was, now, is_new_file)
    why = ""
    if _RATED.search(key.lower()) and not _is_number(was, now):
        why = _of_severity(was, now, is_there=is_there, was_there=was_there, is_new_file=is_new_file)
    if not why and _STRICT.search(word) and _off(now) and (not _off(was) or not (was_there or is_new_file)):
        why = "off"
    if not why and _LENIENT.search(word) and not _off(now) and (_off(was) or not was_there) and not is_new_file:
        why = "on"
    return why or _of_number(word, key, was, now, is_there)


def _plain_word(part: str) -> str:
    return re.sub(r"[_\-\s]|\[[^\]]*\]?$", "", part).lower()


def _of_severity(was: Value, now: Value, *, is_there: bool, was_there: bool, is_new_file: bool) -> str:
    old, new = (None if value is None else _SEVERITIES.get(str(value).lower()) for value in (was, now))
    if was_there and old is not None and (new or 0) < old:
        return "lower"
    return "lower" if is_there and not was_there and new == 0 and not is_new_file else ""


def _of_number(word: str, key: str, was: Value, now: Value, is_there: bool) -> str:
    old_number, new_number = _number(was), _number(now)
    if old_number is None:
        return "on" if not is_there and _AT_LEAST.search(word) else ""
    is_cap = _AT_MOST.search(word) and not re.search(r"cover|threshold\.", key, re.I)
    if _AT_LEAST.search(word) and not is_cap and (new_number is None or new_number < old_number):
        return "lower"
    if is_cap and (new_number is None or new_number > old_number):
        return "higher"
    return ""


def _of_list(word: str, parent: str, was: Value, now: Value, is_new_file: bool) -> str:
    had, has = _set(was), _set(now)
    leaves_out = _LEAVES_OUT.search(word) or _LEAVES_OUT.search(parent)
    if word == "filterwarnings":
        return (
            "more"
            if any(item.startswith(("ignore", "default")) for item in has - had)
            or any(item.startswith("error") for item in had - has)
            else ""
        )
    if leaves_out:
        return "more" if has - had and not is_new_file else ""
    if _CHOOSES.search(word) and had - has and not has > had:
        return "" if any(item == "ALL" for item in has) else "fewer"
    return ""


def _of_command(was: Value, now: Value, is_there: bool) -> str:
    had, has = (" ".join(sorted(value)) if isinstance(value, frozenset) else str(value or "") for value in (was, now))
    if not had and not is_there:
        return ""
    if not is_there or (had and not has):
        return "gone"
    more = set(_LOOSE_WORDS.findall(has)) - set(_LOOSE_WORDS.findall(had))
    if more:
        return "words"
    lost = {word for word in had.split() if re.match(r"--(?:strict|cov|fail|error|max-warnings|check)", word)} - set(
        has.split()
    )
    return "words" if lost or (had and not set(had.split()) & set(has.split())) else ""


def _set(value: Value) -> frozenset[str]:
    if isinstance(value, frozenset):
        return value
    if value is None or isinstance(value, bool | int | float):
        return frozenset() if value is None else frozenset((str(value),))
    return frozenset(part for part in re.split(r"[,\s|]+", str(value)) if part)


def _off(value: Value) -> bool:
    return value is None or value is False or str(value).lower() in ("false", "no", "off", "0", "none", "")


def _is_number(*values: Value) -> bool:
    return any(isinstance(value, int | float) and not isinstance(value, bool) and value > 2 for value in values)


def _number(value: Value) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(str(value).rstrip("%")) if value is not None and not isinstance(value, frozenset) else None
    except ValueError:
        return None


def _line(text: str, key: str) -> int:
    """Where the key stands, 0 where that is not seen."""
    word = re.sub(r"\[.*\]$", "", key).rpartition(".")[2]
    found = re.search(rf"^[^\n]*?[\"']?{re.escape(word)}[\"']?\s*[:=]", text, re.MULTILINE) if word else None
    return text.count("\n", 0, found.start()) + 1 if found else 0
