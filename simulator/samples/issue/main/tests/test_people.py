from people.greeting import greeting
from people.initials import initials
from people.slugs import slug
from people.sorting import sort_key


def test_plain_names() -> None:
    assert initials("Mona Lisa") == "ML"
    assert slug("Mona Lisa") == "mona-lisa"
    assert sorted(["zola", "Adams"], key=sort_key) == ["Adams", "zola"]
    assert greeting("mona lisa") == "Hello, Mona Lisa!"
