"""Repositories and the accounts that own them: created, configured, renamed, transferred, archived, deleted."""

import re
from collections.abc import Iterable
from dataclasses import replace

from simulator.github import git, serializers
from simulator.github.entities import LEVELS, MERGE_METHODS, Json, Repository, User
from simulator.github.git import Files, fast_import
from simulator.github.services.events import Events
from simulator.github.services.installations import InstallationService
from simulator.github.services.pulls import PullService
from simulator.github.store import Store

_FULL_NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


class RepositoryService:
    """A former name of a repository redirects to it, until another repository takes that name."""

    def __init__(self, store: Store, events: Events, installations: InstallationService, pulls: PullService) -> None:
        self._store, self._events, self._installations, self._pulls = store, events, installations, pulls

    async def add_repository(
        self, full_name: str, files: Files | None = None, *, private: bool = False, protected: Iterable[str] = (),
        default_branch: str = "main", message: str = "Begin", install: bool = True, age: int = 0,
    ) -> Repository:  # fmt: skip
        """A repository of the user before the slash, with one commit of `files` (None: it is empty). No event is sent.

        `install` installs the app, if there is one, on the owner's account, unless it is there already. The
        commit was made `age` seconds ago.
        """
        repo = self._new_repository(full_name, private, default_branch)
        repo.protected = set(protected)
        await git.create(repo.path, default_branch)
        if files is not None:
            now = self._store.author(repo.owner)
            sha = await fast_import.commit(repo.path, files, message, replace(now, when=now.when - age))
            await git.update_ref(repo.path, f"refs/heads/{default_branch}", sha, git.ZERO)
        self._store.repositories[repo.full_name.lower()] = repo
        self._store.changed()
        if install and self._store.app.id and self._store.installation_of(repo) is None:
            self._installations.add_installation(repo.owner.login)
        return repo

    async def add_fork(self, full_name: str, login: str) -> Repository:
        """A user's fork, with all branches; the app is not installed there."""
        parent = self._store.repository(full_name)
        fork = self._new_repository(f"{login}/{parent.name}", parent.private, parent.default_branch)
        fork.parent = parent
        await git.create(fork.path, parent.default_branch, parent.path)
        self._store.repositories[fork.full_name.lower()] = fork
        self._store.changed()
        return fork

    # --- settings

    def set_permission(self, full_name: str, login: str, level: str) -> None:
        """What a user may do there: one of `LEVELS`."""
        if level not in LEVELS:
            raise ValueError(f"{level!r} is none of {', '.join(LEVELS)}")
        self._store.repository(full_name).collaborators[self._store.add_user(login).login] = level
        self._store.changed()

    def add_team(self, full_name: str, slug: str) -> None:
        """A team of the owner's organization with access to the repository."""
        self._store.repository(full_name).teams.add(slug)
        self._store.changed()

    def set_issues(self, full_name: str, enabled: bool) -> None:
        """Whether the repository has issues; it always has pull requests."""
        self._store.repository(full_name).has_issues = enabled
        self._store.changed()

    def set_rulesets(self, full_name: str, available: bool) -> None:
        """Whether the plan of its owner has rulesets for it."""
        self._store.repository(full_name).has_rulesets = available
        self._store.changed()

    def allow_methods(self, full_name: str, methods: list[str]) -> None:
        """The only ways to merge a pull request there."""
        if unknown := set(methods) - set(MERGE_METHODS):
            raise ValueError(f"{unknown} is none of {', '.join(MERGE_METHODS)}")
        self._store.repository(full_name).merge_methods = set(methods)
        self._store.changed()

    # --- another name, another owner, the end

    def rename_repository(self, full_name: str, new_name: str, login: str = "") -> Repository:
        """`new_name` is without the owner. `login` is the user who acts, the owner by default."""
        repo, former = self._store.repository(full_name), self._store.repository(full_name).name
        self._set_full_name(repo, repo.owner, new_name)
        self._send("renamed", repo, login, {"changes": {"repository": {"name": {"from": former}}}})
        return repo

    def transfer_repository(self, full_name: str, new_owner: str, login: str = "") -> Repository:
        """Only the new owner's installation receives the event; the former's loses a repository."""
        repo, former = self._store.repository(full_name), self._store.repository(full_name).owner
        before = self._store.installation_of(repo)
        self._set_full_name(repo, self._store.add_user(new_owner), repo.name)
        repo.collaborators.pop(repo.owner.login, None)
        if former.type == "User":
            repo.collaborators[former.login] = "write"
        for it in self._store.installations.values():
            if it.repositories is not None and it.account is not repo.owner:
                it.repositories.discard(repo.id)
        after = self._store.installation_of(repo)
        if before and before is not after:
            self._installations.send_repositories("removed", before, [repo])
        if after and before is not after:
            self._installations.send_repositories("added", after, [repo])
        kind = "organization" if former.type == "Organization" else "user"
        changes = {"owner": {"from": {kind: serializers.user(self._store, former)}}}
        self._send("transferred", repo, login, {"changes": changes})
        return repo

    def archive_repository(self, full_name: str, archived: bool = True, login: str = "") -> Repository:
        """It becomes read-only, or writable again."""
        repo = self._store.repository(full_name)
        repo.archived = archived
        self._send("archived" if archived else "unarchived", repo, login, {})
        return repo

    async def delete_repository(self, full_name: str, login: str = "") -> None:
        """Pull requests from it are closed, and their head has no repository any more."""
        repo = self._store.repository(full_name)
        for base in list(self._store.repositories.values()):
            for issue in list(base.issues.values()):
                if base is not repo and issue.pull and issue.pull.head_repository is repo and issue.state == "open":
                    await self._pulls.close_pull(base.full_name, issue.number, repo.owner.login)
        self._send("deleted", repo, login, {})
        del self._store.repositories[repo.full_name.lower()]
        repo.deleted = True
        for it in self._store.installations.values():
            if it.repositories is not None:
                it.repositories.discard(repo.id)
        self._store.changed()

    async def delete_user(self, login: str, leaves: str = "ghost") -> None:
        """Deletes an account with its repositories, its installation, and all its permissions elsewhere.

        What the user wrote stays, by `ghost`, or by null where GitHub's description allows that and `leaves` is `null`.
        """
        if leaves not in ("ghost", "null"):
            raise ValueError(f"{leaves!r} is neither ghost nor null")
        user = self._store.users[login.lower()]
        for it in [it for it in self._store.installations.values() if it.account is user]:
            self._installations.remove_installation(it.id)
        for repo in [repo for repo in self._store.repositories.values() if repo.owner is user]:
            await self.delete_repository(repo.full_name)
        for repo in self._store.repositories.values():
            repo.collaborators.pop(user.login, None)
            for issue in repo.issues.values():
                issue.assignees = [each for each in issue.assignees if each is not user]
                if issue.pull:
                    issue.pull.reviewers = [each for each in issue.pull.reviewers if each is not user]
        del self._store.users[login.lower()]
        user.replacement = leaves
        self._store.changed()

    def _new_repository(self, full_name: str, private: bool, default_branch: str) -> Repository:
        self._check_name(full_name)
        owner, _, name = full_name.partition("/")
        number, now = self._store.new_id(), self._store.now()
        path = self._store.folder / "repositories" / f"{number}.git"
        return Repository(number, self._store.add_user(owner), name, path, private, default_branch, now, now)

    def _set_full_name(self, repo: Repository, owner: User, name: str) -> None:
        former, full_name = repo.full_name.lower(), f"{owner.login}/{name}"
        self._check_name(full_name, repo)
        del self._store.repositories[former]
        repo.owner, repo.name = owner, name
        self._store.former_names[former] = repo.id
        self._store.former_names.pop(full_name.lower(), None)
        self._store.repositories[full_name.lower()] = repo

    def _check_name(self, full_name: str, repo: Repository | None = None) -> None:
        """ValueError for an invalid name, or one that a repository other than `repo` has."""
        if not _FULL_NAME.fullmatch(full_name) or full_name.endswith((".git", "/.", "/..")):
            raise ValueError(f"{full_name!r} is not the full name of a repository: owner/name")
        if self._store.repositories.get(full_name.lower(), repo) is not repo:
            raise ValueError(f"there is a repository {full_name!r} already")

    def _send(self, action: str, repo: Repository, login: str, more: Json) -> None:
        sender = self._store.add_user(login) if login else repo.owner
        self._events.send("repository", repo, sender, {"action": action, **more})
