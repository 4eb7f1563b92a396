"""Migrates the code by a recipe and opens a pull request, a commit a step."""

from activities.migration.types import Split
from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand
from workflows.messages import MigrationRequest


def _migrate(line: CommandLine) -> CommandAction:
    if not line.words:
        raise CommandError("Name a recipe: `/migrate react18`.")
    if len(line.words) > 2:
        raise CommandError("Name a recipe and, if you like, one folder.", line.words[2])
    path = line.texts[1].strip("/") if len(line.words) == 2 else "."
    if path.startswith("/") or ".." in path.split("/"):
        raise CommandError("Name a folder of the repository.", line.words[1])
    split: Split = ""
    if word := line.flags.get("split"):
        if word.text not in ("step", "owners"):
            raise CommandError("`--split` is `step` or `owners`.", word)
        split = "step" if word.text == "step" else "owners"
    only, to = line.flags.get("only"), line.flags.get("to")
    request = MigrationRequest(
        recipe=line.texts[0],
        path=path or ".",
        only=tuple(filter(None, only.text.split(","))) if only else (),
        to=to.text if to else "",
        dry_run="dry-run" in line.flags,
        batch="batch" in line.flags,
        stop="stop" in line.flags,
        split=split,
    )
    return CommandAction("migrate", migration=request)


MIGRATE = SlashCommand(
    _migrate,
    "<recipe> [--dry-run] [--batch] [--only STEP] [--to VERSION] [--split step or owners] [path]",
    flags={"dry-run": False, "batch": False, "only": True, "to": True, "stop": False, "split": True},
    on=("issue", "pull"),
)
