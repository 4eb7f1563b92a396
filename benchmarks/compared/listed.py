"""Which repositories, at which commit, and what their own CI runs."""

from .repositories import Planted, Repository

# What a repository needs is installed; it is run as it lies there, and nothing of it is built.
_VENV = "uv venv --quiet --python 3.11 .venv && uv pip install --quiet "
_SYNC = "uv sync --frozen --python 3.11 --no-install-project "
_COVERAGE = "coverage run -m pytest; coverage report"
_PNPM = "npx --yes pnpm@{} install --frozen-lockfile --ignore-scripts"
_NODE_TEST = "'use strict'\nrequire('node:test')('planted', () => { throw new Error('planted') })\n"
_EXPECTS = "\ntest('planted', () => { expect(1 + 1).toBe(3) })\n"
_VITEST = f"import {{ expect, test }} from 'vitest'\n{_EXPECTS}"
_TSD = "npx tsd && echo ok 1 - tsd || echo not ok 1 - tsd"
_UNUSED = "\nvar planted = 1;\n"
_TYPES = '\n\nplanted_number: int = "three"\n'
_TYPESCRIPT = "\nexport const planted: number = 'three'\n"


def _python(source: str, test: str, lint: bool = True, types: bool = True) -> tuple[Planted, ...]:
    """A failing test, an unused import and a value of the wrong type."""
    return (
        Planted("unit_tests", test, "\n\ndef test_planted():\n    assert 1 + 1 == 3\n"),
        *((Planted("linting", source, "\n\ndef planted():\n    import os\n"),) if lint else ()),
        *((Planted("static_analysis", source, _TYPES),) if types else ()),
    )


