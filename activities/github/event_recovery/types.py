"""Inputs and results of the activities that recover lost events: ids, shas, names and counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activities.model import Head, RepoRef


@dataclass(frozen=True)
class FailedDeliveriesInput:
    """`since`: seconds since 1970, 0 for all that GitHub keeps; what was first sent before has been dealt with."""

    since: float = 0.0


@dataclass(frozen=True)
class FailedDeliveriesResult:
    """`ids` are to be attempted again, oldest first. `since` is where the next sweep has to begin.

    `waiting` failed as well and are left alone for now; `given_up` are not attempted any more.
    """

    ids: tuple[int, ...]
    since: float
    waiting: int = 0
    given_up: int = 0


@dataclass(frozen=True)
class RedeliverInput:
    """Deliveries to attempt again, by their ids."""

    ids: tuple[int, ...]


@dataclass(frozen=True)
class RedeliverResult:
    """How many GitHub accepted, and how many it does not have any more."""

    accepted: int
    expired: int = 0


@dataclass(frozen=True)
class InstallationsInput:
    """All installations of the app."""


@dataclass(frozen=True)
class InstallationsResult:
    """Those that are not suspended."""

    ids: tuple[int, ...]


@dataclass(frozen=True)
class RepositoriesInput:
    """One page of an installation's repositories, from 1."""

    installation_id: int
    page: int = 1


@dataclass(frozen=True)
class RepositoriesResult:
    """Those that can be written to. `next_page` is 0 after the last one."""

    repos: tuple[RepoRef, ...]
    next_page: int = 0


@dataclass(frozen=True)
class UnfinishedHeadsInput:
    """Repositories of one installation to search."""

    repos: tuple[RepoRef, ...]


@dataclass(frozen=True)
class OpenPull:
    """An open pull request by its head. `updated_at` in seconds since 1970."""

    head: Head
    default_branch: str
    updated_at: float


@dataclass(frozen=True)
class UnfinishedHeadsResult:
    """The heads of `pulls` have no ended gate. Those `with_verdict` have one, but their branch may not
    know of the pull.

    `left_out`: heads that are for the next time, since a history must stay small; `failed`: repositories that could
    not be searched.
    """

    pulls: tuple[OpenPull, ...]
    with_verdict: tuple[OpenPull, ...] = ()
    left_out: int = 0
    failed: int = 0


@dataclass(frozen=True)
class LostVerdictInput:
    """A head that GitHub shows no ended gate for, and the workflow of its branch."""

    pull: OpenPull
    workflow_id: str


@dataclass(frozen=True)
class Reminder:
    """The signal `pull_changed` for the workflow of a branch, if it runs: `event` has the signal's fields."""

    pull: OpenPull
    workflow_id: str
    event: Mapping[str, Any]


@dataclass(frozen=True)
class RemindBranchesInput:
    """Of several branches."""

    reminders: tuple[Reminder, ...]


@dataclass(frozen=True)
class RemindBranchesResult:
    """How many of them run. `unreached`: pulls without a workflow of their branch that runs, and without a
    comment of ours."""

    count: int
    unreached: tuple[OpenPull, ...] = ()


@dataclass(frozen=True)
class LostVerdictResult:
    """Whether the branch was signalled to run its gate again."""

    rerun: bool


@dataclass(frozen=True)
class EndBranchesInput:
    """A repository's old full name: renamed, transferred."""

    full_name: str


@dataclass(frozen=True)
class EndGoneBranchesInput:
    """To find branches that no longer exist, but for those that began within so many seconds: GitHub may be slower
    than its events."""

    quiet_s: float = 600.0


@dataclass(frozen=True)
class EndBranchesResult:
    """How many branches' workflows were signalled that their branch was deleted."""

    count: int
