"""The repositories in JavaScript: at which commit, and what their own CI runs."""

from .repositories import Planted, Repository

# Packages are installed, and nothing of a repository is built.
_NPM = "npm install --ignore-scripts"
_PNPM = "npx --yes pnpm@{} install --frozen-lockfile --ignore-scripts"
_YARN = "npx --yes @yarnpkg/cli-dist@{} install --immutable --mode=skip-build"
_VITEST_COVERAGE = "npx vitest run --coverage --coverage.reporter=text-summary"
_NODE_TEST = "'use strict'\nrequire('node:test')('planted', () => { throw new Error('planted') })\n"
_EXPECTS = "\ntest('planted', () => { expect(1 + 1).toBe(3) })\n"
VITEST = f"import {{ expect, test }} from 'vitest'\n{_EXPECTS}"
_AVA = "\ntest('planted', t => {\n\tt.is(1 + 1, 3);\n});\n"
_MOCHA = "'use strict'\n\nit('planted', function () { throw new Error('planted') })\n"
_TSD = "npx tsd && echo ok 1 - tsd || echo not ok 1 - tsd"
_ANY_STANDARD = "package.json asks for any version of standard, and the one of today finds it."
_UNUSED = "\nvar planted = 1;\n"
_TYPESCRIPT = "\nexport const planted: number = 'three'\n"

