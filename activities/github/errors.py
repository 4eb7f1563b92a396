"""What can go wrong with GitHub. `client/error_mapping.py` says which of these errors an answer is."""

from activities.errors import UserError
from activities.redaction import redact


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
