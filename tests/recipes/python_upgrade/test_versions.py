"""Texts that name versions of Python: what is left as it is comes first."""

import pytest

from activities.migration.python.versions import named_minor, raise_range
from activities.recipes.python_upgrade.continuous_integration import _raised as raised_file
from activities.recipes.python_upgrade.ini_text import raise_ini
from activities.recipes.python_upgrade.tox_text import raise_tox
from activities.recipes.python_upgrade.yaml_text import raise_yaml


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">=3.12", ">=3.12"),
        (">=3.13,<4", ">=3.13,<4"),
        ("^3.12", "^3.12"),
        (">=3.8", ">=3.12"),
        (">= 3.8, <4", ">= 3.12, <4"),
        (">=3.8,<3.12", ">=3.12"),
        ("~=3.8", "~=3.12"),
        ("^3.8.1", "^3.12"),
        ("==3.8.*", "==3.12.*"),
        (">=2.7, !=3.0.*, !=3.1.*", ">=3.12"),
        ("<4", ">=3.12,<4"),
        (">3.6,!=3.13.*", ">=3.12,!=3.13.*"),
    ],
)
def test_a_range_gets_a_higher_lowest_version(text: str, expected: str) -> None:
    raised = raise_range(text, 12)
    assert raised
    assert raised.text == expected
    again = raise_range(expected, 12)
    assert again
    assert again.text == expected


@pytest.mark.parametrize("text", ["^3.8 || ^3.10", "latest", "9" * 5000, ">=3.8;", "=>3.8"])
def test_what_is_no_range_is_left(text: str) -> None:
    assert raise_range(text, 12) is None


def test_versions_are_read_in_every_spelling() -> None:
    assert [named_minor(text) for text in ("3.8", "3.8.10", "py38", "py310", "python3.9", "cp39", "3.10-dev")] == [
        8,
        8,
        8,
        10,
        9,
        9,
        10,
    ]
    assert [named_minor(text) for text in ("2.7", "py27", "3", "3.x", "pypy-3.8", "", "lint")] == [
        -1,
        -1,
        None,
        None,
        None,
        None,
        None,
    ]


