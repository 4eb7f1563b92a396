"""Sample repositories, each with an open pull request or an issue: what `simulator/samples/` holds."""

import asyncio
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from simulator.github.entities import Repository, SimulatedIssue
from simulator.github.services.issues import IssueService
from simulator.github.services.pulls import PullService
from simulator.github.services.pushes import PushService
from simulator.github.services.repositories import RepositoryService
from simulator.github.store import Store

_SAMPLES = resources.files("simulator") / "samples"
_OWNER = "octocat"
_BRANCH = "change"
_AGE_S = 7 * 24 * 3600
"""A repository that is as old as its pull request would be a cause of everything that happens then."""
_LEFT_BY_TOOLS = ("__pycache__", "node_modules", "coverage")
"""Folders beside those whose name begins with a dot. An installer compiles the samples' Python files, too."""


@dataclass(frozen=True)
class AddedSample:
    """A sample's repository, and its pull request or issue."""

    repository: Repository
    issue: SimulatedIssue


class SampleService:
    """`simulator/samples/<name>/main` becomes a repository's default branch, `change` what a pull request changes.
    The first line of `pull.txt` is its title, the rest its text. A sample without `change` has the issue of
    `issue.txt`, written alike."""

    def __init__(
        self, store: Store, repositories: RepositoryService, pushes: PushService, pulls: PullService,
        issues: IssueService,
    ) -> None:  # fmt: skip
        self._store, self._repositories, self._pushes, self._pulls = store, repositories, pushes, pulls
        self._issues = issues
        self._added: dict[str, AddedSample] = {}
        self._one_at_a_time = asyncio.Lock()

    def missing(self) -> list[str]:
        """The samples that are no repository yet."""
        return [name for name in _names() if _full_name(name) not in self._store.repositories]

    async def add_sample(self, name: str) -> AddedSample:
        """The repository with its first commit, then a push to a branch and a pull request, or an issue, as a person
        makes them.

        Asked again, for instance by a double click, it is the same one.
        """
        if name not in _names():
            raise ValueError(f"{name!r} is none of the samples {', '.join(_names())}")
        async with self._one_at_a_time:
            if name in self.missing() or name not in self._added:
                self._added[name] = await self._make(_full_name(name), _SAMPLES / name)
            return self._added[name]

    async def _make(self, full_name: str, sample: Traversable) -> AddedSample:
        repo = await self._repositories.add_repository(full_name, files=_files(sample / "main"), age=_AGE_S)
        if (sample / "issue.txt").is_file():
            title, body = _written(sample / "issue.txt")
            issue = self._issues.open_issue(full_name, title, body=body, login=_OWNER)
        else:
            await self._pushes.push_commit(full_name, _BRANCH, _files(sample / "change"))
            there = (sample / "pull.txt").is_file()
            title, body = _written(sample / "pull.txt") if there else ("A change with planted defects", None)
            issue = await self._pulls.open_pull(full_name, _BRANCH, title=title, body=body)
        return AddedSample(repo, issue)


def _written(text: Traversable) -> tuple[str, str | None]:
    """(title, text)."""
    first, _, rest = text.read_text("utf-8").partition("\n")
    return first.strip(), rest.strip() or None


def _names() -> list[str]:
    return sorted(each.name for each in _SAMPLES.iterdir() if each.is_dir() and each.name not in _LEFT_BY_TOOLS)


def _full_name(name: str) -> str:
    return f"{_OWNER}/{name}-sample"


def _files(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    """Path to content, without what a tool left there."""
    found: dict[str, bytes] = {}
    for each in folder.iterdir():
        if each.is_file() and each.name != ".DS_Store":
            found[f"{prefix}{each.name}"] = each.read_bytes()
        elif each.is_dir() and each.name not in _LEFT_BY_TOOLS and not each.name.startswith("."):
            found |= _files(each, f"{prefix}{each.name}/")
    return found
