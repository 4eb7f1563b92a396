"""Findings that a person accepted as known, by repository and check: a file each, one fingerprint a line."""

from collections.abc import Iterable, Set
from pathlib import Path

from activities.model import RepoRef


class AcceptedFindings:
    """Below `root/owner/name/`. Only fingerprints are kept, so a file says nothing of anybody's code."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def of(self, repo: RepoRef, check: str) -> Set[str]:
        """The accepted fingerprints of one check."""
        try:
            return frozenset(self._path(repo, check).read_text("ascii").split())
        except OSError:
            return frozenset()

    def add(self, repo: RepoRef, check: str, fingerprints: Iterable[str]) -> None:
        """Accepts these as well; twice is once."""
        path = self._path(repo, check)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text("\n".join(sorted({*self.of(repo, check), *fingerprints})), "ascii")
        part.replace(path)

    def _path(self, repo: RepoRef, check: str) -> Path:
        return self._root / repo.owner / repo.name / f"{check}.txt"
