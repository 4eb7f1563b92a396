"""What repositories are called now. GitHub's id of one survives a rename and a transfer, its name does not, and the
former name may be another repository's by then.

No request is sent for it: the answer with each new token names the repository, and a redirection shows its id.
"""

import re
from collections.abc import Mapping

from cachetools import LRUCache, TTLCache

from activities.model import RepoRef

_KEPT = 4096
# A name that leads elsewhere now may be taken by a new repository at any time; only an id is for ever.
_REDIRECTED_S = 600.0
_BY_ID = re.compile(r"/repositories/(\d+)(?=/|\Z)")
_BY_NAME = re.compile(r"/repos/([^/]+/[^/]+)(?=/|\Z)")


class RepositoryNames:
    """See the module. A repository of which nothing is known is called as its `RepoRef` says."""

    def __init__(self) -> None:
        self._names: LRUCache[int, str] = LRUCache(_KEPT)
        self._ids: TTLCache[str, int] = TTLCache(_KEPT, _REDIRECTED_S)

    def id_of(self, repo: RepoRef) -> int:
        """0 where it is not known."""
        return repo.id or self._ids.get(repo.full_name.lower(), 0)

    def name_of(self, repo: RepoRef) -> str:
        """`owner/name`."""
        return self._names.get(self.id_of(repo), repo.full_name)

    def learn(self, repository_id: int, full_name: str) -> None:
        """GitHub calls it so."""
        self._names[repository_id] = full_name

    def forget(self, repo: RepoRef) -> None:
        """It is called otherwise by now."""
        self._names.pop(self.id_of(repo), None)

    def learn_redirect(self, path: str, to_path: str) -> None:
        """From `…/repos/{owner}/{name}…` to `…/repositories/{id}…`."""
        old, new = _BY_NAME.search(path), _BY_ID.search(to_path)
        if old and new:
            self._ids[old[1].lower()] = int(new[1])
            self._names.pop(int(new[1]), None)

    def repo_in(self, url: str, known: Mapping[str, RepoRef]) -> RepoRef | None:
        """The repository that an address names. `known` are those to be looked for, by their full name in lower case;
        any other repository is None."""
        found = _BY_NAME.search(url)
        return known.get(found[1].lower()) if found else None

    def current_url(self, url: str, repo: RepoRef) -> str:
        """The address with the repository's name as it is now."""
        return _BY_NAME.sub(f"/repos/{self.name_of(repo)}", url, count=1)
