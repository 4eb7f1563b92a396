"""The way back: what a change did, undone upon the head, as one commit that only the host's mirror has.

Git merges trees in the mirror: nothing is checked out, and nothing of the repository is run. The same change upon the
same head is the same commit.
"""

from collections.abc import Sequence

from activities.errors import CommitsLost
from activities.incident_engine.culprit import Culprit, NoCulprit, read_culprit
from activities.incident_engine.guards import protected_by
from activities.incidents import fix_texts
from activities.incidents.store import IncidentStore
from activities.incidents.types import GeneratedFix, GenerateFixInput
from activities.patch_checks.patch import Patch, read_patch
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.workspace.commits import OUR_AUTHOR, SUBMODULE, add_commit
from activities.workspace.git import GitError, git_line
from activities.workspace.leases import leases

_MOST_PATHS = 50


class RevertConflict(Exception):
    """Later changes touch the same lines of these files."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(", ".join(paths))
        self.paths = tuple(paths)


class FixMaker:
    """`gate` reads the configuration, `store` has the changes of the incident."""

    def __init__(self, host: Host, gate: GateEngine, store: IncidentStore) -> None:
        self._host = host
        self._gate = gate
        self._store = store

    async def generate(self, input: GenerateFixInput) -> GeneratedFix:
        """A change that cannot be taken back so says why. Raises CommitsLost where the head is not on this host."""
        workspaces, workspace = self._host.workspaces, input.workspace
        with leases():
            try:
                culprit = await read_culprit(workspaces, self._store, input.scope, workspace, input.sha)
                tree = await self._tree_without(input, culprit)
            except NoCulprit as none:
                return GeneratedFix(reason=str(none))
            except RevertConflict as conflict:
                return GeneratedFix(reason=fix_texts.conflicts(conflict.paths))
            except GitError as error:
                raise CommitsLost(workspace.head_sha) from error
            if tree == await workspaces.tree(workspace.repo, workspace.head_sha):
                return GeneratedFix(reason=fix_texts.TAKEN_BACK)
            sha = await self._commit(input, culprit, tree)
            patch = await read_patch(workspaces, workspace.repo, workspace.head_sha, sha)
            if reason := await self._refusal(input, patch):
                return GeneratedFix(reason=reason)
        return GeneratedFix(sha, "revert", tuple(file.path for file in patch.files)[:_MOST_PATHS])

    async def _tree_without(self, input: GenerateFixInput, culprit: Culprit) -> str:
        """The head's tree without the change. Merging a commit upon the change that has the files from before it is
        just that; git knows an option for the merge base since 2.40 only."""
        workspaces, repo, head = self._host.workspaces, input.workspace.repo, input.workspace.head_sha
        mirror, before = workspaces.mirror(repo), await workspaces.tree(repo, culprit.base)
        undone = await git_line(
            mirror, "commit-tree", before, "-p", culprit.newest, "-m", "Undo", env=await self._author(input)
        )
        try:
            return await git_line(mirror, "merge-tree", "--write-tree", "--no-messages", head, undone)
        except GitError as error:
            if error.code != 1:
                raise
        changed = await workspaces.changed_paths(repo, culprit.base, culprit.newest)
        since = await workspaces.changed_paths(repo, culprit.newest, head)
        raise RevertConflict(sorted(set(changed) & set(since)) or sorted(changed))

    async def _commit(self, input: GenerateFixInput, culprit: Culprit, tree: str) -> str:
        workspaces, repo, head = self._host.workspaces, input.workspace.repo, input.workspace.head_sha
        pull = f"{repo.full_name}#{culprit.pull}" if culprit.pull and not repo.path else ""
        title = input.title or culprit.title
        message = fix_texts.revert_message(title, culprit.newest, input.scope.service, pull)
        sha = await add_commit(workspaces.mirror(repo), tree, (head,), message, await self._author(input))
        await workspaces.link_as(repo, sha, head)
        return sha

    async def _author(self, input: GenerateFixInput) -> dict[str, str]:
        """With the head's time instead of now, so that made again it is the same commit."""
        mirror = self._host.workspaces.mirror(input.workspace.repo)
        at = await git_line(mirror, "log", "-1", "--format=%ct", input.workspace.head_sha, "--")
        return {**OUR_AUTHOR, "GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}

    async def _refusal(self, input: GenerateFixInput, patch: Patch) -> str:
        if any(side.mode == SUBMODULE for file in patch.files for side in (file.before, file.after) if side):
            return fix_texts.SUBMODULE
        protected = await protected_by(self._host, self._gate, input.workspace, patch)
        return fix_texts.protected(protected) if protected else ""
