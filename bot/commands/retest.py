"""Runs the checks again: all of them, those named, or `failed` for those that did not pass."""

from activities.plugins import names
from bot.commands import Asked, Command, Mistake, nearest

_EVERY, _FAILED = "all", "failed"


def _checks(words: Asked) -> Asked:
    """Names of checks, as the signal `rerun` wants them: none for every check."""
    wanted = [_check(word) for word in " ".join(words).replace(",", " ").split()]
    if _EVERY in wanted:
        return ()
    if _FAILED in wanted and len(wanted) > 1:
        raise Mistake(f"`/retest {_FAILED}` takes no other names.")
    return tuple(dict.fromkeys(wanted))


def _check(word: str) -> str:
    known = (*names("activities.checks"), _EVERY, _FAILED)
    name = word.lower().replace("-", "_")
    if name in known:
        return name
    meant = nearest(name[:40], known)
    hint = f"Did you mean `{meant}`?" if meant else f"There are: {', '.join(f'`{one}`' for one in known)}."
    raise Mistake(f"`/retest` knows no check of that name. {hint}")


RETEST = Command("retest", str(__doc__), "/retest [check …]", _checks)
