"""The shapes of GitHub's webhook payloads: just the fields that are read, and what each may hold.

msgspec checks them while it decodes and skips all others unread, which is what keeps the webhook server fast.
The patterns protect everything behind: these strings go to workflow ids, git commands and logs.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

Id = Annotated[int, Meta(ge=0, le=2**53)]
Sha = Annotated[str, Meta(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")]
FullName = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}\Z")]
Login = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]{1,100}(?:\[bot\])?\Z")]

# git check-ref-format, and GitHub's own limit of 255 (bytes; characters here, `branch_name` counts the bytes).
Ref = Annotated[str, Meta(pattern=r"\A[^\x00-\x20\x7f~^:?*\[\\-][^\x00-\x20\x7f~^:?*\[\\]*\Z", max_length=255)]

PullAction = Literal["opened", "reopened", "synchronize", "ready_for_review", "converted_to_draft", "closed", "edited"]

# Shown and compared, never run: whatever is on one line.
Line = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f\u2028\u2029]*\Z", max_length=1000)]
Moment = Annotated[str, Meta(max_length=40)]

LARGEST_BODY = 25 * 2**20
"""GitHub's own limit for a payload, in bytes."""

BRANCH_REF = "refs/heads/"
_LONGEST_BRANCH = 255
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class BadPayload(ValueError):
    """Not JSON, or not what GitHub sends; the text names the field and never its content."""


class LoneSurrogate(BadPayload):
    """Perhaps just half of a character, which JSON may hold and msgspec refuses."""


class Shape(Struct, gc=False):
    """Unknown fields are ignored; GitHub adds some every month."""


class Peek(Shape):
    """Enough to see whether a payload matters at all: most do not."""

    action: str | None = None
    ref: str | None = None


class RepositoryPart(Shape):
    full_name: FullName
    id: Id = 0
    default_branch: Ref | None = None
    pushed_at: Id | Moment | None = None


class Sender(Shape):
    login: Login
    type: str = "User"


class InstallationPart(Shape):
    id: Id


class AppPart(Shape):
    id: Id


class AccountPart(Shape):
    login: Login


class WholeInstallation(Shape):
    id: Id
    account: AccountPart


class AppPayload(Shape, kw_only=True):
    """What is about the App itself and not about one repository."""

    installation: WholeInstallation
    sender: Sender | None = None
    action: str


class Payload(Shape, kw_only=True):
    """What every other event that matters has. Without an installation it was not sent to an App."""

    repository: RepositoryPart
    sender: Sender | None = None
    installation: InstallationPart | None = None


class PushPayload(Payload, kw_only=True):
    ref: str  # `refs/heads/…`; `branch_name` checks the branch's own name
    before: Sha
    after: Sha
    deleted: bool = False


class PullSide(Shape):
    """One side of a pull request; the repository is null when a fork was deleted."""

    ref: Ref
    sha: Sha
    repo: RepositoryPart | None = None


class PullPart(Shape):
    number: Id
    head: PullSide
    base: PullSide
    draft: bool | None = False
    updated_at: Moment = ""


class Changes(Shape):
    base: dict[str, object] | None = None


class PullRequestPayload(Payload, kw_only=True):
    action: PullAction
    pull_request: PullPart
    changes: Changes | None = None


class LinkedRepository(Shape):
    id: Id


class LinkedSide(Shape):
    ref: Ref
    repo: LinkedRepository


class LinkedPull(Shape):
    """A pull request as a check run names it; GitHub never names a fork's."""

    number: Id
    head: LinkedSide


class CheckSuitePart(Shape):
    id: Id
    head_sha: Sha
    head_branch: Ref | None = None
    before: Sha | None = None
    app: AppPart | None = None
    updated_at: Moment = ""
    pull_requests: tuple[LinkedPull, ...] = ()


class CheckSuitePayload(Payload, kw_only=True):
    check_suite: CheckSuitePart


class CheckRunPart(Shape):
    id: Id
    name: Line
    head_sha: Sha
    check_suite: CheckSuitePart
    external_id: Line | None = None
    completed_at: Moment | None = None
    app: AppPart | None = None
    pull_requests: tuple[LinkedPull, ...] = ()


