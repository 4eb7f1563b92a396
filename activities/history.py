"""What a repository's gates know of each other: names and shas, small enough for a history."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RedBranch:
    """A branch whose newest verdict is a failure: since its head `sha`, by these checks, and these tests are those that
    failed first (not all of them where there are many). All are names."""

    branch: str
    sha: str
    checks: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class FlakyTest:
    """A test of a check that failed and passed on the same tree, on the day `last` (2026-12-31) at last. `recent` has a
    letter for each of the last runs since then, the newest last: 1 where it failed, or passed on a retry only."""

    check: str
    test: str
    recent: str
    last: str
