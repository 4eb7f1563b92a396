"""A label on an issue: four agents write in parallel what it asks for, and their tests turn from red to green."""

import re

from rich.console import Console
from rich.markup import escape

from activities.agent_runs.deployment import ModelSettings
from activities.agents import registry
from bot.demo.check_runs import DemoPull, follow, print_table
from bot.printable import printable
from bot.processes.local_stack import LocalStack

_PERSON = "octocat"
_ENDED = "**What next:**"
_MARK = "### Planned change"
_SHOWN = re.compile(r"^(?:\*\*|###|\|).*$", re.MULTILINE)
_HEADLINE = re.compile(r"^\*\*.*$", re.MULTILINE)


async def show(console: Console, stack: LocalStack) -> None:
    """Ends when the pull request has a verdict. Without the packages that talk to models it only says so."""
    if problem := registry()["chat"].problem(ModelSettings(model="demo-model", price="ignore")):
        console.print(f"A labelled issue is not shown. {escape(problem)}")
        return
    opened = await stack.do("add_sample", name="issue")
    repository, number = opened["full_name"], int(opened["number"])
    await stack.do("add_label", full_name=repository, number=number, name="autobuild", login=_PERSON)
    console.print(f"[bold]{_PERSON}[/] labels {repository} #{number} [bold]autobuild[/]")
    comment = await _followed(console, stack, repository, number)
    for line in _SHOWN.findall(comment):
        console.print(f"  {escape(printable(line))}")
    pulls = await stack.get(f"/repos/{repository}/pulls?state=open")
    for pull in pulls[:1]:
        console.print(f"Its pull request: [bold]{escape(printable(str(pull['title'])))}[/] {pull['html_url']}")
        made = DemoPull(repository, int(pull["number"]), pull["head"]["sha"])
        await follow(console, stack, [made])
        await print_table(console, stack, made)


async def _followed(console: Console, stack: LocalStack, repository: str, number: int) -> str:
    """The comment once it says how it ended; each new headline of it is printed."""
    version, seen = 0, ""
    while True:
        comments = await stack.get(f"/repos/{repository}/issues/{number}/comments?per_page=100")
        said = [str(one["body"]) for one in comments if one["user"]["type"] == "Bot" and _MARK in str(one["body"])]
        headline = found[0] if said and (found := _HEADLINE.search(said[0])) else ""
        if headline and headline != seen:
            console.print(f"  {escape(printable(headline))}")
            seen = headline
        if said and _ENDED in said[0]:
            return said[0]
        version = await stack.changed(version)
