"""What each activity around branches, commits and releases says when GitHub refuses: one table."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.branches import CreateBranchInput, SyncBranchInput
from activities.github.commits.types import CreateCommitInput, PushBranchInput
from activities.github.releases import CreateReleaseInput
from activities.github.statuses import CommitStatusInput
from activities.model import RepoRef
from activities.workspace.git import git
from simulator.github.server import SimulatedGitHub
from tests.activities.github.commits.test_commits import committed
from tests.activities.github.conftest import NAME, done
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@dataclass(frozen=True)
class Scene:
    """A simulated GitHub, and two local commits on top of `topic/one`: one that the mutation carries, one not."""

    github: SimulatedGitHub
    repo: RepoRef
    git_dir: str
    head: str
    plain: str
    executable: str


@pytest.fixture
async def scene(simulated: SimulatedGitHub, repo: RepoRef, head: str, tmp_path: Path) -> Scene:
    clone = tmp_path / "clone"
    await git(
        tmp_path, "clone", "--quiet", "--branch", "topic/one", str(simulated.store.repository(NAME).path), str(clone)
    )
    (clone / "a.py").write_text("fixed\n")
    plain = await committed(clone)
    (clone / "a.py").chmod(0o755)
    return Scene(simulated, repo, str(clone / ".git"), head, plain, await committed(clone))


# --- what is asked for, all of it possible

ASKED: dict[str, Callable[[Scene], Any]] = {
    "create_branch": lambda it: CreateBranchInput(it.repo, "autobuild/1", "main"),
    "sync_branch": lambda it: SyncBranchInput(it.repo, "topic/one", "main"),
    "push_branch": lambda it: PushBranchInput(it.repo, "topic/one", it.git_dir, it.plain),
    "create_commit": lambda it: CreateCommitInput(it.repo, "topic/one", it.head, "Fix", it.git_dir, it.plain),
    "create_commit of git data": lambda it: CreateCommitInput(
        it.repo, "topic/one", it.head, "Fix", it.git_dir, it.executable
    ),
    "get_commit_status": lambda it: CommitStatusInput(it.repo, it.head),
    "create_release": lambda it: CreateReleaseInput(it.repo, "v1", "One", "text"),
}
WRITES = tuple(name for name in ASKED if name != "get_commit_status")
MOVES = tuple(name for name in WRITES if name != "create_release")


# --- what goes wrong


async def fine(it: Scene) -> None:
    await it.github.pushes.push_commit(NAME, "main", {"c.py": "x = 1\n"})  # so that there is something to sync


async def gone(it: Scene) -> None:
    del it.github.store.repositories[NAME]


async def branch_gone(it: Scene) -> None:
    await it.github.pushes.delete_branch(NAME, "topic/one")


async def suspended(it: Scene) -> None:
    it.github.installations.suspend(it.repo.installation_id)


async def uninstalled(it: Scene) -> None:
    it.github.installations.remove_installation(it.repo.installation_id)


async def not_given(it: Scene) -> None:
    it.github.store.installations[it.repo.installation_id].permissions = {"metadata": "read"}


async def taken_away(it: Scene) -> None:
    """After the token was minted."""
    for token in it.github.store.tokens.values():
        token.permissions = {"metadata": "read"}


async def protected(it: Scene) -> None:
    await fine(it)
    for branch in ("topic/one", "autobuild/1"):
        it.github.protection.protect(NAME, branch, pulls_only=True)


async def under_a_ruleset(it: Scene) -> None:
    await fine(it)
    for branch in ("topic/one", "autobuild/1"):
        it.github.protection.protect(NAME, branch, pulls_only=True, ruleset=True)


async def moved_on(it: Scene) -> None:
    await it.github.pushes.push_commit(NAME, "topic/one", {"c.py": "x = 1\n"})


async def warm(activities: SimpleNamespace, it: Scene) -> None:
    """Both kinds of token are there: reading the status of a commit and looking for a pushed one need them."""
    await done(activities.get_commit_status, CommitStatusInput(it.repo, it.head))
    await done(activities.push_branch, PushBranchInput(it.repo, "topic/one", it.git_dir, it.head))


GIVES_NOT = "does not grant"
NO_ACCESS = "The app needs the permission"
RULES = "do not allow this: .*Changes must be made through a pull request"

TABLE: list[tuple[Callable[[Scene], Awaitable[None]], tuple[str, ...], str, str]] = [
    (suspended, tuple(ASKED), "UserError", "suspended. Unsuspend it"),
    (uninstalled, tuple(ASKED), "UserError", "not installed on `octocat/hello`"),
    (not_given, tuple(ASKED), "UserError", GIVES_NOT),
    (taken_away, tuple(ASKED), "UserError", NO_ACCESS),
    (gone, tuple(ASKED), "Unavailable", "does not reach octocat/hello any more"),
    (protected, MOVES, "UserError", RULES),
    (under_a_ruleset, MOVES, "UserError", RULES),
    (moved_on, ("push_branch", "create_commit", "create_commit of git data"), "Conflict", "`topic/one` has moved on"),
]


@pytest.mark.parametrize(
    ("wrong", "what", "kind", "words"),
    [(wrong, what, kind, words) for wrong, names, kind, words in TABLE for what in names],
    ids=lambda value: getattr(value, "__name__", None) or str(value),
)
async def test_error_names_cause_and_fix(
    scene: Scene,
    activities: SimpleNamespace,
    wrong: Callable[[Scene], Awaitable[None]],
    what: str,
    kind: str,
    words: str,
) -> None:
    if wrong in (taken_away, gone):
        await warm(activities, scene)
    await wrong(scene)
    with pytest.raises(ApplicationError, match=words) as caught:
        await done(getattr(activities, what.split(maxsplit=1)[0]), ASKED[what](scene))
    assert caught.value.type == kind
    assert caught.value.non_retryable == (kind in ("UserError", "Validation"))


@pytest.mark.parametrize("what", ASKED)
async def test_lost_repository_is_a_user_error_at_the_next_try(
    scene: Scene, activities: SimpleNamespace, what: str
) -> None:
    await warm(activities, scene)
    await gone(scene)
    activity = getattr(activities, what.split(maxsplit=1)[0])
    for kind in ("Unavailable", "UserError"):
        with pytest.raises(ApplicationError) as caught:
            await done(activity, ASKED[what](scene))
        assert caught.value.type == kind


@pytest.mark.parametrize("what", WRITES)
async def test_every_input_succeeds_without_the_fault(scene: Scene, activities: SimpleNamespace, what: str) -> None:
    """The table's errors come from what goes wrong, not from what is asked."""
    await fine(scene)
    assert (await done(getattr(activities, what.split(maxsplit=1)[0]), ASKED[what](scene))).changed


INVALID: list[tuple[str, dict[str, str]]] = [
    ("create_branch", {"name": "a..b"}),
    ("push_branch", {"branch": "a..b"}),
    ("push_branch", {"commit": "main"}),
    ("create_release", {"tag": "a..b"}),
    ("create_release", {"target": "nowhere"}),
]


@pytest.mark.parametrize(("what", "odd"), INVALID)
async def test_invalid_input_is_not_retried(
    scene: Scene, activities: SimpleNamespace, what: str, odd: dict[str, str]
) -> None:
    with pytest.raises(ApplicationError) as caught:
        await done(getattr(activities, what), replace(ASKED[what](scene), **odd))
    assert (caught.value.type, caught.value.non_retryable) == ("Validation", True)
