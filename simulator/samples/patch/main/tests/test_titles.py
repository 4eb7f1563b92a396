from titles import slug


def test_words() -> None:
    assert slug("Hello,  World!") == "hello-world"
