"""Which Node a repository asks for, by every file that can say it."""

from pathlib import Path

import pytest

from activities.languages.javascript.node_versions import ours, wanted_node
from activities.tooling import Project

OURS = ours()[0]


def wanted(root: Path, files: dict[str, str], folder: str = ".") -> tuple[str, str]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    found = wanted_node(Project(folder, root / folder, "javascript"))
    return found.version, found.found_in


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("20", "20"), ("v18.17.1\n", "18.17.1"), ("# comment\n20.11 # why\n", "20.11"), ("lts/iron", "20"), ("lts/Hydrogen", "18"),
        ("lts/*", ""), ("node", ""), (f"{OURS}", ""), (f"v{OURS}.1.0", ""), (f"{OURS + 2}", f"{OURS + 2}"), ("nonsense", ""), ("", ""),
        ("9" * 5000, ""), ("20." + "9" * 5000, ""),
    ],
)  # fmt: skip
def test_a_version_file_names_one(tmp_path: Path, text: str, version: str) -> None:
    assert wanted(tmp_path, {".nvmrc": text})[0] == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (">=18", ""), ("^18", "^18"), ("^18 || ^20", "^18 || ^20"), (f"^18 || ^{OURS}", ""), (">=16 <21", ">=16 <21"),
        ("18.x", "18.x"), ("*", ""), ("16 - 20", "16 - 20"), (f"16 - {OURS}", ""), ("~20.11", "~20.11"), (">= 20.0.0", ""),
        (f">{OURS}", f">{OURS}"), (f"^20.19.0 || >={OURS}.0.0", ""), ("$(touch x)", ""),
    ],
)  # fmt: skip
def test_engines_are_a_range(tmp_path: Path, text: str, version: str) -> None:
    assert wanted(tmp_path, {"package.json": f'{{"engines": {{"node": "{text}"}}}}'})[0] == version


def test_the_nearest_file_decides_and_engines_come_last(tmp_path: Path) -> None:
    package = '{"engines": {"node": "^16"}, "volta": {"node": "18.1.0"}}'
    assert wanted(tmp_path, {"package.json": package}) == ("18.1.0", "volta in package.json")
    assert wanted(tmp_path, {".tool-versions": "python 3.12\nnodejs 20.1.0\n"}) == ("20.1.0", ".tool-versions")
    assert wanted(tmp_path, {"web/package.json": "{}"}, "web") == ("20.1.0", ".tool-versions")
    assert wanted(tmp_path, {"web/.node-version": "22"}, "web") == ("22", ".node-version")
