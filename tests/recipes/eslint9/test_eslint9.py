"""The recipe eslint9: configurations of every format, versions, scripts and comments; what stays is a row."""

import json
from pathlib import Path
from typing import Any

import pytest

from activities.migration.recipe import SourceTree
from activities.model import Finding
from activities.recipes import registry
from activities.recipes.eslint9.report import differences
from activities.untrusted_files import UntrustedFolder
from tests.recipes.harness import Migrated, migrate

RECIPE = registry()["eslint9"]


def manifest(eslint: str = "^8.57.0", **more: object) -> str:
    return json.dumps({"name": "x", "devDependencies": {"eslint": eslint}, **more}, indent=2) + "\n"


BEFORE = {
    # JSON with comments, an ignore file, a folder below, options of the command line.
    "json/package.json": manifest(
        scripts={
            "lint": "eslint --ext .js,.ts --ignore-path .eslintignore src && echo --ext",
            "ts": "cross-env ESLINT_USE_FLAT_CONFIG=false eslint --no-eslintrc --ext=.ts . src/a.js",
            "rules": "eslint --rulesdir rules .",
        },
        dependencies={"eslint-plugin-react": "~7.30.0", "eslint-config-airbnb": "^19.0.4", "babel-eslint": "10"},
        eslintIgnore=["never"],
    ),
    "json/.eslintrc.json": """{
  // the root
  "root": true,
  "extends": ["eslint:recommended", "airbnb", "plugin:react/recommended", "plugin:other/x"],
  "env": {"browser": true, "es2020": true, "jest/globals": true, "amd": false},
  "parser": "babel-eslint",
  "parserOptions": {"ecmaVersion": 2018, "sourceType": "module", "ecmaFeatures": {"jsx": true}},
  "plugins": ["react", "@scope/a"],
  "globals": {"VERSION": "readonly"},
  "rules": {
    "semi": ["error", "always"], // always
    "no-unused-vars": ["error", {"args": "none"}],
    "valid-jsdoc": "warn"
  },
  "overrides": [{"files": "*.test.js", "excludedFiles": ["a/*.js"], "rules": {"semi": "off"}}]
}
""",
    "json/.eslintignore": "dist/\n!keep.js\n",
    "json/test/.eslintrc": "env:\n  mocha: true\n",
    "json/src/a.js": "/* eslint-env node, mocha */\ntry { describe() } catch (e) {} // eslint-disable-line\nrequire('x');\n",
    "json/src/b.js": "/* eslint-env es6 */\r\n/* eslint semi: 0 */\r\n/* eslint semi: \"off\" */\r\n0\r\n",
    "json/src/c.js": "/* eslint-env jest/globals */\nit();\n",
    # A program, with its own statements; an own root.
    "js/package.json": manifest(),
    "js/.eslintrc.js": """'use strict';

// Where we are.
const globals = __dirname;

/** @type {import("eslint").Linter.Config} */
module.exports = {
    root: true,
    env: { node: true },
    extends: 'prettier',
    rules: {
        // why
        'no-console': process.env.CI ? 'error' : 'off',
    },
};
""",
    # Computed: translated when it starts.
    "computed/package.json": manifest(type="module"),
    "computed/.eslintrc.cjs": "module.exports = Object.assign({ rules: {} }, require('./base'));\n",
    # In the manifest, where the range is one of peers too.
    "pkg/package.json": '{\n  "peerDependencies": {"eslint": "^7 || ^8"},\n  "eslintConfig": {"root": true, "rules": {"semi": 2}},\n  "x": 1\n}\n',
    # No JSON, both kinds, and nothing of ours.
    "bad/.eslintrc.json": '{"rules": ',
    "both/.eslintrc.yml": "rules: {semi: 2}\n",
    "both/eslint.config.js": "module.exports = [];\n",
    "ci.yml": "run: npx eslint --ext .ts .\n",
}  # fmt: skip

JSON_CONFIG = """import path from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, globalIgnores } from "eslint/config";
import { FlatCompat } from "@eslint/eslintrc";
import { fixupConfigRules, fixupPluginRules } from "@eslint/compat";
import js from "@eslint/js";
import globals from "globals";
import babelParser from "@babel/eslint-parser";
import react from "eslint-plugin-react";
import scopeA from "@scope/eslint-plugin-a";

const compat = new FlatCompat({
  baseDirectory: path.dirname(fileURLToPath(import.meta.url)),
  recommendedConfig: js.configs.recommended,
  allConfig: js.configs.all,
});

export default defineConfig([
  globalIgnores(["**/dist/", "!**/keep.js", "eslint.config.mjs"]),
  { linterOptions: { reportUnusedDisableDirectives: "off" } },
  {
    extends: [
      js.configs.recommended,
      { rules: { "no-unused-vars": ["error", { caughtErrors: "none" }] } },
      compat.extends("airbnb"),
      compat.extends("plugin:react/recommended"),
      fixupConfigRules(compat.extends("plugin:other/x")),
      compat.env({ "jest/globals": true }),
    ],
    languageOptions: {
      globals: {
        ...globals.browser,
        ...globals.es2020,
        ...Object.fromEntries(Object.keys(globals.amd).map((name) => [name, "off"])),
        "VERSION": "readonly",
      },
      parser: babelParser,
      "ecmaVersion": 2018,
      "sourceType": "module",
      parserOptions: { "ecmaFeatures": {"jsx": true} },
    },
    // the root
    plugins: { react, "@scope/a": fixupPluginRules(scopeA) },
    rules: {
      "semi": ["error", "always"], // always
      "no-unused-vars": ["error", {"args": "none", caughtErrors: "none"}],
    },
  },
  {
    files: ["**/*.test.js"],
    ignores: ["a/*.js"],
    rules: {"semi": "off"},
  },
  {
    files: ["test/**"],
    languageOptions: { globals: { ...globals.mocha } },
  },
  { files: ["**/*.ts"] },
]);
"""

