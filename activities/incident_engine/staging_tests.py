"""The configured command of smoke or end-to-end tests, at the fix's commit, in the sandbox.

It may reach the environment that the fix was deployed to, and nothing else; never this host or a private network,
unless whoever runs this deployment allowed that.
"""

import asyncio
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from activities.checking import ToolRun
from activities.egress.allow_list import EgressAllowList
from activities.errors import CommitsLost
from activities.incidents.acting import StagingTestsInput, StagingTestsResult
from activities.model import CONFIG_PATH, GatePlan, ToolReport
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.projects import find_projects
from activities.quality_gate.trust import compared
from activities.reporting.markdown import one_line
from activities.reporting.tool_failures import ended_with
from activities.tool_reports import execute, failed_to_run, last_output, make_report
from activities.tooling import REPOSITORY, Project, Tool, Workbench
from activities.workspace.git import GitError
from activities.workspace.leases import leases

_BRANCH = "autobuild/staging"
_LONGEST = 400


class StagingTests:
    """`gate` says what limits tests have, and where their packages come from."""

    __test__ = False

    def __init__(self, host: Host, gate: GateEngine) -> None:
        self._host = host
        self._gate = gate

    async def run(self, input: StagingTestsInput, name: str) -> StagingTestsResult:
        """`name` is that of the tests, as a sentence begins with it. Nothing that ran before counts. Raises
        CommitsLost where the commit is not on this host."""
        workspaces, workspace = self._host.workspaces, input.workspace
        with leases():
            try:
                there = await compared(workspaces, workspace, workspace.head_sha, input.sha, _BRANCH)
                checkout = await workspaces.checkout(workspace.repo, input.sha)
            except GitError as error:
                raise CommitsLost(input.sha) from error
            projects = await asyncio.to_thread(find_projects, checkout, ())
            root = Project(".", checkout, REPOSITORY)
            project = next((one for one in projects if one.folder == "."), root)
            tree = replace(self._gate.tests_tree(there, GatePlan(())), refresh=True)
            report = await tree.run(ToolRun(project, StagingCommand(input, name), CONFIG_PATH))
        return StagingTestsResult(not said(report), one_line(said(report) or f"{name} passed.", _LONGEST))


@dataclass(frozen=True)
class StagingTarget:
    """What the command is told of the environment, and the one `host:port` that it may ask for, "" for none."""

    environment: str
    url: str
    reaches: str = ""

    @classmethod
    def of(cls, environment: str, url: str) -> "StagingTarget":
        """Whoever deploys names the address, so it is untrusted: one that is no web address is none."""
        try:
            parts = urlsplit(url)
            port = parts.port or {"https": 443, "http": 80}[parts.scheme]
            host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
            if "*" in host:  # in a list of allowed hosts it would stand for many
                raise ValueError("must name one host")
            EgressAllowList.of(f"{host}:{port}")
        except (ValueError, KeyError):
            return cls(environment, "")
        return cls(environment, url, f"{host}:{port}")


class StagingCommand(Tool):
    """The command itself: it passes where it exits with 0."""

    language = REPOSITORY
    checks = ()

    def __init__(self, input: StagingTestsInput, name: str) -> None:
        self.name = name
        self._command = input.command
        self._target = StagingTarget.of(input.environment, input.url)

    def used_by(self, project: Project) -> str:
        return CONFIG_PATH

    async def run(self, bench: Workbench) -> ToolReport:
        """Its output's last line is the reason of a failure."""
        target = self._target
        variables = {"AUTOBUILD_ENVIRONMENT": target.environment, "AUTOBUILD_ENVIRONMENT_URL": target.url}
        reaches = (target.reaches,) if target.reaches else ()
        finished = await execute(bench, ("sh", "-c", self._command), variables, network=bool(reaches), reaches=reaches)
        if not finished.exit_code and not finished.result.stopped:
            return make_report(self.name, "", finished)
        lines = [line.strip() for line in last_output(finished.result).splitlines() if line.strip()]
        problem = ended_with(self.name, finished.exit_code, lines[-1][:200] if lines else "")
        return failed_to_run(self.name, "", finished, problem)


def said(report: ToolReport) -> str:
    """Why the tests did not pass, "" where they did."""
    if report.completed and not report.problem and not report.advice:
        return ""
    return f"{report.problem} {report.advice}".strip()
