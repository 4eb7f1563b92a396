"""Which file of the tree a path of a report means."""

import pytest

from activities.custom_command.report_paths import TreeFiles

TREE = ("index.js", "src/a.js", "web/src/a.js", "web/src/b.js", "api/src/b.js", "web/only.js", "vendor/a.tf", "main.go",
        "src/x86/a.c", "src/__init__.py", "lib/__init__.py")  # fmt: skip


def place(name: str, *others: str, folder: str = ".", roots: tuple[str, ...] = ()) -> str | tuple[str, ...]:
    """The file, the files that may be meant, or "" for none."""
    found = TreeFiles(TREE).resolve((name, *others), folder, "/build", roots)
    return found.found.get(name, found.unclear.get(name, ""))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("src/a.js", "src/a.js"),
        ("./src/../src/a.js", "src/a.js"),
        ("web/../src/a.js", "src/a.js"),
        ("../src/a.js", "src/a.js"),
        ("/build/src/a.js", "src/a.js"),
        ("/build/web/../src/a.js", "src/a.js"),
        ("file:///build/src/a.js", "src/a.js"),
        ("/src/a.js", "src/a.js"),
        ("file:///index.js", "index.js"),
        ("/app/src/a.js", "src/a.js"),
        ("/github/workspace/index.js", "index.js"),
        ("file:///home/runner/work/p/p/web/src/b.js", "web/src/b.js"),
        ("C:\\agent\\1\\s\\src\\x86\\a.c", "src/x86/a.c"),
        ("d:/a/src/a.js", "src/a.js"),
        ("\\\\?\\D:\\a\\web\\only.js", "web/only.js"),
        ("src\\a.js", "src/a.js"),
        ("only.js", "web/only.js"),
        ("/app/only.js", ("web/only.js",)),
        ("src/b.js", ("api/src/b.js", "web/src/b.js")),
        ("b.js", ("api/src/b.js", "web/src/b.js")),
        ("github.com/octocat/p/main.go", "main.go"),
        ("/usr/include/src/a.js", ""),
        ("node_modules/p/index.js", ""),
        ("/app/.venv/lib/python3.11/site-packages/p/__init__.py", ""),
        ("nowhere.js", ""),
        ("../..", ""),
        ("", ""),
    ],
)
def test_a_path_is_the_longest_end_that_one_file_has(name: str, expected: str | tuple[str, ...]) -> None:
    assert place(name) == expected


def test_a_path_from_the_projects_folder_is_there() -> None:
    assert place("src/a.js", folder="web") == "web/src/a.js"
    assert place("../src/a.js", folder="web") == "src/a.js"
    assert place("/app/src/b.js", folder="api") == "api/src/b.js"


def test_a_command_that_went_to_another_folder_names_paths_from_there() -> None:
    assert place("src/a.js", "src/b.js", "only.js") == "web/src/a.js"
    assert place("src/a.js", "only.js") == "web/src/a.js"


def test_roots_of_the_report_come_first() -> None:
    assert place("a.js", roots=("/build/web/src", "/build/api/src")) == "web/src/a.js"
    assert place("b.js", roots=("/build/web/src",)) == "web/src/b.js"
    assert place("b.js", roots=("/build/web/src", "/build/api/src")) == ("api/src/b.js", "web/src/b.js")
    assert place("b.js", roots=("src",), folder="web") == "web/src/b.js"
    assert place("a.js", roots=("/app/web/src",)) == "web/src/a.js"
    assert place("b.js", roots=("/app/web/src", "/app/api/src")) == ("api/src/b.js", "web/src/b.js")
    assert place("only.js", roots=("D:\\a\\api", "D:\\a\\web")) == "web/only.js"
    assert place("index.js", roots=("/app",)) == "index.js"


def test_a_name_at_the_root_needs_the_whole_report_below_the_same_folder() -> None:
    assert place("/app/index.js", "/app/src/a.js") == "index.js"
    assert place("/app/dist/index.js", "/app/src/a.js") == ("index.js",)


def test_a_file_that_the_report_names_otherwise_is_not_unclear() -> None:
    assert place("/app/dist/index.js", "/app/src/a.js", "index.js") == ""


def test_many_names_roots_and_files_of_one_name_are_looked_up() -> None:
    tree = TreeFiles([f"{a}/{b}/p/index.js" for a in range(40) for b in range(40)])
    names = [f"x{n}/index.js" for n in range(500)]
    assert tree.resolve(names, ".", "/build", [f"r{n}" for n in range(3000)]).found == {}


def test_a_file_whose_name_many_have_is_found_by_more_of_its_end() -> None:
    tree = TreeFiles([f"a{n}/b/index.js" for n in range(500)])
    assert tree.resolve(["/app/a7/b/index.js"], ".", "/build").found == {"/app/a7/b/index.js": "a7/b/index.js"}
    assert tree.resolve(["b/index.js"], ".", "/build", ["/app/a7"]).found == {"b/index.js": "a7/b/index.js"}
