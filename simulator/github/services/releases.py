"""Deeds around releases: a tag is made when the release is published, not before."""

from simulator.github import git
from simulator.github.serializers import releases
from simulator.github.services.entities import Json, Repository
from simulator.github.services.nouns import Release
from simulator.github.services.pulls import Unprocessable
from simulator.github.services.refs import RefMoves


class InvalidRelease(Unprocessable):
    """`field` of it is wrong, in the way that `code` says."""

    def __init__(self, field: str, code: str, message: str = "") -> None:
        super().__init__(message or f"{field} {code}")
        self.field, self.code, self.message = field, code, message


class Releases(RefMoves):
    """See the module."""

    async def add_release(
        self, full_name: str, tag: str, name: str | None = None, body: str | None = None, *, target: str = "",
        draft: bool = False, prerelease: bool = False, login: str = "octocat",
    ) -> Release:  # fmt: skip
        """`target` is a branch or commit for a tag that is not there yet. InvalidRelease says what is wrong."""
        repo, author = self.repository(full_name), self.add_user(login)
        release = Release(
            self.new_id(), tag, target or repo.default_branch, name, body, True, prerelease, author, self.now()
        )
        await self._check_tag(repo, release, tag)
        if not draft:
            self._only_published(repo, release)
            await self._publish(repo, release, login)
        repo.releases.append(release)
        for action in ("created",) if draft else ("created", *_published(release)):
            self._tell_release(action, repo, release, login)
        return release

    async def edit_release(
        self, full_name: str, release_id: int, *, tag: str | None = None, target: str | None = None,
        name: str | None = None, body: str | None = None, draft: bool | None = None, prerelease: bool | None = None,
        login: str = "octocat",
    ) -> Release:  # fmt: skip
        """None leaves something as it is; `draft` False publishes."""
        repo, release = self.repository(full_name), self.release(full_name, release_id)
        if tag is not None:
            await self._check_tag(repo, release, tag)
        new = {"tag": tag, "target": target, "name": name, "body": body, "prerelease": prerelease}
        for field, value in new.items():
            if value is not None:
                setattr(release, field, value)
        if draft is False and release.draft:
            self._only_published(repo, release)
            await self._publish(repo, release, login)
            for action in _published(release):
                self._tell_release(action, repo, release, login)
        else:
            self._tell_release("edited", repo, release, login)
        return release

    def release(self, full_name: str, release_id: int) -> Release:
        """LookupError where there is none."""
        found = [each for each in self.repository(full_name).releases if each.id == release_id]
        if not found:
            raise LookupError(release_id)
        return found[0]

    async def _check_tag(self, repo: Repository, release: Release, tag: str) -> None:
        if not await git.check_ref_name(repo.path, f"refs/tags/{tag}"):
            raise InvalidRelease("tag_name", "custom", "tag_name is not well-formed")
        there = f"refs/tags/{tag}" in await git.refs(repo.path, "refs/tags")
        if not there and not await git.resolve(repo.path, release.target):
            raise InvalidRelease("target_commitish", "invalid")

    def _only_published(self, repo: Repository, release: Release) -> None:
        if any(each.tag == release.tag and not each.draft for each in repo.releases if each is not release):
            raise InvalidRelease("tag_name", "already_exists")

    async def _publish(self, repo: Repository, release: Release, login: str) -> None:
        ref = f"refs/tags/{release.tag}"
        if ref not in await git.refs(repo.path, "refs/tags"):
            sha = await git.resolve(repo.path, release.target)
            try:
                await self.move_ref(repo, ref, sha, self.add_user(login), git.ZERO)
            except git.GitCommandError as error:
                raise InvalidRelease("tag_name", "custom", "tag_name is not well-formed") from error
        release.draft, release.published_at = False, self.now()

    def _tell_release(self, action: str, repo: Repository, release: Release, login: str) -> None:
        shape = releases.release(self, repo, release)
        more: Json = {"changes": {}} if action == "edited" else {}
        self.emit("release", repo, self.add_user(login), {"action": action, "release": shape, **more})
        self.changed()


def _published(release: Release) -> tuple[str, ...]:
    return ("published", "prereleased" if release.prerelease else "released")
