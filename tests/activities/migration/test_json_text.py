"""Changes of JSON and YAML texts: only the values asked for, everything else byte for byte."""

import pytest

from activities.migration.json_text import add_member, line_of, members, remove_member, replace_values
from activities.migration.yaml_text import replace_yaml_values, yaml_members

TEXT = '\ufeff{\r\n\t"a": {"x" : "1",\r\n\t\t"y":"2" , "z": [{"deep": "\\u00e9"}, 3]},\r\n\t"b": null\r\n}'


def test_members_with_their_places() -> None:
    found = members(TEXT)
    assert [(path, one.value) for path, one in found.items() if one.value is not None] == [
        (("a", "x"), "1"), (("a", "y"), "2"), (("a", "z", "0", "deep"), "é"), (("a", "z", "1"), 3),
    ]  # fmt: skip
    assert line_of(TEXT, found["a", "y"]) == 3
    assert TEXT[found["a", "y"].start : found["a", "y"].end] == '"y":"2"'


def test_replaces_values() -> None:
    new = replace_values(TEXT, {("a", "x"): 'é"', ("a", "z", "0", "deep"): "e"})
    assert new == TEXT.replace('"1"', '"é\\""').replace('"\\u00e9"', '"e"')


@pytest.mark.parametrize(
    ("before", "gone", "after"),
    [
        ('{\n  "a": 1,\n  "b": 2\n}\n', "a", '{\n  "b": 2\n}\n'),
        ('{\n  "a": 1,\n  "b": 2\n}\n', "b", '{\n  "a": 1\n}\n'),
        ('{"a": {"b": 1} }', "a", "{}"),
    ],
)
def test_removes(before: str, gone: str, after: str) -> None:
    assert remove_member(before, (gone,)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"d": {\n  "a": "1",\n  "c": "2"\n}}', '{"d": {\n  "a": "1",\n  "b": "3",\n  "c": "2"\n}}'),
        ('{"d": {\n  "c": "1",\n  "a": "2"\n}}', '{"d": {\n  "c": "1",\n  "a": "2",\n  "b": "3"\n}}'),
        ('{"d": {"a": "1"}}', '{"d": {"a": "1", "b": "3"}}'),
    ],
)
def test_adds(before: str, after: str) -> None:
    assert add_member(before, ("d", "b"), "3") == after


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1,}', "// a\n{}", "[" * 5000, '{"a":' * 200 + "1" + "}" * 200])
def test_refuses_what_is_no_object(text: str) -> None:
    with pytest.raises(ValueError):
        members(text)


def test_yaml() -> None:
    text = "# x\ncatalog: &c\n  react: ^17 # y\n  'a': '17.0'\n  b: \"1\"\nother: *c\n"
    assert {path: one.value for path, one in yaml_members(text).items()} == {
        ("catalog", "react"): "^17", ("catalog", "a"): "17.0", ("catalog", "b"): "1",
    }  # fmt: skip
    new = replace_yaml_values(text, {("catalog", "react"): ">=18", ("catalog", "a"): "18.0", ("catalog", "b"): "2"})
    assert new == text.replace("^17", "'>=18'").replace("'17.0'", "'18.0'").replace('"1"', '"2"')
    for broken in ("- a", "a: [", "\x00", "x" * 200_000, "[" * 3000):
        with pytest.raises(ValueError):
            yaml_members(broken)
