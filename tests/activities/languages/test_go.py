"""What is read of a Go module: the events of its tests, its profile, and which Go it asks for."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.languages.go.command import options_for
from activities.languages.go.coverage import read_profile
from activities.languages.go.events import cases_of, read_events, selection
from activities.languages.go.modules import module_name, needed_modules, package_folder
from activities.languages.go.toolchains import HostGo, choose
from activities.tooling import Project

MODULE = "module example.com/mine/v2\n\ngo 1.21\n\nrequire (\n\texample.org/x v1.2.3\n)\n"


def made(root: Path, files: Mapping[str, str], folder: str = ".") -> Project:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Project(folder, root / folder, "go")


def event(action: str, test: str = "", package: str = "", **more: object) -> str:
    path = f"example.com/mine/v2{f'/{package}' if package else ''}"
    return json.dumps({"Action": action, "Package": path, **({"Test": test} if test else {}), **more})


EVENTS = (
    event("run", "TestAdd"),
    event("output", "TestAdd", Output="=== RUN   TestAdd\n"),
    event("output", "TestAdd/one", Output="    a_test.go:9: got 3\n"),
    event("output", "TestAdd/one", Output="    --- FAIL: TestAdd/one (0.00s)\n"),
    event("fail", "TestAdd/one", Elapsed=0.5),
    event("fail", "TestAdd"),
    event("skip", "TestSkip"),
    event("pass", "ExampleAdd"),
    event("fail"),
    event("run", "TestPanics", "deep"),
    event("output", "TestPanics", "deep", Output="panic: oh\n"),
    event("fail", "", "deep"),
    json.dumps(
        {"ImportPath": "example.com/mine/v2/broken", "Action": "build-output", "Output": "b.go:3:9: undefined: gone\n"}
    ),
    event("output", "", "broken", Output="FAIL\texample.com/mine/v2/broken [build failed]\n"),
    event("fail", "", "broken", FailedBuild="example.com/mine/v2/broken"),
    event("output", "", "ends", Output="FAIL\texample.com/mine/v2/ends 0.1s\n"),
    event("fail", "", "ends"),
    event("skip", "", "none"),
)
FILES = {
    "m/go.mod": MODULE,
    "m/a_test.go": "package mine\n\nfunc TestAdd(t *testing.T) {\n",
    "m/deep/d_test.go": "func TestPanics(t *testing.T) {\n",
}


def test_each_test_and_subtest_is_one(tmp_path: Path) -> None:
    project = made(tmp_path, FILES, "m")
    cases = cases_of(project, read_events("\n".join(EVENTS).encode()), module_name(project))
    assert [(one.id, one.outcome, one.path, one.line, one.message) for one in cases] == [
        ("m/mine.TestAdd", "failed", "m/a_test.go", 3, ""),
        ("m/mine.TestAdd/one", "failed", "m/a_test.go", 3, "a_test.go:9: got 3"),
        ("m/mine.TestSkip", "skipped", "", 0, ""),
        ("m/mine.ExampleAdd", "passed", "", 0, ""),
        ("m/deep.TestPanics", "failed", "m/deep/d_test.go", 1, "panic: oh"),
        ("m/broken (compilation)", "failed", "", 0, "b.go:3:9: undefined: gone"),
        ("m/ends (package)", "failed", "", 0, ""),
    ]


def test_odd_events_are_none() -> None:
    odd = (
        b"{",
        b"[" * 10_000,
        b"null",
        b'{"Action": 5, "Package": []}',
        b'{"Action": "fail", "Package": "p", "Test": {}}',
    )
    (found,) = read_events(b"\n".join((*odd, b"FAIL", b"\xff"))).values()
    assert {name: test.outcome for name, test in found.tests.items()} == {"": "failed"}


@pytest.mark.parametrize(
    ("ids", "chosen"),
    [
        (
            ["m/mine.TestAdd/one", "m/mine.TestAdd", "m/deep.TestPanics"],
            ("-run", "^(TestAdd|TestPanics)$", ".", "./deep"),
        ),
        (["m/gone.TestA", "m/mine.TestAdd/a.TestB"], ("-run", "^(TestA|TestAdd)$", ".")),
        (["m/broken (compilation)"], ()),
        (["m/mine.TestA$(x)"], ()),
        ([], ()),
    ],
)
def test_single_tests_are_started_by_their_names(tmp_path: Path, ids: list[str], chosen: tuple[str, ...]) -> None:
    assert selection(made(tmp_path, FILES, "m"), ids, "mine") == chosen


def test_a_profile_is_read_as_lines(tmp_path: Path) -> None:
    blocks = (
        "mode: set",
        "example.com/mine/v2/a.go:3.20,5.2 1 1",
        "example.com/mine/v2/a.go:5.2,6.3 1 0",
        "example.com/mine/v2/deep/d.go:1.1,1.9 2 0",
        "example.com/mine/v2/a.go:9.1,9.2 0 0",
        "example.com/mine/v2/a.go:1.1,9999999.2 1 0",
        "example.org/x/y.go:1.1,1.2 1 1",
        "nonsense",
    )
    first, second = read_profile(made(tmp_path, FILES, "m"), "\n".join(blocks))
    assert (first.path, first.covered, first.missing) == ("m/a.go", frozenset((3, 4, 5)), frozenset((6,)))
    assert (second.path, second.covered, second.missing) == ("m/deep/d.go", frozenset(), frozenset((1,)))


def test_a_module_names_itself_and_what_it_needs(tmp_path: Path) -> None:
    project = made(tmp_path, {"go.mod": MODULE})
    assert (module_name(project), needed_modules(project)) == ("mine", ("example.org/x",))
    assert package_folder(project, "example.com/mine/v2/a/b") == "a/b"
    assert package_folder(project, "example.com/mine/v23") == ""


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (["go test -race -tags integration -run X ./..."], ("-tags=integration",)),
        (["go test ./...", "go test -short ./..."], ()),
        (["gotestsum --junitfile x.xml -- -tags=a,b -short ./..."], ("-tags=a,b", "-short")),
        (["go test -tags $TAGS ./..."], ()),
    ],
)
def test_tags_are_those_of_the_repositorys_commands(tmp_path: Path, lines: list[str], options: tuple[str, ...]) -> None:
    recipe = "".join(f"\t{line}\n" for line in lines)
    assert options_for(made(tmp_path, {"Makefile": f"test:\n{recipe}"}), "test") == options


@pytest.mark.parametrize(
    ("files", "version", "missing"),
    [
        ({"go.mod": "module x\n"}, "1.22.1", ""),
        ({"go.mod": "module x\ngo 1.23\n"}, "1.24", ""),
        ({"go.mod": "module x\n", "go.work": "go 1.24\nuse .\n"}, "1.24", ""),
        ({"go.mod": "module x\ngo 1.99.0\n"}, "", "this host has 1.24"),
    ],
)
def test_a_module_gets_a_go_that_is_new_enough(
    tmp_path: Path, files: dict[str, str], version: str, missing: str
) -> None:
    here = (HostGo(Path("/a"), "1.22.1"), HostGo(Path("/b"), "1.24"))
    chosen = choose(made(tmp_path, files), here)
    assert (chosen.toolchain.version if chosen.toolchain else "") == version
    assert missing in chosen.missing
    assert bool(missing) is bool(chosen.missing)


def test_a_host_without_go_says_what_to_install(tmp_path: Path) -> None:
    assert "This host has no Go" in choose(made(tmp_path, {"go.mod": "module x\n"}), ()).missing
