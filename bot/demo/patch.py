"""`/patch` on a pull request whose new test fails: an agent, whose model is a scripted server, makes it pass."""

import asyncio
import contextlib
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from activities.agent_runs.deployment import ModelSettings
from activities.agents import registry
from activities.errors import UserError
from bot.demo.check_runs import DemoPull, follow, print_table
from bot.printable import printable
from bot.processes.children import die_with_parent, stop_children
from bot.processes.local_stack import LocalStack

_PERSON = "octocat"
_COMMAND = "/patch Make the new test pass: titles may have accents."
_ANSWERS = Path(__file__).parent / "patch_answers.yml"
_START_S = 60.0
_LINE = re.compile(r"^(?:\*\*|###|\|).*$", re.MULTILINE)


@contextlib.asynccontextmanager
async def model_server(data: Path, environ: Mapping[str, str]) -> AsyncIterator[Mapping[str, str]]:
    """A scripted model server for the block. Gives `environ` with an agent that asks it."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "simulator.model", "--script", str(_ANSWERS)),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        assert server.stdout
        line = await asyncio.wait_for(server.stdout.readline(), _START_S)
        if not line:
            raise UserError("The scripted model server ended at its start.")
        model = {
            "provider": "openai", "model": "demo-model", "url": f"{json.loads(line)['url']}/v1",
            "key": "AUTOBUILD_DEMO_KEY", "price": {"input": 3.0, "output": 15.0},
        }  # fmt: skip
        file = data / "agents.yml"
        file.write_text(json.dumps({"models": {"demo": model}}))
        yield {**environ, "AUTOBUILD_AGENTS": str(file), "AUTOBUILD_DEMO_KEY": "not-a-secret"}
    finally:
        await stop_children([server])


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
