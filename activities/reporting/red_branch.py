"""What is said of the default branch itself: where it fails, in open pull requests and in merged ones that it may be
from; where its score falls, in an issue."""

from collections.abc import Sequence
from dataclasses import dataclass

from activities.history import RedBranch
from activities.model import QualityCheck
from activities.reporting.links import Links
from activities.reporting.markdown import code, escape_markdown, one_line
from activities.reporting.wording import plural, score_text

_NAMED, _LISTED = 3, 10
_SCORES, _CHECKS = 11, 5


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


@dataclass(frozen=True)
class ScoreFall:
    """The score of `branch` fell from `usual`, the median, with the head `since`; `head` is the newest one, `scores`
    are the newest last."""

    branch: str
    since: str
    head: str
    usual: float
    scores: Sequence[float]
    checks: Sequence[QualityCheck]


def score_fell_title(branch: str) -> str:
    """Of the issue."""
    return one_line(f"The score of {branch} fell", 200)


def score_fell_body(fall: ScoreFall) -> str:
    """What is worse than usual, since when, and what to do. GitHub makes links of the plain shas."""
    lines = [
        f"The score of {code(fall.branch)} is {score_text(fall.scores[-1])} at {fall.head}. Usual is "
        f"{score_text(fall.usual)}, the median of the verdicts before {fall.since}, where it fell.",
        "",
        f"The last scores, the newest last: {', '.join(map(score_text, fall.scores[-_SCORES:]))}.",
    ]
    scored = sorted((each.score, each.name, each.reason) for each in fall.checks if each.score is not None)
    low = [
        f"- {code(name)}: {score_text(score)}. {escape_markdown(reason)}"
        for score, name, reason in scored
        if score < 100
    ]
    if low:
        lines += ["", "What lowers it:", "", *low[:_CHECKS]]
    lines += [
        "",
        f"Next: fix what lowers it, or revert the change that brought it. This issue is closed when the score of "
        f"{code(fall.branch)} is as usual. Close it yourself to take the present score as the usual one.",
    ]
    return "\n".join(lines)


def score_recovered(branch: str, head: str, score: float, usual: float) -> str:
    """The comment with which the issue is closed."""
    return f"The score of {code(branch)} is {score_text(score)} at {head}, about as usual ({score_text(usual)}) again."


def _what_fails(red: RedBranch) -> str:
    checks = ", ".join(map(code, red.checks)) or "its gate did not pass"
    return f"{checks} ({_named(red.tests)})" if red.tests else checks


def _named(tests: Sequence[str]) -> str:
    names = ", ".join(code(name, 100) for name in tests[:_NAMED])
    return f"{names} and {plural(len(tests) - _NAMED, 'more test')}" if len(tests) > _NAMED else names
