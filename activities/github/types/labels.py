"""What is asked about an issue's labels."""

from dataclasses import dataclass

from activities.model import RepoRef


@dataclass(frozen=True)
class IssueLabelsInput:
    """Which labels does this issue have, now?"""

    repo: RepoRef
    issue: int


@dataclass(frozen=True)
class IssueLabels:
    """`open` False: it was closed, deleted or transferred. `pull`: it is a pull request."""

    labels: tuple[str, ...] = ()
    open: bool = False
    pull: bool = False
