"""`/init`: the pull request with a repository's first configuration, and its answers."""

from collections.abc import Iterable

from activities.model import CONFIG_PATH
from activities.reporting.markdown import code, escape_markdown
from activities.reporting.planned import Explanation, PlannedTool

COMMIT_MESSAGE = f"Add {CONFIG_PATH} with what was found"
PULL_TITLE = f"Add {CONFIG_PATH}"
NO_FOLDER = "`.github` is no folder here. Remove it, then comment `/init` again."
STOPPED = "`/init` was stopped. Comment `/init` to start it again."

_MOST = 20


def pull_body(plan: Explanation) -> str:
    """What was found, and what to do next."""
    asked = [tool for tool in plan.tools if tool.asked_in]
    lines = [f"This adds a commented {code(CONFIG_PATH)} with what was found in the repository."]
    if asked:
        lines += ["", "**These count**, since the repository asks for them:", "", *_cut(map(_tool, asked))]
    else:
        lines += ["", "The repository asks for no tool that is known, so every line of the file is a comment."]
    if informs := ", ".join(dict.fromkeys(code(tool.tool) for tool in plan.tools if not tool.asked_in)):
        lines += ["", f"**Only inform**, since nothing here asks for them: {informs}."]
    if plan.not_understood:
        lines += ["", "**Not understood:**", "", *_cut(f"- {escape_markdown(line)}" for line in plan.not_understood)]
    lines += ["", "Change the file as you like, then merge it: it judges pull requests from then on."]
    return "\n".join(lines)


def _tool(tool: PlannedTool) -> str:
    name = f"{tool.tool} {tool.version}".rstrip()
    where = "" if tool.folder == "." else f" in {code(tool.folder)}"
    return f"- {code(tool.check)}: {code(name)}{where} ({escape_markdown(tool.asked_in)})"


def _cut(lines: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(lines))
    more = [f"- … {len(found) - _MOST} more"] if len(found) > _MOST else []
    return [*found[:_MOST], *more]


def nothing_on_default_branch(branch: str) -> str:
    """The repository is empty, or its default branch was deleted."""
    return (
        f"The default branch {code(branch)} has no commit. Push one, or choose another default branch in the "
        "repository's settings, then comment `/init` again."
    )


def branch_of_others(branch: str) -> str:
    """The bot's branch has commits that are not the bot's, and no open pull request."""
    return f"{code(branch)} has commits of other people. Open a pull request of it, or delete it and comment `/init`."


def proposed(number: int) -> str:
    """The answer where there is a pull request, new or not."""
    return f"#{number} adds a {code(CONFIG_PATH)} with what was found. Look at it, change it as you like, and merge it."


def kept(number: int) -> str:
    """The same, of a pull request that nobody but its authors may change."""
    return f"#{number} adds a {code(CONFIG_PATH)} already. Other people have added commits, so it was left as it is."


def already_there(path: str, branch: str) -> str:
    """There is nothing to add."""
    return f"{code(branch)} has a {code(path)} already. Edit it in a pull request; `autobuild validate` checks it."


def failed(workflow_id: str) -> str:
    """A failure that is not the repository's."""
    return f"`/init` failed: internal error (workflow {code(workflow_id)}). Comment `/init` to try again."
