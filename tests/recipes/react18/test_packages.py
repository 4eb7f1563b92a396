"""React's packages in the manifests of a repository: every place of a version, every way to write it."""

import json
from pathlib import Path

import pytest

from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.recipes.react18 import recipe
from activities.recipes.react18.manifests import upgrade
from activities.untrusted_files import UntrustedFolder

OLD_CODE = "import ReactDOM from 'react-dom';\nReactDOM.render(<A />, el);\n"


def tree(folder: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return SourceTree(UntrustedFolder(folder), tuple(sorted(files)))


def edited(folder: Path, name: str, text: str) -> tuple[str, list[Leftover]]:
    """The text after the step, which changes nothing when it is done again."""
    files = tree(folder, {name: text})
    rows = list(upgrade(files, "18"))
    after = files.read(name) or ""
    assert list(upgrade(files, "18")) == rows
    assert files.read(name) == after
    return after, rows


def test_keeps_what_needs_nothing(tmp_path: Path) -> None:
    asked = {
        "react": "^18.2.0", "react-dom": "*", "react-is": "workspace:*", "@types/react": "catalog:", "preact": "^10.0.0",
        "react-router": "^5.0.0", "@testing-library/react": "^16.0.0", "@testing-library/dom": "^7.0.0", "react-redux": "7",
    }  # fmt: skip
    text = json.dumps({"scripts": {"react": "17"}, "dependencies": asked, "peerDependencies": {"react": ">=16"}})
    assert edited(tmp_path, "package.json", text) == (text, [])


@pytest.mark.parametrize(
    ("before", "installed", "peer"),
    [
        ("^17.0.2", "^18.3.1", "^17.0.2 || ^18.0.0"),
        ("17.0.2", "18.3.1", "17.0.2 || ^18.0.0"),
        ("~16.14.0", "~18.3.1", "~16.14.0 || ^18.0.0"),
        ("17", "18", "17 || ^18.0.0"),
        ("16.x", "18.x", "16.x || 18.x"),
        ("^16.8 || ^17", "^18.3.1", "^16.8 || ^17 || ^18"),
        ("^16.8.0||^17.0.0", "^18.3.1", "^16.8.0||^17.0.0||^18.0.0"),
        (">=16.8 <18", "^18.3.1", ">=16.8 <19"),
        (">=16.8.0 <18.0.0", "^18.3.1", ">=16.8.0 <19.0.0"),
        ("16 - 17", "^18.3.1", "16 - 17 || ^18.0.0"),
        (">=16", "^18.3.1", ">=16"),
    ],
)
def test_styles_of_ranges(tmp_path: Path, before: str, installed: str, peer: str) -> None:
    text = '{"dependencies": {"react": "%s"}, "peerDependencies": {"react": "%s"}}'
    assert edited(tmp_path, "package.json", text % (before, before)) == (text % (installed, peer), [])


def test_every_place_of_a_version(tmp_path: Path) -> None:
    text = (
        '\ufeff{\r\n\t"devDependencies": {"react": "^17.0.2",   "@types/react":"~17.0.1","@testing-library/react": "^11.0.0",\r\n'
        '\t\t"@testing-library/dom": "^7.1.0", "alias": "npm:react@17.0.2", "react-dom": "npm:react-dom@17.0.2"},\r\n'
        '\t"pnpm": {"overrides": {"foo>react": "17.0.2", "react-dom@16": "17"}, "peerDependencyRules": {"allowedVersions":'
        ' {"react": "17", "foo>react-dom": "17"}}},\r\n\t"resolutions": {"**/@types/react": "17.0.2", "foo/react/bar": "17"},\r\n'
        '\t"overrides": {"foo": {".": "1", "react": "$react", "react-dom": "17.0.2"}, "react-is": {".": "17.0.0"}},\r\n'
        '\t"workspaces": {"catalog": {"react": "^17.0.2"}, "catalogs": {"ui": {"react": "^16 || ^17"}}}}'
    )
    after = (
        '\ufeff{\r\n\t"devDependencies": {"react": "^18.3.1",   "@types/react":"~18.3.31","@testing-library/react": "^13.4.0",\r\n'
        '\t\t"@testing-library/dom": "^8.20.1", "alias": "npm:react@17.0.2", "react-dom": "npm:react-dom@18.3.1"},\r\n'
        '\t"pnpm": {"overrides": {"foo>react": "18.3.1", "react-dom@16": "18"}, "peerDependencyRules": {"allowedVersions":'
        ' {"react": "17 || ^18.0.0", "foo>react-dom": "17 || ^18.0.0"}}},\r\n\t"resolutions": {"**/@types/react": "18.3.31", "foo/react/bar": "17"},\r\n'
        '\t"overrides": {"foo": {".": "1", "react": "$react", "react-dom": "18.3.1"}, "react-is": {".": "18.3.1"}},\r\n'
        '\t"workspaces": {"catalog": {"react": "^18.3.1"}, "catalogs": {"ui": {"react": "^16 || ^17 || ^18"}}}}'
    )
    assert edited(tmp_path, "package.json", text) == (after, [])


def test_catalogs_in_yaml(tmp_path: Path) -> None:
    text = "catalog:\n  react: ^17.0.2 # x\n  'react-dom': '17.0.2'\ncatalogs:\n  react16:\n    react: ^16.0.0\noverrides: {react: \"17\"}\n"
    after, rows = edited(tmp_path, "pnpm-workspace.yaml", text)
    assert after == (
        "catalog:\n  react: ^18.3.1 # x\n  'react-dom': '18.3.1'\ncatalogs:\n  react16:\n    react: ^16.0.0\noverrides: {react: \"18\"}\n"
    )
    assert [row.line for row in rows] == [6]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{"dependencies": {"react": "latest"}}', 1, "`react` is `latest`"),
        ('{"dependencies": {\n"react-dom": "github:a/b#17"}}', 2, "`react-dom` is `github:a/b#17`"),
        ('{"dependencies": {"react": "file:../react"}}', 1, "`file:../react`"),
        ('{"dependencies": {"react": "patch:react@npm:17#x"}}', 1, "patch"),
        ('{"dependencies": {"react": "17.0.2", "react-native": "0.68.2"}}', 1, "React Native `0.68.2`"),
        ('{"dependencies": {"react": "17.0.2",}}', 0, "cannot be parsed"),
    ],
)
def test_leaves_with_a_row(tmp_path: Path, text: str, line: int, reason: str) -> None:
    after, rows = edited(tmp_path, "package.json", text)
    assert after == text
    assert [row.line for row in rows] == [line]
    assert reason in rows[0].reason


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"package.json": '{"dependencies": {"react": "^17.0.2"}}'}, ""),
        ({"a/package.json": '{"peerDependencies": {"react": "^16 || ^17"}, "devDependencies": {"react": "18"}}'}, ""),
        ({"pnpm-workspace.yaml": "catalog: {react: 17.0.2}", "package.json": '{"dependencies": {"react": "catalog:"}}'}, ""),
        ({"package.json": '{"dependencies": {"react": "18.2.0"}}', "a.jsx": OLD_CODE}, ""),
        ({"a.jsx": OLD_CODE}, ""),
        ({"package.json": '{"dependencies": {"react": "^15.6.2"}}'}, "Migrate to 16 first"),
        ({"package.json": '{"dependencies": {"react": "18.2.0"}}', "a.jsx": "import React from 'react';"}, "asked for already (package.json:1)"),
        ({"package.json": '{"dependencies": {"vue": "3"}}', "README.md": OLD_CODE}, "No package.json asks for react"),
    ],
)  # fmt: skip
def test_applies(tmp_path: Path, files: dict[str, str], why: str) -> None:
    refusal = recipe.why_not(tree(tmp_path, files), "18")
    assert why in refusal if why else not refusal


def test_names_what_blocks(tmp_path: Path) -> None:
    text = '{"dependencies": {\n"react": "17",\n"@material-ui/core": "^4.12.0"},\n"peerDependencies": {"react-hot-loader": "4"}}'
    rows = list(recipe.blockers(tree(tmp_path, {"package.json": text}), "18"))
    assert [(row.file, row.line) for row in rows] == [("package.json", 3)]
    assert "@mui/material" in rows[0].fix


def test_steps_name_steps_before_them() -> None:
    done: set[str] = set()
    for step in recipe.steps:
        assert set(step.needs) <= done
        done.add(step.name)
    assert [step.name for step in recipe.steps if step.essential] == ["packages"]
