"""What is read of a Rust repository: cargo's output, its manifests and commands, and which toolchain it asks for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from activities.languages.rust.calls import cargo_calls, options_of
from activities.languages.rust.compiler import CargoTarget, read_compilation
from activities.languages.rust.libtest import LibtestReader
from activities.languages.rust.test_places import TestPlaces, has_tests
from activities.languages.rust.toolchains import HostRust, choose
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.tooling import Project, Workbench

LIB = CargoTarget("my-a", "lib", "my_a", "a/src/lib.rs")
PROGRAMS = {"my_a-1f": LIB, "it-2e": CargoTarget("my-a", "test", "it", "a/tests/it.rs")}
PRINTED = """   Compiling my-a v0.1.0 (/src/a)
     Running unittests src/lib.rs (/out/target/debug/deps/my_a-1f)

running 6 tests
test tests::adds ... ok
test tests::slow ... ignored, takes an hour
test tests::panics - should panic ... ok
test tests::talks ... this is what it prints
ok
test tests::bench ... bench:       1,234 ns/iter (+/- 12)
test tests::fails ... FAILED

failures:

---- tests::fails stdout ----
test tests::invented ... ok

thread 'tests::fails' (4711) panicked at a/src/lib.rs:20:52:
assertion `left == right` failed
  left: 3
 right: 4

failures:
    tests::fails

test result: FAILED. 4 passed; 1 failed; 1 ignored; 1 measured; 0 filtered out; finished in 0.30s

error: test failed, to rerun pass `-p my-a --lib`
     Running tests/it.rs (/out/target/debug/deps/it-2e)

running 2 tests
test fine ... ok
error: test failed, to rerun pass `-p my-a --test it`

Caused by:
  process didn't exit successfully: `/out/target/debug/deps/it-2e` (signal: 6, SIGABRT: process abort signal)
   Doc-tests my_a

running 2 tests
test a/src/lib.rs - add (line 5) ... ok
test a/src/lib.rs - (line 1) - compile fail ... FAILED

failures:

---- a/src/lib.rs - (line 1) stdout ----
Test compiled successfully, but it's marked `compile_fail`.

