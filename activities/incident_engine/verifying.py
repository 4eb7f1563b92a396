"""Whether a change is the culprit: its diff touches the lines of a new error, or the repository's own tests show it."""

import asyncio
from collections.abc import Sequence

from activities.errors import CommitsLost
from activities.incident_changes import noisy
from activities.incident_changes.frames import path_of_frame
from activities.incident_changes.git_history import is_remark
from activities.incident_engine.culprit import BranchHistory, Culprit, NoCulprit, read_culprit
from activities.incidents.store import IncidentStore
from activities.incidents.types import StackFrame, VerifyInput, VerifyResult
from activities.model import SATISFIED, GatePlan
from activities.quality_gate.diff_headers import diff_headers
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.trust import compared
from activities.quality_gate.types import CheckInput
from activities.reporting.markdown import code, one_line
from activities.reporting.wording import plural
from activities.workspace.git import GitError
from activities.workspace.leases import leases

_BRANCH = "autobuild/bisection"
_CHECKS = ("unit_tests", "integration_tests")
_MOST_CHANGES = 16
_MOST_RUNS = 10
_SURE = 0.95
_MOST_NAMES = 10
_SUSPECT = 3.0
NO_TEST = "No test of the repository fails now that passed before the suspected changes."
NOT_SURE = "The tests do not say clearly which change broke them."


class TestsNotRun(Exception):
    """The tests could not be run on a commit; the sentence says why."""

    __test__ = False


class CulpritVerifier:
    """`gate` runs tests, `store` has the frames of the errors."""

    def __init__(self, host: Host, gate: GateEngine, store: IncidentStore) -> None:
        self._host = host
        self._gate = gate
        self._store = store

    async def verify(self, input: VerifyInput) -> VerifyResult:
        """First by the frames, which costs nothing. Raises CommitsLost."""
        with leases():
            try:
                suspects = await self._suspects(input)
                main = await self._read(input, input.change)
                if text := await self._by_frames(input, main, suspects):
                    return VerifyResult(main.newest, text)
                return await self._by_tests(input, main, suspects)
            except NoCulprit as none:
                return VerifyResult(problem=str(none))
            except TestsNotRun as trouble:
                return VerifyResult(problem=str(trouble))
            except GitError as error:
                raise CommitsLost(input.workspace.head_sha) from error

    async def _read(self, input: VerifyInput, change: str) -> Culprit:
        return await read_culprit(self._host.workspaces, self._store, input.scope, input.workspace, change)

    async def _suspects(self, input: VerifyInput) -> list[Culprit]:
        """All changes that may be it, the oldest first, each once."""
        found: dict[str, Culprit] = {}
        for change in (*input.candidates[-_MOST_CHANGES:], input.change):
            try:
                one = await self._read(input, change)
            except NoCulprit:
                continue
            found[one.newest] = one
        chain = await BranchHistory(self._host.workspaces, input.workspace).first_parents()
        return sorted(found.values(), key=lambda one: -chain.index(one.newest))

    async def _by_frames(self, input: VerifyInput, main: Culprit, suspects: Sequence[Culprit]) -> str:
        """A sentence where it alone touches the lines of a new error."""
        frames = await asyncio.to_thread(
            self._store.get, input.scope.incident, "frames", tuple[StackFrame, ...]
        ) or ()  # fmt: skip
        if not frames:
            return ""
        touched = {one.newest: await self._touched(input, one, frames) for one in suspects}
        frame = touched.get(main.newest)
        if frame is None or any(each for sha, each in touched.items() if sha != main.newest):
            return ""
        return f"It changes the lines of {code(f'{frame.path}:{frame.line}')}, where a new error comes from."

    async def _touched(self, input: VerifyInput, one: Culprit, frames: Sequence[StackFrame]) -> StackFrame | None:
        workspaces, repo, head = self._host.workspaces, input.workspace.repo, input.workspace.head_sha
        hunks: dict[str, list[tuple[int, int]]] = {}
        for path, start, count, body in diff_headers(await workspaces.diff(repo, one.base, one.newest)):
            if not is_remark(body):
                hunks.setdefault(path, []).append((start, max(start, start + count - 1)))
        later = list(diff_headers(await workspaces.diff(repo, one.newest, head)))
        for frame in frames:
            path = path_of_frame(frame, list(hunks))
            line = line_before([(start, count, body) for name, start, count, body in later if name == path], frame.line)
            if path and line and any(start <= line <= end for start, end in hunks[path]):
                return frame
        return None

    async def _by_tests(self, input: VerifyInput, main: Culprit, suspects: Sequence[Culprit]) -> VerifyResult:
        """A bisection between the suspects, as far as a few runs can tell, and the proof at the end: what fails with
        the culprit passes just before it."""
        plan = await self._gate.plan(input.workspace)
        if plan.problem:
            raise TestsNotRun(one_line(plan.problem, 300))
        oldest = suspects[0].base
        failing = await self._failures(input, plan, oldest, input.workspace.head_sha)
        if not failing:
            return VerifyResult(problem=NO_TEST)
        weights = [_SUSPECT if one.newest == main.newest else 1.0 for one in suspects]
        belief, ran = noisy.prior(weights), set[int]()
        for _ in range(_MOST_RUNS):
            if noisy.likeliest(belief)[1] >= _SURE:
                break
            at = noisy.next_run(belief)
            again = at in ran
            ran.add(at)
            found = await self._failures(input, plan, oldest, suspects[at].newest, refresh=again)
            belief = noisy.after_run(belief, at, failed=bool(found & failing))
        at, sure = noisy.likeliest(belief)
        if sure < _SURE or at == len(suspects):
            return VerifyResult(problem=NOT_SURE)
        culprit = suspects[at]
        shown = sorted(await self._failures(input, plan, culprit.base, culprit.newest) & failing)
        if not shown:
            return VerifyResult(problem=NOT_SURE)
        text = f"{plural(len(shown), 'test')} of the repository fail with it and pass just before it."
        return VerifyResult(culprit.newest, text, tuple(shown[:_MOST_NAMES]))

    async def _failures(
        self, input: VerifyInput, plan: GatePlan, before: str, after: str, *, refresh: bool = False
    ) -> frozenset[str]:
        """The tests that fail at a commit and pass at an earlier one."""
        workspaces = self._host.workspaces
        both = await compared(workspaces, input.workspace, before, after, _BRANCH)
        failing: set[str] = set()
        for one in plan.checks:
            if not one.applies or one.name not in _CHECKS:
                continue
            check = await self._gate.check(CheckInput(both, one, plan.folders, refresh))
            if check.status in SATISFIED:
                continue
            if check.status in ("error", "cancelled", "timed_out"):  # nobody saw a test fail
                raise TestsNotRun(one_line(f"The tests could not be run. {check.reason}", 300))
            failing |= {one_line(str(name), 150) for name in check.metrics.get("new_failures") or ()}
        return frozenset(failing)


def line_before(parts: Sequence[tuple[int, int, bytes]], line: int) -> int:
    """Where a line was before a change with these parts (first new line, how many, text); 0 where the change wrote
    it."""
    moved = 0
    for start, count, body in parts:
        if count and start <= line < start + count:
            return 0
        if (start + count if count else start + 1) <= line:
            removed = body.count(b"\n<") + body.startswith(b"<")
            moved += count - removed
    return max(line - moved, 0)
