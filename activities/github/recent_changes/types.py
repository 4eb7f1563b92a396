"""Input of the activity that fetches recent changes, and what GitHub says of them."""

from dataclasses import dataclass

from activities.incidents.types import IncidentScope


@dataclass(frozen=True)
class FetchChangesInput:
    """Fetches what was changed in `scope.repo` before the onset. `paths` are globs of the service's own files there,
    () for all. `environment` is the one that the service runs in, "" for production as GitHub knows it."""

    scope: IncidentScope
    paths: tuple[str, ...] = ()
    environment: str = ""


@dataclass(frozen=True)
class MergedPull:
    """A pull request that was merged, as `sha`, at `at` (seconds since 1970). `headlines` are those of its commits, the
    oldest first, where it may have been rebased."""

    number: int
    title: str
    sha: str
    at: float
    url: str = ""
    labels: tuple[str, ...] = ()
    by_bot: bool = False
    headlines: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownDeployment:
    """`at` is when it began to take effect; `state` the newest of its statuses."""

    id: int
    sha: str
    at: float
    environment: str
    state: str = ""
    url: str = ""


@dataclass(frozen=True)
class KnownRelease:
    """A release that was published at `at`."""

    tag: str
    at: float
    url: str = ""
    by_bot: bool = False


@dataclass(frozen=True)
class ChangesOnGitHub:
    """The newest first. `problems` are sentences on what could not be read."""

    pulls: tuple[MergedPull, ...] = ()
    deployments: tuple[KnownDeployment, ...] = ()
    releases: tuple[KnownRelease, ...] = ()
    problems: tuple[str, ...] = ()