failures:
    a/src/lib.rs - (line 1)

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.75s
"""


def test_the_output_of_all_programs_of_tests_is_read() -> None:
    library, integration, documented = LibtestReader(PROGRAMS).read(PRINTED)
    assert {test.name: test.outcome for test in library.tests} == {
        "tests::adds": "passed",
        "tests::slow": "skipped",
        "tests::panics": "passed",
        "tests::talks": "passed",
        "tests::bench": "passed",
        "tests::fails": "failed",
    }
    assert library.tests[-1].message.startswith("assertion `left == right` failed\n")
    assert "thread 'tests::fails' panicked at a/src/lib.rs:20:52" in library.tests[-1].message
    assert [test.name for test in integration.tests] == ["fine"]
    assert (integration.counted, integration.ended) == (False, "signal: 6, SIGABRT: process abort signal")
    assert [(test.name, test.path, test.line, test.outcome) for test in documented.tests] == [
        ("a/src/lib.rs - add", "a/src/lib.rs", 5, "passed"),
        ("a/src/lib.rs", "a/src/lib.rs", 1, "failed"),
    ]
    assert documented.tests[1].message.startswith("Test compiled successfully")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "running 1 test\ntest a ... ok\n",
        "     Running unittests x (unknown-1)\nrunning 1 test\ntest a ... ok\n",
        "     Running " + " (" * 5000,
        "test " + "a ... " * 50_000,
        "   Doc-tests x\nrunning 1 test\ntest " + " - (line " * 50_000,
    ],
)
def test_text_of_no_known_program_is_no_test(text: str) -> None:
    assert [test for program in LibtestReader(PROGRAMS).read(text) for test in program.tests] == []


def test_a_test_that_ends_its_program_has_failed() -> None:
    text = "     Running tests/it.rs (/out/target/debug/deps/it-2e)\n\nrunning 2 tests\ntest ends ... goodbye\n"
    (program,) = LibtestReader(PROGRAMS).read(text)
    assert [(test.name, test.outcome) for test in program.tests] == [("ends", "failed")]


def bench(root: Path, folder: str = ".", **options: object) -> Workbench:
    """It starts nothing."""

    async def run(_command: SandboxCommand) -> ProcessResult:
        raise AssertionError

    out = root / "out"
    out.mkdir(exist_ok=True)
    project = Project(folder, root / "tree" / folder, "rust")
    return Workbench(project, SandboxPaths("/src", "/env", "/out", "/cache", "/tmp/home"), out, run, options=options)


def message(path: str, level: str = "error", code: str | None = "E0308", **more: object) -> dict[str, Any]:
    span = {"file_name": path, "line_start": 3, "line_end": 4, "column_start": 5, "is_primary": True, **more}
    said = {"level": level, "message": "mismatched types", "spans": [span], "code": code and {"code": code}}
    target = {"kind": ["rlib"], "name": "my_a", "src_path": "/src/a/src/lib.rs"}
    identity = "path+file:///src/a#my-a@0.1.0"
    return {"reason": "compiler-message", "package_id": identity, "target": target, "message": said}


def compiled(root: Path, *entries: object) -> Any:
    given = bench(root)
    (given.out / "x").write_text(
        "".join(f"{entry if isinstance(entry, str) else json.dumps(entry)}\n" for entry in entries)
    )
    return read_compilation(given, "x", "linting", "clippy")


def test_messages_of_the_compiler_are_findings(tmp_path: Path) -> None:
    macro = message("/rustc/library/core.rs", expansion={"span": {"file_name": "a/src/x.rs", "line_start": 9}})
    entries = (
        message("a/src/lib.rs"),
        message("a/src/lib.rs"),
        message("a/src/lib.rs", "warning", "clippy::needless_return"),
        message("a/src/lib.rs", "note"),
        message("/env/registry/src/dep/lib.rs", "warning", None),
        macro,
    )
    found = compiled(tmp_path, *entries)
    assert [(one.finding.path, one.finding.line, one.finding.rule, one.finding.severity) for one in found.messages] == [
        ("a/src/lib.rs", 3, "E0308", "error"),
        ("a/src/lib.rs", 3, "clippy::needless_return", "warning"),
        ("", 0, "rustc", "warning"),
        ("a/src/x.rs", 9, "E0308", "error"),
    ]
    assert {one.target.prefix for one in found.messages} == {"my_a"}


@pytest.mark.parametrize(
    ("identity", "kind", "prefix"),
    [
        ("path+file:///src/a#my-a@0.1.0", "lib", "my_a"),
        ("path+file:///src/b#0.1.0", "lib", "b"),
        ("b 0.1.0 (path+file:///src/b)", "proc-macro", "b"),
        ("path+file:///src/b#0.1.0", "bin", "b::bin/t"),
        ("path+file:///src/b#0.1.0", "test", "b::t"),
        ("", "test", "t::t"),
    ],
)
def test_programs_of_tests_are_named_by_their_packages(tmp_path: Path, identity: str, kind: str, prefix: str) -> None:
    target = {"kind": [kind], "name": "t", "src_path": "/src/b/t.rs"}
    entry = {"package_id": identity, "target": target, "profile": {"test": True}, "executable": "/out/target/deps/t-1"}
    found = compiled(tmp_path, {**entry, "reason": "compiler-artifact"})
    assert {name: one.prefix for name, one in found.programs.items()} == {"t-1": prefix}


def test_odd_messages_are_none(tmp_path: Path) -> None:
    messages: list[object] = [None, 5, "error", {"level": "error", "spans": 5}, {"level": {}, "spans": [{}]}]
    targets: list[object] = [None, [], {"kind": 5}, {"kind": [{}], "name": 5}]
    odd = [
        {"reason": "compiler-message", "message": said, "target": target, "package_id": 5}
        for said in messages
        for target in targets
    ]
    found = compiled(tmp_path, "{", "[" * 100_000, "{" * 100_000, "null", "{}", *odd)
    assert {(one.finding.path, one.finding.line, one.finding.message) for one in found.messages} == {("", 0, "")}


def made(root: Path, files: Mapping[str, str], folder: str = ".") -> Project:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Project(folder, root / folder, "rust")


def test_a_test_is_where_its_module_is(tmp_path: Path) -> None:
    files = {
        "a/src/lib.rs": "pub mod deep;\nmod tests {\n    #[test]\n    fn adds() {}\n}\n",
        "a/src/deep.rs": "",
        "a/src/deep/inner/mod.rs": "\n    pub(crate) async fn works() {\n",
    }
    places = TestPlaces(made(tmp_path, files))
    assert places.place(LIB, "tests::adds") == ("a/src/lib.rs", 4)
    assert places.place(LIB, "deep::inner::tests::works") == ("a/src/deep/inner/mod.rs", 2)
    assert places.place(LIB, "deep::made_by_a_macro") == ("a/src/deep.rs", 0)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"src/lib.rs": "pub fn f() {}\n"}, False),
        ({"src/lib.rs": "#[test]\nfn f() {}\n"}, True),
        ({"src/lib.rs": '#[tokio::test(flavor = "x")]\n'}, True),
        ({"src/lib.rs": "/// ```\n/// f()\n"}, True),
        ({"src/lib.rs": "", "tests/it.rs": ""}, True),
        ({"src/lib.rs": "", "target/x.rs": "#[test]\n"}, False),
    ],
)
def test_tests_are_seen_without_compiling(tmp_path: Path, files: dict[str, str], found: bool) -> None:
    assert has_tests(made(tmp_path, files)) is found


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("cargo test --all-features --lib -p a -- --nocapture", ("--all-features",)),
        ("cargo +nightly --locked test --no-default-features --features a,b some::test",
         ("--no-default-features", "--features", "a,b")),
        ("cargo test ${{ matrix.flags }} --workspace --exclude=fuzz", ("--exclude=fuzz",)),
        ("cargo test --features=x\n      - run: cargo test", ()),
        ("cargo test --manifest-path other/Cargo.toml --all-features", ()),
        ("echo cargo test --all-features", ()),
    ],
)  # fmt: skip
def test_features_are_those_of_the_repositorys_commands(tmp_path: Path, line: str, options: tuple[str, ...]) -> None:
    text = f"on: push\njobs:\n  a:\n    steps:\n      - run: {line}\n"
    project = made(tmp_path, {".github/workflows/ci.yml": text})
    assert options_of(cargo_calls(project, "test")) == options


VERSIONS = {"stable": "1.95.0", "1.75.0": "1.75.0", "nightly": "1.97.0"}


@pytest.mark.parametrize(
    ("files", "name", "missing"),
    [
        ({}, "stable", ""),
        ({"rust-toolchain.toml": "[toolchain]\nchannel = \"nightly\"\n"}, "nightly", ""),
        ({"rust-toolchain": "1.75\n"}, "1.75.0", ""),
        ({"rust-toolchain": "1.95.0-x86_64-unknown-linux-gnu\n"}, "stable", ""),
        ({"rust-toolchain": "stable\n"}, "stable", ""),
        ({"rust-toolchain.toml": "[toolchain]\nchannel = \"1.60`x\"\n"}, "", "asks for Rust"),
        ({"rust-toolchain.toml": "nonsense"}, "stable", ""),
        ({"Cargo.toml": "[package]\nrust-version = \"1.80\"\n"}, "stable", ""),
        ({"Cargo.toml": "[package]\nrust-version = \"1.96\"\n"}, "nightly", ""),
        ({"Cargo.toml": "[package]\nrust-version = \"2.0\"\n"}, "", "this host has 1.95.0"),
    ],
)  # fmt: skip
def test_the_repository_chooses_the_toolchain(tmp_path: Path, files: dict[str, str], name: str, missing: str) -> None:
    for each, version in VERSIONS.items():
        compiler = tmp_path / "host" / each / "bin" / "rustc"
        compiler.parent.mkdir(parents=True)
        compiler.write_text(f"#!/bin/sh\necho 'rustc {version} (x 2026-01-01)'\n")
        compiler.chmod(0o755)
    here = [HostRust(each, tmp_path / "host" / each) for each in VERSIONS]
    chosen = choose(made(tmp_path / "tree", files), here)
    assert (chosen.toolchain.name if chosen.toolchain else "") == name
    assert missing in chosen.missing
    assert bool(chosen.missing) is bool(missing)


def test_a_host_without_rust_says_what_to_install(tmp_path: Path) -> None:
    assert "rustup toolchain install stable" in choose(made(tmp_path, {}), ()).missing
