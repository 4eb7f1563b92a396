"""Which scripts of a workspace's root are the members' own, and which run of the root has the members' tests."""

import json
from pathlib import Path

import pytest

from activities.languages.javascript.delegation import is_delegated
from activities.languages.javascript.member_tests import runs_tests_of
from activities.languages.javascript.package_json import PackageJson
from activities.languages.javascript.scripts import test_script as script_for
from activities.tooling import Project


@pytest.mark.parametrize(
    "command",
    [
        "npm test --workspaces", "npm run test -ws --if-present", "npm --workspace=a test", "npm test -w a -w b",
        "npm --prefix packages/a test", "yarn workspaces run test", "yarn workspaces foreach -A run test",
        "yarn workspace a test", "pnpm -r test", "pnpm --recursive run test", "pnpm -r --if-present test",
        "pnpm --filter ./packages/* test", "pnpm run -r test", "pnpm -C packages/a test", "bun run --filter '*' test",
        "lerna run test", "npx lerna run test --stream", "turbo run test", "turbo test", "pnpm turbo run test",
        "pnpm exec nx run-many -t test", "nx run-many --target=test --all", "nx affected -t test", "CI=1 turbo run test",
        "cross-env CI=1 npm test --workspaces",
    ],
)  # fmt: skip
def test_commands_that_start_scripts_of_members(command: str) -> None:
    assert is_delegated(command.split())


@pytest.mark.parametrize(
    "command", ["npm test", "npm run test:a -- -w", "yarn test", "vitest run -r x", "node -r x --test", "turbo", ""]
)
def test_commands_of_the_package_itself(command: str) -> None:
    assert not is_delegated(command.split())


@pytest.mark.parametrize(
    ("scripts", "script"),
    [
        ({"test": "turbo run test"}, ""),
        ({"test": "npm run test --workspaces"}, ""),
        ({"test": "npm run build && pnpm -r test", "build": "tsc -b"}, ""),
        ({"pretest": "npm run build", "build": "tsc -b", "test": "eslint . && lerna run test"}, ""),
        ({"test": "npm run test:all", "test:all": "pnpm -r run test:unit"}, ""),
        ({"test": "vitest run && pnpm -r test"}, "test"),
        ({"test": "node --test"}, "test"),
        ({"test": "npm run lint", "lint": "eslint ."}, "test"),
        ({"test:unit": "vitest run"}, "test:unit"),
        ({"test": 'echo "Error: no test specified" && exit 1'}, ""),
    ],
)
def test_a_script_that_only_starts_those_of_members_is_none(scripts: dict[str, str], script: str) -> None:
    assert script_for(PackageJson({"scripts": scripts}), "unit") == script


@pytest.mark.parametrize(
    ("runner", "script", "files", "covers"),
    [
        ("jest", "jest", {}, True),
        ("jest", "jest --ci packages/b", {}, False),
        ("jest", "jest", {"jest.config.js": "module.exports = { projects: ['<rootDir>/packages/*'] }"}, True),
        ("jest", "jest", {"jest.config.ts": "export default { roots: ['<rootDir>/src'] }"}, False),
        ("jest", "pnpm -r test", {}, False),
        ("jest", "", {}, False),
        ("vitest", "vitest run", {}, True),
        ("vitest", "vitest --dir src", {}, False),
        ("vitest", "vitest run", {"vitest.workspace.ts": "export default ['packages/*', 'apps/web']"}, True),
        ("vitest", "vitest run", {"vitest.config.ts": "test: { projects: ['apps/*'] }"}, False),
        ("vitest", "vitest run", {"vite.config.ts": "test: { include: ['packages/**/*.test.ts'] }"}, True),
        ("vitest", "vitest run", {"vite.config.ts": "test: { include: ['test/**/*.test.ts'] }"}, False),
        ("mocha", "mocha", {}, False),
        ("mocha", "mocha -r ts-node/register 'packages/*/test/**/*.js'", {}, True),
        ("mocha", "mocha", {".mocharc.json": '{"spec": ["packages/**/*.spec.js"]}'}, True),
        ("node", "node --test", {}, True),
        ("node", "node --import ./x.js --test test/*.js", {}, False),
    ],
)
def test_which_run_of_the_root_has_the_tests_of_a_member(
    tmp_path: Path, runner: str, script: str, files: dict[str, str], covers: bool
) -> None:
    package = json.dumps({"scripts": {"test": script}} if script else {"devDependencies": {runner: "*"}})
    for name, text in {"package.json": package, "packages/a/package.json": "{}", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    root = Project(".", tmp_path, "javascript")
    assert runs_tests_of(runner, root, Project("packages/a", tmp_path / "packages/a", "javascript")) is covers
