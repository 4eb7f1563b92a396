"""From the checks' verdicts to the gate's: pure, so that anybody can do the sum again by hand.

overall = the average, by weight, of the scores of the checks that have one (passed, failed, timed_out and
error do; skipped, neutral and cancelled do not). A change can be merged when every required check passed
and overall is at least the threshold. As on GitHub, `skipped` and `neutral` satisfy a required check.
Where no check has a score, nothing speaks against the change: overall is 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from activities.model import QualityCheck

SATISFIES = frozenset({"passed", "neutral", "skipped"})


@dataclass(frozen=True)
class Score:
    """`blocking` are the names of required checks that did not pass, in the order of the checks; a change may also
    be held by `overall` alone. `lines` explain the sum, one a check and one for the whole."""

    overall: float
    can_merge: bool
    blocking: tuple[str, ...]
    lines: tuple[str, ...]
    reason: str


def overall(checks: Sequence[QualityCheck], threshold: float) -> Score:
    """The gate's verdict. `threshold` is 0 to 100."""
    blocking = tuple(check.name for check in checks if check.required and check.status not in SATISFIES)
    counted = [(check.score, check.weight) for check in checks if check.score is not None and check.weight > 0]
    value = _average(counted)
    lines = (*(_line(check) for check in checks), _sum(counted, value, threshold))
    # Rounding must not decide: what counts is what is shown.
    can_merge = not blocking and value >= threshold
    return Score(value, can_merge, blocking, lines, _reason(blocking, counted, value, threshold))


def _average(counted: Sequence[tuple[float, float]]) -> float:
    if not counted:
        return 100.0
    return round(sum(score * weight for score, weight in counted) / sum(weight for _, weight in counted), 1)


def _line(check: QualityCheck) -> str:
    if check.score is None:
        satisfied = ", which satisfies a required check" if check.required and check.status in SATISFIES else ""
        return f"{check.name} {check.status}{satisfied}: not counted"
    return f"{check.name} {check.score:.1f} x {check.weight:g}{_mark(check)}"


def _mark(check: QualityCheck) -> str:
    if check.status in SATISFIES:
        return ""
    return f" ({check.status}, {'required' if check.required else 'optional'})"


def _sum(counted: Sequence[tuple[float, float]], value: float, threshold: float) -> str:
    if not counted:
        return f"overall {value:.1f}: nothing applied"
    total = sum(score * weight for score, weight in counted)
    weights = sum(weight for _, weight in counted)
    relation = ">=" if value >= threshold else "<"
    return f"overall {total:.1f} / {weights:g} = {value:.1f} {relation} {threshold:g}"


def _reason(blocking: Sequence[str], counted: Sequence[object], value: float, threshold: float) -> str:
    if blocking:
        return f"{', '.join(blocking)} must pass first."
    if not counted:
        return "Nothing applied, so nothing speaks against this change."
    if value < threshold:
        return f"The score is {value:.1f}, and {threshold:g} is needed."
    return f"Every required check passed; the score is {value:.1f} (at least {threshold:g})."
