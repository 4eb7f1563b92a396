"""Which folders are Go modules, and what decides their environment."""

from collections.abc import Mapping
from pathlib import Path

from activities.quality_gate.projects import find_projects
from activities.toolchains import registry
from activities.tooling import Project


def made(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_each_module_is_a_project(tmp_path: Path) -> None:
    files = ("go.work", "go.mod", "tools/go.mod", "a/b/c/d/go.mod", "vendor/x/go.mod", "testdata/go.mod")
    found = find_projects(made(tmp_path, dict.fromkeys(files, "")))
    assert [one.folder for one in found if one.language == "go"] == [".", "a/b/c/d", "tools"]


def test_manifests_and_the_workspace_decide_the_environment(tmp_path: Path) -> None:
    def recipe(root: Path, files: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        found = registry()["go"].recipe(Project("m", made(root, files) / "m", "go"))
        return found.key, found.steps

    files = {"m/go.mod": "module m\n", "m/a.go": ""}
    key, steps = recipe(tmp_path / "1", files)
    assert steps == ("go mod download",)
    assert key == recipe(tmp_path / "2", {**files, "m/a.go": "package m\n"})[0]
    assert key != recipe(tmp_path / "3", {**files, "m/go.sum": "x\n"})[0]
    assert key != recipe(tmp_path / "4", {**files, "go.work": "use ./m\n"})[0]
    assert recipe(tmp_path / "5", {**files, "m/vendor/modules.txt": ""})[1] == ()
