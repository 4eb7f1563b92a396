"""Which repositories, at which commit, and what their own CI runs."""

from .repositories import Planted, Repository

_NODE_TEST = "'use strict'\nrequire('node:test')('planted', () => { throw new Error('planted') })\n"
_VENV = "uv venv --quiet --python 3.11 .venv && uv pip install --quiet "


def _python(source: str, test: str, lint: bool = True, types: bool = True, tested: str = "") -> tuple[Planted, ...]:
    """A failing test, an unused import and a value of the wrong type."""
    return (
        Planted("unit_tests", test, tested or "\n\ndef test_planted():\n    assert 1 + 1 == 3\n"),
        *((Planted("linting", source, "\n\ndef planted():\n    import os\n"),) if lint else ()),
        *((Planted("static_analysis", source, '\n\nplanted_number: int = "three"\n'),) if types else ()),
    )


REPOSITORIES = (
    Repository(
        "coleifer/huey", "358bdc5", "setup.py, an own runtests.py over unittest, packages that only CI names",
        (_VENV + "setuptools gevent redis peewee psycopg django cysqlite -e .",),
        {"unittest": "HUEY_CI=1 python runtests.py -s"},
    ),
    Repository(
        "Supervisor/supervisor", "abc60468", "setup.py, tox.ini, tests inside of the package",
        (_VENV + "'attrs < 21.1.0' 'pexpect == 4.7.0' pytest 'setuptools<80' pytest-cov -e .",),
        {
            "pytest": "pytest --capture=no",
            "pytest (coverage)": "pytest --capture=no --cov=supervisor --cov-report=term-missing",
        },
    ),
    Repository(
        "pallets/itsdangerous", "672971d", "uv.lock, dependency groups, tox in pyproject.toml, src layout",
        ("uv sync --frozen --all-groups", "uv pip install coverage"),
        {
            "pytest": "pytest -v --tb=short",
            "pytest (coverage)": "coverage run -m pytest; coverage report",
            "ruff": "ruff check --no-fix .", "mypy": "mypy", "pyright": "pyright",
        },
        _python("src/itsdangerous/exc.py", "tests/test_itsdangerous/test_planted.py"),
    ),
    Repository(
        "koajs/koa", "e0ba8ef", "package-lock.json, node --test, standard, c8",
        ("npm ci",),
        {
            "node-test": "node --test",
            "node-test (coverage)": "npx c8 --reporter=text-summary node --test",
            "standard": "npx standard",
        },
        (
            Planted("unit_tests", "__tests__/planted.test.js", _NODE_TEST),
            Planted("linting", "lib/request.js", "var planted = 1;\n"),
        ),
    ),
    Repository(
        "sindresorhus/p-map", "bc26cf0", "npm without a lock file, ava, xo",
        ("npm install",),
        {"ava": "npx ava", "xo": "npx xo"},
    ),
    Repository(
        "feross/safe-buffer", "bc5ead0", "npm without a lock file, tape, standard",
        ("npm install",),
        {"node-test": "npx tape test/*.js", "standard": "npx standard"},
    ),
)  # fmt: skip
