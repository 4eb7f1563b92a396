"""Deeds after which a repository is not what or where it was: renamed, transferred, archived, deleted."""

from simulator.github import serializers
from simulator.github.services.commits import Pushes
from simulator.github.services.entities import AppInstallation, Json, Repository, User


class Moves(Pushes):
    """See the module. A former name leads on to the repository, until another one takes that name."""

    def rename_repository(self, full_name: str, new_name: str, login: str = "") -> Repository:
        """`new_name` without the owner; the owner does it unless `login` does."""
        repo, former = self.repository(full_name), self.repository(full_name).name
        self._readdress(repo, repo.owner, new_name)
        self._tell("renamed", repo, login, {"changes": {"repository": {"name": {"from": former}}}})
        return repo

    def transfer_repository(self, full_name: str, new_owner: str, login: str = "") -> Repository:
        """Only the new owner's installation hears of it; to the former's it is a repository less."""
        repo, former = self.repository(full_name), self.repository(full_name).owner
        before = self.installation_of(repo)
        self._readdress(repo, self.add_user(new_owner), repo.name)
        repo.collaborators.pop(repo.owner.login, None)
        if former.type == "User":
            repo.collaborators[former.login] = "write"
        after = self._reinstall(repo)
        if before and before is not after:
            self.tell_repositories("removed", before, [repo])
        if after and before is not after:
            self.tell_repositories("added", after, [repo])
        kind = "organization" if former.type == "Organization" else "user"
        self._tell("transferred", repo, login, {"changes": {"owner": {"from": {kind: serializers.user(self, former)}}}})
        return repo

    def archive_repository(self, full_name: str, archived: bool = True, login: str = "") -> Repository:
        """Nobody can write to it until it is brought back."""
        repo = self.repository(full_name)
        repo.archived = archived
        self._tell("archived" if archived else "unarchived", repo, login, {})
        return repo

    async def delete_repository(self, full_name: str, login: str = "") -> None:
        """Pull requests from it are closed, and their head has no repository any more."""
        repo = self.repository(full_name)
        for base in list(self.repositories.values()):
            for issue in list(base.issues.values()):
                if base is not repo and issue.pull and issue.pull.head_repository is repo and issue.state == "open":
                    await self.close_pull(base.full_name, issue.number, repo.owner.login)
        self._tell("deleted", repo, login, {})
        del self.repositories[repo.full_name.lower()]
        repo.deleted = True
        for it in self.installations.values():
            if it.repositories is not None:
                it.repositories.discard(repo.id)
        self.changed()

    def _readdress(self, repo: Repository, owner: User, name: str) -> None:
        former, full_name = repo.full_name.lower(), f"{owner.login}/{name}"
        self.check_name(full_name, repo)
        del self.repositories[former]
        repo.owner, repo.name = owner, name
        self.moved[former] = repo.id
        self.moved.pop(full_name.lower(), None)
        self.repositories[full_name.lower()] = repo

    def _reinstall(self, repo: Repository) -> AppInstallation | None:
        """What was chosen by name is not the former owner's to choose any more."""
        for it in self.installations.values():
            if it.repositories is not None and it.account is not repo.owner:
                it.repositories.discard(repo.id)
        return self.installation_of(repo)

    def _tell(self, action: str, repo: Repository, login: str, more: Json) -> None:
        sender = self.add_user(login) if login else repo.owner
        self.emit("repository", repo, sender, {"action": action, **more})
        self.changed()
