"""Branch rules in GitHub's answers: what a person must allow, as against a mistake in a request.

GitHub has no status or code of its own for them. It answers 403, 409 or 422, GraphQL errors or a line of git's, with
the rule in a sentence.
"""

import contextlib
import re
from collections.abc import Iterator

from activities.errors import UserError
from activities.github.errors import GitHubError
from activities.reporting import github_errors as texts

# From GitHub's answers to updates of protected branches and of branches under a ruleset, REST and git alike.
_RULE = re.compile(
    r"protected branch|branch protection|rule violation|GH006|GH013|through a pull request|through the merge queue"
    r"|required status check|approv(?:ing|ed) review|authorized to push|cannot (?:force-push|delete)"
    r"|verified signatures|must not contain merge commits|being restricted",
    re.IGNORECASE,
)


class Protected(GitHubError, UserError):
    """A rule of the branch forbids it, which a person can change."""

    def __init__(self, branch: str, reason: str) -> None:
        super().__init__(texts.forbidden_by_rules(branch, reason))


def is_rule(reason: str) -> bool:
    """Whether GitHub's text is about a rule."""
    return _RULE.search(reason) is not None


@contextlib.contextmanager
def rules_of(branch: str) -> Iterator[None]:
    """In this block a refusal by the branch's rules is raised as `Protected`."""
    try:
        yield
    except GitHubError as error:
        reason = error.reason or str(error)
        if is_rule(reason):
            raise Protected(branch, reason) from None
        raise
