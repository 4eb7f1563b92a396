"""A service breaks right after a merge: its commit is found, reverted and written about. Then it breaks without one."""

import base64
import html
import re
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from bot.demo.monitoring import REPOSITORY, SERVICE, DemoMonitoring, running_service
from bot.printable import printable
from bot.processes.local_stack import LocalStack

_PERSON = "octocat"
_MARK = "### Incident"
_ENDED = "**What next:**"
_APPROVAL = "`/approve`"
_SHOWN = re.compile(r"^(?:\*\*|###|\||- ).*$", re.MULTILINE)
_OUTCOME = re.compile(r"^\*\*(?:The fix|What|Nothing).*$", re.MULTILINE)
_HEADLINE = re.compile(r"^\*\*.*$", re.MULTILINE)
_FILES = ("shop/__init__.py", "shop/checkout.py", "shop/pricing.py")
_USUAL_S = 30
"""How long the service is watched while nothing is wrong."""


async def show(console: Console, stack: LocalStack) -> None:
    """Ends when both incidents have."""
    opened = await stack.do("add_sample", name="incident")
    pull = int(opened["number"])
    good = await _tip(stack)
    hook = f"{stack.web}/alerts/alertmanager"
    folder = stack.log.parent / SERVICE
    async with running_service(folder, await _code(stack, good), good, stack.env, hook, stack.session) as monitoring:
        console.print(
            f"The service [bold]{SERVICE}[/] runs {good[:7]} of {REPOSITORY}, and is watched for {_USUAL_S} s."
        )
        await monitoring.quiet(_USUAL_S)
        title = (await stack.get(f"/repos/{REPOSITORY}/pulls/{pull}"))["title"]
        await stack.do("merge_pull", full_name=REPOSITORY, number=pull, login=_PERSON)
        console.print(f"[bold]{_PERSON}[/] merges #{pull} [bold]{escape(printable(str(title)))}[/]")
        await _deploy(console, stack, monitoring)
        first = await _fixed(console, stack, monitoring)
        await _without_a_culprit(console, stack, monitoring, first)


async def _fixed(console: Console, stack: LocalStack, monitoring: DemoMonitoring) -> int:
    """The incident with a guilty commit, up to its post-mortem. Its issue's number."""
    number = await _reached(console, stack, _APPROVAL, 0)
    await _print_comment(console, stack, number)
    pulls = await stack.get(f"/repos/{REPOSITORY}/pulls?state=open")
    if not pulls:
        console.print("[red]Nothing was reverted.[/]")
        return number
    for pull in pulls:
        console.print(f"Its pull request: [bold]{escape(printable(str(pull['title'])))}[/] {pull['html_url']}")
    await stack.do("add_comment", full_name=REPOSITORY, number=number, body="/approve", login=_PERSON)
    console.print(f"[bold]{_PERSON}[/] in {REPOSITORY} #{number}: [bold]/approve[/]")
    await _reached(console, stack, "Watching", 0)
    await _deploy(console, stack, monitoring)
    await _reached(console, stack, _ENDED, 0)
    await _print_comment(console, stack, number, _OUTCOME)
    for issue in await stack.get(f"/repos/{REPOSITORY}/issues?state=all&per_page=100"):
        if str(issue["title"]).startswith("Post-mortem"):
            console.print(f"[bold]{escape(printable(str(issue['title'])))}[/] {issue['html_url']}")
    return number


async def _without_a_culprit(console: Console, stack: LocalStack, monitoring: DemoMonitoring, first: int) -> None:
    """What the service calls fails: nothing was changed, so nothing is reverted."""
    await monitoring.quiet(_USUAL_S)
    before = await _tip(stack)
    await monitoring.fail(fails=True)
    console.print(f"\nWhat [bold]{SERVICE}[/] calls is unreachable now, and nothing was merged.")
    number = await _reached(console, stack, _ENDED, first)
    await _print_comment(console, stack, number)
    await monitoring.fail(fails=False)
    pulls = await stack.get(f"/repos/{REPOSITORY}/pulls?state=open")
    untouched = await _tip(stack) == before and not pulls
    console.print("Nothing was changed." if untouched else "[red]Something was changed.[/]")


async def _reached(console: Console, stack: LocalStack, text: str, after: int) -> int:
    """The issue of the newest incident after this one, once its comment has this text; each new headline is printed."""
    version, seen = 0, ""
    while True:
        number, said = await _newest_comment(stack)
        if number > after:
            headline = found[0] if (found := _HEADLINE.search(said)) else ""
            if headline != seen:
                console.print(f"  {escape(printable(headline))}")
                seen = headline
            if text in said or _ENDED in said:
                return number
        version = await stack.changed(version)


async def _newest_comment(stack: LocalStack) -> tuple[int, str]:
    """(the incident's issue, its comment); (0, "") before there is one."""
    issues = await stack.get(f"/repos/{REPOSITORY}/issues?state=all&per_page=100")
    for issue in sorted(issues, key=lambda one: -int(one["number"])):
        number = int(issue["number"])
        comments: list[dict[str, Any]] = await stack.get(f"/repos/{REPOSITORY}/issues/{number}/comments?per_page=100")
        for one in comments:
            if one["user"]["type"] == "Bot" and _MARK in str(one["body"]):
                return number, str(one["body"])
    return 0, ""


async def _print_comment(console: Console, stack: LocalStack, number: int, lines: re.Pattern[str] = _SHOWN) -> None:
    """These lines of what is at once visible of it."""
    _, said = await _newest_comment(stack)
    visible = re.sub(r"<details>.*?</details>", "", said, flags=re.DOTALL)
    for line in lines.findall(visible):
        console.print(f"  {escape(printable(_plain(line)))}")
    console.print(f"Page: {stack.github}/{REPOSITORY}/issues/{number}")


def _plain(line: str) -> str:
    """As GitHub shows it, where it escapes what a service or a person wrote."""
    return html.unescape(re.sub(r"\\([^A-Za-z0-9\s])", r"\1", line)).replace("\u200b", "")


async def _deploy(console: Console, stack: LocalStack, monitoring: DemoMonitoring) -> None:
    """What is merged runs from now on."""
    sha = await _tip(stack)
    await monitoring.deploy(await _code(stack, sha), sha)
    console.print(f"{sha[:7]} is deployed.")


async def _tip(stack: LocalStack) -> str:
    found = await stack.get(f"/repos/{REPOSITORY}/commits?per_page=1")
    return str(found[0]["sha"])


async def _code(stack: LocalStack, sha: str) -> Mapping[str, bytes]:
    """What a deployment takes from GitHub."""
    files = {}
    for name in _FILES:
        found = await stack.get(f"/repos/{REPOSITORY}/contents/{name}?ref={sha}")
        files[name] = base64.b64decode(found["content"])
    return files
