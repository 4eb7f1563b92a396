"""How many requests an installation may still send in this hour: for a person, who asks with `/status`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound, Unavailable
from activities.model import RepoRef
from activities.reporting.command_replies import RequestsLeft

if TYPE_CHECKING:
    from activities.github.client import GitHub

_RESOURCES = ("core", "graphql")


@dataclass(frozen=True)
class RateLimitInput:
    """The installation is that of the repository."""

    repo: RepoRef


@dataclass(frozen=True)
class RateLimitResult:
    """Of REST and GraphQL; empty for an Enterprise Server without limits."""

    left: tuple[RequestsLeft, ...] = ()


class RateLimitActivities:
    """GitHub counts no request for the answer, and other workers' requests are in it."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def get_rate_limit(self, input: RateLimitInput) -> RateLimitResult:
        """Returns how many requests the installation has left in this hour."""
        api = await self._github.for_gate(input.repo, {"metadata": "read"})
        try:
            found = (await api.getitem("/rate_limit"))["resources"]
            rows = [(name, found[name]) for name in _RESOURCES if name in found]
            return RateLimitResult(tuple(
                RequestsLeft(name, int(row["remaining"]), int(row["limit"]), int(row["reset"])) for name, row in rows
            ))  # fmt: skip
        except NotFound:
            return RateLimitResult()
        except (LookupError, TypeError, ValueError):
            raise Unavailable("GitHub's answer names no rate limit.") from None
