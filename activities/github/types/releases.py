"""The input and result of the activity that publishes a release."""

from dataclasses import dataclass

from activities.model import RepoRef


@dataclass(frozen=True)
class CreateReleaseInput:
    """The release of a tag. `target` (a branch or commit, "": the default branch) is where GitHub puts the tag if
    there is none yet."""

    repo: RepoRef
    tag: str
    name: str
    body: str
    target: str = ""
    draft: bool = False
    prerelease: bool = False


@dataclass(frozen=True)
class CreateReleaseResult:
    """`changed` False: it existed with just this content."""

    id: int
    url: str
    changed: bool
