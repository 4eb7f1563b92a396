"""What the door hears of: seven events, made from GitHub's payloads by `bot.events`, read by `bot.routes`."""

from dataclasses import dataclass

from activities.model import RepoRef
from workflows.messages import CommandInput, PullChanged, Pushed


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
    """A new comment on issue `number`, which is a pull request if `on_pull`. `app_id` is the App that wrote it for
    somebody, 0 for none."""

    origin: Origin
    number: int
    comment_id: int
    body: str
    app_id: int = 0
    on_pull: bool = True


@dataclass(frozen=True)
class ButtonPressed:
    """One of GitHub's re-run buttons or of our own buttons. `source` names the press, the same for a redelivery.
    `app_id` is the App that owns the check run, 0 where GitHub does not say."""

    origin: Origin
    source: str
    request: CommandInput
    app_id: int = 0


@dataclass(frozen=True)
class LabelChanged:
    """A label was put on an issue (`added`), or taken off: `label` "" is one that was deleted. `at` is when GitHub
    changed the issue."""

    origin: Origin
    issue: int
    label: str
    added: bool
    at: float = 0.0


@dataclass(frozen=True)
class InstallationChanged:
    """The App may do more than before: it was installed, woken up, given repositories or permissions. What happened
    before is looked for. `change` is GitHub's word for it; the origin's repository is `account` without a name."""

    origin: Origin
    account: str
    change: str


@dataclass(frozen=True)
class RepositoryMoved:
    """A repository has another name or owner now: the origin's; `before` is the full name that it had. Deleted or
    archived it is `gone`: `before` is its name and nothing is to be done for it any more."""

    origin: Origin
    before: str
    gone: bool = False


@dataclass(frozen=True)
class Ignored:
    """Nothing of ours. `why` is a sentence for `autobuild simulate`."""

    why: str


Event = BranchMoved | PullMoved | CommentPosted | ButtonPressed | LabelChanged | InstallationChanged | RepositoryMoved
