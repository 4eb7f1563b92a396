"""Paths, sizes, protected paths, lock files and installations; and what the verdict makes of them."""

import json

import pytest

from activities.patch_checks import packages, paths, protected_paths
from activities.patch_checks.checking import verdict
from activities.patch_checks.patch import PatchFile, PatchSide
from activities.patch_checks.types import PatchProblem, PatchRule
from tests.activities.patch_checks.patches import make_patch


@pytest.mark.parametrize(
    "path",
    [
        "a.py",
        "src/new folder/a.py",
        "docs/Grüße.md",
        "console.py",
        "src/auxiliary.py",
        "a/.github/x",
        ".gitignore",
        "nul_test.py",
        "日本/a.txt",
    ],
)
def test_ordinary_names_are_fine(path: str) -> None:
    assert list(paths.problems(make_patch({"src/a.py": "a"}, {"src/a.py": "a", path: "b"}))) == []


@pytest.mark.parametrize(
    "path",
    [
        "../a.py", "/a.py", "a//b.py", "./a.py", "a/../b.py", ".git/hooks/pre-commit", "a/.GIT/config", "git~1/config",
        ".g\u200cit/config", ".git./x", "con", "src/NUL.py", "com1.txt", "a.py ", "a./b", "a:b", "a\\b", "a\nb", "a\x1b[2Kb",
        "a\u202eyp.b", "a\u200bb", "a" * 500, "SRC/a.py", "src/A.py", "a?.py", "\\xff.py", "Src/new.py",
    ],
)  # fmt: skip
def test_names_that_some_system_takes_for_something_else_are_refused(path: str) -> None:
    found = list(paths.problems(make_patch({"src/a.py": "a"}, {"src/a.py": "a", path: "b"})))
    assert [each.rule for each in found] == ["paths"]


def test_what_was_there_before_is_no_problem_of_the_patch() -> None:
    before = {"con": "a", "A.py": "a", "a.py": "a"}
    assert list(paths.problems(make_patch(before, {**before, "con": "b", "A.py": "b"}))) == []
    assert list(paths.problems(make_patch(before, {}))) == []


@pytest.mark.parametrize(("mode", "rules"), [("120000", ["links"]), ("160000", ["links"]), ("100755", [])])
def test_links_and_submodules_are_refused(mode: str, rules: list[str]) -> None:
    patch = make_patch({}, {})
    file = PatchFile(None, PatchSide("a", mode, 10, "/etc/passwd"))
    assert [each.rule for each in paths.problems(type(patch)([file], [], frozenset(["a"])))] == rules


def test_sizes_have_limits() -> None:
    def rules(before: dict[str, str], after: dict[str, str]) -> set[str]:
        return {each.rule for each in paths.sizes(make_patch(before, after, with_lines=len(after) < 9))}

    assert rules({"a": "x"}, {"a": "y" * 1000}) == set()
    assert rules({"a": "x" * 2_000_000}, {"a": "x" * 1_900_000}) == set()
    assert rules({}, {"a": "x" * 2_000_000}) == {"sizes"}
    assert rules({}, {str(n): "x" for n in range(301)}) == {"sizes"}
    assert rules({str(n): "x" for n in range(51)}, {}) == {"sizes"}
    assert rules({}, {"a": "x\n" * 20_001}) == {"sizes"}
    binary, image = (PatchFile(None, PatchSide(name, "100644", 1000, None)) for name in ("a.bin", "a.png"))
    patch = make_patch({}, {})
    assert [each.path for each in paths.sizes(type(patch)([binary, image], [], frozenset()))] == ["a.bin"]


@pytest.mark.parametrize(
    ("path", "is_protected"),
    [
        ("src/a.py", False), ("docs/agents.py", False), (".github/ISSUE_TEMPLATE/a.md", False), ("hooks/use.ts", False),
        (".github/workflows/ci.yml", True), (".github/actions/a/action.yml", True), (".github/autobuild.yml", True),
        (".github/autobuild/recipes/a.yml", True), ("CODEOWNERS", True), ("docs/CODEOWNERS", True), ("AGENTS.md", True),
        ("sub/agents.md", True), ("CLAUDE.md", True), (".github/copilot-instructions.md", True), (".husky/pre-commit", True),
        (".gitlab-ci.yml", True), ("Jenkinsfile", True), (".circleci/config.yml", True), (".vscode/tasks.json", True),
        (".pre-commit-config.yaml", True), (".gitattributes", True), (".npmrc", True), (".GitHub/Workflows/a.yml", True),
    ],
)  # fmt: skip
def test_protected_paths(path: str, is_protected: bool) -> None:
    for before, after in (({}, {path: "a"}), ({path: "a"}, {path: "b"}), ({path: "a"}, {})):
        found = list(protected_paths.problems(make_patch(before, after), None, ()))
        assert bool(found) == is_protected
    assert not list(protected_paths.problems(make_patch({}, {path: "a"}), None, (path,)))


