"""Which folders are Rust projects, and what decides their environment."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.quality_gate.projects import find_projects
from activities.toolchains import registry
from activities.tooling import Project

PACKAGE = "[package]\nname = 'a'\n"


def made(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        ({"Cargo.toml": "[workspace]\nmembers = ['a', 'crates/*']\n", "a/Cargo.toml": PACKAGE, "crates/b/Cargo.toml": PACKAGE}, ["."]),
        ({"a/Cargo.toml": PACKAGE, "b/Cargo.toml": PACKAGE}, ["a", "b"]),
        ({"Cargo.toml": PACKAGE, "macros/Cargo.toml": PACKAGE}, [".", "macros"]),
        ({"Cargo.toml": f"{PACKAGE}[workspace]\nexclude = ['old']\n", "old/x/Cargo.toml": PACKAGE}, [".", "old/x"]),
        ({"Cargo.toml": PACKAGE, "fuzz/Cargo.toml": f"{PACKAGE}[package.metadata]\ncargo-fuzz = true\n[workspace]\n"}, ["."]),
        ({"Cargo.toml": PACKAGE, "afl/Cargo.toml": f"{PACKAGE}[dependencies]\nafl = '*'\n"}, ["."]),
        ({"Cargo.toml": "[[[", "a/Cargo.toml": "package = 5\n"}, [".", "a"]),
        ({"Cargo.toml": "workspace = 5\n", "a/Cargo.toml": "[package]\n"}, ["."]),
    ],
)  # fmt: skip
def test_a_workspace_is_one_project(tmp_path: Path, files: dict[str, str], folders: list[str]) -> None:
    assert [one.folder for one in find_projects(made(tmp_path, files)) if one.language == "rust"] == folders


def test_manifests_of_all_members_decide_the_environment(tmp_path: Path) -> None:
    def key(root: Path, files: Mapping[str, str]) -> str:
        return registry()["rust"].recipe(Project(".", made(root, files), "rust")).key

    files = {"Cargo.toml": "[workspace]\nmembers = ['a']\n", "a/Cargo.toml": PACKAGE, "a/src/lib.rs": ""}
    first = key(tmp_path / "1", files)
    assert first == key(tmp_path / "2", {**files, "a/src/lib.rs": "fn a() {}\n"})
    for name in ("a/Cargo.toml", "Cargo.lock", ".cargo/config.toml"):
        assert first != key(tmp_path / name.replace("/", "-"), {**files, name: "x = 1\n"})
