"""Manifests are edited by ranges: what stands around them keeps its bytes."""

import pytest

from activities.migration import json_text
from activities.migration.manifest_edits import add_npm, add_python, change_npm, change_python

TABS = '\ufeff{\r\n\t"name": "é",\r\n\t"devDependencies": {\r\n\t\t"a": "1",\r\n\t\t"c" : "2"\r\n\t},\r\n\t"x":   [1,{}]\r\n}'


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        ('{"a":1}', ("b",), "x", '{"a":1, "b": "x"}'),
        ("{}\n", ("a", "b"), "x", '{\n  "a": {\n    "b": "x"\n  }\n}\n'),
        ('{\n    "a": {}\n}\n', ("a", "b"), True, '{\n    "a": {\n        "b": true\n    }\n}\n'),
        ('{\r\n\t"a": 1\r\n}', ("b", "c"), 1, '{\r\n\t"a": 1,\r\n\t"b": {\r\n\t\t"c": 1\r\n\t}\r\n}'),
    ],
)
def test_add_member(before: str, path: tuple[str, ...], value: object, after: str) -> None:
    assert json_text.add_member(before, path, value) == after


def test_package_json_keeps_its_format() -> None:
    added = add_npm(TABS, "b", "^3")
    assert added == TABS.replace('"a": "1",', '"a": "1",\r\n\t\t"b": "^3",')
    assert add_npm(added, "b", "^4", "dependencies") == added
    assert add_npm('{"devDependencies": {"c": "1", "a": "1"}}', "b", "2") == (
        '{"devDependencies": {"c": "1", "a": "1", "b": "2"}}'
    )
    other = {"a": ("a2", "1"), "c": None}
    assert change_npm(TABS, lambda name, wanted: other[name]) == (
        TABS.replace('"a": "1",\r\n\t\t"c" : "2"', '"a2": "1"')
    )
    assert "devDependencies" not in change_npm(TABS, lambda name, wanted: None)


PYPROJECT = """\
[project]
dependencies = [ # all
    'Foo_Bar[x] >= 1 ; python_version<"4"',  # why
    "b",
    "c @ https://example.com/c.zip",
]
[dependency-groups]
dev = ["pytest>8", {include-group = "x"}]
[tool.poetry.group.t.dependencies]
python = "^3"
q = {version = "1", extras=["a"]} # q
r="2" # r
"""


def test_pyproject_keeps_its_format() -> None:
    other = {"foo-bar": ("foo-bar", ">=2"), "b": None, "pytest": ("pytest", "9"), "q": ("q", "^2"), "r": ("rr", "2")}
    after = change_python(PYPROJECT, lambda name, wanted: other.get(name, (name, wanted)))
    changes = ((">= 1", ">=2"), ('    "b",\n', ""), ("pytest>8", "pytest==9"), ('version = "1"', 'version = "^2"'))
    expected = PYPROJECT
    for was, now in (*changes, ('r="2"', 'rr = "2"')):
        expected = expected.replace(was, now)
    # Quotes are tomlkit's where a text changes.
    assert after.replace("'Foo", '"Foo').replace('\\"', '"') == expected.replace("'Foo", '"Foo').replace("'", '"')
    assert change_python(PYPROJECT, lambda name, wanted: (name, wanted)) == PYPROJECT
    windows = PYPROJECT.replace("\n", "\r\n")
    assert add_python(windows, "new", ">=3") == windows.replace('zip",', 'zip",\r\n    "new>=3",')
    assert add_python(PYPROJECT, "foo.bar", "") == PYPROJECT
    assert 'dev = ["pytest>8", {include-group = "x"}, "n"]' in add_python(PYPROJECT, "n", "", "dev")
    for broken in ("[project", "a = " + "[" * 3000, 'a = "\n'):
        with pytest.raises(ValueError):
            change_python(broken, lambda name, wanted: None)
