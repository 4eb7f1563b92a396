"""The recipe jest-to-vitest: configurations, calls and mocks, callbacks, snapshots and scripts; what stays is a row."""

import json
from pathlib import Path
from typing import Any

import pytest

from activities.migration.recipe import SourceTree
from activities.recipes import registry
from activities.untrusted_files import UntrustedFolder
from tests.recipes.harness import Migrated, migrate

RECIPE = registry()["jest-to-vitest"]

# Before and after; what is the same in both is left alone.
CASES: dict[str, tuple[str, str]] = {
    "own": ("const jest = { fn() {} };\nit('a', () => jest.fn());\n", "const jest = { fn() {} };\nit('a', () => jest.fn());\n"),
    "property": ("it('a', () => run({ jest: 1 }).jest.fn(done));\n", "it('a', () => run({ jest: 1 }).jest.fn(done));\n"),
    "comment": ("// jest.fn() of jest\nit('jest.fn()', () => {});\n", "// jest.fn() of jest\nit('jest.fn()', () => {});\n"),
    "calls": (
        "jest.setTimeout(10 * 1000);\r\njest.useFakeTimers('modern');\r\nconst a = jest.fn(), b = jest.now(); // é\r\nxit('b', () => {});\r\nfdescribe('c', () => {});\r\n",
        "vi.setConfig({ testTimeout: 10 * 1000 });\r\nvi.useFakeTimers();\r\nconst a = vi.fn(), b = Date.now(); // é\r\nit.skip('b', () => {});\r\ndescribe.only('c', () => {});\r\n",
    ),
    "globals": (
        "import { expect, jest, it } from '@jest/globals';\nit('a', () => expect(jest.fn()).toBeTruthy());\n",
        "import { expect, vi, it } from 'vitest';\nit('a', () => expect(vi.fn()).toBeTruthy());\n",
    ),
    "actual": (
        "import a from './a';\njest.mock('./a', () => ({ ...jest.requireActual('./a'), b: 1 }));\nit('x', () => {\n  expect(jest.requireActual('./a').b).toBe(a);\n});\n",
        "import a from './a';\nvi.mock('./a', async () => ({ ...await vi.importActual('./a'), b: 1 }));\nit('x', async () => {\n  expect((await vi.importActual('./a')).b).toBe(a);\n});\n",
    ),
    "mocks": (
        "import a from './a';\nimport { c } from './c';\njest.mock('./a', () => ({ b: 1 }));\njest.mock('./c', () => ({ c: 1 }));\njest.mock('./d', () => () => null);\njest.mock('./e', () => ({ __esModule: true, default: 1 }));\n",
        "import a from './a';\nimport { c } from './c';\nvi.mock('./a', () => { const mocked = { b: 1 }; return { ...mocked, default: mocked }; });\nvi.mock('./c', () => ({ c: 1 }));\nvi.mock('./d', () => ({ default: () => null }));\nvi.mock('./e', () => ({ __esModule: true, default: 1 }));\n",
    ),
    "early": (
        "const mockA = jest.fn();\nconst mockB = jest.fn();\njest.mock('./c', () => ({ a: mockA, b: () => mockB() }));\n",
        "const mockA = vi.hoisted(() => vi.fn());\nconst mockB = jest.fn();\nvi.mock('./c', () => ({ a: mockA, b: () => mockB() }));\n".replace("jest.fn", "vi.fn"),
    ),
    "done": (
        "it('a', (done) => {\n  later(() => done());\n});\nit('b', done => {\n  later(done);\n});\nbeforeEach(function (done) { later(() => done()); });\nbeforeEach(() => jest.spyOn(a, 'b'));\n",
        "it('a', () => new Promise((done) => {\n  later(() => done());\n}));\nit('b', () => new Promise((resolve, reject) => {\n  const done = Object.assign((error) => (error ? reject(error) : resolve()), { fail: reject });\n  later(done);\n}));\nbeforeEach(function () { return new Promise((done) => { later(() => done()); }); });\nbeforeEach(() => { vi.spyOn(a, 'b'); });\n",
    ),
    "nested": (
        "jest.mock('./c').mock('./d');\nafterAll(() => {\n  jest.unmock('./c');\n});\nit('a', () => {\n  jest.useFakeTimers('legacy');\n  expect(setTimeout).toBeCalled();\n});\n",
        "vi.mock('./c').mock('./d');\nafterAll(() => {\n  vi.doUnmock('./c');\n});\nit('a', () => {\n  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'] }); vi.spyOn(globalThis, 'setTimeout');\n  expect(setTimeout).toBeCalled();\n});\n",
    ),
    "requires": (
        "const a = require('./a').default;\nconst { b, c: d } = require('./a');\nconst e = require('path');\nit('x', () => require('./a'));\n",
        "import a from './a';\nimport { b, c as d } from './a';\nconst e = require('path');\nit('x', () => require('./a'));\n",
    ),
    "environment": ("/**\n * @jest-environment jsdom\n */\nit('a', () => {});\n", "/**\n * @vitest-environment jsdom\n */\nit('a', () => {});\n"),
    "broken": ("it('a', () => { jest.fn(;\n", "it('a', () => { jest.fn(;\n"),
    "left": (
        "jest.isolateModules(() => {});\nrun(jest);\njest.mock('x', () => 1, { virtual: true });\nit('a', (a, b) => {});\n",
        "jest.isolateModules(() => {});\nrun(jest);\nvi.mock('x', () => ({ default: 1 }), { virtual: true });\nit('a', (a, b) => {});\n",
    ),
}  # fmt: skip
TYPED = (
    "import { a } from './a';\nconst b = a as jest.Mock;\nlet c: jest.SpyInstance<void, [string]>;\nconst d = jest.fn<number, [string]>();\n",
    "import { a } from './a';\nimport type { Mock, MockInstance } from 'vitest';\nconst b = a as Mock;\nlet c: MockInstance<(...args: [string]) => void>;\nconst d = vi.fn<(...args: [string]) => number>();\n",
)
SNAPSHOT = "// Jest Snapshot v1, https://goo.gl/fbAQLP\n\nexports[`outer inner test 1`] = `1`;\n\nexports[`alone 1`] = `2`;\n\nexports[`gone 1`] = `3`;\n"

