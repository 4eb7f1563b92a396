"""copyleft: lines of LICENCES.txt that name the GPL."""

from activities.model import Finding, ToolReport
from activities.tool_reports import execute, make_report
from activities.tooling import Project, Tool, ToolDetection, Workbench


class Copyleft(Tool):
    name = "copyleft"
    checks = ("licences",)
    language = "licences"  # one that the product does not know
    detection = ToolDetection(files=("LICENCES.txt", ".copyleft"))

    def used_by(self, project: Project) -> str:
        return "LICENCES.txt"

    async def run(self, bench: Workbench) -> ToolReport:
        finished = await execute(bench, ("cat", "LICENCES.txt"))
        path = bench.relative("LICENCES.txt")
        found = tuple(
            Finding("licences", self.name, "gpl", path, number, f"{line} is copyleft.", "error")
            for number, line in enumerate(finished.stdout.splitlines(), 1)
            if "GPL" in line
        )
        return make_report(self.name, "1.0", finished, findings=found)


tool = Copyleft()