class RequestedAction(Shape):
    identifier: Line


class CheckRunPayload(Payload, kw_only=True):
    action: str
    check_run: CheckRunPart
    requested_action: RequestedAction | None = None


class MergeGroupPart(Shape):
    head_sha: Sha
    head_ref: Ref
    base_sha: Sha
    base_ref: Ref


class MergeGroupPayload(Payload, kw_only=True):
    action: str
    merge_group: MergeGroupPart


class IssuePart(Shape):
    """`pull_request` is an object of addresses where the issue is a pull request."""

    number: Id
    pull_request: dict[str, object] | None = None
    updated_at: Moment = ""


class CommentPart(Shape):
    id: Id
    body: str | None = None
    created_at: Moment = ""
    performed_via_github_app: AppPart | None = None


class IssueCommentPayload(Payload, kw_only=True):
    issue: IssuePart
    comment: CommentPart


class ReviewPart(Shape):
    """A review; `submitted_at` is null for one that is not sent yet."""

    id: Id
    body: str | None = None
    submitted_at: Moment | None = None
    performed_via_github_app: AppPart | None = None


class ReviewedPull(Shape):
    number: Id


class ReviewCommentPayload(Payload, kw_only=True):
    """A comment in a thread of a review."""

    pull_request: ReviewedPull
    comment: CommentPart


class ReviewPayload(Payload, kw_only=True):
    pull_request: ReviewedPull
    review: ReviewPart


class LabelPart(Shape):
    name: Line


class IssueLabelPayload(Payload, kw_only=True):
    action: str
    issue: IssuePart
    label: LabelPart | None = None


class LabelledPull(Shape):
    number: Id
    updated_at: Moment = ""


class PullLabelPayload(Payload, kw_only=True):
    action: str
    pull_request: LabelledPull
    label: LabelPart | None = None


class OldName(Shape):
    from_: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]{1,100}\Z")] = field(name="from")


class RenamedRepository(Shape):
    name: OldName | None = None


class OldLogin(Shape):
    login: Login


class OldAccount(Shape):
    user: OldLogin | None = None
    organization: OldLogin | None = None


class OldOwner(Shape):
    from_: OldAccount = field(name="from")


class RepositoryChanges(Shape):
    repository: RenamedRepository | None = None
    owner: OldOwner | None = None


class RepositoryChangePayload(Payload, kw_only=True):
    action: str
    changes: RepositoryChanges | None = None


class DeploymentPart(Shape):
    id: Id
    sha: Sha
    environment: str = ""
    transient_environment: bool | None = None
    production_environment: bool | None = None


class DeploymentStatusPart(Shape):
    """`state` is `error`, `failure`, `success`, or one of a deployment that has not ended."""

    id: Id
    state: str
    environment: str = ""
    description: str | None = None
    created_at: Moment = ""
    log_url: str | None = None
    target_url: str | None = None


class DeploymentStatusPayload(Payload, kw_only=True):
    action: str
    deployment: DeploymentPart
    deployment_status: DeploymentStatusPart


PEEK = msgspec.json.Decoder(Peek)
ANY_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode(decoder: "msgspec.json.Decoder[Any]", body: bytes) -> Any:
    """The payload; raises BadPayload for whatever is wrong with it, LoneSurrogate where that may be the reason."""
    try:
        if not body.isascii():
            body.decode()  # msgspec does not look at the strings that it skips
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadPayload(str(error)) from None
    except msgspec.DecodeError as error:
        raise (LoneSurrogate if _SURROGATE.search(body) else BadPayload)(str(error)) from None
    except UnicodeDecodeError:
        raise BadPayload("not UTF-8") from None
    except RecursionError:
        raise BadPayload("nested too deeply") from None


def branch_name(name: str) -> str:
    """The name, unchanged; raises BadPayload for what git would not take."""
    try:
        msgspec.convert(name, Ref)
    except msgspec.ValidationError:
        raise BadPayload("not a branch name") from None
    if len(name.encode()) > _LONGEST_BRANCH:
        raise BadPayload("a branch name of more than 255 bytes")
    return name
