"""What `go test -json` writes: an event a line, of packages, their tests and subtests."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from activities.languages.go.modules import package_folder
from activities.model import TestCase
from activities.reports import valid_unicode
from activities.tool_reports import with_unique_ids
from activities.tooling import Project
from activities.untrusted_files import UntrustedFileError

Outcome = Literal["passed", "failed", "skipped"]

_OUTCOMES: Mapping[str, Outcome] = {"pass": "passed", "fail": "failed", "skip": "skipped"}
_LONGEST_LINE = 2_000_000
_LONGEST_OUTPUT = 20_000
_LONGEST_MESSAGE = 4000
_MOST_TESTS = 500_000
_LARGEST_FILE = 1_000_000
_NOISE = re.compile(r"\s*(?:=== (?:RUN|PAUSE|CONT|NAME)|--- (?:FAIL|PASS|SKIP)|FAIL\b|ok\s|exit status|# ).*")
_FUNCTION = re.compile(r"func (?P<name>(?:Test|Example|Fuzz|Benchmark)\w*)\(")
_OWN_NAME = re.compile(r"(?P<package>.*?)\.(?P<test>(?:Test|Example|Fuzz)[^/]*)(?:/.*)?", re.DOTALL)


@dataclass
class RanGoTest:
    """One test, or with the name "" a package."""

    outcome: Outcome | None = None
    duration_s: float = 0.0
    output: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, text: str) -> None:
        if self.size < _LONGEST_OUTPUT:
            self.output.append(text)
            self.size += len(text)


@dataclass
class GoPackage:
    """`built`: what the compiler said of it, where it did not compile."""

    tests: dict[str, RanGoTest] = field(default_factory=lambda: defaultdict(RanGoTest))
    built: list[str] = field(default_factory=list)
    failed_build: str = ""


def read_events(data: bytes) -> dict[str, GoPackage]:
    """Import path → what happened there. Lines that are no events are left out."""
    packages: defaultdict[str, GoPackage] = defaultdict(GoPackage)
    builds: defaultdict[str, list[str]] = defaultdict(list)
    count = 0
    for line in data.split(b"\n"):
        event = _event(line)
        action, name = str(event.get("Action", "")), _text(event, "Package")[:1000]
        if action == "build-output":
            if len(builds[_text(event, "ImportPath")]) < 400:
                builds[_text(event, "ImportPath")].append(_text(event, "Output")[:_LONGEST_OUTPUT])
        elif action and name and count < _MOST_TESTS:
            package = packages[name]
            count += _text(event, "Test") not in package.tests
            test = package.tests[_text(event, "Test")[:1000]]
            if action == "output":
                test.add(_text(event, "Output")[:_LONGEST_OUTPUT])
            elif action in _OUTCOMES:
                elapsed = event.get("Elapsed")
                test.outcome = _OUTCOMES[action]
                test.duration_s = float(elapsed) if isinstance(elapsed, int | float) else 0.0
                package.failed_build = package.failed_build or _text(event, "FailedBuild")
    for package in packages.values():
        package.built = builds.get(package.failed_build, []) if package.failed_build else []
    return dict(packages)


def _event(line: bytes) -> dict[str, object]:
    if not line.startswith(b"{") or len(line) > _LONGEST_LINE:
        return {}
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _text(event: Mapping[str, object], key: str) -> str:
    value = event.get(key)
    return valid_unicode(value) if isinstance(value, str) else ""


def cases_of(project: Project, packages: Mapping[str, GoPackage], name: str) -> tuple[TestCase, ...]:
    """Each test and subtest as `folder.TestName/sub`; `name` is the module's own package. A package that fails beside
    its tests, or does not compile, is one too."""
    return with_unique_ids(case for path, package in packages.items() for case in _cases(project, path, package, name))


def _cases(project: Project, path: str, package: GoPackage, name: str) -> Iterator[TestCase]:
    folder = package_folder(project, path) or path
    shown = project.inside_repository(name if folder == "." else folder)
    places = _places(project, folder)
    whole = package.tests.get("", RanGoTest())
    failed = False
    for test, ran in package.tests.items():
        if not test:
            continue
        # Without an end, it ended the program: by a panic, an exit, or since time was over.
        outcome = ran.outcome or ("failed" if whole.outcome != "passed" else "passed")
        failed = failed or outcome == "failed"
        file, line = places.get(test.partition("/")[0], ("", 0))
        output = ran.output if ran.outcome else [*ran.output, *whole.output]
        message = _message(output) if outcome != "passed" else ""
        yield TestCase(f"{shown}.{test}", outcome, file, line, message, ran.duration_s)
    if whole.outcome == "failed" and not failed:
        what = "compilation" if package.failed_build or "[build failed]" in "".join(whole.output) else "package"
        yield TestCase(f"{shown} ({what})", "failed", "", 0, _message([*package.built, *whole.output]))


def _message(output: list[str]) -> str:
    lines = [line for line in "".join(output)[:_LONGEST_OUTPUT].splitlines() if not _NOISE.fullmatch(line)]
    text = "\n".join(lines).strip()
    half = _LONGEST_MESSAGE // 2
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:half]}\n…\n{text[-half:]}"


def _places(project: Project, folder: str) -> dict[str, tuple[str, int]]:
    """Test → (path, line) in the package's own files."""
    found: dict[str, tuple[str, int]] = {}
    for name in project.files.names(folder):
        if name.endswith("_test.go"):
            path = name if folder == "." else f"{folder}/{name}"
            for number, line in enumerate(_lines(project, path), 1):
                if match := _FUNCTION.match(line[:500]):
                    found.setdefault(match["name"], (project.inside_repository(path), number))
    return found


def _lines(project: Project, path: str) -> list[str]:
    try:
        return project.files.read_text(path, _LARGEST_FILE).splitlines()
    except UntrustedFileError:
        return []


def selection(project: Project, ids: list[str], name: str) -> tuple[str, ...]:
    """What go test gets to run these alone: `-run` and the packages; () where one of them is no test."""
    tests: dict[str, None] = {}
    folders: dict[str, None] = {}
    for each in ids:
        match = _OWN_NAME.fullmatch(each.removeprefix(project.inside_repository("")))
        if not match or not re.fullmatch(r"\w+", match["test"]):
            return ()
        tests[match["test"]] = None
        folders["." if match["package"] == name else f"./{match['package']}"] = None
    known = [folder for folder in folders if folder == "." or project.files.is_folder(folder[2:])]
    return ("-run", f"^({'|'.join(tests)})$", *known) if known else ()
