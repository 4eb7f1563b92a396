"""Deeds of people that move branches: commits with a real `git push`, the merge queue."""

import tempfile
from pathlib import Path
from urllib.parse import quote

from simulator.github import git
from simulator.github.git import ZERO, Files, fast_import
from simulator.github.serializers import git as shapes_git
from simulator.github.services.entities import Json, Repository, User
from simulator.github.services.merging import Merging
from simulator.github.services.releases import Releases
from simulator.github.services.reviews import Reviews


class Pushes(Merging, Reviews, Releases):
    """See the module."""

    async def push_commit(
        self, full_name: str, branch: str, files: Files, message: str = "Change", *, login: str = "octocat",
        parent: str = "", force: bool = False,
    ) -> str:  # fmt: skip
        """A person commits on top of the branch (or the default branch, or `parent`) and pushes it over HTTP.

        Gives the new commit's id; raises GitError where the push is refused.
        """
        repo, user = self.repository(full_name), self.add_user(login)
        tips = await git.refs(repo.path, "refs/heads")
        onto = parent or tips.get(f"refs/heads/{branch}") or tips.get(f"refs/heads/{repo.default_branch}", "")
        with tempfile.TemporaryDirectory(dir=self.state) as folder:
            clone = Path(folder)
            await git.git(clone, "clone", "--quiet", "--bare", "--shared", str(repo.path), "clone")
            sha = await fast_import.commit(clone / "clone", files, message, self.author(user), onto)
            await self._push(clone / "clone", repo, user, f"{'+' if force else ''}{sha}:refs/heads/{branch}")
        return sha

    async def delete_branch(self, full_name: str, branch: str, login: str = "octocat") -> None:
        """With `git push`, as a person does."""
        repo = self.repository(full_name)
        await self._push(repo.path, repo, self.add_user(login), f":refs/heads/{branch}")

    def push_url(self, full_name: str, login: str = "octocat") -> str:
        """An address for `git push` with that person's token in it."""
        host = self.url.removeprefix("http://")
        return f"http://{quote(login)}:{self.add_user(login).token}@{host}/{full_name}.git"

    async def queue_merge(self, full_name: str, number: int, login: str = "octocat") -> str:
        """Puts a pull request into the merge queue: a group's branch, and `merge_group.checks_requested`."""
        repo, issue, pull = self.pull(full_name, number)
        sender = self.add_user(login)
        base = await self.branch(repo, pull.base_ref, "base")
        sha = await self.merge_commit(repo, issue, sender)
        ref = f"refs/heads/gh-readonly-queue/{pull.base_ref}/pr-{number}-{base}"
        await git.update_ref(repo.path, ref, sha)
        group = await self._group(repo, ref, sha, pull.base_ref, base)
        self.emit("merge_group", repo, sender, {"action": "checks_requested", "merge_group": group})
        self.changed()
        return sha

    async def destroy_merge_group(self, full_name: str, sha: str, reason: str = "dequeued") -> None:
        """Takes a group out of the queue: `merge_group.destroyed`."""
        repo = self.repository(full_name)
        for ref in [
            ref for ref, tip in (await git.refs(repo.path, "refs/heads/gh-readonly-queue")).items() if tip == sha
        ]:
            base_ref, _, rest = ref.removeprefix("refs/heads/gh-readonly-queue/").rpartition("/pr-")
            group = await self._group(repo, ref, sha, base_ref, rest.rpartition("-")[2])
            await git.update_ref(repo.path, ref, ZERO)
            payload = {"action": "destroyed", "reason": reason, "merge_group": group}
            self.emit("merge_group", repo, repo.owner, payload)
        self.changed()

    async def _push(self, clone: Path, repo: Repository, user: User, refspec: str) -> None:
        await git.git(clone, "push", "--quiet", self.push_url(repo.full_name, user.login), refspec)

    async def _group(self, repo: Repository, ref: str, sha: str, base_ref: str, base_sha: str) -> Json:
        return {
            "head_sha": sha,
            "head_ref": ref,
            "base_sha": base_sha,
            "base_ref": f"refs/heads/{base_ref}",
            "head_commit": shapes_git.simple_commit((await git.log(repo.path, sha, limit=1))[0]),
        }
