"""Verdicts on folders that were gated before: the same commits, compared by the same versions of everything.

The gate would find them too, check by check, in its own store. It would have to be started for that.
"""

import sys
import sysconfig
import time
from dataclasses import dataclass, replace
from pathlib import Path

from activities.model import Finding, QualityGateResult
from activities.result_store import ResultStore, digest
from activities.untrusted_files import UntrustedFolder
from bot.local_gate.folder import LocalHead

_VERSION = "1"
# As long as an incomplete verdict holds for a check: a registry that was unavailable may be back.
_INCOMPLETE_FOR_S = 300.0


@dataclass(frozen=True)
class KnownVerdict:
    """A gate's result with its findings. `until`: seconds since 1970 at which it ends, 0 for one that lasts."""

    result: QualityGateResult
    findings: tuple[Finding, ...] = ()
    until: float = 0.0


class KnownVerdicts:
    """Those in a data folder's results."""

    def __init__(self, results: ResultStore) -> None:
        self._results = results

    def get(self, head: LocalHead) -> KnownVerdict | None:
        """None where it is unknown, or was incomplete and is old."""
        known = self._results.value(_key(head), KnownVerdict)
        if known is None or (known.until and known.until < time.time()):
            return None
        checks = (replace(check, cached=True, duration_s=0.0) for check in known.result.checks)
        return replace(known, result=replace(known.result, checks=tuple(checks)))

    def put(self, head: LocalHead, result: QualityGateResult) -> KnownVerdict:
        """Keeps a verdict with its findings, which the gate has stored; unless it is none, or lacked what may be there
        later."""
        stored = [self._results.get(check.result_id) for check in result.checks if check.result_id]
        found = [each for each in stored if each]
        lasts = all(report.lasting for each in found for report in each.reports)
        findings = tuple(finding for each in found for finding in each.findings)
        known = KnownVerdict(result, findings, 0.0 if lasts else time.time() + _INCOMPLETE_FOR_S)
        unmeasured = (check for check in result.checks if not check.result_id and check.status != "skipped")
        complete = len(found) == len(stored) and not any(unmeasured) and not result.lacking
        if result.state in ("passed", "failed") and complete:
            self._results.put_value(_key(head), known)
        return known


def _key(head: LocalHead) -> str:
    """The names of what is installed hold its versions."""
    packages = UntrustedFolder(Path(sysconfig.get_path("purelib"))).names()
    installed = (name for name in packages if name.endswith(".dist-info"))
    commits = (head.repo.full_name, head.head_sha, head.base_sha, *head.linked)
    return digest("folder", _VERSION, *commits, sys.version, *installed)
