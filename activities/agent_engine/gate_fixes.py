"""Fixes of a gate's findings by an agent: the task, and whether what it made is as good as before."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from activities.agent_engine.engine import AgentEngine
from activities.agent_runs.backend import AgentTask
from activities.agent_runs.types import FailingChecks, FixKind, JudgedFix, JudgeFixInput, PreparedFix, PrepareFixInput
from activities.agent_runs.untrusted_text import wrapped
from activities.model import SATISFIED, CheckPlan, Finding
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import CheckInput, Workspace
from activities.workspace.leases import leases

_MOST_FINDINGS = 100

_FIX = """\
Linters and type checkers have new findings in this change. Fix them in the code, at the places that they name, and
change nothing else: no behaviour, no configuration, and no comment that only silences a tool. Where a finding is wrong,
leave it and say so.
"""
_TEST = """\
No test runs these new lines. Write tests that run them and check what they do, next to the tests that are there, in
their style. Change no other code. Where a line shows a fault, write the test that shows it, and say so.
"""

_KINDS: Mapping[FixKind, tuple[tuple[str, ...], str]] = {
    "fix_linting_issues": (("linting", "static_analysis"), _FIX),
    "improve_coverage": (("coverage",), _TEST),
}


class GateFixes:
    """`engine` keeps the tasks, `gate` has the findings."""

    def __init__(self, host: Host, gate: GateEngine, engine: AgentEngine) -> None:
        self._host = host
        self._gate = gate
        self._engine = engine

    async def prepare(self, input: PrepareFixInput) -> PreparedFix:
        """Linting and types first; where they find nothing, lines that are not covered."""
        plans = [one for one in input.plan.checks if one.applies and (not input.checks or one.name in input.checks)]
        with leases():
            for kind, (names, text) in _KINDS.items():
                wanted = [one for one in plans if one.name in names]
                found = [each for one in wanted for each in await self._new(input.workspace, one, input.plan.folders)]
                if found:
                    task = self._task(text, found)
                    return PreparedFix(await asyncio.to_thread(self._engine.put_task, task), kind, len(found))
        return PreparedFix()

    async def _new(self, workspace: Workspace, plan: CheckPlan, folders: tuple[str, ...]) -> Sequence[Finding]:
        check = await self._gate.check(CheckInput(workspace, plan, folders))
        result = await asyncio.to_thread(self._host.results.get, check.result_id)
        return [each for each in (result.findings if result else ()) if each.new and not each.informational]

    def _task(self, text: str, findings: Sequence[Finding]) -> AgentTask:
        shown = findings[:_MOST_FINDINGS]
        rows = (f"{each.path}:{each.line}: {each.tool} {each.rule}: {each.message}" for each in shown)
        files = tuple(dict.fromkeys(each.path for each in shown))
        return AgentTask("coder", f"{text}\n{wrapped('output', 'the gate', chr(10).join(rows))}\n", files)

    async def judge(self, input: JudgeFixInput) -> JudgedFix:
        """By the checks that may see the change: all but benchmarks."""
        workspace, plan = input.workspace, input.plan
        with leases():
            after = await self._with_commit(input)
            checks = [one for one in plan.checks if one.applies and one.name != "performance"]
            worse = await asyncio.gather(*(self._gate.worse(workspace, after, one, plan.folders) for one in checks))
        return JudgedFix(after, tuple(name for name in worse if name))

    async def failing(self, input: JudgeFixInput) -> FailingChecks:
        """Those that fail with the commit as the workspace's head."""
        with leases():
            after = await self._with_commit(input)
            checks = [one for one in input.plan.checks if one.applies]
            inputs = [CheckInput(after, one, input.plan.folders) for one in checks]
            found = await asyncio.gather(*map(self._gate.check, inputs))
        return FailingChecks(tuple(check.name for check in found if check.status not in SATISFIED))

    async def _with_commit(self, input: JudgeFixInput) -> Workspace:
        """The workspace with the commit as its head."""
        workspace = input.workspace
        tree = await self._host.workspaces.tree(workspace.repo, input.commit_sha)
        config_sha = input.commit_sha if workspace.config_sha == workspace.head_sha else workspace.config_sha
        head = replace(workspace.head, sha=input.commit_sha)
        return replace(workspace, head=head, head_tree=tree, config_sha=config_sha)
