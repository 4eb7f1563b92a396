"""Rust projects by the host's own cargo, in the real sandbox."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from activities.languages.rust.toolchains import host_toolchains
from activities.model import ToolReport
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.toolchains import registry as toolchains
from activities.tooling import InstallResult, InstallSite, Project, Workbench
from activities.tools import registry
from activities.tools.cargo_audit import tool as cargo_audit

needs_cargo = pytest.mark.skipif(
    not any(one.has("cargo-clippy") and one.has("cargo-fmt") for one in host_toolchains()),
    reason="this host has no Rust with clippy and rustfmt",
)
WORKSPACE = '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n'
PACKAGE = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n'
LIBRARY = """/// ```
/// assert_eq!(my_a::add(1, 2), 3);
/// ```
pub fn add(a: i32, b: i32) -> i32 {
    return a + b;
}
#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(super::add(1, 2), 3);
    }
    #[test]
    fn fails() {
        assert_eq!(super::add(1, 2), 4);
    }
}
"""
PROGRAM = 'fn main(){ println!("{}", my_a::add(1, 2)) }\n#[test]\nfn ends() { std::process::exit(7) }\n'
FILES = {
    "Cargo.toml": WORKSPACE,
    "a/Cargo.toml": PACKAGE.format(name="my-a"),
    "a/src/lib.rs": LIBRARY,
    "a/tests/it.rs": "#[test]\nfn adds() {}\n",
    "b/Cargo.toml": PACKAGE.format(name="b") + '[dependencies]\nmy-a = { path = "../a" }\n',
    "b/src/main.rs": PROGRAM,
}


class Rust:
    """A project of these files, as a gate installs it and starts tools in it."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (root / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "tree" / name).write_text(text)
        for name in ("env", "out", "built"):
            (root / name).mkdir()
        self._root, self._runner = root, BubblewrapRunner()
        self._project = Project(".", root / "tree", "rust")
        self._chain = toolchains()["rust"]

    async def install(self) -> InstallResult:
        spec = self._spec(env_writable=True, save_build_output=True)

        async def run(command: SandboxCommand) -> ProcessResult:
            return await self._runner.run(spec, command)

        site = InstallSite(self._project, spec, self._runner.paths(spec), run)
        return await self._chain.install(site, self._chain.recipe(self._project))

    async def run(self, tool: str, **options: object) -> ToolReport:
        spec = self._spec()

        async def run(command: SandboxCommand) -> ProcessResult:
            return await self._runner.run(spec, command)

        env = self._root / "env"
        bench = Workbench(self._project, self._runner.paths(spec), spec.out, run, env, options=options)
        return await registry()[tool].run(bench)

    def _spec(self, **more: Any) -> SandboxSpec:
        root = self._root
        built, seen = root / "built", self._chain.paths()
        return SandboxSpec(root / "tree", root / "out", root / "env", read_only=seen, build_output=built, **more)


@needs_cargo
async def test_a_workspace_is_tested_linted_and_formatted_as_one_project(tmp_path: Path) -> None:
    rust = Rust(tmp_path, FILES)
    assert await rust.install() == InstallResult()
    assert (tmp_path / "built" / "Cargo.lock").is_file()
    report = await rust.run("cargo-test", retry=False)
    assert {test.id: test.outcome for test in report.tests} == {
        "my_a::tests::adds": "passed",
        "my_a::tests::fails": "failed",
        "my_a::it::adds": "passed",
        "my_a::doc::a/src/lib.rs - add": "passed",
        "b::bin/b (all)": "failed",
    }
    failed = next(test for test in report.tests if test.id == "my_a::tests::fails")
    assert (failed.path, failed.line) == ("a/src/lib.rs", 14)
    linted = await rust.run("clippy")
    assert [(one.rule, one.path, one.line) for one in linted.findings] == [
        ("clippy::needless_return", "a/src/lib.rs", 5)
    ]
    formatted = await rust.run("rustfmt")
    assert [(one.rule, one.path) for one in formatted.findings] == [("format", "b/src/main.rs")]


