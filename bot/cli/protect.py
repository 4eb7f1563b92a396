"""`autobuild protect`"""

import os
import sys

import click


@click.command(name="protect")
@click.argument("repository", metavar="OWNER/REPO")
@click.option("--branch", default="", help="The branch to protect instead of the default branch.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def command(repository: str, branch: str, yes: bool) -> int:
    """Make the check run of the gate required on a branch.

    Shows what would change and asks. A token of an administrator is read from GITHUB_TOKEN or GH_TOKEN.
    """
    from bot.cli.signals import run_to_end
    from bot.required_check import protect

    def confirmed() -> bool:
        return yes or (sys.stdin.isatty() and click.confirm("Do it?"))

    run_to_end(protect(os.environ, repository, branch, click.echo, confirmed))
    return 0
