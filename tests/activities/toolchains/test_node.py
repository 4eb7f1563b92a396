"""What decides a JavaScript environment, what an installation may do, and where it appears in a tree."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from activities.languages.javascript.manifest import manifest
from activities.languages.javascript.package_json import PackageJson, parse_package, workspace_home
from activities.languages.javascript.package_manager import find_manager
from activities.sandbox import ProcessResult, SandboxCommand, SandboxSpec
from activities.toolchains.node import toolchain as node
from activities.tooling import InstallResult, InstallSite, Project
from tests.runners import runner_with_registries


def project(root: Path, files: dict[str, str], folder: str = ".") -> Project:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project(folder, root / folder, "javascript")


LOCAL = '{"name": "example", "dependencies": {"local": "file:./local"}}'


def key(root: Path, package: str, **files: str) -> str:
    return node.recipe(project(root, {"package.json": package, **files})).key


def test_changed_scripts_make_no_new_environment(tmp_path: Path) -> None:
    first = key(tmp_path, '{"dependencies": {"a": "1"}, "scripts": {"test": "x"}, "description": "old"}')
    assert key(tmp_path, '{"description": "new", "dependencies": {"a": "1"}}') == first


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": '{"dependencies": {"a": "2"}}'},
        {"package.json": '{"dependencies": {"a": "1"}, "overrides": {"b": "1"}}'},
        {"package-lock.json": "{}"},
        {"yarn.lock": "# yarn lockfile v1"},
        {".npmrc": "legacy-peer-deps=true"},
        {"patches/a.patch": "--- a"},
    ],
)
def test_changed_packages_make_a_new_environment(tmp_path: Path, files: dict[str, str]) -> None:
    first = key(tmp_path, '{"dependencies": {"a": "1"}}')
    assert node.recipe(project(tmp_path, files)).key != first


def test_credentials_and_scripts_of_an_npmrc_are_left_out(tmp_path: Path) -> None:
    text = "//registry.example/:_authToken=abc\n_password = abc\nscript-shell=evil\nIGNORE-SCRIPTS=false\nstrict-ssl=true\n"
    assert manifest(project(tmp_path, {"package.json": "{}", ".npmrc": text}))[".npmrc"] == b"strict-ssl=true\n"


def test_links_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/package.json").write_text('{"name": "secret"}')
    own = project(tmp_path / "tree", {"package.json": '{"dependencies": {"a": "file:./a", "b": "file:../secret"}}'})
    (own.root / "a").symlink_to(tmp_path / "secret")
    (own.root / "yarn.lock").symlink_to("/etc/passwd")
    assert sorted(manifest(own)) == ["package.json"]


def test_broken_package_json_is_left_to_the_package_manager(tmp_path: Path) -> None:
    own = project(tmp_path, {"package.json": "{not json"})
    assert manifest(own) == {"package.json": b"{not json"}
    assert node.recipe(own).steps == ("npm install --no-package-lock --ignore-scripts",)


def test_a_workspace_is_one_environment(tmp_path: Path) -> None:
    files = {
        "package.json": '{"workspaces": ["packages/*", "!packages/old"]}',
        "packages/a/package.json": '{"dependencies": {"x": "1"}}',
        "packages/old/package.json": "{}",
    }
    root, own = project(tmp_path, files), project(tmp_path, {}, "packages/a")
    assert workspace_home(own) == root
    assert node.recipe(own) == node.recipe(root)
    assert "packages/a/package.json" in manifest(root)
    assert workspace_home(project(tmp_path, {}, "packages/old")).folder == "packages/old"


@pytest.mark.parametrize(
    ("files", "manager", "locked"),
    [
        ({}, ("npm", "", ""), False),
        ({"package-lock.json": "{}"}, ("npm", "", ""), True),
        ({"pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}, ("pnpm", "10.34.9", "pnpm@10.34.9"), True),
        ({"pnpm-lock.yaml": "lockfileVersion: 5.4\n"}, ("pnpm", "7.33.7", "pnpm@7.33.7"), True),
        ({"yarn.lock": "# yarn lockfile v1\n"}, ("yarn", "1.22.22", "yarn@1.22.22"), True),
        ({"yarn.lock": "\n__metadata:\n  version: 6\n"}, ("yarn", "3.8.7", "@yarnpkg/cli-dist@3.8.7"), True),
    ],
)
def test_the_lock_file_decides_the_manager(
    tmp_path: Path, files: dict[str, str], manager: tuple[str, str, str], locked: bool
) -> None:
    own = project(tmp_path, {"package.json": "{}", **files})
    found = find_manager(own, PackageJson())
    assert ((found.name, found.version, found.package), bool(found.lock)) == (manager, locked)


@pytest.mark.parametrize(
    ("named", "version"),
    [
        ("pnpm@9.1.0", "9.1.0"),
        ("pnpm@9.1.0+sha512.abc", "9.1.0"),
        ("pnpm@latest; rm -rf /", "10.34.9"),
        ("yarn@4.1.0", "10.34.9"),
    ],
)
def test_package_manager_version_comes_from_the_package(tmp_path: Path, named: str, version: str) -> None:
    own = project(tmp_path, {"pnpm-lock.yaml": "lockfileVersion: '9.0'\n"})
    assert find_manager(own, parse_package(json.dumps({"packageManager": named}))).version == version


def test_packages_are_mounted_at_their_places_and_never_behind_a_link(tmp_path: Path) -> None:
    own = project(tmp_path / "tree", {"web/packages/a/package.json": "{}", "outside/x": ""}, "web")
    for name in (
        "node_modules/x",
        "packages/a/node_modules/y",
        "packages/b/node_modules",
        "packages/gone/node_modules",
    ):
        (tmp_path / "env" / name).mkdir(parents=True)
    (own.root / "packages/b").symlink_to(tmp_path)
    assert node.mounts(own, tmp_path / "env") == (
        (tmp_path / "env/node_modules", "web/node_modules"),
        (tmp_path / "env/packages/a/node_modules", "web/packages/a/node_modules"),
    )


async def install(root: Path, own: Project) -> InstallResult:
    runner = await runner_with_registries()
    for name in ("env", "out", "cache"):
        (root / name).mkdir()
    box = SandboxSpec(own.root, root / "out", root / "env", True, root / "cache", read_only=node.paths())

    async def run(command: SandboxCommand) -> ProcessResult:
        return await runner.run(box, command)

    return await node.install(InstallSite(own, box, runner.paths(box), run), node.recipe(own))


async def test_a_script_of_a_package_is_never_run(tmp_path: Path) -> None:
    hostile = '{"name": "local", "version": "1.0.0", "scripts": {"postinstall": "touch /cache/was-here /env/was-here"}}'
    files = {
        "package.json": LOCAL.replace("}}", '}, "scripts": {"install": "touch /env/was-here"}}'),
        "local/package.json": hostile,
    }
    assert await install(tmp_path, project(tmp_path / "tree", files)) == InstallResult()
    assert (tmp_path / "env/node_modules/local/package.json").is_file()
    assert not list(tmp_path.rglob("was-here"))


async def test_outdated_lock_file_is_named(tmp_path: Path) -> None:
    lock = '{"name": "example", "lockfileVersion": 3, "packages": {"": {"name": "example"}}}'
    files = {"package.json": LOCAL, "local/package.json": '{"name": "local"}', "package-lock.json": lock}
    installed = await install(tmp_path, project(tmp_path / "tree", files))
    assert "the lock file does not match package.json" in installed.problem


async def test_missing_package_is_named(tmp_path: Path) -> None:
    files = {"package.json": '{"dependencies": {"a": "file:./missing.tgz"}}'}
    installed = await install(tmp_path, project(tmp_path / "tree", files))
    assert "missing.tgz" in installed.problem
    assert replace(installed, problem="", output_tail="") == InstallResult()
