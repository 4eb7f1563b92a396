"""Releases: a tag is created when the release is published, not before."""

from simulator.github import git
from simulator.github.entities import Json, Release, Repository
from simulator.github.errors import EntityNotFound, Unprocessable
from simulator.github.serializers import releases as release_json
from simulator.github.services.events import Events
from simulator.github.services.refs import RefService
from simulator.github.store import Store


class InvalidRelease(Unprocessable):
    """`field` is invalid; `code` is GitHub's word for the reason."""

    def __init__(self, field: str, code: str, message: str = "") -> None:
        super().__init__(message or f"{field} {code}")
        self.field, self.code, self.message = field, code, message


class ReleaseService:
    """Creates, changes and publishes releases."""

    def __init__(self, store: Store, events: Events, refs: RefService) -> None:
        self._store, self._events, self._refs = store, events, refs

    async def add_release(
        self, full_name: str, tag: str, name: str | None = None, body: str | None = None, *, target: str = "",
        draft: bool = False, prerelease: bool = False, login: str = "octocat",
    ) -> Release:  # fmt: skip
        """`target` is a branch or commit for a tag that does not exist yet. Raises InvalidRelease."""
        repo, author = self._store.repository(full_name), self._store.add_user(login)
        release = Release(
            self._store.new_id(),
            tag,
            target or repo.default_branch,
            name,
            body,
            True,
            prerelease,
            author,
            self._store.now(),
        )
        await self._check_tag(repo, release, tag)
        if not draft:
            self._check_unique(repo, release)
            await self._publish(repo, release, login)
        repo.releases.append(release)
        for action in ("created",) if draft else ("created", *_published(release)):
            self._send_release(action, repo, release, login)
        return release

    async def edit_release(
        self, full_name: str, release_id: int, *, tag: str | None = None, target: str | None = None,
        name: str | None = None, body: str | None = None, draft: bool | None = None, prerelease: bool | None = None,
        login: str = "octocat",
    ) -> Release:  # fmt: skip
        """None leaves something as it is; `draft` False publishes."""
        repo, release = self._store.repository(full_name), self.release(full_name, release_id)
        if tag is not None:
            await self._check_tag(repo, release, tag)
        new = {"tag": tag, "target": target, "name": name, "body": body, "prerelease": prerelease}
        for field, value in new.items():
            if value is not None:
                setattr(release, field, value)
        if draft is False and release.draft:
            self._check_unique(repo, release)
            await self._publish(repo, release, login)
            for action in _published(release):
                self._send_release(action, repo, release, login)
        else:
            self._send_release("edited", repo, release, login)
        return release

    def release(self, full_name: str, release_id: int) -> Release:
        """Raises EntityNotFound."""
        found = [each for each in self._store.repository(full_name).releases if each.id == release_id]
        if not found:
            raise EntityNotFound(f"release {release_id}")
        return found[0]

    async def _check_tag(self, repo: Repository, release: Release, tag: str) -> None:
        if not await git.check_ref_name(repo.path, f"refs/tags/{tag}"):
            raise InvalidRelease("tag_name", "custom", "tag_name is not well-formed")
        exists = f"refs/tags/{tag}" in await git.refs(repo.path, "refs/tags")
        if not exists and not await git.resolve(repo.path, release.target):
            raise InvalidRelease("target_commitish", "invalid")

    def _check_unique(self, repo: Repository, release: Release) -> None:
        if any(each.tag == release.tag and not each.draft for each in repo.releases if each is not release):
            raise InvalidRelease("tag_name", "already_exists")

    async def _publish(self, repo: Repository, release: Release, login: str) -> None:
        ref = f"refs/tags/{release.tag}"
        if ref not in await git.refs(repo.path, "refs/tags"):
            sha = await git.resolve(repo.path, release.target)
            try:
                await self._refs.move_ref(repo, ref, sha, self._store.add_user(login), git.ZERO)
            except git.GitCommandError as error:
                raise InvalidRelease("tag_name", "custom", "tag_name is not well-formed") from error
        release.draft, release.published_at = False, self._store.now()

    def _send_release(self, action: str, repo: Repository, release: Release, login: str) -> None:
        more: Json = {"changes": {}} if action == "edited" else {}
        payload = {"action": action, "release": release_json.release(self._store, repo, release), **more}
        self._events.send("release", repo, self._store.add_user(login), payload)


def _published(release: Release) -> tuple[str, ...]:
    return ("published", "prereleased" if release.prerelease else "released")