JS_CONFIG = """'use strict';
const { defineConfig, globalIgnores } = require('eslint/config');
const { FlatCompat } = require('@eslint/eslintrc');
const globals2 = require('globals');
const js = require('@eslint/js');

const compat = new FlatCompat({
    baseDirectory: __dirname,
    recommendedConfig: js.configs.recommended,
    allConfig: js.configs.all,
});

// Where we are.
const globals = __dirname;

/** @type {import("eslint").Linter.Config[]} */
module.exports = defineConfig([
    globalIgnores(['eslint.config.js']),
    {
        files: ['**/*.js'],
        languageOptions: { sourceType: 'commonjs' },
    },
    { linterOptions: { reportUnusedDisableDirectives: 'off' } },
    {
        extends: [compat.extends('prettier')],
        languageOptions: { globals: { ...globals2.node } },
        rules: {
            // why
            'no-console': process.env.CI ? 'error' : 'off',
        },
    },
]);
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


async def test_migrates_every_format(tmp_path: Path, data: Path) -> None:
    folder = tmp_path / "tree"
    for name, before in BEFORE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(before.encode())
    done = await migrate(folder, RECIPE, data)
    assert [report.problem for report in done.reports.values()] == [""] * 5
    text = {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*.*")}
    assert text["json/eslint.config.mjs"] == JSON_CONFIG
    assert text["js/eslint.config.js"] == JS_CONFIG
    assert "compat.config(Object.assign({ rules: {} }, require('./base')))" in text["computed/eslint.config.cjs"]
    assert '"semi": 2' in text["pkg/eslint.config.mjs"]
    assert text["pkg/package.json"] == '{\n  "peerDependencies": {"eslint": "^7 || ^8 || ^9.0.0"},\n  "x": 1\n}\n'
    left = {name for name in text if ".eslintrc" in name or name.endswith(".eslintignore")}
    assert left == {"bad/.eslintrc.json", "both/.eslintrc.yml"}
    _manifest(json.loads(text["json/package.json"]))
    assert text["json/src/a.js"] == "/* global describe, require */\n" + BEFORE["json/src/a.js"].partition("\n")[2]
    assert text["json/src/b.js"] == "/* eslint semi: 0 */\r\n0\r\n"
    assert text["json/src/c.js"] == BEFORE["json/src/c.js"]
    _rows(done)
    again = await migrate(folder, RECIPE, data)
    assert set(again.changed.values()) == {()}


def _manifest(package: dict[str, Any]) -> None:
    assert package["scripts"] == {
        "lint": "eslint src && echo --ext",
        "ts": 'eslint --no-config-lookup "**/*.ts" src/a.js',
        "rules": "eslint --rulesdir rules .",
    }
    assert package["dependencies"]["eslint-plugin-react"] == "~7.37.5"
    assert package["dependencies"]["@babel/eslint-parser"].startswith("^7.")
    assert {"eslint", "@eslint/js", "@eslint/eslintrc", "@eslint/compat", "globals"} == package[
        "devDependencies"
    ].keys()
    assert package["overrides"] == {"eslint-config-airbnb": {"eslint": "$eslint"}}
    assert "eslintIgnore" not in package


def _rows(done: Migrated) -> None:
    rows = {(row.file, row.line): row.reason for row in done.leftovers}
    for place, said in {
        ("json/.eslintrc.json", 13): "`valid-jsdoc` is no longer part of ESLint",
        ("json/package.json", 13): "`rules` uses `--rulesdir`",
        ("json/src/c.js", 1): "the globals of `jest/globals` are not known",
        ("computed/.eslintrc.cjs", 1): "`FlatCompat` translates it",
        ("bad/.eslintrc.json", 1): "could not be read",
        ("both/.eslintrc.yml", 0): "There is `eslint.config.js` beside it",
        ("ci.yml", 1): "an option that ESLint 9 does not have: `eslint --ext`",
    }.items():
        assert said in rows[place]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"package.json": manifest("^8.0.0")}, ""),
        ({".eslintrc": "{}"}, ""),
        ({"package.json": manifest("^9.1.0")}, "ESLint `^9.1.0` is asked for already (package.json:4)"),
        ({"package.json": "{"}, "No package.json asks for eslint here"),
    ],
)
def test_why_not(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    said = RECIPE.why_not(SourceTree(UntrustedFolder(tmp_path), tuple(files)), "9")
    assert said.startswith(sentence)
    assert bool(said) == bool(sentence)


def test_every_difference_is_a_row() -> None:
    def finding(rule: str, line: int) -> Finding:
        return Finding("linting", "eslint", rule, "a.js", line, "Said.", "warning")

    rows = list(
        differences(
            [finding("same", 1), finding("old", 2)], [finding("same", 1), finding("same", 1), finding("new", 3)]
        )
    )
    assert [(row.line, row.reason.partition(":")[0]) for row in rows] == [
        (1, "ESLint 9 reports this, and ESLint 8 did not"),
        (3, "ESLint 9 reports this, and ESLint 8 did not"),
        (2, "ESLint 8 reported this, and ESLint 9 does not"),
    ]
