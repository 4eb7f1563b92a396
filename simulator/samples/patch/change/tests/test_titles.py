from titles import slug


def test_words() -> None:
    assert slug("Hello,  World!") == "hello-world"


def test_accents() -> None:
    assert slug("Crème brûlée") == "creme-brulee"
