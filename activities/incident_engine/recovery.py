"""Whether the metrics are as they were before the onset. Pure, beside the fetching."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from activities.incidents.acting import RecoveryInput, RecoveryResult
from activities.incidents.data import MetricTable
from activities.incidents.store import IncidentStore
from activities.incidents.types import FetchResult, IncidentScope
from activities.reporting.markdown import code

if TYPE_CHECKING:
    import numpy as np

_SHIFTED = 6.0
_BACK = 3.0
_MOST_STILL = 0.1
_LEAST_SAMPLES = 3
_LEAST_BASELINE = 10


class RecoveryWatch:
    """`fetch` puts the metrics of a scope into `store`."""

    def __init__(self, store: IncidentStore, fetch: Callable[[IncidentScope], Awaitable[FetchResult]]) -> None:
        self._store = store
        self._fetch = fetch

    async def measure(self, input: RecoveryInput) -> RecoveryResult:
        """Fetches the metrics anew, beside those that the diagnosis was made from."""
        scope = replace(input.scope, incident=f"{input.scope.incident}:after", end=input.now)
        fetched = await self._fetch(scope)
        table = await asyncio.to_thread(self._store.metrics, scope.incident)
        if table is None:
            return RecoveryResult(text=fetched.problem)
        return await asyncio.to_thread(recovery, table, scope, input.since)


def recovery(table: MetricTable, scope: IncidentScope, since: float) -> RecoveryResult:
    """Of the service's series that were beyond their usual spread between the onset and `since`: how many are back
    since then."""
    import numpy as np

    times = table.times
    own = [index for index, one in enumerate(table.series) if one.service == scope.service]
    before, during, after = times < scope.onset, (times >= scope.onset) & (times < since), times >= since
    if not own or before.sum() < _LEAST_BASELINE or min(during.sum(), after.sum()) < _LEAST_SAMPLES:
        return RecoveryResult()
    values = np.where(np.isfinite(table.values[own]), table.values[own], np.nan)
    shifted = _distance(values, before, during)
    now = _distance(values, before, after)
    hit = np.flatnonzero(shifted >= _SHIFTED)
    if not hit.size:
        return RecoveryResult()
    still = [int(index) for index in hit if not now[index] <= max(_BACK, shifted[index] / 10)]
    names = [table.series[own[index]].metric for index in still]
    if len(still) <= _MOST_STILL * hit.size:
        return RecoveryResult(True, True, "The metrics are as they were before.")
    return RecoveryResult(False, True, f"{code(names[0])} is still beyond its usual values.")


def _distance(values: "np.ndarray", before: "np.ndarray", part: "np.ndarray") -> "np.ndarray":
    """How far a part's median is from the one before, in spreads of each series; NaN where a part has no samples."""
    import warnings

    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of series without a sample
        base = np.nanmedian(values[:, before], axis=1)
        low, high = np.nanpercentile(values[:, before], [25, 75], axis=1)
        spread = np.maximum(high - low, np.maximum(0.02 * np.abs(base), 1e-9))
        distance: np.ndarray = np.abs(np.nanmedian(values[:, part], axis=1) - base) / spread
    return distance
