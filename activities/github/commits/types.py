"""Inputs and results of the activities around commits."""

from dataclasses import dataclass

from activities.model import RepoRef


@dataclass(frozen=True)
class CreateCommitInput:
    """The change from `expected_head` to the local commit `commit` of `git_dir`, as a signed commit on `branch`.

    The first line of `message` is the headline. Nothing is written unless the branch is at `expected_head`.
    """

    repo: RepoRef
    branch: str
    expected_head: str
    message: str
    git_dir: str
    commit: str


@dataclass(frozen=True)
class CreateCommitResult:
    """The branch's head now. `changed` False: an earlier try had done it, or there was nothing to do."""

    sha: str
    changed: bool


@dataclass(frozen=True)
class PushBranchInput:
    """The commit `commit` of the local repository `git_dir`, as the head of `branch`.

    `force` writes over what is there, but only if that is `expected` ("": only if there is no such branch).
    """

    repo: RepoRef
    branch: str
    git_dir: str
    commit: str
    force: bool = False
    expected: str = ""


@dataclass(frozen=True)
class PushBranchResult:
    """`sha` is the branch's head. `changed` False: the branch held the commit already."""

    sha: str
    changed: bool
