"""The first `.github/autobuild.yml` of a repository: what its gate found, with what it does not ask for as comments."""

from activities.reporting.markdown import one_line
from activities.reporting.planned import Explanation, PlannedTool

_HEAD = """\
# How Autobuild checks this repository. Every key: docs/configuration.md of Autobuild.
# A tool that is named here counts; one that nothing asks for only informs. `autobuild gate --explain` shows the plan.
version: 1
checks:
"""
_ONLY_INFORMS = "only informs: nothing here asks for it"
_INFORMS = {
    "security": "informs, and blocks what is severe: nothing here asks for it",
    "dependencies": "informs, and blocks critical vulnerabilities: nothing here asks for it",
}
_LONGEST = 500
"""Characters of a comment's line."""


def first_configuration(plan: Explanation) -> str:
    """What the repository asks for as keys, all else as comments."""
    text = _HEAD
    for check in dict.fromkeys([*(tool.check for tool in plan.tools), *plan.skipped]):
        tools = [tool for tool in plan.tools if tool.check == check]
        asked = [tool for tool in tools if tool.asked_in]
        mark = "  " if asked else "  # "
        text += f"{mark}{check}:\n"
        text += "".join(f"{mark}  # {_comment(tool_line(tool))}\n" for tool in tools)
        names = ", ".join(dict.fromkeys(tool.tool for tool in asked or tools))
        if not tools:
            text += f"{mark}  # {_comment(plan.skipped[check])}\n{mark}  enabled: false\n"
        elif check == "coverage":
            text += f"{mark}  minimum: 80\n"
        else:
            text += f"{mark}  tools: [{names}]\n"
    text += "".join(f"# Not understood: {_comment(sentence)}\n" for sentence in plan.not_understood)
    return text if any(tool.asked_in for tool in plan.tools) else text.replace("\nchecks:\n", "\n# checks:\n")


def tool_line(tool: PlannedTool) -> str:
    """One tool: its version, what asks for it, what is started, and where that was learnt."""
    where = "" if tool.folder == "." else f" in {tool.folder}"
    version = f" {tool.version}" if tool.version else ""
    asked = f"asked for by {tool.asked_in}" if tool.asked_in else _INFORMS.get(tool.check, _ONLY_INFORMS)
    command = f"; runs `{tool.command}`" if tool.command and tool.command != tool.tool else ""
    learnt = f" (from {tool.learnt_in})" if command and tool.learnt_in and tool.learnt_in != tool.asked_in else ""
    return f"{tool.tool}{version}{where}: {asked}{command}{learnt}"


def _comment(text: str) -> str:
    return one_line(text, _LONGEST)
