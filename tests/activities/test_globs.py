"""Globs of paths and branches, and that none of them is slow."""

import time

import pytest

from activities.globs import branch_matches, path_matches


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("vendor", "vendor/a/b.py", True),
        ("vendor", "src/vendor/b.py", True),
        ("vendor", "src/vendored.py", False),
        ("vendor/", "vendor/a.py", True),
        ("/vendor", "src/vendor/a.py", False),
        ("/vendor", "vendor/a.py", True),
        ("*.lock", "deep/down/uv.lock", True),
        ("*.lock", "deep/uv.lock.py", False),
        ("docs/*", "docs/a/b.md", True),
        ("docs/*.md", "docs/a/b.md", False),
        ("docs/**/*.md", "docs/b.md", True),
        ("docs/**/*.md", "docs/a/c/b.md", True),
        ("**/gen", "gen/x.py", True),
        ("**", "anything", True),
        ("web/dist", "api/web/dist/a.js", False),
        ("a?.py", "ab.py", True),
        ("[ab].py", "b.py", True),
        ("Vendor", "vendor/a.py", False),
        ("a b", "x/a b/\n.py", True),
    ],
)
def test_path_matches_by_glob(pattern: str, path: str, matches: bool) -> None:
    assert path_matches(["nothing", pattern], path) is matches


@pytest.mark.parametrize(
    ("patterns", "branch", "matches"),
    [
        ([], "main", False),
        (["main"], "main", True),
        (["main"], "feature/main", False),
        (["release/*"], "release/1", True),
        (["release/*"], "release/1/2", False),
        (["release/**"], "release/1/2", True),
        (["**", "!dependabot/**"], "dependabot/npm/x", False),
        (["**", "!dependabot/**"], "feature", True),
        (["!main", "**"], "main", True),
        (["!main"], "feature", False),
    ],
)
def test_branch_matches_by_glob(patterns: list[str], branch: str, matches: bool) -> None:
    assert branch_matches(patterns, branch) is matches


@pytest.mark.parametrize("pattern", ["*a" * 120 + "b", "**/" * 80 + "b", "a*" * 120, "[" * 250, "?" * 250])
def test_no_pattern_is_slow(pattern: str) -> None:
    started = time.process_time()
    path_matches([pattern] * 10, "a" * 2000 + "/a" * 50)
    assert time.process_time() - started < 2
