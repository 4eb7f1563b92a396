"""The migration of a React 17 sample: asked for, paused, a step taken back, resumed, all by comments on its issue."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from activities.errors import UserError
from bot.demo.check_runs import DemoPull, follow, print_table
from bot.demo.migration_comment import MigrationComment
from bot.printable import printable
from bot.processes.local_stack import LocalStack

RECIPE = "react18"
TAKEN_BACK = "lifecycles"
"""The first step of the recipe, which no other needs."""
_PERSON = "octocat"
_MARKS = {"✓": "[green]✓[/]", "↺": "[yellow]↺[/]", "✗": "[red]✗[/]"}
_OTHER_MARK = "[dim]–[/]"


async def show(console: Console, stack: LocalStack) -> None:
    """Ends when the migration's pull request has all check runs, a verdict and a comment."""
    opened = await stack.do("add_sample", name="react")
    issue = DemoIssue(console, stack, opened["full_name"], int(opened["number"]))
    await issue.say(f"/migrate {RECIPE}")
    if await issue.says(lambda comment: bool(comment.steps)):
        issue.print_plan()
    if await issue.says(_is_at_work):
        await issue.say("/pause")
    if await issue.says(lambda comment: comment.is_paused):
        issue.print(issue.comment.headline)
        await issue.say(f"/rollback {TAKEN_BACK}")
        await issue.says(lambda comment: _is_out(comment, TAKEN_BACK))
        await issue.say("/resume")
    await issue.says(lambda comment: comment.has_ended)
    issue.print_end()
    if number := issue.comment.pull:
        pull = await issue.print_pull(number)
        await follow(console, stack, [pull])
        await print_table(console, stack, pull)
    console.print(f"Page: {stack.github}/{issue.repository}/issues/{issue.number}")


def _is_at_work(comment: MigrationComment) -> bool:
    """The first step runs, or has ended: so a pause comes after it."""
    return any(row.mark for row in comment.steps)


def _is_out(comment: MigrationComment, step: str) -> bool:
    """It was taken back, or left out."""
    return any(row.name == step and row.has_ended and row.mark != "✓" for row in comment.steps)


@dataclass
class DemoIssue:
    """The issue in which the migration is asked for, and what its comment said last."""

    console: Console
    stack: LocalStack
    repository: str
    number: int
    comment: MigrationComment = field(default_factory=lambda: MigrationComment(""))
    _shown: dict[str, str] = field(default_factory=dict)

    async def say(self, command: str) -> None:
        """A person's comment; GitHub's webhook brings it to the server."""
        await self.stack.do("add_comment", full_name=self.repository, number=self.number, body=command, login=_PERSON)
        self.console.print(f"[bold]{_PERSON}[/] in {self.repository} #{self.number}: [bold]{command}[/]")

    async def says(self, true: Callable[[MigrationComment], bool]) -> bool:
        """Waits until the migration's comment says this: True. False where it has ended without. Prints each step as it
        ends."""
        version = 0
        while True:
            comments = await self.stack.get(f"/repos/{self.repository}/issues/{self.number}/comments?per_page=100")
            self._read([str(one["body"]) for one in comments if one["user"]["type"] == "Bot"])
            if true(self.comment) or self.comment.has_ended:
                return not self.comment.has_ended
            version = await self.stack.changed(version)

    def _read(self, said: list[str]) -> None:
        self.comment = MigrationComment(next((body for body in said if "### Migration" in body), ""))
        for row in self.comment.steps:
            if row.has_ended and self._shown.get(row.name) != row.state:
                self._shown[row.name] = row.state
                if row.mark == "✗" and "npm could not be installed" in row.state:
                    raise UserError(row.state.removeprefix("failed: "))
                mark = _MARKS.get(row.mark, _OTHER_MARK)
                self.console.print(f"{mark} {self.repository} {row.name}: {_shown(row.state)}")

    def print(self, text: str) -> None:
        """What the comment says."""
        self.console.print(f"  {_shown(text)}")

    def print_plan(self) -> None:
        table = Table(title=f"  {_shown(self.comment.title)}", box=None, title_justify="left", title_style="bold")
        for title in ("", "step", "what", "needs", "files", "risk"):
            table.add_column(title, overflow="fold")
        for row in self.comment.steps:
            table.add_row("", row.name, _shown(row.title), row.needs, row.files, row.risk)
        self.console.print(table)

    def print_end(self) -> None:
        self.print(self.comment.headline)
        for place, reason, fix in self.comment.left:
            self.print(f"left: {place}: {reason} {fix}")

    async def print_pull(self, number: int) -> DemoPull:
        """Its title and its commits."""
        found: dict[str, Any] = await self.stack.get(f"/repos/{self.repository}/pulls/{number}")
        base, head = found["base"]["ref"], found["head"]
        draft = " (draft)" if found["draft"] else ""
        self.console.print(
            f"\n[bold]{self.repository} #{number}[/] {_shown(found['title'])}{draft}, from {head['ref']}:"
        )
        commits = await self.stack.get(f"/repos/{self.repository}/compare/{base}...{head['ref']}")
        for one in commits["commits"]:
            self.console.print(f"  {one['sha'][:7]} {_shown(one['commit']['message'].splitlines()[0])}")
        return DemoPull(self.repository, number, head["sha"])


def _shown(text: str) -> str:
    return escape(printable(text))
