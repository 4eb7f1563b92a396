"""The gate on two pull requests with planted defects."""

from rich.console import Console

from bot.demo.check_runs import DemoPull, follow, print_table
from bot.processes.local_stack import LocalStack


async def show(console: Console, stack: LocalStack) -> None:
    """Ends when both have all check runs, a verdict and a comment."""
    pulls = [await _open_pull(stack, language) for language in ("python", "typescript")]
    await follow(console, stack, pulls)
    for pull in pulls:
        await print_table(console, stack, pull)


async def _open_pull(stack: LocalStack, language: str) -> DemoPull:
    """The simulated GitHub has the samples: the product does not import it, and reads none of its files."""
    opened = await stack.do("add_sample", name=language)
    return DemoPull(opened["full_name"], int(opened["number"]), opened["head_sha"])
