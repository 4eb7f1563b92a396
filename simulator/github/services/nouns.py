"""More nouns: what is said of a commit or a pull request, and what is published. They change as `state`'s do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.github.services.entities import User


@dataclass
class Status:
    """What somebody said of a commit under a `context`; `state` is error, failure, pending or success."""

    id: int
    context: str
    state: str
    description: str | None
    target_url: str | None
    creator: "User"
    created_at: str


@dataclass
class Review:
    """`state` is `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `DISMISSED`; `sha` is the head that was looked at."""

    id: int
    user: "User"
    state: str
    body: str
    sha: str
    submitted_at: str


@dataclass
class Release:
    """`published_at` is None for a draft, whose tag may not exist yet."""

    id: int
    tag: str
    target: str
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    author: "User"
    created_at: str
    published_at: str | None = None
