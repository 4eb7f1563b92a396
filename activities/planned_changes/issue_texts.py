"""What is said of an issue that is read: sentences why nobody works on it, and the text around what others wrote."""

from activities.agent_runs.untrusted_text import visible
from activities.reporting.markdown import inert, one_line

LONGEST_TITLE = 100

_AGAIN = "Read it as it is now, then put the label on again."

DELETED = "The issue was deleted, or moved to a repository that this App does not see, so nothing was done."
TRANSFERRED = "The issue was moved to another repository, so nothing was done here. Put the label on it there."
PULL_REQUEST = "This is a pull request and not an issue, so nothing was done. Open an issue for it and label that."
CLOSED = "The issue is closed, so nothing was done. Reopen it and put the label on again."
LOCKED = (
    "The conversation of the issue is locked, so nothing was done: nobody could follow it there. Unlock it and put the "
    "label on again."
)
RENAMED_TOO_OFTEN = (
    "The title of the issue was changed more than a hundred times since it was asked for, so nothing was done. "
    f"{_AGAIN}"
)
REVISION_DELETED = (
    "A comment that asked for another plan was deleted, so nothing was done. Ask with `/revise` in a new comment."
)
REVISION_EDITED = (
    "A comment that asked for another plan was edited afterwards, so nothing was done. Ask with `/revise` in a new "
    "comment."
)
REVISION_WITHOUT_ACCESS = "Whoever asked for another plan has no write access any more, so nothing was done."
REVISION_EMPTY = (
    "A comment with `/revise` does not say what is to be different, so nothing was done. Write it behind the command, "
    "in a new comment."
)

TITLE = "A person with write access asks for what this issue wants. Its title:"
DESCRIPTION = "Its description:"
NO_DESCRIPTION = "It has no description."
COMMENTS = "People with write access wrote in it, in this order:"
OLDER_COMMENTS = "Older comments are left out. People with write access wrote in it last, in this order:"
REVISIONS = "There was a plan for it. They want this to be different, and the last of it counts most:"


def edited(login: str) -> str:
    """The description is not the one that was labelled. `login` is "" for somebody whom GitHub does not name."""
    who = f"{one_line(login, 60)}, who has no write access," if login else "Somebody whom GitHub does not name"
    return f"{who} changed the issue's description after it was asked for, so nothing was done. {_AGAIN}"


def plain_title(title: str) -> str:
    """A title that others wrote, on one line where nothing of it works as Markdown, with `LONGEST_TITLE` characters at
    most."""
    text = visible(title)
    plain = inert(text, LONGEST_TITLE)
    # What keeps names from pinging are characters, too.
    too_long = max(len(plain) - LONGEST_TITLE, 0)
    return inert(text, LONGEST_TITLE - too_long) if too_long else plain
