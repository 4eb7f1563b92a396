"""copyleft: lines of LICENCES.txt that name the GPL."""

from activities.model import Finding, ToolReport
from activities.tool_reports import execute, make_report
from activities.tooling import Project, Tool, ToolDetection, Workbench


async def _run(bench: Workbench) -> ToolReport:
    finished = await execute(bench, ("cat", "LICENCES.txt"))
    found = tuple(
        Finding("licences", "copyleft", "gpl", bench.relative("LICENCES.txt"), number, f"{line} is copyleft.", "error")
        for number, line in enumerate(finished.stdout.splitlines(), 1)
        if "GPL" in line
    )
    return make_report("copyleft", "1.0", finished, findings=found)


def _used_by(project: Project) -> str:
    return "LICENCES.txt"


tool = Tool(
    "copyleft",
    ("licences",),
    "licences",  # a language that the product does not know
    _used_by,
    _run,
    detection=ToolDetection(files=("LICENCES.txt", ".copyleft")),
)