JAVASCRIPT = (
    Repository(
        "koajs/koa",
        "e0ba8ef39d27fe5dae5492f9fe753d155124f994",
        "package-lock.json, node --test, standard, c8",
        ("npm ci --ignore-scripts",),
        {
            "node-test": "node --test",
            "standard": "npx standard",
            "node-test (coverage)": "npx c8 --reporter=text-summary node --test",
        },
        (Planted("unit_tests", "__tests__/planted.test.js", _NODE_TEST), Planted("linting", "lib/request.js", _UNUSED)),
        note="Two tests load a file that its script `prepare` makes: the gate starts it, and nothing is built by hand.",
    ),
    Repository(
        "sindresorhus/camelcase",
        "8596a65fcbfedd474cdedf16f48b7d9381eb7953",
        "npm without a lock file, ava 6, xo 1, tsd",
        (_NPM,),
        {"ava": "npx ava", "xo": "npx xo", "node-test": _TSD},
        (
            Planted("unit_tests", "test.js", _AVA),
            Planted("linting", "index.js", _UNUSED),
        ),
    ),
    Repository(
        "sindresorhus/p-map",
        "bc26cf03f81292325236a1188063dac8e7a4de0f",
        "npm without a lock file, ava 5, xo 0.56, tsd",
        (_NPM,),
        {"ava": "npx ava", "xo": "npx xo", "node-test": _TSD},
        (Planted("unit_tests", "test.js", _AVA), Planted("linting", "index.js", _UNUSED)),
        note="One test compares its own running times, and fails where much else runs.",
    ),
    Repository(
        "sindresorhus/is",
        "48df5c429ced9b65fc788aa17ab8b9004d46a772",
        "npm without a lock file, node --test of TypeScript, xo 2, two tsconfig files",
        (_NPM,),
        {
            "node-test": "node --experimental-transform-types --test test/test.ts",
            "xo": "npx xo",
            "tsc": "npx tsc --noEmit; npx tsc --project test/tsconfig.json --noEmit",
        },
        (
            Planted("linting", "source/index.ts", "var planted = 1;\n"),
            Planted("static_analysis", "source/index.ts", _TYPESCRIPT),
        ),
    ),
    Repository(
        "feross/safe-buffer",
        "bc5ead0f17e0da69bb97f727d19787778b738acc",
        "npm without a lock file, tape, standard",
        (_NPM,),
        {"node-test": "npx tape test/*.js", "standard": "npx standard"},
        (
            Planted(
                "unit_tests", "test/planted.js", "require('tape')('planted', t => { t.equal(1 + 1, 3); t.end() })\n"
            ),
            Planted("linting", "index.js", _UNUSED),
        ),
        dict.fromkeys(("94d04010", "89d3d5b4", "bc5ead0f"), _ANY_STANDARD),
    ),
    Repository(
        "reduxjs/redux-thunk",
        "184205d49f707c6f203269e0d39ad85824801816",
        "yarn 4, vitest 1 with type tests, eslint 7, prettier",
        (_YARN.format("4.4.1"),),
        {
            "vitest": "npx vitest --run --typecheck",
            "prettier": "npx prettier --check '{src,test,typescript_test}/**/*.{js,ts}'",
            "eslint": "npx eslint '{src,test,typescript_test}/**/*.{js,ts}'",
            "tsc": "npx tsc --noEmit -p tsconfig.test.json",
        },
        (
            Planted("unit_tests", "test/planted.test.ts", VITEST),
            Planted("static_analysis", "src/index.ts", _TYPESCRIPT),
        ),
    ),
    Repository(
        "unjs/pathe",
        "ef12c124fbd04f27b298001fe6ada049ede5df26",
        "pnpm, vitest 2, eslint, prettier",
        (_PNPM.format("9.15.0"),),
        {
            "vitest": "npx vitest run",
            "vitest (coverage)": _VITEST_COVERAGE,
            "eslint": "npx eslint .",
            "prettier": "npx prettier -c src test",
            "tsc": "npx tsc --noEmit",
        },
        (
            Planted("unit_tests", "test/planted.test.ts", VITEST),
            Planted("static_analysis", "src/utils.ts", _TYPESCRIPT),
        ),
    ),
    Repository(
        "unjs/destr",
        "541b6f9aeada9fc30de9c5a7e086dbfc1c6fcdc7",
        "pnpm, vitest 3, eslint, prettier",
        (_PNPM.format("10.33.4"),),
        {
            "vitest": "npx vitest run",
            "vitest (coverage)": _VITEST_COVERAGE,
            "eslint": "npx eslint .",
            "prettier": "npx prettier -c src test",
            "tsc": "npx tsc --noEmit",
        },
        (
            Planted("unit_tests", "test/planted.test.ts", VITEST),
            Planted("static_analysis", "src/index.ts", _TYPESCRIPT),
        ),
    ),
    Repository(
        "tinyhttp/tinyhttp",
        "9266f9ea3783e1282df3c83edcceeadf30fba5a8",
        "a pnpm workspace whose root has the tests of its members, vitest 4, biome",
        (_PNPM.format("11.14.0"),),
        {
            "vitest": "npx vitest run --dir tests",
            "vitest (coverage)": "npx vitest run --dir tests --coverage --coverage.reporter=text-summary",
            "biome": "npx biome ci .",
        },
        (
            Planted("unit_tests", "tests/modules/planted.test.ts", VITEST),
            Planted("linting", "packages/etag/src/index.ts", "debugger;\n"),
            Planted("static_analysis", "packages/etag/src/index.ts", _TYPESCRIPT),
        ),
        note="Its types are checked where its members are built, and nothing is built by hand.",
    ),
    Repository(
        "wojtekmaj/make-cancellable-promise",
        "a2d4133f64d73ea199f8fc773db66a4538fb014b",
        "yarn 4, vitest 4, biome, a type checker that is TypeScript 7",
        (_YARN.format("4.17.1"),),
        {"vitest": "npx vitest run", "biome": "npx biome lint; npx biome format", "tsc": "npx tsc"},
        (
            Planted("unit_tests", "src/planted.spec.ts", VITEST),
            Planted("static_analysis", "src/index.ts", _TYPESCRIPT),
            Planted("linting", "src/index.ts", "debugger;\n"),
        ),
    ),
    Repository(
        "SuperchupuDev/tinyglobby",
        "49c2b9356c4977f1f531de651f90b420a06c64f6",
        "pnpm with a workspace file, node --test of TypeScript, biome",
        (_PNPM.format("10.30.0"),),
        {"node-test": "node --test 'test/**/*.ts'", "biome": "npx biome ci", "tsc": "npx tsc --noEmit"},
        (
            Planted(
                "unit_tests",
                "test/planted.test.ts",
                "import test from 'node:test';\n\ntest('planted', () => {\n  throw new Error('planted');\n});\n",
            ),
            Planted("static_analysis", "src/types.ts", _TYPESCRIPT),
            Planted("linting", "src/types.ts", "debugger;\n"),
        ),
    ),
    Repository(
        "expressjs/express",
        "a3714473feb3d2908add734d340e7755fd85e0a3",
        "npm without a lock file, mocha, eslint 8",
        (_NPM,),
        {
            "mocha (coverage)": "npx nyc --exclude examples --exclude test --reporter=text-summary npm test",
            "mocha": "npx mocha --require test/support/env --reporter spec --check-leaks test/ test/acceptance/",
            "eslint": "npx eslint .",
        },
        (
            Planted(
                "unit_tests",
                "test/planted.js",
                _MOCHA,
            ),
            Planted("linting", "lib/utils.js", _UNUSED),
        ),
    ),
    Repository(
        "expressjs/cors",
        "5317ebe670db2aaebc1d496eb5d33493deefb3ed",
        "npm without a lock file, mocha 9, nyc, eslint 7",
        (_NPM,),
        {
            "mocha": "npx mocha --require test/support/env",
            "mocha (coverage)": "npx nyc --reporter=text-summary mocha --require test/support/env",
            "eslint": "npx eslint lib test",
        },
        (Planted("unit_tests", "test/planted.js", _MOCHA), Planted("linting", "lib/index.js", "\n   ( 1 )\n")),
    ),
    Repository(
        "tj/commander.js",
        "395cf7145fe28122f5a69026b310e02df114f907",
        "package-lock.json, jest with ts-jest, eslint 9, prettier, tsc",
        ("npm ci --ignore-scripts",),
        {
            "jest": "npx jest",
            "node-test": f"{_TSD}; npx tsc -p tsconfig.ts.json && echo ok 2 - tsc || echo not ok 2 - tsc",
            "eslint": "npx eslint .",
            "prettier": "npx prettier --check .",
            "tsc": "npx tsc -p tsconfig.ts.json; npx tsc -p tsconfig.js.json",
            # One of its tests reads the arguments of the process.
            "jest (coverage)": "sed -i 's/collectCoverage: true/&, coverageReporters: [`text-summary`]/' "
            "jest.config.js; npx jest",
        },
        (
            Planted("unit_tests", "tests/planted.test.js", _EXPECTS),
            Planted("linting", "lib/error.js", _UNUSED),
            Planted("static_analysis", "typings/index.test-d.ts", _TYPESCRIPT),
        ),
    ),
    Repository(
        "remarkjs/remark",
        "6c18384e9731146a3e8dffe79d1d8e59316c6bf7",
        "npm workspace, node --test, xo with prettier",
        (_NPM,),
        {
            "node-test": "node --conditions development test.js",
            "node-test (coverage)": "npx c8 --reporter text-summary -- node --conditions development test.js",
            "xo": "npx xo",
            "prettier": "npx prettier --check .",
            "tsc": "npx tsc --noEmit",
        },
        (
            Planted("unit_tests", "test.js", "\ntest('planted', function () { throw new Error('planted') })\n"),
            Planted("linting", "packages/remark/index.js", "\nvar planted = 1;\n"),
        ),
    ),
)
