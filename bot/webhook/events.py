"""What GitHub's events say, as far as the bot uses them: what `parse_event` gives and `route` takes."""

from dataclasses import dataclass

from activities.github.patch_requests.types import SaidIn
from activities.incidents.types import Alert
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
    """A branch of the repository itself has a new head, without a sha where it was deleted. `by_push` is False where
    another event reports it: a check suite, a merge group."""

    origin: Origin
    push: Pushed
    by_push: bool = True


@dataclass(frozen=True)
class PullMoved:
    """Something about a pull request changed what is to be gated."""

    origin: Origin
    pull: PullChanged


@dataclass(frozen=True)
class CommentPosted:
    """A new comment on issue `number`, which is a pull request if `on_pull`. `app_id` is the App that wrote it for
    somebody, 0 for none; `at` when it was made. `said_in` a review it belongs to code, or is the review's own text."""

    origin: Origin
    number: int
    comment_id: int
    body: str
    app_id: int = 0
    on_pull: bool = True
    at: float = 0.0
    said_in: SaidIn = "comment"


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
    """A label was put on an issue, which is a pull request if `on_pull`, or taken off it (not `added`); `label` is ""
    for one that was deleted. `at` is when GitHub changed the issue."""

    origin: Origin
    issue: int
    label: str
    added: bool
    at: float = 0.0
    on_pull: bool = False


@dataclass(frozen=True)
class InstallationChanged:
    """The App can see more than before: it was installed, unsuspended, given repositories or permissions. What happened
    before is looked for. `change` is GitHub's word for it; the origin's repository is `account` without a name."""

    origin: Origin
    account: str
    change: str


@dataclass(frozen=True)
class RepositoryMoved:
    """A repository has another name or owner now: the origin's; `before` is the full name that it had. With `removed`
    it was deleted or archived: `before` is its name, and nothing is done for it any more."""

    origin: Origin
    before: str
    removed: bool = False


@dataclass(frozen=True)
class DeploymentEnded:
    """A deployment to an environment failed, or succeeded: `alert` says so, and `status` is GitHub's id of that."""

    origin: Origin
    status: int
    alert: Alert


Event = (
    BranchMoved | PullMoved | CommentPosted | ButtonPressed | LabelChanged | InstallationChanged | RepositoryMoved
    | DeploymentEnded
)  # fmt: skip


@dataclass(frozen=True)
class Ignored:
    """Nothing is to be done. `why` is a sentence for `autobuild simulate`."""

    why: str
