"""What makes a finding the same finding in another tree, and which findings a change brings.

A fingerprint is `<path><content>:<n>`: sixteen hexadecimal digits of the path, thirty-two of the rule and the
source line's text (white space made equal), and a running number for the same line again in the same file. The
line's number is no part of it, so lines that moved stay known. The path stands alone in front so that a renamed
file keeps its findings. The tool is no part either: the same rule from another tool is no news.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from itertools import islice
from pathlib import Path

from activities.model import Finding, TestCase, ToolReport
from activities.result_store import digest
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

Lines = Callable[[str], Sequence[str] | None]
"""A file's lines by its path in the repository; None where they cannot be read."""

_PATH_DIGITS = 16
_CONTENT_DIGITS = 32
_LARGEST_FILE = 4 * 1024**2
_LONGEST_LINE = 2000

# What differs between two runs of the same failure: colours, folders of one run, addresses and ids, days, durations,
# and at last every number.
_OF_ONE_RUN = (
    (re.compile("\x1b\\[[0-9;]*m"), ""),
    (re.compile(r"(?:/private)?/(?:tmp|var/tmp|var/folders)(?:/[^\s'\"`,;:)\]]*)?"), "/tmp"),
    (re.compile(r"\b0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "0"),
    (re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{7,}\b"), "0"),
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b"), "day"),
    (re.compile(r"\d[\d.,]* ?(?:ns|us|µs|ms|s|sec|seconds|min|minutes)\b"), "0s"),
    (re.compile(r"[-+]?\d[\d.,:_]*(?:e[-+]?\d+)?"), "0"),
)
_PLACE = re.compile(r".+:\d+: [\w.]+")


def fingerprint(rule: str, path: str, text: str, occurrence: int = 0) -> str:
    """The fingerprint of a finding on a line with this `text`, the `occurrence`-th of its kind in its file (from 0)."""
    return f"{_of_path(path)}{_of_content(rule, _normalised(text), '')}:{occurrence}"


def failure_fingerprint(test: TestCase) -> str:
    """The fingerprint of a test that failed: the same test and the same reason. An accepted failure must not hide the
    next one, so the exception, what it says and where it was raised count; what differs from run to run does not."""
    return fingerprint(test.outcome, test.path, digest(test.id, _reason_of(test.message)))


def _reason_of(message: str) -> str:
    """Of pytest's long text the exception (`E`), the line of code that raised it (the last `>`) and its file: the rest
    shows the test's code, which may change without the failure. Of any other text everything."""
    lines = [line.rstrip() for line in message.splitlines()]
    if errors := [line for line in lines if line.startswith("E ")]:
        code = [" ".join(line.split()) for line in lines if line.startswith("> ")][-1:]
        place = [line for line in lines if _PLACE.fullmatch(line)][-1:]
        return "\n".join((*code, *map(_same_each_run, (*errors, *place))))
    return "\n".join(_same_each_run(line) for line in lines if line.strip())


def _same_each_run(text: str) -> str:
    for pattern, instead in _OF_ONE_RUN:
        text = pattern.sub(instead, text)
    return " ".join(text.split())


def with_fingerprints(findings: Iterable[Finding], lines: Lines) -> tuple[Finding, ...]:
    """The findings in their order, each with its fingerprint. Give those of one check and one tree all at once,
    since the running numbers are counted here. A finding without a readable line (a whole file, its very start, a
    binary, a line that is not there) goes by its message instead, numbers left out.
    """
    found = list(findings)
    by_path = defaultdict(list)
    for index, finding in enumerate(found):
        by_path[finding.path].append(index)
    for path, indexes in by_path.items():
        _number(found, indexes, _of_path(path), lines(path) or ())
    return tuple(found)


def fingerprinted(reports: Iterable[ToolReport], lines: Lines) -> tuple[ToolReport, ...]:
    """The reports of one check on one tree, their findings with fingerprints."""
    given = tuple(reports)
    marked = iter(with_fingerprints((each for report in given for each in report.findings), lines))
    return tuple(replace(report, findings=tuple(islice(marked, len(report.findings)))) for report in given)


def split(
    head: Sequence[Finding],
    base: Iterable[Finding],
    *,
    renamed: Mapping[str, str] | None = None,
    accepted: Set[str] = frozenset(),
    changed: Mapping[str, Set[int]] | None = None,
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """(new, known) of the head's findings, both in the head's order, `new` set on each.

    A multiset difference: a kind of finding that the base has twice and the head three times gives one new. Of
    such equals, those on `changed` lines (path to 1-based lines of the head) are taken for the new ones. `renamed`
    leads from the base's paths to the head's. What is `accepted` (fingerprints) is known even if the base lacks it.
    """
    moves = {_of_path(old): _of_path(new) for old, new in (renamed or {}).items()}
    known = _count((finding.fingerprint for finding in base), moves) | _count(accepted, moves)
    new = _over(head, known, changed or {})
    return (
        tuple(replace(finding, new=True) for index, finding in enumerate(head) if index in new),
        tuple(replace(finding, new=False) for index, finding in enumerate(head) if index not in new),
    )


def lines_of_tree(root: Path) -> Lines:
    """Reads the files of a checkout. What is behind a link, or no text file of at most four megabytes, is None."""
    folder = UntrustedFolder(root)

    def lines(path: str) -> Sequence[str] | None:
        try:
            text = folder.read_text(path, _LARGEST_FILE)
        except UntrustedFileError:
            return None
        # Every linter counts the three usual line ends; str.splitlines would count form feeds and more.
        return None if "\0" in text else text.split("\n")

    return lines


def _number(found: list[Finding], indexes: list[int], path: str, lines: Sequence[str]) -> None:
    seen: Counter[str] = Counter()
    for index in sorted(indexes, key=lambda i: (found[i].line, found[i].column)):
        finding = found[index]
        # A rule about the whole file is reported at its very start, where the line's text says nothing.
        has_line = 0 < finding.line <= len(lines) and (finding.line, finding.column) != (1, 1)
        text = _normalised(lines[finding.line - 1]) if has_line else ""
        stem = path + _of_content(finding.rule, text, "" if text else finding.message)
        found[index] = replace(finding, fingerprint=f"{stem}:{seen[stem]}")
        seen[stem] += 1


def _over(head: Sequence[Finding], known: Counter[str], changed: Mapping[str, Set[int]]) -> set[int]:
    """The indexes of what the head has more of than is known."""
    alike = defaultdict(list)
    for index, finding in enumerate(head):
        alike[stem_of(finding.fingerprint)].append(index)
    over: set[int] = set()
    for stem, indexes in alike.items():
        indexes.sort(key=lambda i: (head[i].line in changed.get(head[i].path, ()), head[i].line, i))
        over.update(indexes[known[stem] :])
    return over


def _count(fingerprints: Iterable[str], moves: Mapping[str, str]) -> Counter[str]:
    stems = (stem_of(each) for each in fingerprints)
    return Counter(moves.get(stem[:_PATH_DIGITS], stem[:_PATH_DIGITS]) + stem[_PATH_DIGITS:] for stem in stems)


def stem_of(fingerprint: str) -> str:
    """Without the running number: equal findings of one file have the same."""
    return fingerprint.partition(":")[0]


def content_of(fingerprint: str) -> str:
    """Without the path too, which a renamed file has another of."""
    return stem_of(fingerprint)[_PATH_DIGITS:]


def _of_path(path: str) -> str:
    return digest(path)[:_PATH_DIGITS]


def _of_content(rule: str, text: str, message: str) -> str:
    return digest(rule, text, re.sub(r"\d+", "0", _normalised(message)))[:_CONTENT_DIGITS]


def _normalised(text: str) -> str:
    return " ".join(text[:_LONGEST_LINE].split())
