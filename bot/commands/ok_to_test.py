"""Runs the checks on a fork's head that you have read; the trust is bound to that one commit."""

import re

from bot.commands import Asked, Command, Mistake

_SHA = re.compile(r"[0-9a-f]{7,40}|[0-9a-f]{64}")


def _sha(words: Asked) -> Asked:
    """The commit: written out, because a newer push must not inherit the trust."""
    if len(words) != 1 or not _SHA.fullmatch(words[0].lower()):
        raise Mistake("Name the commit that you have read: `/ok-to-test <sha>`.")
    return (words[0].lower(),)


OK_TO_TEST = Command("ok-to-test", str(__doc__), "/ok-to-test <sha>", _sha)
