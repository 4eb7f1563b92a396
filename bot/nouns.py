"""What the door hears of: four events, made from GitHub's payloads by `bot.events`, read by `bot.routes`."""

from dataclasses import dataclass

from activities.model import RepoRef
from workflows.messages import PullChanged, Pushed, Request


@dataclass(frozen=True)
class Origin:
    """Where an event comes from. `person` is False for every kind of bot."""

    repo: RepoRef
    default_branch: str
    sender: str
    person: bool
    delivery: str


@dataclass(frozen=True)
class BranchMoved:
    """A branch of the repository itself has a new head, or is gone. `by_push` is False where another
    event says so: a check suite, a merge group."""

    origin: Origin
    branch: str
    push: Pushed
    by_push: bool = True


@dataclass(frozen=True)
class PullMoved:
    """Something about a pull request changed what is to be gated. `branch` is its head branch."""

    origin: Origin
    branch: str
    pull: PullChanged


@dataclass(frozen=True)
class CommentPosted:
    """A new comment on a pull request. `app_id` is the App that wrote it for somebody, 0 for none."""

    origin: Origin
    pull: int
    comment_id: int
    body: str
    app_id: int = 0


@dataclass(frozen=True)
class ButtonPressed:
    """One of GitHub's re-run buttons or of our own buttons. `source` names the press, the same for a redelivery.
    `app_id` is the App that owns the check run, 0 where GitHub does not say."""

    origin: Origin
    source: str
    request: Request
    app_id: int = 0


Event = BranchMoved | PullMoved | CommentPosted | ButtonPressed
