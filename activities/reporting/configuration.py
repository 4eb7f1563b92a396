"""What the gate says of `.github/autobuild.yml`: whose version judges, what is wrong with it, what a change changes."""

from collections.abc import Sequence

from activities.model import CONFIG_PATH, ConfigNotes, Mistake
from activities.reporting.check_run import Annotation
from activities.reporting.links import Links
from activities.reporting.markdown import clean, code, escape_markdown, one_line, table
from activities.reporting.wording import plural

_TITLE = "Autobuild's configuration"


def config_lines(notes: ConfigNotes, links: Links) -> list[str]:
    """Markdown; nothing where there is nothing to say."""
    lines = [*_unprotected(notes), *_broken(notes, links), *_edited(notes, links), *_unread(notes)]
    return ["### Configuration", "", *lines] if lines else []


def config_annotations(notes: ConfigNotes) -> tuple[Annotation, ...]:
    """Every mistake of the head's own file at its line."""
    return tuple(
        {
            "path": clean(each.path),
            "start_line": each.line,
            "end_line": each.line,
            "annotation_level": "failure",
            "title": _TITLE,
            "message": one_line(each.message, 1000),
        }
        for each in notes.mistakes
    )


def config_text(notes: ConfigNotes) -> list[str]:
    """The same as plain lines for a terminal, mistakes as compilers print them."""
    lines = [f"{each.path}:{each.line}: {each.message}" for each in notes.mistakes]
    if notes.broken and not _same(notes):
        judges = f"The version of {notes.judged_by[:12]} judges" if notes.judged_by else "The defaults apply"
        lines.append(f"The base's {CONFIG_PATH} is broken. {judges} until it is repaired.")
        lines += [f"  line {each.line}: {each.message}" for each in notes.broken]
    if notes.edited and not notes.mistakes:
        lines.append(f"This change edits {CONFIG_PATH}{_effect(notes)}")
        lines += [f"  {each.key}: {each.before or '–'} → {each.after or '–'}" for each in notes.changes]
        lines += [f"  … {notes.more:,} more."] if notes.more else []
    return [*lines, *(f"{path} is not read: the configuration is {CONFIG_PATH}." for path in notes.unread)]


def _unprotected(notes: ConfigNotes) -> list[str]:
    if not notes.unprotected or not notes.branch:
        return []
    base, branch = code(notes.unprotected), code(notes.branch)
    return [f"The configuration of {branch} judges, since {base} is neither the default branch nor protected.", ""]


def _broken(notes: ConfigNotes, links: Links) -> list[str]:
    if not notes.broken:
        return []
    where = f"{code(CONFIG_PATH)} of {code(notes.branch)}" if notes.branch else f"The base's {code(CONFIG_PATH)}"
    since = f" since {links.commit(notes.broken_since)}" if notes.broken_since else ""
    judges = f"The version of {links.commit(notes.judged_by)} judges" if notes.judged_by else "The defaults apply"
    lines = [f"⚠️ **{where} is broken**{since}. {judges} until it is repaired.", ""]
    return lines if _same(notes) else [*lines, *_mistakes(notes.broken), ""]


def _edited(notes: ConfigNotes, links: Links) -> list[str]:
    if notes.mistakes:
        count = plural(len(notes.mistakes), "mistake")
        return [f"This change brings {count} of the configuration:", "", *_mistakes(notes.mistakes, links), ""]
    if not notes.edited:
        return []
    first = f"This change edits {code(CONFIG_PATH)}{_effect(notes)}"
    if not notes.changes:
        return [first, ""]
    rows = [(code(each.key), code(each.before) or "–", code(each.after) or "–") for each in notes.changes]
    more = [f"… {notes.more:,} more."] if notes.more else []
    lines = [first, "", *table(("Key", "Before", "After"), rows), "", *more]
    return [*lines, ""] if more else lines


def _effect(notes: ConfigNotes) -> str:
    if not notes.changes:
        return ", but no setting."
    if notes.in_effect:
        return ". It is in effect now."
    return f". It takes effect once merged{f' into {code(notes.branch)}' if notes.branch else ''}."


def _unread(notes: ConfigNotes) -> list[str]:
    lines = [f"{code(path)} is not read: the configuration is {code(CONFIG_PATH)}." for path in notes.unread]
    return [*lines, ""] if lines else []


def _mistakes(mistakes: Sequence[Mistake], links: Links | None = None) -> list[str]:
    """`links` where the head has the file."""
    lines = []
    for each in mistakes:
        line = f"line {each.line}"
        where = f"[{line}]({links.line(each.path, each.line)})" if links else line
        file = "" if each.path == CONFIG_PATH else f"{code(each.path)}, "
        lines.append(f"- {file}{where}: {escape_markdown(each.message, 500)}")
    return lines


def _same(notes: ConfigNotes) -> bool:
    """Whether the mistakes are listed as the head's own already."""
    return notes.broken == notes.mistakes
