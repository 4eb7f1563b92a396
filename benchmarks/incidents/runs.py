"""Many generated cases on all processors. Not in `__main__`, whose functions another process would not find."""

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from benchmarks.incidents.cases import FaultKind
from benchmarks.incidents.generator import generated
from benchmarks.incidents.scorecard import CaseOutcome, outcome


def outcomes_of(kinds: Iterable[FaultKind], seeds: range) -> list[CaseOutcome]:
    """Of every kind with every seed."""
    jobs = [(kind, seed) for kind in kinds for seed in seeds]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        return list(pool.map(_outcome, jobs, chunksize=4))


def _outcome(job: tuple[FaultKind, int]) -> CaseOutcome:
    """Without the data, which would have to be sent to the other process."""
    found = outcome(generated(*job))
    data = replace(found.case.data, metrics=None, logs=None, calls=None)
    return replace(found, case=replace(found.case, data=data))