PACKAGE = {
    "name": "x",
    "scripts": {
        "test": "NODE_OPTIONS=--experimental-vm-modules jest --ci -i --coverage && echo jest",
        "watch": "cross-env jest --watchAll --testPathPattern src",
        "config": "jest --config jest.config.node.js --foo",
    },
    "devDependencies": {
        "@types/jest": "^27",
        "babel-jest": "^27",
        "jest": "^27.5.1",
        "jest-canvas-mock": "1",
        "jest-when": "3",
    },
}
CONFIG = """module.exports = {
  ...require('./jest.base'),
  testEnvironment: 'jsdom',
  setupFilesAfterEnv: ['<rootDir>/setup.js'],
  testMatch: ['<rootDir>/src/**/*.test.(js|ts)'],
  moduleNameMapper: { '^@/(.*)$': '<rootDir>/src/$1', '\\\\.css$': 'identity-obj-proxy' },
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  collectCoverageFrom: ['src/**/*.js', '!src/x.js'],
  globals: { 'ts-jest': {}, __DEV__: true },
  reporters: ['default', 'jest-junit'],
  transform: { '^.+\\\\.js$': 'babel-jest' },
};
"""
VITEST_CONFIG = """import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  define: {
    __DEV__: true,
  },
  css: {
    modules: {
      classNameStrategy: 'non-scoped',
    },
  },
  resolve: {
    alias: [
      { find: /^@\\/(.*)$/, replacement: fileURLToPath(new URL('./src/$1', import.meta.url)) },
    ],
  },
  test: {
    globals: true,
    environment: 'jsdom',
    environmentOptions: {
      jsdom: {
        url: 'http://localhost/',
      },
    },
    clearMocks: true,
    include: ['src/**/*.test.@(js|ts)'],
    setupFiles: ['./setup.js'],
    snapshotFormat: {
      escapeString: true,
      printBasicPrototype: true,
    },
    exclude: [...configDefaults.exclude, 'dist/**'],
    coverage: {
      include: ['src/**/*.js'],
      exclude: ['src/x.js'],
    },
    css: true,
  },
});
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def write(folder: Path) -> None:
    files = {f"src/{name}.test.js": before for name, (before, _) in CASES.items()}
    files |= {
        "src/typed.test.ts": TYPED[0],
        "src/a.js": "export default 1;\n",
        "old/package.json": '{"devDependencies": {"jest": "26", "me": "1"}, "jest": {"roots": ["<rootDir>/t"], "testRegex": "t/(.*?/)?.*test.js$"}}',
        "old/t/a.test.js": "jest.useFakeTimers()\nconst a = jest.genMockFunction();\n",
        "old/t/__mocks__/me.js": "module.exports = require('../../../src/a')\n",
        "old/t/__mocks__/you.js": "const a = require('../../../src/a')\n\nmodule.exports = a\n",
        "src/play.spec.ts": "import { test } from '@playwright/test';\ntest('a', async ({ page }) => {});\n",
        "src/__snapshots__/snap.test.js.snap": SNAPSHOT,
        "src/snap.test.js": "describe('outer', () => { describe('inner', () => { it('test', () => {}); }); });\nit('alone', () => {});\n",
        "package.json": json.dumps(PACKAGE, indent=2),
        "jest.config.js": CONFIG,
        "jest.config.node.js": "module.exports = { testEnvironment: 'node' };\n",
        "jest.base.js": "module.exports = { clearMocks: true };\n",
        "tsconfig.json": '{"compilerOptions": {"types": ["node", "jest"]}} // é\n',
        "ci.yml": "run: npx jest --ci\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())


async def test_migrates(tmp_path: Path, data: Path) -> None:
    folder = tmp_path / "tree"
    write(folder)
    done = await migrate(folder, RECIPE, data)
    assert [report.problem for report in done.reports.values()] == [""] * 6
    text = {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*.*")}
    assert {name: text[f"src/{name}.test.js"] for name in CASES} == {name: after for name, (_, after) in CASES.items()}
    assert text["src/typed.test.ts"] == TYPED[1]
    assert text["vitest.config.mts"] == VITEST_CONFIG
    assert "environment" not in text["vitest.config.node.mts"]
    assert text["tsconfig.json"] == '{"compilerOptions": {"types": ["node", "vitest/globals"]}} // é\n'
    assert text["src/__snapshots__/snap.test.js.snap"].startswith(
        "// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html\n"
    )
    assert "exports[`outer > inner > test 1`]" in text["src/__snapshots__/snap.test.js.snap"]
    assert (
        "{ find: /^me$/, replacement: fileURLToPath(new URL('./t/__mocks__/me.js', import.meta.url)) }"
        in text["old/vitest.config.mjs"]
    )
    assert "include: ['t/**/*.test.js']" in text["old/vitest.config.mjs"]
    assert "dir:" not in text["old/vitest.config.mjs"]
    assert text["old/t/a.test.js"].startswith("vi.useFakeTimers({ toFake: ['setTimeout', ")
    assert text["old/t/a.test.js"].endswith("const a = vi.fn();\n")
    assert (
        text["old/t/__mocks__/me.js"] == "export * from '../../../src/a';\nexport { default } from '../../../src/a';\n"
    )
    assert (
        text["old/t/__mocks__/you.js"] == "export * from '../../../src/a'\n\nexport { default } from '../../../src/a'\n"
    )
    _manifest(json.loads(text["package.json"]))
    _rows(done)
    again = await migrate(folder, RECIPE, data)
    assert set(again.changed.values()) == {()}


def _manifest(package: dict[str, Any]) -> None:
    assert package["scripts"] == {
        "test": "vitest run --no-file-parallelism --coverage && echo jest",
        "watch": "vitest src",
        "config": "vitest run --config vitest.config.node.mts --foo",
    }
    expected = {"vitest", "jsdom", "@vitest/coverage-v8", "vitest-canvas-mock", "jest-when"}
    assert package["devDependencies"].keys() == expected


def _rows(done: Migrated) -> None:
    rows = {(row.file, row.line): row.reason for row in done.leftovers}
    for place, said in {
        ("src/own.test.js", 1): "Something else is called `jest`",
        ("src/broken.test.js", 1): "could not be parsed",
        ("src/left.test.js", 1): "Vitest has no `isolateModules`",
        ("src/left.test.js", 2): "`jest` is used as a value",
        ("src/left.test.js", 3): "no virtual modules",
        ("src/left.test.js", 4): "no callback to tests",
        ("src/__snapshots__/snap.test.js.snap", 7): "that of no test",
        ("jest.config.js", 10): "`reporters` of jest",
        ("ci.yml", 1): "Jest is started here: `npx jest`",
    }.items():
        assert said in rows[place]
    assert any("`config` gives vitest options of jest: `--foo`" in reason for reason in rows.values())
    assert any("`jest-when` belongs to jest" in reason for reason in rows.values())


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"package.json": '{"devDependencies": {"jest": "29"}}'}, ""),
        ({"jest.config.js": ""}, ""),
        ({"package.json": '{"devDependencies": {"mocha": "1"}}'}, "No package.json asks for jest here"),
        ({"package.json": '{"dependencies": {"react-native": "1", "jest": "29"}}'}, "Tests of React Native need"),
        ({"package.json": "{ jest"}, "No package.json asks for jest here"),
    ],
)
def test_why_not(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    said = RECIPE.why_not(SourceTree(UntrustedFolder(tmp_path), tuple(files)), "")
    assert said.startswith(sentence)
    assert bool(said) == bool(sentence)
