"""Deeds around repositories: making and forking them, and saying who may do what there."""

import re
from collections.abc import Iterable

from simulator.github import git
from simulator.github.git import Author, Files, Person, fast_import
from simulator.github.services.entities import LEVELS, Repository, User
from simulator.github.services.installations import Installations

_FULL_NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


class Repositories(Installations):
    """See the module."""

    async def add_repository(
        self, full_name: str, files: Files | None = None, *, private: bool = False, protected: Iterable[str] = (),
        default_branch: str = "main", message: str = "Begin", install: bool = True,
    ) -> Repository:  # fmt: skip
        """A repository of the user before the slash, with one commit of `files` (none: it is empty).

        `install` puts the app (where there is one) on the owner's account if it is not there yet. No event is sent.
        """
        repo = self._new_repository(full_name, private, default_branch)
        repo.protected = set(protected)
        await git.create(repo.path, default_branch)
        if files is not None:
            sha = await fast_import.commit(repo.path, files, message, self.author(repo.owner))
            await git.update_ref(repo.path, f"refs/heads/{default_branch}", sha, git.ZERO)
        self._enter(repo)
        if install and self.app.id and self.installation_of(repo) is None:
            self.add_installation(repo.owner.login)
        return repo

    async def add_fork(self, full_name: str, login: str) -> Repository:
        """A person's fork, with all branches; the app is not installed there."""
        parent = self.repository(full_name)
        fork = self._new_repository(f"{login}/{parent.name}", parent.private, parent.default_branch)
        fork.parent = parent
        await git.create(fork.path, parent.default_branch, parent.path)
        self._enter(fork)
        return fork

    def set_permission(self, full_name: str, login: str, level: str) -> None:
        """What a person may do: one of `state.LEVELS`."""
        if level not in LEVELS:
            raise ValueError(f"{level!r} is none of {', '.join(LEVELS)}")
        self.repository(full_name).collaborators[self.add_user(login).login] = level
        self.changed()

    def person(self, user: User) -> Person:
        """A user as git's author."""
        return Person(user.login, f"{user.id}+{user.login}@users.noreply.example.com")

    def author(self, user: User) -> Author:
        """That user, now."""
        return Author(self.person(user), int(self.time()))

    def check_name(self, full_name: str, but: Repository | None = None) -> None:
        """ValueError for what can be no repository's name, or is another's than `but`."""
        if not _FULL_NAME.fullmatch(full_name) or full_name.endswith((".git", "/.", "/..")):
            raise ValueError(f"{full_name!r} is not the full name of a repository: owner/name")
        if self.repositories.get(full_name.lower(), but) is not but:
            raise ValueError(f"there is a repository {full_name!r} already")

    def _new_repository(self, full_name: str, private: bool, default_branch: str) -> Repository:
        self.check_name(full_name)
        owner, _, name = full_name.partition("/")
        number = self.new_id()
        path = self.state / "repositories" / f"{number}.git"
        now = self.now()
        return Repository(number, self.add_user(owner), name, path, private, default_branch, now, now)

    def _enter(self, repo: Repository) -> None:
        self.repositories[repo.full_name.lower()] = repo
        self.changed()
