"""Whether a fault's tests show it: they fail on the files as they were, and pass with the change."""

import re

from activities.errors import CommitsLost
from activities.model import SATISFIED, GatePlan
from activities.patch_checks.found_tests import tests_of
from activities.patch_checks.patch import Patch, read_patch
from activities.planned_changes.stages import ProveTestsInput
from activities.planned_changes.types import TestProof
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.trust import compared
from activities.quality_gate.types import CheckInput, Workspace
from activities.reporting.markdown import one_line
from activities.workspace.commits import committed_files
from activities.workspace.git import GitError
from activities.workspace.leases import leases
from activities.workspace.own_commits import commit_paths

_BRANCH = "autobuild/proof"
_MOST_NAMES = 10
_TEST_FOLDER = re.compile(r"(?:^|/)(?:tests?|specs?|__tests__|testing|e2e|fixtures|testdata)/", re.IGNORECASE)
NO_TESTS = "The change adds no test."
SAME_BEFORE = "Its tests pass without the change as well, so they do not show the fault."
NOT_RUN = "Its tests could not be run without the change, so they do not show the fault."


class TestProver:
    """By the gate's own checks of tests, on two trees that differ in everything but the tests."""

    __test__ = False

    def __init__(self, host: Host, gate: GateEngine) -> None:
        self._host = host
        self._gate = gate

    async def prove(self, input: ProveTestsInput) -> TestProof:
        """Raises CommitsLost where a commit is not on this host."""
        workspace, workspaces = input.workspace, self._host.workspaces
        with leases():
            try:
                await workspaces.fetch(workspace.repo, workspace.head_sha)
                patch = await read_patch(workspaces, workspace.repo, input.before, input.after)
                paths = _test_paths(patch)
                if not paths:
                    return TestProof(reason=NO_TESTS)
                without = await self._with_tests_only(workspace, input, paths)
            except GitError as error:
                raise CommitsLost(input.after) from error
            return await self._compared(workspace, input.plan, without, input.after)

    async def _compared(self, workspace: Workspace, plan: GatePlan, without: str, after: str) -> TestProof:
        workspaces = self._host.workspaces
        old = await compared(workspaces, workspace, after, without, _BRANCH)
        failing: list[str] = []
        not_run = ""
        for one in (each for each in plan.checks if each.applies and each.name in ("unit_tests", "integration_tests")):
            check = await self._gate.check(CheckInput(old, one, plan.folders))
            if check.status in SATISFIED:
                continue
            if check.status in ("error", "cancelled"):  # killed, or without a report: nobody saw a test fail
                not_run = not_run or one_line(f"{NOT_RUN} {check.reason}", 300)
                continue
            failing += [one_line(str(name), 150) for name in check.metrics.get("new_failures") or ()]
            if not check.metrics.get("new_failures"):  # they do not even load without the change
                failing.append(one_line(check.reason, 150))
        if not failing:
            return TestProof(reason=not_run or SAME_BEFORE)
        return TestProof(tuple(failing[:_MOST_NAMES]), len(failing))

    async def _with_tests_only(self, workspace: Workspace, input: ProveTestsInput, paths: list[str]) -> str:
        """The commit before the change, with the change's tests."""
        repo, workspaces = workspace.repo, self._host.workspaces
        files = await committed_files(workspaces.mirror(repo), input.after)
        scratch, message = self._host.scratch, "The tests of a change without it"
        return await commit_paths(workspaces, scratch, repo, input.before, paths, files, message)


def _test_paths(patch: Patch) -> list[str]:
    """The changed files that hold tests, or what tests read."""
    found = []
    holds_tests = False
    for file in patch.files:
        text = file.texts[1]
        if text and tests_of(file.path, text):
            holds_tests = True
            found.append(file.path)
        elif _TEST_FOLDER.search(file.path):
            found.append(file.path)
    return found if holds_tests else []
