"""The input and the result of `generate_changelog`."""

from dataclasses import dataclass

from activities.model import RepoRef


@dataclass(frozen=True)
class ChangelogInput:
    """Between `from_version`, without it, and `to_version`: each a tag, a branch or a commit."""

    repo: RepoRef
    from_version: str
    to_version: str


@dataclass(frozen=True)
class ChangelogResult:
    """`text_id` names the Markdown in the result store of the host (`text`). `pulls` are those that it lists,
    `left_out` those that the repository excludes. `problem` is a sentence where `.github/release.yml` cannot be
    used."""

    text_id: str
    pulls: int
    contributors: int
    left_out: int = 0
    problem: str = ""


@dataclass(frozen=True)
class ReleasedPull:
    """One that was merged between the versions. `labels` are in lower case."""

    number: int
    title: str
    author: str
    by_bot: bool
    labels: frozenset[str]
