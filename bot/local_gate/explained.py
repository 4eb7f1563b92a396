"""The plan of a folder's gate as text, and as the first `.github/autobuild.yml`."""

from pathlib import Path

from activities.errors import UserError
from activities.model import CONFIG_PATH
from activities.quality_gate.explanation import Explanation, PlannedTool, explain
from activities.untrusted_files import UntrustedFolder
from bot.printable import printable

_HEAD = """\
# How Autobuild checks this repository. Every key: docs/configuration.md of Autobuild.
# A tool that is named here counts; one that nothing asks for only informs. `autobuild gate --explain` shows the plan.
version: 1
checks:
"""


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
        lines += [f"    {_tool_line(tool)}" for tool in plan.tools if tool.check == check]
    lines += [f"  {check}: skipped. {reason}" for check, reason in plan.skipped.items()]
    if plan.not_understood:
        lines += ["Found, but not understood", *(f"  {sentence}" for sentence in plan.not_understood)]
    return "\n".join(_one_line(line) for line in lines)


def write_configuration(folder: Path) -> Path:
    """Writes the folder's configuration with what was found. Raises UserError where there is one."""
    files = UntrustedFolder(folder)
    if files.look(CONFIG_PATH) is not None:
        raise UserError(f"{CONFIG_PATH} exists already. Edit it, or remove it first.")
    files.write(CONFIG_PATH, configuration(_plan(folder)).encode())
    return folder / CONFIG_PATH


def configuration(plan: Explanation) -> str:
    """What the repository asks for as keys, all else as comments."""
    text = _HEAD
    for check in dict.fromkeys([*(tool.check for tool in plan.tools), *plan.skipped]):
        tools = [tool for tool in plan.tools if tool.check == check]
        asked = [tool for tool in tools if tool.asked_in]
        mark = "  " if asked else "  # "
        text += f"{mark}{check}:\n"
        text += "".join(f"{mark}  # {_one_line(_tool_line(tool))}\n" for tool in tools)
        names = ", ".join(dict.fromkeys(tool.tool for tool in asked or tools))
        if not tools:
            text += f"{mark}  # {_one_line(plan.skipped[check])}\n{mark}  enabled: false\n"
        elif check == "coverage":
            text += f"{mark}  minimum: 80\n"
        else:
            text += f"{mark}  tools: [{names}]\n"
    text += "".join(f"# Not understood: {_one_line(sentence)}\n" for sentence in plan.not_understood)
    return text if any(tool.asked_in for tool in plan.tools) else text.replace("\nchecks:\n", "\n# checks:\n")


def _plan(folder: Path) -> Explanation:
    if not UntrustedFolder(folder).is_folder("."):
        raise UserError(f"{folder} is no folder.")
    return explain(folder.resolve())


def _tool_line(tool: PlannedTool) -> str:
    where = "" if tool.folder == "." else f" in {tool.folder}"
    version = f" {tool.version}" if tool.version else ""
    asked = f"asked for by {tool.asked_in}" if tool.asked_in else "only informs: nothing here asks for it"
    command = f"; runs `{tool.command}`" if tool.command and tool.command != tool.tool else ""
    learnt = f" (from {tool.learnt_in})" if command and tool.learnt_in and tool.learnt_in != tool.asked_in else ""
    return f"{tool.tool}{version}{where}: {asked}{command}{learnt}"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()) if not text.startswith(" ") else text.replace("\n", " "))
