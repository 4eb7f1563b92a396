"""YAML that somebody wrote against its reader."""

import pytest

from activities.languages.yaml_files import read_yaml

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGES = "a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 60))


@pytest.mark.parametrize(
    "text",
    [
        "a: !!bool x", "a: !!int ''", "a: !!timestamp x", "a: !!float x", "a: !!binary é", "a: [", "\0", "a: *b", "--- a\n--- b\n",
        "[" * 5000, "a: 0x" + "f" * 5000, "a: " + ":".join(["1"] * 5000),
        "a: " + "9" * 5000, "a: &a [*a]", "? [a]\n: b", "x" * 200_000, LAUGHS, MERGES, "a: 2020-99-99",
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_grows_is_nothing(text: str) -> None:
    assert read_yaml(text) is None


def test_honest_aliases_are_followed() -> None:
    text = "a: &a {b: 1, c: [x, 2.5, yes]}\nd: *a\ne: {<<: *a, b: 2}\n"
    same = {"b": 1, "c": ["x", 2.5, True]}
    assert read_yaml(text) == {"a": same, "d": same, "e": {**same, "b": 2}}
    assert read_yaml("") is None


def test_a_tag_that_is_not_known_stands_for_nothing() -> None:
    assert read_yaml("a: !!python/object/apply:os.system [true]\nb: !reference [x]\n") == {"a": None, "b": None}
