"""The repositories in Python: at which commit, and what their own CI runs."""

from .javascript_repositories import VITEST
from .repositories import Planted, Repository

# What a repository needs is installed; it is run as it lies there, and nothing of it is built.
_VENV = "uv venv --quiet --python 3.11 .venv && uv pip install --quiet "
_SYNC = "uv sync --frozen --python 3.11 --no-install-project "
_COVERAGE = "coverage run -m pytest; coverage report"
_TYPES = '\n\nplanted_number: int = "three"\n'


def _python(source: str, test: str, lint: bool = True, types: bool = True) -> tuple[Planted, ...]:
    """A failing test, an unused import and a value of the wrong type."""
    return (
        Planted("unit_tests", test, "\n\ndef test_planted():\n    assert 1 + 1 == 3\n"),
        *((Planted("linting", source, "\n\ndef planted():\n    import os\n"),) if lint else ()),
        *((Planted("static_analysis", source, _TYPES),) if types else ()),
    )


PYTHON = (
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
        (
            _VENV + "pytest pytest-cov coverage==7.10.7 commonmark markdown markdown-it-py mistune mistletoe "
            "python-slugify pygments",
        ),
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
        (_VENV + "pytest pytest-cov coverage==7.2.7 PyYAML mypy==1.19.1", "git submodule update -q --init || true"),
        {
            "pytest": "pytest -q tests/ --continue-on-collection-errors",
            "pytest (coverage)": "pytest -q tests/ --continue-on-collection-errors --cov=tomlkit",
            "ruff": "uvx ruff@0.15.21 check --no-fix .",
            "mypy": "mypy",
        },
        _python("tomlkit/exceptions.py", "tests/test_planted.py"),
        note="One module of tests reads files of the submodule, which could not be had.",
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
        (_VENV + "-r pyproject.toml --extra test --extra check --extra cover --extra enabler --extra type",),
        {
            "pytest": "pytest",
            "pytest (coverage)": "pytest --cov",
            "ruff": "uvx ruff@0.9.9 check --no-fix .",
            "mypy": "mypy .",
        },
        (
            *_python("jaraco/functools/__init__.py", "tests/test_planted.py", types=False),
            Planted("static_analysis", "test_functools.py", _TYPES),
        ),
        note="One test measures time, and failed by hand beside much else.",
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
    ),
    Repository(
        "sphinx-doc/sphinxcontrib-serializinghtml",
        "f0f3b15b2e6bb47570d605ebd5687643d7a85b9d",
        "a namespace package, flit, tox",
        (_VENV + "-r pyproject.toml --extra test --extra standalone ruff==0.5.5 mypy types-docutils",),
        {"pytest": "PYTHONDEVMODE=1 python -m pytest -vv", "ruff": "ruff check --no-fix", "mypy": "mypy"},
        _python("sphinxcontrib/serializinghtml/jsonimpl.py", "tests/test_planted.py"),
    ),
    Repository(
        "pypa/pyproject-metadata",
        "a434728f7ea7306e66c79a8913c8fecfa8663dd4",
        "nox with the groups of pyproject.toml, flit, ruff with every rule, mypy strict over noxfile.py too",
        (_VENV + "packaging mypy nox --group test",),
        {
            "pytest": "pytest tests/",
            "pytest (coverage)": "pytest --cov --cov-report=term tests/",
            "ruff": "uvx ruff@0.15.15 check --no-fix .",
            "mypy": "mypy",
        },
        _python("pyproject_metadata/errors.py", "tests/test_planted.py"),
        note="zizmor is asked for by a hook of pre-commit, and was not started by hand.",
    ),
    Repository(
        "frostming/unearth",
        "854a73f4326f93d5b33fe24541f23f754d9680ac",
        "nox that starts pdm, pdm.lock, src layout, ruff and mypy in pre-commit",
        (
            _VENV + "packaging httpx keyring requests pytest pytest-httpserver flask requests-wsgi-adapter trustme "
            "pytest-mock",
        ),
        {
            "pytest": "REQUESTS_CA_BUNDLE= CURL_CA_BUNDLE= pytest tests/",
            "ruff": "uvx ruff@0.16.3 check --no-fix .",
            "mypy": "uvx --with types-requests --with packaging mypy@2.3.1 --ignore-missing-imports "
            "--scripts-are-modules $(git ls-files '*.py')",
        },
        _python("src/unearth/errors.py", "tests/test_planted.py"),
    ),
    Repository(
        "pydantic/genai-prices",
        "47df840a5ab10bbcffb8e5ac01b9899032245d1b",
        "a uv workspace and an npm workspace, Make, basedpyright, vitest 3",
        (
            "uv sync --frozen --python 3.11 --all-packages --all-extras",
            "npm ci --ignore-scripts",
        ),
        {
            "prettier": "npx prettier --check .",
            "pytest": "pytest",
            "pytest (coverage)": _COVERAGE,
            "ruff": "ruff check --no-fix",
            "pyright": "basedpyright",
            "vitest": "cd packages/js && npx vitest run",
            "eslint": "cd packages/js && npx eslint",
            "tsc": "cd packages/js && npx tsc --noEmit",
        },
        (
            *_python("packages/python/genai_prices/types.py", "tests/test_planted.py"),
            Planted("unit_tests", "packages/js/src/__tests__/planted.test.ts", VITEST),
        ),
        note="Its members are installed by hand too, with Python 3.11, for which coverage counts one line less than "
        "for the 3.13 of `.python-version`. zizmor is asked for by a hook of pre-commit, and was not started by hand.",
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
        {"pytest": "pytest tests/", "pytest (coverage)": _COVERAGE, "ruff": "ruff check --no-fix sqlparse/"},
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
)
