"""Lists what is accepted as known; whoever may override checks accepts findings, or revokes that."""

import re
from datetime import date

from bot.commands import (
    TO_ACCEPT,
    BranchRequest,
    CommandAction,
    CommandError,
    CommandLine,
    SlashCommand,
    Word,
    check_names,
    reason_of,
)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISSUE = re.compile(r"#?([1-9]\d{0,9})")
_ID = re.compile(r"[0-9a-f]{8}")


def _baseline(line: CommandLine) -> CommandAction:
    """Without a word it lists."""
    word, rest = (line.texts[0].lower(), line.words[1:]) if line.words else ("list", ())
    match word:
        case "list":
            if rest or line.flags:
                raise CommandError("`/baseline list` takes nothing else.", rest[0] if rest else None)
            return CommandAction("baseline")
        case "accept":
            return CommandAction("signal", request=_accepted(line, rest), needs=TO_ACCEPT)
        case "revoke":
            target = rest[0].text.lower() if rest else ""
            targets = (target,) if _ID.fullmatch(target) else check_names(rest)
            if len(targets) != 1 or len(rest) != 1 or line.flags:
                raise CommandError("Name one id or check: `/baseline revoke <id or check>`.")
            return CommandAction("revoke", target=targets[0], needs=TO_ACCEPT)
    raise CommandError("Say `list`, `accept` or `revoke`.", line.words[0])


def _accepted(line: CommandLine, words: tuple[Word, ...]) -> BranchRequest:
    checks = check_names(words[:1])
    if len(checks) != 1:
        raise CommandError("Name one check and your reason: `/baseline accept <check> <reason>`.", *words[:1])
    until, issue = line.flags.get("until"), line.flags.get("issue")
    if until and issue:
        raise CommandError("`--until` and `--issue` exclude each other.", issue)
    if until and not _is_day(until.text):
        raise CommandError("`--until` needs a day, such as `2026-12-31`.", until)
    number = _ISSUE.fullmatch(issue.text) if issue else None
    if issue and not number:
        raise CommandError("`--issue` needs the number of an issue.", issue)
    reason = reason_of(line, words[0], words[1:])
    return BranchRequest(
        "accept_baseline", checks, reason, until=until.text if until else "", issue=int(number[1]) if number else 0
    )


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


BASELINE = SlashCommand(
    _baseline,
    "[list, accept <check> <reason>, revoke <id or check>]",
    permission="read",
    flags={"until": True, "issue": True},
    on=("issue", "pull"),
)
