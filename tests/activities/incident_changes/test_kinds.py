"""Which kind of file a path is, and whether a frame names it."""

import pytest

from activities.incident_changes.frames import path_of_frame, touched_frame
from activities.incident_changes.kinds import (
    PathKind,
    data_migrations,
    is_brought_back,
    is_harmless,
    is_revert,
    kind_of,
)
from activities.incidents.types import StackFrame


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("README.md", "documentation"), ("docs/a/b.png", "documentation"), ("LICENSE", "documentation"),
        ("tests/test_a.py", "test"), ("a_test.go", "test"), ("web/a.spec.tsx", "test"), ("src/AppTests.java", "test"),
        ("requirements.txt", "dependency"), ("web/package-lock.json", "dependency"), ("go.sum", "dependency"),
        ("Dockerfile", "dependency"), ("pyproject.toml", "dependency"),
        ("db/migrations/0001_init.py", "migration"), ("schema.sql", "migration"),
        ("config/feature_flags.yaml", "flag"),
        ("config/app.yaml", "configuration"), ("deploy/values.json", "configuration"), (".env.production", "configuration"),
        (".github/workflows/ci.yml", "ci"),
        ("src/contest.py", "code"), ("src/document.py", "code"), ("migrate.py", "code"), ("src/latest.ts", "code"),
    ],
)  # fmt: skip
def test_a_path_has_one_kind(path: str, kind: PathKind) -> None:
    assert kind_of(path) == kind


def test_only_documentation_and_tests_are_harmless() -> None:
    assert is_harmless(["README.md", "tests/test_a.py"])
    assert not is_harmless(["README.md", "src/a.py"])
    assert not is_harmless([])
    assert data_migrations(["a.py", "migrations/1.sql"]) == ("migrations/1.sql",)


@pytest.mark.parametrize(
    ("title", "revert", "again"),
    [
        ('Revert "Add a cache"', True, False), ('Revert "Revert "Add a cache""', True, True),
        ('Reapply "Add a cache"', True, True), ("Reland the cache", True, True), ("Add reverts", False, False),
    ],
)  # fmt: skip
def test_reverts_are_known_by_their_titles(title: str, revert: bool, again: bool) -> None:
    assert (is_revert(title), is_brought_back(title)) == (revert, again)


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ("/app/src/cart/total.py", "src/cart/total.py"), ("cart/total.py", "src/cart/total.py"),
        ("C:\\app\\src\\cart\\total.py", "src/cart/total.py"), ("total.py", "src/cart/total.py"),
        ("/usr/lib/python3/json/decoder.py", ""), ("", ""), ("init.py", ""), ("/app/other/total.py", ""),
        ("./src/a/init.py", "src/a/init.py"),
    ],
)  # fmt: skip
def test_a_frame_names_one_path_or_none(named: str, path: str) -> None:
    assert path_of_frame(StackFrame(named), ["src/cart/total.py", "src/a/init.py", "src/b/init.py"]) == path


def test_the_closest_frame_counts() -> None:
    hunks = {"src/a.py": ((10, 12),), "tests/test_a.py": ((1, 5),)}
    frames = [StackFrame("src/a.py", 90), StackFrame("src/a.py", 15), StackFrame("tests/test_a.py", 2)]
    assert touched_frame(frames, list(hunks), hunks) == ("lines", frames[1])
    assert touched_frame(frames[:1], list(hunks), hunks) == ("file", frames[0])
    assert touched_frame(frames[2:], list(hunks), hunks) == ("", None)
    assert touched_frame([StackFrame("src/a.py")], list(hunks), hunks)[0] == "file"
