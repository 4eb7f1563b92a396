"""The plan of a folder's gate as text, and as the first `.github/autobuild.yml`."""

from pathlib import Path

from activities.errors import UserError
from activities.model import CONFIG_PATH, CONFIG_PATHS
from activities.quality_gate.explanation import explain
from activities.quality_gate.first_configuration import first_configuration, tool_line
from activities.reporting.planned import Explanation
from activities.untrusted_files import UntrustedFolder
from bot.printable import printable


def explained(folder: Path) -> str:
    """Projects, tools, versions, commands, environment, each with the file that it was learnt from."""
    plan = _plan(folder)
    lines = ["Projects"]
    for project in plan.projects:
        lines.append(f"  {project.folder} ({project.language})")
        lines += [f"    environment: {step}" for step in project.environment]
    lines.append("Checks")
    for check in dict.fromkeys(tool.check for tool in plan.tools):
        lines.append(f"  {check}")
        lines += [f"    {tool_line(tool)}" for tool in plan.tools if tool.check == check]
    lines += [f"  {check}: skipped. {reason}" for check, reason in plan.skipped.items()]
    if plan.not_understood:
        lines += ["Found, but not understood", *(f"  {sentence}" for sentence in plan.not_understood)]
    return "\n".join(_one_line(line) for line in lines)


def write_configuration(folder: Path) -> Path:
    """Writes the folder's configuration with what was found. Raises UserError where there is one."""
    files = UntrustedFolder(folder)
    for path in CONFIG_PATHS:
        if files.look(path) is not None:
            raise UserError(f"{path} exists already. Edit it, or remove it first.")
    files.write(CONFIG_PATH, first_configuration(_plan(folder)).encode())
    return folder / CONFIG_PATH


def _plan(folder: Path) -> Explanation:
    if not UntrustedFolder(folder).is_folder("."):
        raise UserError(f"{folder} is no folder.")
    return explain(folder.resolve())


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()) if not text.startswith(" ") else text.replace("\n", " "))
