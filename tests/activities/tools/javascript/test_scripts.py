"""Which program a script starts, and with what."""

import json

import pytest

from activities.languages.javascript.package_json import parse_package
from activities.languages.javascript.scripts import find_call, without_options
from activities.languages.javascript.scripts import test_script as script_of

JEST = ("jest", "vitest")


@pytest.mark.parametrize(
    "script",
    [
        "",
        "ava",
        "echo jest",
        "npm run test",
        "npm run missing",
        "cd packages/x && jest",
        "jest | tee log",
        "jest > log",
        "jest || true",
        'jest "unbalanced',
        "make test",
    ],
)
def test_no_start_of_the_program_is_found(script: str) -> None:
    package = parse_package(f'{{"scripts": {{"test": {json.dumps(script)}}}}}')
    assert find_call(package, "test", *JEST) is None


@pytest.mark.parametrize(
    ("script", "args", "env"),
    [
        ("jest", (), {}),
        ("NODE_ENV=test TZ=UTC jest --ci", ("--ci",), {"NODE_ENV": "test", "TZ": "UTC"}),
        ("cross-env NODE_ENV=test jest 'a b'", ("a b",), {"NODE_ENV": "test"}),
        ("cross-env NODE_ENV=test npm run other", ("other",), {"NODE_ENV": "test"}),
        ("npx jest", (), {}),
        ("npx --no-install jest -i", ("-i",), {}),
        ("yarn jest -i", ("-i",), {}),
        ("pnpm exec jest", (), {}),
        ("npm exec -- jest", (), {}),
        ("c8 --all jest", (), {}),
        ("c8 -r text --src lib jest", (), {}),
        ("nyc --reporter lcov jest --ci", ("--ci",), {}),
        ("dotenv -e .env.test -- jest", (), {}),
        ("eslint . && tsc --noEmit && jest", (), {}),
        ("npm run build && jest", (), {}),
        ("npm run other", ("other",), {}),
        ("npm run other -- --ci --config 'a b'", ("other", "--ci", "--config", "a b"), {}),
        ("yarn other --ci", ("other", "--ci"), {}),
        ("npm run -s other", ("other",), {}),
        ("run-s build other", ("other",), {}),
        ("npm-run-all --parallel build oth*", ("other",), {}),
        ("concurrently -n a,b \"npm:build\" \"npm:other -- --ci\"", ("other", "--", "--ci"), {}),
        ("concurrently 'eslint .' 'jest -i'", ("-i",), {}),
        ("node --experimental-vm-modules node_modules/jest/bin/jest.js x", ("x",), {"NODE_OPTIONS": "--experimental-vm-modules"}),
        ("node ./node_modules/.bin/jest", (), {}),
    ],
)  # fmt: skip
def test_start_of_the_program_is_found(script: str, args: tuple[str, ...], env: dict[str, str]) -> None:
    text = f'{{"scripts": {{"test": {json.dumps(script)}, "build": "rollup -c \'x y\'", "other": "jest other"}}}}'
    call = find_call(parse_package(text), "test", *JEST)
    assert call is not None
    assert (call.program, call.args, call.env) == ("jest", args, env)


def test_scripts_that_call_each_other_end() -> None:
    text = '{"scripts": {"test": "npm run a && npm run a", "a": "npm run b && npm run b", "b": "npm run test"}}'
    assert find_call(parse_package(text), "test", *JEST) is None


@pytest.mark.parametrize(
    ("scripts", "unit", "integration"),
    [
        ("{}", "", ""),
        ('{"test": "echo \\"Error: no test specified\\" && exit 1"}', "", ""),
        ('{"test": "jest"}', "test", ""),
        ('{"test": "jest", "integration": "jest i"}', "test", "integration"),
        ('{"test": "run-s test:*", "test:unit": "jest", "test:integration": "jest i"}', "test:unit", "test:integration"),
        ('{"test": 3}', "", ""),
    ],
)  # fmt: skip
def test_unit_and_integration_tests_have_their_scripts(scripts: str, unit: str, integration: str) -> None:
    package = parse_package(f'{{"scripts": {scripts}}}')
    assert (script_of(package, "unit"), script_of(package, "integration")) == (unit, integration)


def test_options_are_removed_with_their_values() -> None:
    words = ("--watch", "-f", "unix", "--format=json", "src", "--watching", "--coverage.all", "--coverage-x")
    assert without_options(words, ("--watch", "--coverage."), ("-f", "--format")) == (
        "src",
        "--watching",
        "--coverage-x",
    )
