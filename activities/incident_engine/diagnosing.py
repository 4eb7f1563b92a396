"""One diagnoser's turn: what it says, checked as what any plug-in says."""

import logging
import math
from dataclasses import replace

from activities import diagnosers
from activities.errors import UserError
from activities.incidents.store import IncidentStore
from activities.incidents.types import DiagnoseInput, Diagnosis, Hypothesis
from activities.reporting.wording import shortened

_MOST = 20
_LONGEST = 300
_STRONGEST = 20.0

_log = logging.getLogger("autobuild.incidents")


def diagnosed(store: IncidentStore, input: DiagnoseInput) -> Diagnosis:
    """Blocking. A diagnoser that fails abstains: the others go on without it."""
    diagnoser = diagnosers.registry().get(input.agent_id)
    if diagnoser is None:
        raise UserError(f"There is no diagnoser `{input.agent_id}` here.")
    try:
        found = within_limits(diagnoser.diagnose(store.data(input.scope, input.alert)))
        if found.frames:  # for the diagnoser of changes, and for whoever verifies a culprit
            store.put(input.scope.incident, "frames", found.frames)
        return found
    except Exception:
        _log.exception("diagnoser=%s incident=%s", input.agent_id, input.scope.incident)
        why = "It failed on this data. Whoever runs this deployment finds why in the worker's log."
        return Diagnosis(input.agent_id, diagnoser.view, abstained=why)


def within_limits(found: Diagnosis) -> Diagnosis:
    """Few and short enough for a history; log-odds are finite, and name only evidence that is there."""
    kept = tuple(replace(one, text=shortened(one.text, _LONGEST)) for one in found.evidence[: 3 * _MOST])
    known = {one.id for one in kept}
    sane = [_sane(one, known) for one in found.hypotheses if math.isfinite(one.log_odds)]
    ranked = sorted(sane, key=lambda one: -one.log_odds)[:_MOST]
    named = {id for one in ranked for id in one.evidence}
    evidence = [*(one for one in kept if one.id in named), *(one for one in kept if one.id not in named)][:_MOST]
    return replace(found, hypotheses=tuple(ranked), evidence=tuple(evidence))


def _sane(one: Hypothesis, known: set[str]) -> Hypothesis:
    odds = min(max(one.log_odds, -_STRONGEST), _STRONGEST)
    evidence = tuple(id for id in one.evidence if id in known)[:_MOST]
    return replace(one, log_odds=odds, evidence=evidence, text=shortened(one.text, _LONGEST))
