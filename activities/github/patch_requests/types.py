"""What `/patch` is asked for: ids, places and digests. The texts stay on the host."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from activities.model import RepoRef

SaidIn = Literal["comment", "review_comment", "review"]
"""Where a person wrote something: in the conversation, in a thread of a review, or in a review's own text."""

RequestKind = Literal["instruction", "thread", "check"]


def body_digest(body: str) -> str:
    """Of a comment as the event brought it: what is read later is compared with it."""
    return sha256(body.replace("\r\n", "\n").encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class ReadPatchRequestsInput:
    """Reads what is asked for on the pull request `number`, whose head is `head_sha`. `comment_id` asked for it, with
    the text of `body_sha256`; `kind` is where it is. One in a thread asks for that thread alone."""

    repo: RepoRef
    number: int
    comment_id: int
    body_sha256: str
    head_sha: str
    kind: SaidIn = "comment"


@dataclass(frozen=True)
class PatchRequest:
    """One thing to do. `id` is GitHub's (the thread's, for `reply_to_thread`), `title` our own words for it in plain
    text, `path` and `line` where it is, if anywhere. `task_id` is the `AgentTask` in the host's result store, `digest`
    changes with what is asked for. `check` is the name of our check that fails, "" for everything else."""

    kind: RequestKind
    id: str
    title: str
    task_id: str
    digest: str
    path: str = ""
    line: int = 0
    check: str = ""


@dataclass(frozen=True)
class PatchRequests:
    """In the order in which they are to be done: the instruction, threads, failing checks. `left_out` are more than a
    run does at once. `refused` is the sentence why nothing is done."""

    requests: tuple[PatchRequest, ...] = ()
    refused: str = ""
    left_out: int = 0


@dataclass(frozen=True)
class ReplyToThreadInput:
    """An answer in a review's thread, one for each `key`: written again with another text, it is edited. With `done`
    the thread asks for nothing more until a person says something new in it."""

    repo: RepoRef
    number: int
    thread_id: str
    key: str
    body: str
    done: bool = False


@dataclass(frozen=True)
class ReplyToThreadResult:
    """`id` is the answer's, 0 where the thread is gone. `changed` False: nothing was written."""

    id: int = 0
    changed: bool = False
