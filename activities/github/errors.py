"""What can go wrong with GitHub. `client/error_mapping.py` says which of these errors an answer is."""

import contextlib
import re
from collections.abc import Iterator

from activities.errors import UserError
from activities.redaction import redact
from activities.reporting import github_errors as texts

# GitHub has no status or code of its own for a branch's rules: it answers 403, 409 or 422, GraphQL errors or a line of
# git's, with the rule in a sentence. These are from answers to updates of protected branches and of branches under a
# ruleset, by REST and by git.
_RULE = re.compile(
    r"protected branch|branch protection|rule violation|GH006|GH013|through a pull request|through the merge queue"
    r"|required status check|approv(?:ing|ed) review|authorized to push|cannot (?:force-push|delete)"
    r"|verified signatures|must not contain merge commits|being restricted",
    re.IGNORECASE,
)


class GitHubError(Exception):
    """Something between us and GitHub. `retry_after` is in seconds, 0 where GitHub named no time; `status` and `reason`
    are the answer's own, 0 and "" where there was none."""

    status = 0
    reason = ""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(redact(message)[:1000])
        self.retry_after = retry_after


class NotFound(GitHubError):
    """It does not exist, or not yet: an event may be quicker than the API."""


class Conflict(GitHubError):
    """Another change was quicker: the branch, or whatever it is, has moved on."""


class Validation(GitHubError):
    """GitHub refuses what we sent; sending it again changes nothing."""


class RateLimited(GitHubError):
    """Too many requests, by GitHub's count or by ours; `retry_after` says when to come back."""


class Unavailable(GitHubError):
    """GitHub is broken, out of reach or cut its answer short."""


class Unauthorized(GitHubError):
    """The token is not accepted; a fresh one may be."""


class Forbidden(GitHubError, UserError):
    """The app may not do it, which a person can change: a permission, an archived repository, a lock."""


class Suspended(GitHubError, UserError):
    """The installation was suspended or removed, which a person can undo."""


class AppRefused(GitHubError, UserError):
    """GitHub does not know this app, or not by this key: the deployment must be fixed."""


class Protected(GitHubError, UserError):
    """A rule of the branch forbids it, which a person can change."""

    def __init__(self, branch: str, reason: str) -> None:
        super().__init__(texts.forbidden_by_rules(branch, reason))


def is_rule(reason: str) -> bool:
    """Whether GitHub's text is about a rule."""
    return _RULE.search(reason) is not None


@contextlib.contextmanager
def branch_rules(branch: str) -> Iterator[None]:
    """In this block a refusal by the branch's rules is raised as `Protected`."""
    try:
        yield
    except GitHubError as error:
        reason = error.reason or str(error)
        if is_rule(reason):
            raise Protected(branch, reason) from None
        raise
