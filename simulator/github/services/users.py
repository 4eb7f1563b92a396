"""What may be gone from one moment to the next: people, and check runs."""

from simulator.github.services.moves import Moves


class Vanishing(Moves):
    """See the module."""

    async def delete_user(self, login: str, leaves: str = "ghost") -> None:
        """A person's account ends: with their repositories, their installation, and all that they may do elsewhere.

        What they wrote stays; it is by `ghost`, or by null where GitHub's description allows that and `leaves` says so.
        """
        if leaves not in ("ghost", "null"):
            raise ValueError(f"{leaves!r} is neither ghost nor null")
        user = self.users[login.lower()]
        for it in [it for it in self.installations.values() if it.account is user]:
            self.remove_installation(it.id)
        for repo in [repo for repo in self.repositories.values() if repo.owner is user]:
            await self.delete_repository(repo.full_name)
        for repo in self.repositories.values():
            repo.collaborators.pop(user.login, None)
            for issue in repo.issues.values():
                issue.assignees = [each for each in issue.assignees if each is not user]
                if issue.pull:
                    issue.pull.reviewers = [each for each in issue.pull.reviewers if each is not user]
        del self.users[login.lower()]
        user.gone = leaves
        self.changed()

    def delete_check_run(self, full_name: str, run_id: int) -> None:
        """GitHub has no such button, but a run may be lost to it all the same; no event is sent."""
        run = self.check_run(self.repository(full_name), run_id)
        run.suite.runs.remove(run)
        self.changed()
