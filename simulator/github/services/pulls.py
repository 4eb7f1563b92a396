"""Pull requests. Their heads are in the base repository as `refs/pull/N/head`."""

from simulator.github import git
from simulator.github.entities import PullDetails, Repository, SimulatedIssue, User
from simulator.github.errors import Unprocessable
from simulator.github.git import diff, fast_import
from simulator.github.services.events import Events
from simulator.github.services.issues import IssueService
from simulator.github.store import Store


class BranchNotFound(Unprocessable):
    """`field` is `head` or `base`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class PullService:
    """Opens, changes and closes pull requests. `login` is the user who acts."""

    def __init__(self, store: Store, events: Events, issues: IssueService) -> None:
        self._store, self._events, self._issues = store, events, issues

    async def open_pull(
        self, full_name: str, head: str, base: str = "", title: str = "", body: str | None = "", *,
        login: str = "octocat", draft: bool = False,
    ) -> SimulatedIssue:  # fmt: skip
        """`head` is a branch, or `owner:branch` of a fork. Unprocessable, for instance if there is one already."""
        repo, author = self._store.repository(full_name), self._store.add_user(login)
        head_repo, head_ref = self._head(repo, head)
        base_ref = base or repo.default_branch
        head_sha = await branch_tip(head_repo, head_ref, "head")
        base_sha = await branch_tip(repo, base_ref, "base")
        if any(p.head_ref == head_ref and p.base_ref == base_ref for _, p in self.open_pulls_of(head_repo, repo)):
            raise Unprocessable(f"A pull request already exists for {head_repo.owner.login}:{head_ref}.")
        await fetch_commit(head_repo, repo, head_sha)
        if await git.count(repo.path, head_sha, f"^{base_sha}") == 0:
            raise Unprocessable(f"No commits between {base_ref} and {head_ref}")
        issue = self._issues.new_issue(repo, title or head_ref, body, author)
        issue.pull = PullDetails(self._store.new_id(), head_repo, head_ref, head_sha, base_ref, base_sha, draft)
        await self._update_counts(repo, issue)
        self._events.send_issue("opened", repo, issue, author)
        return issue

    async def edit_pull(
        self, full_name: str, number: int, *, title: str | None = None, body: str | None = None,
        base: str | None = None, login: str = "octocat",
    ) -> SimulatedIssue:  # fmt: skip
        """One `edited` event with the former values."""
        repo, issue, pull = self._store.pull(full_name, number)
        editor = self._store.add_user(login)
        changed = self._issues.set_text(issue, title, body, editor)
        if base is not None and base != pull.base_ref:
            changed["base"] = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
            pull.base_sha, pull.base_ref = await branch_tip(repo, base, "base"), base
            await self._update_counts(repo, issue)
        if changed:
            issue.updated_at = self._store.now()
            self._events.send_issue("edited", repo, issue, editor, {"changes": changed})
        return issue

    async def set_state(
        self, full_name: str, number: int, state: str, login: str = "octocat", reason: str | None = None
    ) -> SimulatedIssue:
        """Closes or reopens an issue or a pull request; Unprocessable for one that is merged."""
        repo, issue, sender = (
            self._store.repository(full_name),
            self._store.issue(full_name, number),
            self._store.add_user(login),
        )
        if issue.state == state:
            return issue
        if state == "open" and issue.pull:
            if issue.pull.merged_at:
                raise Unprocessable("state cannot be changed. The pull request cannot be reopened.")
            await self._refresh(repo, issue)
        issue.state, issue.updated_at = state, self._store.now()
        issue.closed_at = self._store.now() if state == "closed" else None
        if issue.pull is None:
            issue.state_reason = (reason or "completed") if state == "closed" else "reopened"
        self._events.send_issue("closed" if state == "closed" else "reopened", repo, issue, sender)
        return issue

    async def close_pull(self, full_name: str, number: int, login: str = "octocat") -> SimulatedIssue:
        return await self.set_state(full_name, number, "closed", login)

    async def reopen_pull(self, full_name: str, number: int, login: str = "octocat") -> SimulatedIssue:
        return await self.set_state(full_name, number, "open", login)

    def set_draft(self, full_name: str, number: int, draft: bool, login: str = "octocat") -> SimulatedIssue:
        repo, issue, pull = self._store.pull(full_name, number)
        if pull.draft != draft:
            pull.draft = draft
            action = "converted_to_draft" if draft else "ready_for_review"
            self._events.send_issue(action, repo, issue, self._store.add_user(login))
        return issue

    async def synchronize(self, repo: Repository, issue: SimulatedIssue, sha: str, sender: User) -> None:
        """The pull request's branch has a new head."""
        assert issue.pull is not None
        before, issue.pull.head_sha = issue.pull.head_sha, sha
        await self._refresh(repo, issue)
        issue.updated_at = self._store.now()
        self._events.send_issue("synchronize", repo, issue, sender, {"before": before, "after": sha})

    async def mark_merged(self, repo: Repository, issue: SimulatedIssue, sha: str, sender: User) -> None:
        """The base branch contains the head now, since the commit `sha`."""
        assert issue.pull is not None
        now = self._store.now()
        issue.pull.merged_at, issue.pull.merged_by, issue.pull.merge_commit_sha = now, sender, sha
        issue.state, issue.closed_at, issue.updated_at = "closed", now, now
        self._events.send_issue("closed", repo, issue, sender)

    async def merge_commit(
        self, repo: Repository, issue: SimulatedIssue, author: User, title: str = "", message: str | None = None
    ) -> str:
        """Writes the commit that merging would make; Unprocessable where it conflicts."""
        assert issue.pull is not None
        pull, tip = issue.pull, await branch_tip(repo, issue.pull.base_ref, "base")
        try:
            tree = await fast_import.merged_tree(repo.path, tip, pull.head_sha)
        except git.GitCommandError as error:
            raise Unprocessable("Pull Request is not mergeable") from error
        source = f"{pull.head_repository.owner.login}/{pull.head_ref}"
        first = title or f"Merge pull request #{issue.number} from {source}"
        text = f"{first}\n\n{issue.title if message is None else message}".rstrip()
        return await fast_import.merge(repo.path, tree, (tip, pull.head_sha), text, self._store.author(author))

    def open_pulls_of(
        self, head: Repository, base: Repository | None = None
    ) -> list[tuple[SimulatedIssue, PullDetails]]:
        """Open pulls whose branch is in `head`, in any repository or in `base` only."""
        repos = [base] if base else list(self._store.repositories.values())
        issues = [issue for repo in repos for issue in repo.issues.values() if issue.state == "open"]
        return [(issue, issue.pull) for issue in issues if issue.pull and issue.pull.head_repository is head]

    def _head(self, repo: Repository, head: str) -> tuple[Repository, str]:
        """The repository and branch of `branch` or `owner:branch`."""
        owner, colon, ref = head.partition(":")
        if not colon or owner.lower() == repo.owner.login.lower():
            return repo, ref if colon else head
        for fork in self._store.repositories.values():
            if fork.owner.login.lower() == owner.lower() and fork.parent is repo:
                return fork, ref
        raise BranchNotFound("head", f"{owner} has no fork of {repo.full_name}.")

    async def _refresh(self, repo: Repository, issue: SimulatedIssue) -> None:
        assert issue.pull is not None
        pull = issue.pull
        pull.head_sha = await branch_tip(pull.head_repository, pull.head_ref, "head")
        pull.base_sha = await branch_tip(repo, pull.base_ref, "base")
        await self._update_counts(repo, issue)

    async def _update_counts(self, repo: Repository, issue: SimulatedIssue) -> None:
        """Brings the head into the base repository and counts what the pull changes."""
        assert issue.pull is not None
        pull, ref = issue.pull, f"refs/pull/{issue.number}/head"
        await fetch_commit(pull.head_repository, repo, pull.head_sha)
        await git.update_ref(repo.path, ref, pull.head_sha)
        pull.commits = await git.count(repo.path, pull.head_sha, f"^{pull.base_sha}")
        base = await git.merge_base(repo.path, pull.base_sha, pull.head_sha)
        files = await diff.between(repo.path, base or await git.empty_tree(repo.path), pull.head_sha)
        pull.changed_files = len(files)
        pull.additions = sum(file.additions for file in files)
        pull.deletions = sum(file.deletions for file in files)
        pull.mergeable, pull.mergeable_state = None, "unknown"


async def branch_tip(repo: Repository, name: str, field: str) -> str:
    """The branch's tip; BranchNotFound with `field` (`head` or `base`) where there is none."""
    tips = await git.refs(repo.path, "refs/heads")
    if sha := tips.get(f"refs/heads/{name}"):
        return sha
    raise BranchNotFound(field, f"The {field} branch {name!r} does not exist in {repo.full_name}.")


async def fetch_commit(source: Repository, target: Repository, sha: str) -> None:
    """Copies a fork's commit into another repository's objects."""
    if source is not target:
        await git.git(target.path, "fetch", "--quiet", "--no-tags", str(source.path), sha)
