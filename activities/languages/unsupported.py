"""Languages that no toolchain knows, seen by their manifests, and the commands by which a repository has them checked.

What nobody looked at is never green: a check that has nothing to run there says so, with the lines for
`.github/autobuild.yml`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import islice
from pathlib import Path

from activities.reporting.reasons import language_not_looked_at
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_NOT_LOOKED_INTO = frozenset(
    (
        "node_modules", "vendor", "third_party", "site-packages", "venv", "env", "dist", "build", "target", "tests",
        "test", "testdata", "fixtures", "examples", "example", "docs", "doc", "templates", "template", "samples",
    )
)  # fmt: skip
_MAKEFILE = "A Makefile"
_DEPTH = 4
_MOST_FOLDERS = 2000
_LARGEST = 1_000_000
_TEST_TARGET = re.compile(r"^(?:[\w.-]+ )*(?:tests?|check)(?: [\w. -]+)?:", re.MULTILINE)


@dataclass(frozen=True)
class SuggestedCommand:
    """A command for a check. `format` is "" where it is the check's default, `report` where the command prints it."""

    command: str
    report: str = ""
    format: str = ""


@dataclass(frozen=True)
class OtherLanguage:
    """`manifests` are patterns of names, `commands` are by check. `plain`: its manifest may serve another language, so
    it counts only where nothing else is found."""

    name: str
    manifests: tuple[str, ...]
    commands: Mapping[str, SuggestedCommand] = field(default_factory=dict)
    plain: bool = False


@dataclass(frozen=True)
class SeenLanguage:
    """A language of a tree, and the first of its manifests."""

    language: OtherLanguage
    manifest: str


_LANGUAGES = (
    OtherLanguage(
        "Java", ("pom.xml",), {"unit_tests": SuggestedCommand("mvn -B test", "target/surefire-reports/TEST-*.xml")}
    ),
    OtherLanguage(
        "Java or Kotlin",
        ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
        {"unit_tests": SuggestedCommand("./gradlew test", "build/test-results/test/TEST-*.xml")},
    ),
    OtherLanguage(
        "Scala", ("build.sbt",), {"unit_tests": SuggestedCommand("sbt test", "target/test-reports/TEST-*.xml")}
    ),
    OtherLanguage(
        "Ruby",
        ("Gemfile", "*.gemspec"),
        {
            "unit_tests": SuggestedCommand("bundle exec rspec --format RspecJunitFormatter"),
            "linting": SuggestedCommand("bundle exec rubocop --format emacs", format="text"),
        },
    ),
    OtherLanguage(
        "PHP",
        ("composer.json",),
        {
            "unit_tests": SuggestedCommand("vendor/bin/phpunit --log-junit report.xml", "report.xml"),
            "linting": SuggestedCommand("vendor/bin/phpcs --report=emacs", format="text"),
            "static_analysis": SuggestedCommand("vendor/bin/phpstan analyse --error-format=raw", format="text"),
        },
    ),
    OtherLanguage(
        ".NET",
        ("*.csproj", "*.fsproj", "*.vbproj", "*.sln", "*.slnx"),
        {"unit_tests": SuggestedCommand("dotnet test --logger 'junit;LogFilePath=report.xml'", "report.xml")},
    ),
    OtherLanguage(
        "Elixir",
        ("mix.exs",),
        {
            "unit_tests": SuggestedCommand(
                "mix test --formatter JUnitFormatter", "_build/test/lib/*/test-junit-report.xml"
            ),
            "linting": SuggestedCommand("mix credo --format flycheck", format="text"),
        },
    ),
    OtherLanguage(
        "Swift",
        ("Package.swift",),
        {"unit_tests": SuggestedCommand("swift test --xunit-output report.xml", "report.xml")},
    ),
    OtherLanguage("Dart", ("pubspec.yaml",), {"unit_tests": SuggestedCommand("dart test --reporter json | tojunit")}),
    OtherLanguage(
        "Deno",
        ("deno.json", "deno.jsonc"),
        {"unit_tests": SuggestedCommand("deno test --junit-path=report.xml", "report.xml")},
    ),
    OtherLanguage(
        "Perl",
        ("cpanfile", "Makefile.PL", "Build.PL"),
        {"unit_tests": SuggestedCommand("prove --formatter TAP::Formatter::JUnit -lr t")},
    ),
    OtherLanguage(
        "C or C++",
        ("CMakeLists.txt",),
        {"unit_tests": SuggestedCommand("ctest --test-dir build --output-junit ../report.xml", "report.xml")},
        plain=True,
    ),
    OtherLanguage(
        "C or C++",
        ("meson.build",),
        {"unit_tests": SuggestedCommand("meson test -C build", "build/meson-logs/testlog.junit.xml")},
        plain=True,
    ),
    OtherLanguage(
        "Bazel",
        ("MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel"),
        {"unit_tests": SuggestedCommand("bazel test //...", "bazel-testlogs/**/test.xml")},
        plain=True,
    ),
    OtherLanguage(
        _MAKEFILE,
        ("Makefile", "makefile", "GNUmakefile"),
        {"unit_tests": SuggestedCommand("make test REPORT=report.xml", "report.xml")},
        plain=True,
    ),
)


def not_looked_at(seen: SeenLanguage, check: str, command: SuggestedCommand) -> str:
    """What to configure for a check of a language."""
    more = {"report": command.report, "format": command.format}
    keys = "".join(f", {key}: {value}" for key, value in more.items() if value)
    return language_not_looked_at(seen.language.name, seen.manifest, check, f"command: {command.command}{keys}")


@lru_cache(maxsize=64)
def unsupported_languages(checkout: Path, has_projects: bool) -> tuple[SeenLanguage, ...]:
    """Those in the root and down to two levels below it, in the order above. Cached: a checkout never changes.
    `has_projects`: it has projects that a toolchain knows."""
    tree = UntrustedFolder(checkout)
    files = [path for folder in islice(_folders(tree, ".", _DEPTH), _MOST_FOLDERS) for path in _files(tree, folder)]
    seen = [found for language in _LANGUAGES if (found := _seen(tree, language, files))]
    languages = tuple(one for one in seen if not one.language.plain)
    return languages if languages or has_projects else tuple(seen[:1])


def _seen(tree: UntrustedFolder, language: OtherLanguage, files: list[str]) -> SeenLanguage | None:
    for path in files:
        name = path.rpartition("/")[2]
        named = any(fnmatchcase(name, pattern) for pattern in language.manifests)
        if named and (language.name != _MAKEFILE or _has_test_target(tree, path)):
            return SeenLanguage(language, path)
    return None


def _has_test_target(tree: UntrustedFolder, path: str) -> bool:
    try:
        return bool(_TEST_TARGET.search(tree.read_text(path, _LARGEST)))
    except UntrustedFileError:
        return False


def _files(tree: UntrustedFolder, folder: str) -> Iterator[str]:
    return (name if folder == "." else f"{folder}/{name}" for name in tree.names(folder))


def _folders(tree: UntrustedFolder, folder: str, depth: int) -> Iterator[str]:
    yield folder
    for child in tree.folders(folder) if depth else ():
        name = child.rpartition("/")[2]
        if not name.startswith(".") and name.lower() not in _NOT_LOOKED_INTO:
            yield from _folders(tree, child, depth - 1)
