"""Deeds around repositories: making, forking, protecting them, and installing the app on them."""

import re
from collections.abc import Iterable

from bot.simulator import git, git_write, shapes
from bot.simulator.apps import Apps
from bot.simulator.git import Author, Files, Person
from bot.simulator.hub import Missing
from bot.simulator.state import LEVELS, Installation, Repository, User

_FULL_NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


class Repositories(Apps):
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
            sha = await git_write.commit(repo.path, files, message, self.author(repo.owner))
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

    def add_installation(
        self, login: str, repositories: Iterable[str] | None = None, permissions: dict[str, str] | None = None
    ) -> Installation:
        """Installs the app on that account; on all its repositories unless some are named.

        Missing where no app is registered.
        """
        if not self.app.id:
            raise Missing("app")
        chosen = None if repositories is None else {self.repository(name).id for name in repositories}
        given = dict(permissions or self.app.permissions)
        installation = Installation(self.new_id(), self.add_user(login), chosen, given, self.now())
        self.installations[installation.id] = installation
        self._tell_installation("created", installation)
        return installation

    def remove_installation(self, installation: int) -> None:
        """Its tokens end, its events stop."""
        self._tell_installation("deleted", self.installations.pop(installation))

    def suspend(self, installation: int) -> None:
        """Its events stop, tokens are refused until `unsuspend`."""
        it = self.installations[installation]
        it.suspended_at, it.suspended_by = self.now(), it.account
        self._tell_installation("suspend", it)

    def unsuspend(self, installation: int) -> None:
        it = self.installations[installation]
        it.suspended_at = it.suspended_by = None
        self._tell_installation("unsuspend", it)

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

    def _new_repository(self, full_name: str, private: bool, default_branch: str) -> Repository:
        if not _FULL_NAME.fullmatch(full_name) or full_name.endswith((".git", "/.", "/..")):
            raise ValueError(f"{full_name!r} is not the full name of a repository: owner/name")
        if full_name.lower() in self.repositories:
            raise ValueError(f"there is a repository {full_name!r} already")
        owner, _, name = full_name.partition("/")
        number = self.new_id()
        path = self.state / "repositories" / f"{number}.git"
        now = self.now()
        return Repository(number, self.add_user(owner), name, path, private, default_branch, now, now)

    def _enter(self, repo: Repository) -> None:
        self.repositories[repo.full_name.lower()] = repo
        self.changed()

    def _tell_installation(self, action: str, it: Installation) -> None:
        covered = [repo for repo in self.repositories.values() if it.covers(repo)]
        keys = ("id", "node_id", "name", "full_name", "private")
        self.hooks.send("installation", {
            "action": action,
            "installation": shapes.installation(self, it),
            "repositories": [{key: shapes.repository(self, repo)[key] for key in keys} for repo in covered],
            "sender": shapes.user(self, it.account),
        })  # fmt: skip
        self.changed()