@needs_cargo
async def test_what_does_not_compile_has_failed_at_its_place(tmp_path: Path) -> None:
    rust = Rust(tmp_path, {"Cargo.toml": PACKAGE.format(name="b"), "src/lib.rs": "#[test]\nfn adds() { gone() }\n"})
    (failed,) = (await rust.run("cargo-test")).tests
    assert (failed.id, failed.outcome, failed.path, failed.line) == ("b (compilation)", "failed", "src/lib.rs", 2)
    (error,) = (await rust.run("cargo-check")).findings
    assert (error.rule, error.severity, error.path, error.line) == ("E0425", "error", "src/lib.rs", 2)


CI = ".github/workflows/ci.yml"
TESTED = {"Cargo.toml": "[package]\nname = 'a'\n", "src/lib.rs": "#[test]\nfn a() {}\n"}


@pytest.mark.parametrize(
    ("tool", "files", "asked_in"),
    [
        ("cargo-test", TESTED, "Cargo.toml"),
        ("cargo-test", {"Cargo.toml": PACKAGE, "src/lib.rs": "fn a() {}\n"}, ""),
        ("clippy", TESTED, ""),
        ("clippy", {"clippy.toml": ""}, "clippy.toml"),
        ("clippy", {"Cargo.toml": "[workspace.lints.clippy]\nall = 'warn'\n"}, "[lints.clippy] in Cargo.toml"),
        ("clippy", {"src/lib.rs": "#![deny(clippy::all)]\n"}, "lints of clippy in src/lib.rs"),
        ("clippy", {CI: "steps:\n  - run: cargo +nightly clippy -- -D warnings\n"}, f"cargo clippy in {CI}"),
        ("clippy", {CI: "steps:\n  - run: rustup component add clippy\n"}, ""),
        ("rustfmt", TESTED, ""),
        ("rustfmt", {".rustfmt.toml": ""}, ".rustfmt.toml"),
        ("rustfmt", {"Makefile": "fmt:\n\t@cargo fmt --all\n"}, "cargo fmt in Makefile"),
        (
            "rustfmt",
            {".pre-commit-config.yaml": "repos:\n- hooks:\n  - id: fmt\n"},
            "hook fmt in .pre-commit-config.yaml",
        ),
        ("cargo-check", TESTED, ""),
        ("cargo-check", {"Cargo.toml": PACKAGE, "src/lib.rs": ""}, "Cargo.toml"),
        ("cargo-check", {**TESTED, "justfile": "check:\n  cargo check\n"}, "cargo check in justfile"),
        ("cargo-audit", {CI: "steps:\n  - run: cargo deny check\n"}, f"cargo audit in {CI}"),
        ("cargo-audit", TESTED, ""),
    ],
)
def test_only_what_the_repository_asks_for_counts(
    tmp_path: Path, tool: str, files: Mapping[str, str], asked_in: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    one = registry()[tool]
    assert one.asked_for(Project(".", tmp_path, "rust"), one.checks[0]) == asked_in


def test_advisories_are_findings_at_the_packages_entry(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "old"\nversion = "1.0.0"\n\n[[package]]\nname = "bad"\nversion = "0.2.0"\n'
    (tmp_path / "Cargo.lock").write_text(lock)
    entry = {
        "advisory": {"id": "RUSTSEC-2020-0001", "title": "It overflows."},
        "versions": {"patched": [">=0.2.1"]},
        "package": {"name": "bad", "version": "0.2.0"},
    }
    old = {"kind": "unmaintained", "advisory": None, "package": {"name": "old", "version": "1.0.0"}}
    report = {"vulnerabilities": {"list": [entry, 5]}, "warnings": {"unmaintained": [old], "yanked": 5}}
    (tmp_path / "audit.json").write_text(json.dumps(report))

    async def run(_command: SandboxCommand) -> ProcessResult:
        raise AssertionError

    paths = SandboxPaths("/src", "/env", "/out", "/cache", "/tmp/home")
    found = list(cargo_audit.findings(Workbench(Project(".", tmp_path, "rust"), paths, tmp_path, run)))
    assert [(one.rule, one.severity, one.path, one.line) for one in found] == [
        ("RUSTSEC-2020-0001", "critical", "Cargo.lock", 6),
        ("unmaintained", "notice", "Cargo.lock", 2),
    ]
    assert found[0].message == "bad 0.2.0: It overflows. (RUSTSEC-2020-0001). Fixed in >=0.2.1."