REPOSITORIES = (
    Repository(
        "coleifer/huey",
        "358bdc58b1ce671daa65d92a5194d3d153939d6d",
        "setup.py, an own runtests.py over unittest, packages that only CI names",
        (_VENV + "setuptools gevent redis peewee psycopg django cysqlite",),
        {"unittest": "HUEY_CI=1 python runtests.py -s"},
        (
            Planted(
                "unit_tests",
                "huey/tests/test_utils.py",
                "\n\nclass TestPlanted(unittest.TestCase):\n    def test_it(self):\n        self.fail()\n",
            ),
        ),
    ),
    Repository(
        "Supervisor/supervisor",
        "abc60468ea4b78c446cf3a194f6fccb83d90f670",
        "setup.py, tox.ini, tests inside of the package",
        (_VENV + "'attrs < 21.1.0' 'pexpect == 4.7.0' pytest 'setuptools<80' pytest-cov",),
        {
            "pytest": "pytest --capture=no",
            "pytest (coverage)": "pytest --capture=no --cov=supervisor --cov-report=term-missing",
        },
        _python("", "supervisor/tests/test_planted.py", lint=False, types=False),
    ),
    Repository(
        "pallets/itsdangerous",
        "672971d66a2ef9f85151e53283113f33d642dabd",
        "uv.lock, dependency groups, tox in pyproject.toml, src layout",
        (_SYNC + "--all-groups", "uv pip install coverage"),
        {
            "pytest": "pytest -v --tb=short",
            "pytest (coverage)": _COVERAGE,
            "ruff": "ruff check --no-fix .",
            "mypy": "mypy",
            "pyright": "pyright",
        },
        _python("src/itsdangerous/exc.py", "tests/test_itsdangerous/test_planted.py"),
    ),
    Repository(
        "humanize",
        "4.17.0",
        "hatch-vcs, tox, extras, pre-commit with ruff and black, src layout, published archive",
        (_VENV + "-e .[tests]", "uv pip install -r requirements-mypy.txt"),
        {
            "pytest": "python -m pytest",
            "pytest (coverage)": "python -m pytest --cov humanize --cov tests",
            "ruff": "uvx ruff@0.15.20 check --no-fix .",
            "black": "uvx black@26.5.1 --check .",
            "mypy": "mypy --strict src",
        },
        _python("src/humanize/lists.py", "tests/test_planted.py"),
        note="actionlint and zizmor are asked for by hooks of pre-commit, and were not started by hand.",
    ),
    Repository(
        "iniconfig",
        "2.3.1",
        "setuptools-scm, uv.lock, tests in `testing`, ruff and mypy in pre-commit, published archive",
        (_VENV + "pytest coverage -e .",),
        {"pytest": "pytest", "ruff": "uvx ruff check --no-fix .", "mypy": "uvx mypy src"},
        _python("src/iniconfig/exceptions.py", "testing/test_planted.py", lint=False),
    ),
    Repository(
        "frostming/marko",
        "0fa0b29b670feca15558652f327bc20c3baee91b",
        "pdm.lock, pre-commit with black, flake8, isort and mypy, flat layout",
        (_VENV + "pytest pytest-cov commonmark markdown markdown-it-py mistune mistletoe python-slugify pygments",),
        {
            "pytest": "pytest tests",
            "pytest (coverage)": "pytest --cov=marko/ tests",
            "black": "uvx black@26.5.1 --check .",
            "flake8": "uvx --with flake8-bugbear flake8@7.3.0 --exclude .venv",
            "isort": "uvx isort@9.0.0b2 --check-only .",
            "mypy": "uvx --with types-pygments --with types-python-slugify mypy@2.3.0 --ignore-missing-imports "
            "$(git ls-files '*.py' ':!docs')",
        },
        _python("marko/helpers.py", "tests/test_planted.py"),
    ),
    Repository(
        "python-poetry/tomlkit",
        "d8ed1e3cdb024dfc2c6f12b45a0dfd4d4d91f727",
        "poetry.lock, a submodule with test data, mypy",
        (_VENV + "pytest pytest-cov PyYAML mypy==1.19.1", "git submodule update -q --init || true"),
        {
            "pytest": "pytest -q tests/",
            "pytest (coverage)": "coverage run -m pytest tests; coverage report",
            "ruff": "uvx ruff@0.15.21 check --no-fix .",
            "mypy": "mypy",
        },
        _python("tomlkit/exceptions.py", "tests/test_planted.py"),
    ),
    Repository(
        "adamchainz/django-htmx",
        "a27556eee0ffa92829427e95c7d8e2bf997a4bb0",
        "a Django app: uv.lock with groups that conflict, tox, pytest-django",
        (_SYNC + "--group test --group django52",),
        {
            "pytest": "PYTHONDEVMODE=1 python -m pytest tests",
            "pytest (coverage)": "coverage run -m pytest tests; coverage combine -q; coverage report",
            "ruff": "uvx ruff@0.16.1 check --no-fix .",
            "mypy": "uvx --with django-stubs==6.0.5 mypy@2.3.0 --ignore-missing-imports $(git ls-files '*.py')",
        },
        _python("src/django_htmx/http.py", "tests/test_planted.py", types=False),
    ),
    Repository(
        "jaraco/jaraco.functools",
        "9f4e0e2849659969577f40be40cabe026dd5fb0f",
        "a namespace package, tests of ruff and mypy as pytest plug-ins",
        (_VENV + "-r pyproject.toml --extra test --extra check --extra cover --extra type",),
        {"pytest": "pytest", "ruff": "uvx ruff@0.9.9 check --no-fix .", "mypy": "mypy ."},
    ),
    Repository(
        "jpadilla/pyjwt",
        "dcc27a9d3182a2349c30b160758785c6ce7a6508",
        "tox with factors, dependency groups, mypy strict over the tests too",
        (_VENV + "-r pyproject.toml --extra crypto mypy --group tests",),
        {
            "pytest": "pytest",
            "pytest (coverage)": "coverage run -m pytest; coverage combine -q; coverage report",
            "ruff": "uvx ruff@0.15.8 check --no-fix .",
            "flake8": "uvx flake8 --exclude .venv",
            "mypy": "mypy",
        },
        _python("jwt/warnings.py", "tests/test_planted.py"),
        note="coverage 7.10 names the docstrings that ran in its JSON report, and does not count them itself.",
    ),
    Repository(
        "un33k/python-slugify",
        "7b6d5d96c1995e6dccb39a19a13ba78d7d0a3ee4",
        "setup.py, one test file at the root",
        (_VENV + "'coverage[toml]' pytest mypy unidecode text-unidecode flake8==4.0.1",),
        {
            "pytest": "pytest test.py",
            "pytest (coverage)": "coverage run -m pytest test.py; coverage report",
            "mypy": "mypy",
            "flake8": "flake8 --ignore=E501,F403,F401,E241,E225,E128 slugify/ setup.py test.py",
        },
        _python("slugify/slugify.py", "test.py", lint=False),
    ),
    Repository(
        "theskumar/python-dotenv",
        "bca6644d9aedbe287b792b756b3ae3d650cd0d3a",
        "setuptools, src layout, tox with factors, an extra",
        (_VENV + "pytest pytest-cov click ipython ruff mypy",),
        {
            "pytest": "pytest",
            "pytest (coverage)": "pytest --cov",
            "ruff": "ruff check --no-fix .",
            "mypy": "mypy src tests",
        },
        _python("src/dotenv/version.py", "tests/test_planted.py"),
        note="Twelve tests start its program, which is there only where the project is installed.",
    ),
    Repository(
        "jd/tenacity",
        "c650fb45204635f07910948d5fc59a8c551ffdda",
        "hatch, poe tasks, asynchronous tests, mypy strict",
        (_SYNC.replace("--frozen ", "") + "--group dev",),
        {"pytest": "pytest", "ruff": "ruff check --no-fix .", "mypy": "mypy"},
        _python("tenacity/nap.py", "tests/test_planted.py"),
    ),
    Repository(
        "andialbrecht/sqlparse",
        "60cdc649726bf1bc4f1b336050560b336da715ec",
        "uv.lock, flat layout, ruff",
        (_SYNC + "--group dev",),
        {"pytest": "pytest tests/", "pytest (coverage)": _COVERAGE, "ruff": "ruff check --no-fix ."},
        _python("sqlparse/exceptions.py", "tests/test_planted.py", types=False),
    ),
    Repository(
        "markupsafe",
        "3.0.4",
        "a C extension, published archive, pyright",
        (_VENV + "pytest coverage mypy pyright -e .",),
        {"pytest": "pytest", "pytest (coverage)": _COVERAGE, "mypy": "mypy", "pyright": "pyright"},
        note="ruff is asked for by a hook of pre-commit, and was not started by hand.",
    ),
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
        ("npm install --ignore-scripts",),
        {"ava": "npx ava", "xo": "npx xo", "node-test": _TSD},
        (
            Planted("unit_tests", "test.js", "\ntest('planted', t => {\n\tt.is(1 + 1, 3);\n});\n"),
            Planted("linting", "index.js", _UNUSED),
        ),
    ),
    Repository(
        "feross/safe-buffer",
        "bc5ead0f17e0da69bb97f727d19787778b738acc",
        "npm without a lock file, tape, standard",
        ("npm install --ignore-scripts",),
        {"node-test": "npx tape test/*.js", "standard": "npx standard"},
        (
            Planted(
                "unit_tests", "test/planted.js", "require('tape')('planted', t => { t.equal(1 + 1, 3); t.end() })\n"
            ),
            Planted("linting", "index.js", _UNUSED),
        ),
    ),
    Repository(
        "reduxjs/redux-thunk",
        "184205d49f707c6f203269e0d39ad85824801816",
        "yarn 4, vitest 1 with type tests, eslint 7, prettier",
        ("npx --yes @yarnpkg/cli-dist@4.4.1 install --immutable --mode=skip-build",),
        {
            "vitest": "npx vitest --run --typecheck",
            "prettier": "npx prettier --check '{src,test,typescript_test}/**/*.{js,ts}'",
            "eslint": "npx eslint '{src,test,typescript_test}/**/*.{js,ts}'",
            "tsc": "npx tsc --noEmit -p tsconfig.test.json",
        },
        (
            Planted("unit_tests", "test/planted.test.ts", _VITEST),
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
            "vitest (coverage)": "npx vitest run --coverage --coverage.reporter=text-summary",
            "eslint": "npx eslint .",
            "prettier": "npx prettier -c src test",
            "tsc": "npx tsc --noEmit",
        },
        (
            Planted("unit_tests", "test/planted.test.ts", _VITEST),
            Planted("static_analysis", "src/utils.ts", _TYPESCRIPT),
        ),
    ),
    Repository(
        "unjs/changelogen",
        "172158894cde37fd167c23af91ef8c762aded1e9",
        "pnpm, vitest 3, eslint, prettier",
        (_PNPM.format("10.32.0"),),
        {
            "vitest": "npx vitest run",
            "vitest (coverage)": "npx vitest run --coverage --coverage.reporter=text-summary",
            "eslint": "npx eslint .",
            "prettier": "npx prettier -c src test",
        },
        (Planted("unit_tests", "test/planted.test.ts", _VITEST),),
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
        ("npm install --ignore-scripts",),
        {
            "mocha (coverage)": "npx nyc --exclude examples --exclude test --reporter=text-summary npm test",
            "mocha": "npx mocha --require test/support/env --reporter spec --check-leaks test/ test/acceptance/",
            "eslint": "npx eslint .",
        },
        (
            Planted(
                "unit_tests",
                "test/planted.js",
                "'use strict'\n\nit('planted', function () { throw new Error('planted') })\n",
            ),
            Planted("linting", "lib/utils.js", _UNUSED),
        ),
        note="The gate counts the examples too, which the script around `npm test` tells nyc to leave out.",
    ),
    Repository(
        "tj/commander.js",
        "395cf7145fe28122f5a69026b310e02df114f907",
        "package-lock.json, jest with ts-jest, eslint 9, prettier, tsc",
        ("npm ci --ignore-scripts",),
        {
            "jest": "npx jest",
            "eslint": "npx eslint .",
            "prettier": "npx prettier --check .",
            "tsc": "npx tsc -p tsconfig.ts.json; npx tsc -p tsconfig.js.json",
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
        ("npm install --ignore-scripts",),
        {"node-test": "node --conditions development test.js", "xo": "npx xo", "prettier": "npx prettier --check ."},
    ),
)
