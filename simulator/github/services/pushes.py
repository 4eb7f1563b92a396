"""What people push: commits and deleted branches, with a real `git push` over HTTP."""

import tempfile
from pathlib import Path
from urllib.parse import quote

from simulator.github import git
from simulator.github.git import Files, fast_import
from simulator.github.store import Store


class PushService:
    """Pushes as a user, whose token the push uses."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def push_commit(
        self, full_name: str, branch: str, files: Files, message: str = "Change", *, login: str = "octocat",
        parent: str = "", force: bool = False,
    ) -> str:  # fmt: skip
        """Commits on top of the branch (or the default branch, or `parent`) and pushes that; the commit's id.

        Raises GitCommandError where the push is refused.
        """
        repo, author = self._store.repository(full_name), self._store.author(self._store.add_user(login))
        tips = await git.refs(repo.path, "refs/heads")
        onto = parent or tips.get(f"refs/heads/{branch}") or tips.get(f"refs/heads/{repo.default_branch}", "")
        with tempfile.TemporaryDirectory(dir=repo.path.parent) as folder:
            objects = Path(folder)  # the user's own: the server has the commit only once it is pushed
            sha = await fast_import.commit(repo.path, files, message, author, onto, objects)
            refspec, url = f"{'+' if force else ''}{sha}:refs/heads/{branch}", self.push_url(repo.full_name, login)
            await git.git(repo.path, "push", "--quiet", url, refspec, objects=objects)
        return sha

    async def delete_branch(self, full_name: str, branch: str, login: str = "octocat") -> None:
        repo = self._store.repository(full_name)
        await git.git(repo.path, "push", "--quiet", self.push_url(repo.full_name, login), f":refs/heads/{branch}")

    def push_url(self, full_name: str, login: str = "octocat") -> str:
        """An address for `git push` that contains that user's token."""
        host, token = self._store.url.removeprefix("http://"), self._store.add_user(login).token
        return f"http://{quote(login)}:{token}@{host}/{full_name}.git"
