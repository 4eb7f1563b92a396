"""From the checks' verdicts to the gate's: pure, so that anybody can do the sum again by hand.

overall = the average, by weight, of the scores of the checks that have one (passed, failed, timed_out and
error do; skipped, neutral and cancelled do not). A change can be merged when every required check passed
and overall is at least the threshold. As on GitHub, `skipped` and `neutral` satisfy a required check.
Where no check has a score, overall is 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from activities.model import SATISFIED, QualityCheck
from activities.reporting import gate_states
from activities.reporting.wording import rounded_down


@dataclass(frozen=True)
class Score:
    """`blocking` are the names of required checks that did not pass, in the order of the checks; a change may also
    be blocked by `overall` alone. `lines` explain the sum, one a check and one for the whole."""

    overall: float
    can_merge: bool
    blocking: tuple[str, ...]
    lines: tuple[str, ...]
    reason: str


def overall(checks: Sequence[QualityCheck], threshold: float) -> Score:
    """The gate's verdict. `threshold` is 0 to 100."""
    blocking = tuple(check.name for check in checks if check.required and check.status not in SATISFIED)
    counted = [(check.score, check.weight) for check in checks if check.score is not None and check.weight > 0]
    value = 100.0
    if counted:
        # Rounding must not decide: what counts is what is shown.
        value = rounded_down(sum(score * weight for score, weight in counted) / sum(weight for _, weight in counted))
    lines = [gate_states.score_line(check, satisfied=check.status in SATISFIED) for check in checks]
    lines.append(gate_states.score_sum(counted, value, threshold))
    overridden = {check.name: check.overridden_by for check in checks if check.overridden_by}
    informed = any(check.status == "neutral" for check in checks)
    reason = gate_states.verdict(
        blocking, overridden, scored=bool(counted), score=value, threshold=threshold, informed=informed
    )
    return Score(value, not blocking and value >= threshold, blocking, tuple(lines), reason)
