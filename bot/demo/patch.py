"""`/patch` on a pull request whose new test fails: an agent, whose model is a scripted server, makes it pass."""

import re

from rich.console import Console
from rich.markup import escape

from activities.agent_runs.deployment import ModelSettings
from activities.agents import registry
from bot.demo.check_runs import DemoPull, follow, print_table
from bot.printable import printable
from bot.processes.local_stack import LocalStack

_PERSON = "octocat"
_COMMAND = "/patch Make the new test pass: titles may have accents."
_LINE = re.compile(r"^(?:\*\*|###|\|).*$", re.MULTILINE)


async def show(console: Console, stack: LocalStack) -> None:
    """Ends when the agent's commit has all check runs and a verdict. Without the packages that talk to models it only
    says so."""
    if problem := registry()["chat"].problem(ModelSettings(model="demo-model", price="ignore")):
        console.print(f"/patch is not shown. {escape(problem)}")
        return
    opened = await stack.do("add_sample", name="patch")
    pull = DemoPull(opened["full_name"], int(opened["number"]), opened["head_sha"])
    await follow(console, stack, [pull])
    await print_table(console, stack, pull)
    await stack.do("add_comment", full_name=pull.repository, number=pull.number, body=_COMMAND, login=_PERSON)
    console.print(f"[bold]{_PERSON}[/] in {pull.repository} #{pull.number}: [bold]{escape(_COMMAND)}[/]")
    comment = await _ended(stack, pull)
    for line in _LINE.findall(comment):
        console.print(f"  {escape(printable(line))}")
    found = await stack.get(f"/repos/{pull.repository}/pulls/{pull.number}")
    patched = DemoPull(pull.repository, pull.number, found["head"]["sha"])
    if patched.head_sha != pull.head_sha:
        await follow(console, stack, [patched])
        await print_table(console, stack, patched)


async def _ended(stack: LocalStack, pull: DemoPull) -> str:
    """The patch's comment, once it says how it ended."""
    version = 0
    while True:
        comments = await stack.get(f"/repos/{pull.repository}/issues/{pull.number}/comments?per_page=100")
        said = [
            str(one["body"]) for one in comments if one["user"]["type"] == "Bot" and "### Patch" in str(one["body"])
        ]
        if said and "`/stop` ends it" not in said[0]:
            return said[0]
        version = await stack.changed(version)
