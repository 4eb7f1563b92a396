"""GitHub's branch rules in its answers: what a person must allow, told apart from what is wrong with a request.

GitHub has no status or code of its own for them. It says 403, 409 or 422, GraphQL errors or a line of git's, and the
rule in a sentence.
"""

import contextlib
import re
from collections.abc import Iterator

from activities.errors import UserError
from activities.github.errors import GitHubError
from activities.reporting import code, escape_markdown

# From GitHub's answers to updates of protected branches and of branches under a ruleset, REST and git alike.
_RULE = re.compile(
    r"protected branch|branch protection|rule violation|GH006|GH013|through a pull request|through the merge queue"
    r"|required status check|approv(?:ing|ed) review|authorized to push|cannot (?:force-push|delete)"
    r"|verified signatures|must not contain merge commits|being restricted",
    re.IGNORECASE,
)


class Protected(GitHubError, UserError):
    """A rule of the branch forbids it, which a person can change."""

    def __init__(self, branch: str, said: str) -> None:
        super().__init__(
            f"The rules of {code(branch)} do not allow this: {escape_markdown(said, 500)} "
            "Let the app by in the rules of the branch, or use another branch."
        )


def is_rule(said: str) -> bool:
    """Whether GitHub speaks of a rule."""
    return _RULE.search(said) is not None


@contextlib.contextmanager
def rules_of(branch: str) -> Iterator[None]:
    """In this block GitHub's refusals are told as the branch's rules where they are."""
    try:
        yield
    except GitHubError as error:
        said = error.said or str(error)
        if is_rule(said):
            raise Protected(branch, said) from None
        raise
