"""What is said where the default branch itself fails: in open pull requests, and in merged ones that it may be from."""

from collections.abc import Sequence

from activities.history import RedBranch
from activities.reporting.links import Links
from activities.reporting.markdown import code
from activities.reporting.wording import plural

_NAMED, _LISTED = 3, 10


def red_base_lines(red: RedBranch | None, links: Links) -> list[str]:
    """One line for the top of a gate's comment and check run; nothing where the branch passes."""
    if red is None:
        return []
    return [f"🔴 {code(red.branch)} fails its own checks since {links.commit(red.sha)}: {_what_fails(red)}.", ""]


def brought_red(red: RedBranch, judged_before: str, others: Sequence[int], links: Links) -> str:
    """The comment on a merged pull request that is in the first red head. `judged_before` is the head that was judged
    before that one, "" for none; `others` are pull requests that were merged in between too."""
    after = f", the first commit that was checked after {links.commit(judged_before)}" if judged_before else ""
    text = f"🔴 {code(red.branch)} fails its own checks at {links.commit(red.sha)}{after}: {_what_fails(red)}."
    if others:
        numbers = ", ".join(f"#{number}" for number in others[:_LISTED])
        more = f" and {plural(len(others) - _LISTED, 'more pull request')}" if len(others) > _LISTED else ""
        text += f" That commit contains this pull request, and also {numbers}{more}: any of them may be the cause."
    else:
        text += " Of the merged pull requests that commit contains only this one."
    return f"{text}\n\nNext: push a fix to {code(red.branch)}, or revert the change that caused it."


def _what_fails(red: RedBranch) -> str:
    checks = ", ".join(map(code, red.checks)) or "its gate did not pass"
    return f"{checks} ({_named(red.tests)})" if red.tests else checks


def _named(tests: Sequence[str]) -> str:
    names = ", ".join(code(name, 100) for name in tests[:_NAMED])
    return f"{names} and {plural(len(tests) - _NAMED, 'more test')}" if len(tests) > _NAMED else names
