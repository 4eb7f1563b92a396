"""Names of checks as people type them in a command."""

from collections.abc import Iterable

from activities.plugins import names
from bot.commands import CommandError, Word, nearest


def checks_of(words: Iterable[Word], more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The checks that are named, by spaces or commas, each once; `more` are words that may stand there too."""
    return tuple(dict.fromkeys(check_of(part, more) for word in words for part in _parts(word)))


def check_of(word: Word, more: tuple[str, ...] = ()) -> str:
    """One check; `unit-tests` and `Unit_Tests` are `unit_tests`. Raises Mistake with the nearest."""
    known = (*names("activities.checks"), *more)
    name = word.text.lower().replace("-", "_")
    if name in known:
        return name
    meant = nearest(name, known)
    hint = f"Did you mean `{meant}`?" if meant else f"There are: {', '.join(f'`{one}`' for one in known)}."
    raise CommandError(f"There is no check of that name. {hint}", word)


def _parts(word: Word) -> list[Word]:
    """`linting,coverage` is two words, each with its own place."""
    found, at = [], word.start
    for part in word.text.split(","):
        if part:
            found.append(Word(part, at, at + len(part)))
        at += len(part) + 1
    return found