_TOX = [
    ("[tox]\nenvlist = py312, py313, lint\n", None),
    ("[testenv]\ndeps = py38\n", None),
    ("[tox]\nenvlist = py38,py39,lint\n", "[tox]\nenvlist = py312,lint\n"),
    ("[tox]\nenvlist = lint, py38, py312\n", "[tox]\nenvlist = lint, py312\n"),
    ("[tox]\nenvlist =\n    py38\n    py39  \n    docs\n", "[tox]\nenvlist =\n    py312  \n    docs\n"),
    ("[tox]\nenvlist = py{38,39,312}-dj{42,52}\n", "[tox]\nenvlist = py{312}-dj{42,52}\n"),
    ("[tox]\nenvlist = py3{8,9}\n", "[tox]\nenvlist = py3{12}\n"),
    ("[tox]\nenvlist = {py38,py311}-x, py27\n", "[tox]\nenvlist = {py312}-x\n"),
    ("[tox]\r\nenv_list = py38-a, py38-b\r\n", "[tox]\r\nenv_list = py312-a, py312-b\r\n"),
    ("[tox]\nenvlist = py310\n[gh-actions]\npython =\n    3.9: py39\n    3.10: py310, lint\n",
     "[tox]\nenvlist = py312\n[gh-actions]\npython =\n    3.12: py312, lint\n"),
    ("[testenv:lint]\nbasepython = python3.8\n", "[testenv:lint]\nbasepython = python3.12\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), _TOX)
def test_tox_lists_the_versions_that_are_left(text: str, expected: str | None) -> None:
    new, _ = raise_tox("tox.ini", text, 12)
    assert new == (expected or text)
    assert raise_tox("tox.ini", new, 12)[0] == new


def test_what_tox_still_has_for_old_versions_has_a_row() -> None:
    _, rows = raise_tox("tox.ini", "[tox]\nenvlist = py38\n[testenv:py38]\ndeps =\n    py37: a\n    py312: b\n", 12)
    assert [(row.line, row.reason) for row in rows] == [
        (3, "The section is for Python 3.8, which is not run now."),
        (5, "The line is for Python 3.7, which is not run now."),
    ]


_MATRIX = """jobs:
  test:
    strategy:
      matrix:
        python-version: {versions}
        {more}
    steps:
      - uses: actions/setup-python@v5
        with: {{python-version: "${{{{ matrix.python-version }}}}"}}
"""


@pytest.mark.parametrize(
    ("versions", "more", "expected", "more_expected"),
    [
        ('["3.12", "3.13"]', "os: [a]", '["3.12", "3.13"]', "os: [a]"),
        ("[3.x]", "os: [a]", "[3.x]", "os: [a]"),
        ("[3.8, '3.9', \"3.12\"]", "os: [a]", '["3.12"]', "os: [a]"),
        ("[3.8, 3.9, pypy-3.9]", "os: [a]", "[3.12]", "os: [a]"),
        ('\n          - "3.8"  # old\n          - "3.11"', "os: [a]", '\n          - "3.12"', "os: [a]"),
        (
            "[3.8]",
            "include:\n          - os: b\n            python-version: 3.8\n          - os: c\n            python-version: 3.13",
            "[3.12]",
            "include:\n          - os: c\n            python-version: 3.13",
        ),
    ],
)
def test_a_workflow_tests_the_versions_that_are_left(
    versions: str, more: str, expected: str, more_expected: str
) -> None:
    new, rows = raise_yaml("ci.yml", _MATRIX.format(versions=versions, more=more), 12)
    assert new == _MATRIX.format(versions=expected, more=more_expected)
    assert rows == []
    assert raise_yaml("ci.yml", new, 12) == (new, [])


def test_exclusions_of_old_versions_go_with_their_key() -> None:
    text = "m:\n  python: [3.8, 3.12]\n  exclude:\n    - os: a\n      python: 3.8\n  os: [a]\n"
    assert raise_yaml("ci.yml", text, 12)[0] == "m:\n  python: [3.12]\n  os: [a]\n"


def test_a_number_that_ends_in_zero_is_written_as_a_text() -> None:
    assert raise_yaml("ci.yml", "python-version: 3.8\n", 10)[0] == 'python-version: "3.10"\n'


@pytest.mark.parametrize("text", ["a: [", "\t- x: 'y", "&a [*a, *a]", "a: &b\n  python: *b\n", "[" * 3000])
def test_what_is_no_yaml_is_left_without_an_error(text: str) -> None:
    assert raise_yaml("ci.yml", text, 12)[0] == text


def test_what_still_names_an_old_version_has_a_row() -> None:
    _, rows = raise_yaml("ci.yml", "# Python 3.8\nif: matrix.python == '3.8'\nnode: 3.8\nrun: tox -e py39\n", 12)
    assert [(row.line, row.reason) for row in rows] == [
        (2, "It still names Python 3.8."),
        (4, "It still names Python 3.9."),
    ]


def test_setup_cfg_and_mypy_ini_keep_their_format() -> None:
    text = (
        "[metadata]\r\nclassifiers =\r\n    Programming Language :: Python :: 3\r\n    Programming Language :: Python :: 2.7\r\n"
        "    Programming Language :: Python :: 3.8\r\n\r\n[options]\r\npython_requires = >=3.6, <4 ; x\r\n[mypy]\r\npython_version = 3.8\r\n"
    )
    new, rows = raise_ini("setup.cfg", text, 12)
    assert new == (
        "[metadata]\r\nclassifiers =\r\n    Programming Language :: Python :: 3\r\n"
        "    Programming Language :: Python :: 3.12\r\n\r\n[options]\r\npython_requires = >=3.12, <4 ; x\r\n[mypy]\r\npython_version = 3.12\r\n"
    )
    assert rows == []
    assert raise_ini("setup.cfg", new, 12)[0] == new


@pytest.mark.parametrize(
    ("path", "text", "expected", "reason"),
    [
        ("noxfile.py", '@nox.session(python=["3.12"])\ndef f(s): ...\n', None, ""),
        ("noxfile.py", 'P = ["3.8", "3.9"]\n@nox.session(python=P)\ndef f(s): ...\n@nox.session(python=P)\ndef g(s): ...\n',
         'P = ["3.12"]\n@nox.session(python=P)\ndef f(s): ...\n@nox.session(python=P)\ndef g(s): ...\n', ""),
        (".python-version", "3.8.10\n3.13\n", "3.12\n3.13\n", ""),
        ("Dockerfile", "FROM node:20\nFROM python:3.12-slim\n", None, ""),
        ("Dockerfile", "ARG X\nFROM python:3.8-slim\n", None, "It starts from python:3.8."),
        ("runtime.txt", "python-3.8.10\n", None, "It names python-3.8.10, which is below 3.12."),
        ("README.md", "Python 3.8 was nice.\n", None, ""),
        ("README.md", "Requires Python 3.8+.\n", None, "It names Python 3.8."),
    ],
)  # fmt: skip
def test_other_files_are_changed_or_named(path: str, text: str, expected: str | None, reason: str) -> None:
    new, rows = raised_file(path, text, 12)
    assert new == (expected or text)
    assert [row.reason for row in rows] == ([reason] if reason else [])
