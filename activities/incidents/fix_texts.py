"""Why a change is not reverted, one sentence each, and the message of the commit that reverts it."""

from collections.abc import Sequence

from activities.incidents.acting import IncidentRules
from activities.reporting.markdown import code, inert
from activities.reporting.wording import plural

FIRST_COMMIT = "The change is the first commit of the repository, so there is nothing to go back to."
SUBMODULE = "The change moves a submodule, which is not reverted automatically."
TAKEN_BACK = "The files are as they were before the change already."
MOST_NAMED = 3


def no_commit(change: str) -> str:
    """A deployment or a release, whose commits are older than what was looked at."""
    return f"{code(change)} is no commit of the default branch, so there is nothing to revert."


def too_many_fixes(rules: IncidentRules) -> str:
    """The daily cap."""
    if not rules.fixes_per_day:
        return "`incidents.fixes_per_day` is 0, so nothing is reverted automatically."
    fixes = plural(rules.fixes_per_day, "fix", "fixes")
    return f"There were {fixes} in the last 24 hours, which is all that `incidents.fixes_per_day` allows."


def too_old(rules: IncidentRules) -> str:
    """The culprit's age."""
    return f"The change is older than {plural(rules.culprit_hours, 'hour')} (`incidents.culprit_hours`)."


def opted_out(name: str, *, label: bool) -> str:
    """Somebody said that it is never to be reverted."""
    where = f"has the label {code(name)}" if label else f"has the line {code(name)} in its message"
    return f"The change {where}, so it is not reverted automatically."


def protected(paths: Sequence[str]) -> str:
    """What no agent changes either."""
    return f"The change touches protected paths ({_named(paths)}), which only a person reverts."


def migrates(paths: Sequence[str]) -> str:
    """A revert would not undo what was done to the data."""
    return f"The change migrates data ({_named(paths)}), which a revert does not undo."


def conflicts(paths: Sequence[str]) -> str:
    """Later changes touch the same lines."""
    return f"The revert conflicts with later changes of {_named(paths)}, so a person has to make it."


def revert_message(title: str, sha: str, service: str, pull: str) -> str:
    """`pull` is `owner/name#12`, "" where the change is of no pull request."""
    about = inert(title, 60) or sha[:12]
    reverts = f"Reverts {pull}. " if pull else ""
    why = f"It is the cause that the data of an incident of {inert(service, 100)} points to."
    return f'Revert "{about}"\n\n{reverts}{why}\n\nThis reverts commit {sha}.'


def _named(paths: Sequence[str]) -> str:
    named = ", ".join(code(path) for path in paths[:MOST_NAMED])
    more = len(paths) - MOST_NAMED
    return f"{named} and {plural(more, 'more', 'more')}" if more > 0 else named