def test_configured_protected_paths_replace_the_default_ones_but_never_workflows() -> None:
    patch = make_patch({}, {"src/core/a.py": "a", "AGENTS.md": "a", ".github/workflows/ci.yml": "a"})
    found = [each.path for each in protected_paths.problems(patch, ("src/core/**",), ())]
    assert found == [".github/workflows/ci.yml", "src/core/a.py"]


LOCK = '{"packages": {"a": {"resolved": "https://registry.example.com/a.tgz"}}}'


@pytest.mark.parametrize(
    ("before", "after", "refused", "noted"),
    [
        ({"a.py": "x"}, {"a.py": "y"}, [], []),
        ({"package-lock.json": LOCK}, {"package-lock.json": LOCK + " "}, ["lock-files"], []),
        (
            {"package-lock.json": LOCK, "package.json": "{}"},
            {"package-lock.json": LOCK + " ", "package.json": '{"dependencies": {"b": "1"}}'},
            [], ["dependencies", "lock-files"],
        ),
        (
            {"package-lock.json": LOCK, "package.json": "{}"},
            {"package-lock.json": LOCK.replace("registry", "evil"), "package.json": '{"version": "2"}'},
            ["lock-files"], [],
        ),
        ({"uv.lock": "a"}, {"uv.lock": "b", "a.py": "x"}, ["lock-files"], []),
        ({"a_pb2.py": "a"}, {"a_pb2.py": "b"}, ["generated-files"], []),
        ({"a_pb2.py": "a", "a.proto": "a"}, {"a_pb2.py": "b", "a.proto": "b"}, [], ["generated-files"]),
        ({"a.go": "// Code generated by x. DO NOT EDIT.\n"}, {"a.go": "// Code\n"}, ["generated-files"], []),
        ({}, {"a.go": "// Code generated by x. DO NOT EDIT.\n"}, [], []),
        ({"package.json": "{}"}, {"package.json": '{"scripts": {"postinstall": "node a.js"}}'}, [], ["install-scripts"]),
        ({"setup.py": "a"}, {"setup.py": "b"}, [], ["install-scripts"]),
        ({"requirements.txt": "a==1\n"}, {"requirements.txt": "a==2\nb[x]>=1  # new\n"}, [], ["dependencies"]),
        ({"pyproject.toml": ""}, {"pyproject.toml": '[project]\ndependencies = ["b"]\n'}, [], ["dependencies"]),
        ({"Cargo.toml": ""}, {"Cargo.toml": '[dev-dependencies]\nb = "1"\n'}, [], ["dependencies"]),
        ({"go.mod": "module a\n"}, {"go.mod": "module a\nrequire (\n\texample.com/b v1.0.0\n)\n"}, [], ["dependencies"]),
        ({"package.json": "{}"}, {"package.json": "[broken"}, [], []),
    ],
)  # fmt: skip
def test_lock_files_generated_files_and_dependencies(
    before: dict[str, str], after: dict[str, str], refused: list[str], noted: list[str]
) -> None:
    found = list(packages.problems(make_patch(before, after)))
    assert sorted(problem.rule for problem, is_note in found if not is_note) == refused
    assert sorted(problem.rule for problem, is_note in found if is_note) == noted


def test_a_plan_allows_rules_or_paths_but_never_secrets_links_or_bad_paths() -> None:
    kinds: list[tuple[PatchRule, str]] = [
        ("removed-tests", "tests/a.py"), ("removed-tests", "tests/b.py"), ("sizes", ""), ("secrets", "a"), ("links", "b"),
        ("paths", "c"),
    ]  # fmt: skip
    rows = [(PatchProblem(rule, path, 1, "A sentence."), False) for rule, path in kinds]
    none = verdict(rows, ())
    assert len(none.refused) == 6
    some = verdict(rows, ("removed-tests:tests/a.py", "sizes", "secrets", "links", "paths"))
    assert [each.path for each in some.refused] == ["tests/b.py", "a", "b", "c"]
    assert [each.path for each in some.notes] == ["tests/a.py", ""]


def test_a_verdict_is_short_whatever_the_patch_is() -> None:
    found = verdict([(PatchProblem("paths", "x" * 4000 + f"\n{n}", 0, "A sentence."), False) for n in range(1000)], ())
    assert len(found.refused) == 1
    many = verdict([(PatchProblem("paths", f"{n}", 0, "A sentence."), False) for n in range(1000)], ())
    assert (len(many.refused), many.left_out) == (20, 980)
    assert len(json.dumps([each.__dict__ for each in many.refused])) < 20_000
