"""What kind of change a commit is, by the paths that it touches and by its title."""

import re
from collections.abc import Iterable
from typing import Literal

PathKind = Literal["documentation", "test", "dependency", "migration", "flag", "configuration", "ci", "code"]

_PATTERNS: tuple[tuple[PathKind, str], ...] = (
    ("ci", r"""
        ^\.(?:github|circleci|buildkite|devcontainer|vscode|idea)/ | (?:^|/)\.(?:gitlab-ci|travis|drone)\.ya?ml$
        | (?:^|/)(?:Jenkinsfile|\.gitignore|\.editorconfig|\.pre-commit-config\.yaml|CODEOWNERS)$
    """),
    ("test", r"""
        (?:^|/)(?:tests?|specs?|__tests__|testing|e2e|fixtures|testdata|__snapshots__)/
        | (?:^|/)(?:test_[^/]*|conftest)\.py$ | _test\.(?:py|go|rb|exs)$ | [._-](?:test|spec)s?\.[cm]?[jt]sx?$
        | Tests?\.(?:java|kt|cs|php|swift)$
    """),
    ("dependency", r"""
        (?:^|/)(?:requirements[^/]*\.(?:txt|in|lock)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile(?:\.lock)?
        |(?:poetry|uv|pdm|Cargo|composer|Gemfile|yarn|bun|mix|deno|flake|pubspec)\.lockb?|package(?:-lock)?\.json
        |npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.(?:mod|sum)|Cargo\.toml|Gemfile|composer\.json|pom\.xml
        |build\.gradle(?:\.kts)?|gradle\.lockfile|libs\.versions\.toml|[^/]+\.csproj|packages\.lock\.json
        |(?:Docker|Container)file(?:\.[^/]+)?|[^/]+\.Dockerfile)$
    """),
    ("migration", r"(?:^|/)(?:migrations?|migrate|alembic/versions|flyway|liquibase|db/changelog)/ | \.sql$"),
    ("documentation", r"""
        (?:^|/)docs?/ | \.(?:md|mdx|rst|adoc|markdown|txt)$
        | (?:^|/)(?:LICEN[CS]E|NOTICE|AUTHORS|CHANGELOG|CONTRIBUTORS|README)[^/]*$
    """),
    ("flag", r"(?:^|/)[^/]*(?:feature|flag|toggle|launchdarkly|unleash|flipt)[^/]*\.(?:ya?ml|json|toml|ini|env)$"),
    ("configuration", r"""
        \.(?:ya?ml|toml|ini|cfg|conf|config|properties|env|tf|tfvars|hcl|json|json5|xml|plist)$ | (?:^|/)\.env[^/]*$
        | (?:^|/)(?:config|configs|settings|deploy|helm|charts|k8s|kubernetes|terraform|ansible|nginx)/
        | (?:^|/)(?:settings|config)\.(?:py|rb|js|ts|go)$ | (?:^|/)Procfile$
    """),
)  # fmt: skip
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE | re.VERBOSE)) for kind, pattern in _PATTERNS)
_HARMLESS = frozenset({"documentation", "test"})
_REVERT = re.compile(r"^\s*(?:revert|reapply|re-?land)\b", re.IGNORECASE)
_AGAIN = re.compile(r"^\s*(?:re-?apply|re-?land|revert\s+[\"“']?\s*revert)\b", re.IGNORECASE)
_NAMED = re.compile(r"\s*revert\s+[\"“]?(?P<title>.+?)[\"”]?\s*(?:\(#\d+\))?\s*$", re.IGNORECASE)
_FLAG_WORDS = re.compile(r"\b(?:feature[ -]?flag|flag|toggle|roll(?:s|ed)? ?out|enable[sd]?|turn(?:s|ed)? on)\b", re.I)


def kind_of(path: str) -> PathKind:
    """The kind of a file; `code` for what is none of the others."""
    return next((kind for kind, pattern in _KINDS if pattern.search(path)), "code")


def kinds_of(paths: Iterable[str]) -> frozenset[PathKind]:
    """The kinds of all paths."""
    return frozenset(map(kind_of, paths))


def is_harmless(paths: Iterable[str]) -> bool:
    """Whether all are of a kind that no running service reads: documentation and tests. False where no path
    is known."""
    kinds = kinds_of(paths)
    return bool(kinds) and kinds <= _HARMLESS


def data_migrations(paths: Iterable[str]) -> tuple[str, ...]:
    """Those that change a database: what they did is not undone when their files are removed."""
    return tuple(path for path in paths if kind_of(path) == "migration")


def is_revert(title: str) -> bool:
    """Whether a commit takes another one back, or brings back what was taken back."""
    return bool(_REVERT.search(title))


def taken_back(title: str) -> str:
    """The title of what a commit or a pull request takes back, "" where it names none."""
    found = _NAMED.match(title)
    return found["title"].strip() if found and not is_brought_back(title) else ""


def is_brought_back(title: str) -> bool:
    """Whether a commit brings back what was taken back before."""
    return bool(_AGAIN.search(title))


def names_flag(title: str) -> bool:
    """Whether a title speaks of switching something on."""
    return bool(_FLAG_WORDS.search(title))
