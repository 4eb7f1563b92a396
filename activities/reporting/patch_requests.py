"""What `/patch` is asked for, in our own words: titles for people, and the text around what others wrote for agents."""

from activities.reporting.markdown import one_line

DELETED = "The comment that asked for this was deleted, so nothing was done. Ask again in a new comment."
EDITED = "The comment was edited after it asked for this, so nothing was done. Ask again in a new comment."
NO_WRITE_ACCESS = "Whoever asked for this has no write access any more, so nothing was done."

INSTRUCTION = "A person with write access asks for this change on a pull request:"
CHECK_SAYS_NOTHING = "Nothing but that it failed. Find out what it runs, for instance in the repository's CI files."
SAID = "People with write access wrote in it, in this order:"


def instruction(login: str) -> str:
    """The title of an instruction."""
    return f"The instruction of {one_line(login, 60)}"


def thread_title(login: str, path: str, line: int) -> str:
    """The title of a review's thread."""
    return f"The review of {one_line(login, 60)} on {one_line(path, 120)}{f', line {line}' if line else ''}"


def check_title(name: str) -> str:
    """The title of a failing check."""
    return f"The failing check {one_line(name, 120)}"


def thread(path: str, line: int, *, outdated: bool, left_out: int) -> str:
    """What an agent reads before what people wrote."""
    text = f"Do what a review asks for on {one_line(path, 300)}{f', line {line}' if line else ''}."
    if outdated:
        text += " The code has changed since: the place is where it was then, and perhaps it is done already."
    if left_out:
        text += f" {left_out} comments of the thread are left out: other people wrote them, or too late."
    return f"{text} It was about this part of the change:"


def check(name: str) -> str:
    """What an agent reads before what a check says."""
    return f"Make the check {one_line(name, 200)} pass, without weakening any test or check. It says:"
