"""The commits that came to a branch lately, with what they touch, read from a mirror of this host.

Only first parents count: what a merge brought is one change. A commit came to the branch when its own committer says,
and never before the one that it is upon.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from activities.incidents.types import RecentChange
from activities.model import RepoRef
from activities.quality_gate.diff_headers import diff_headers
from activities.reporting.markdown import one_line
from activities.workspace.git import EMPTY_TREE, git
from activities.workspace.mirror import Workspaces

MOST_PATHS = 200
_MOST_HUNKS = 50
_MOST_COMMITS = 3000
_BOT = "[bot]"
_COMMENTS = (b"#", b"//", b"/*", b"* ", b"*/", b"<!--", b"--")
"""What a line of a comment begins with, in the usual languages."""


@dataclass(frozen=True)
class BranchCommit:
    """`at` is when it came to the branch (seconds since 1970), `base` its first parent, "" for the first commit."""

    sha: str
    base: str
    at: float
    title: str
    author: str = ""
    merge: bool = False


async def branch_commits(workspaces: Workspaces, repo: RepoRef, tip: str, now: float) -> list[BranchCommit]:
    """The first parents of a tip that the mirror has, the newest first, at most 3,000. `now` in seconds since 1970."""
    layout = "--format=%H%x00%P%x00%ct%x00%an%x00%s"
    out = await git(workspaces.mirror(repo), "log", "--first-parent", f"--max-count={_MOST_COMMITS}", layout, tip, "--")
    commits: list[BranchCommit] = []
    latest = 0.0
    for line in reversed(out.decode("utf-8", "replace").split("\n")):
        if line.count("\0") < 4:
            continue
        sha, parents, at, author, title = line.split("\0", 4)
        if float(at or 0) <= now:  # a committer's clock may be anything
            latest = max(latest, float(at or 0))
        first, *others = parents.split() or [""]
        commits.append(BranchCommit(sha, first, latest, one_line(title, 200), author, bool(others)))
    return commits[::-1]


async def described_change(
    workspaces: Workspaces, repo: RepoRef, change: RecentChange, base: str, head: str
) -> RecentChange:
    """The change with the files and the lines that differ between two commits."""
    from dataclasses import replace

    touched = await workspaces.changed_paths(repo, base or EMPTY_TREE, head)
    diff = await workspaces.diff(repo, base, head)
    hunks: dict[str, list[tuple[int, int]]] = {}
    additions = deletions = 0
    says_something = False
    for path, start, count, body in diff_headers(diff):
        additions += count
        deletions += body.count(b"\n<") + body.startswith(b"<")
        if is_remark(body):
            continue
        says_something = True
        ranges = hunks.setdefault(path, [])
        if len(ranges) < _MOST_HUNKS:
            ranges.append((start, max(start, start + count - 1)))
    paths = tuple(touched)[:MOST_PATHS]
    kept = {path: tuple(hunks[path]) for path in paths if path in hunks}
    remarks = additions + deletions > 0 and not says_something
    return replace(change, paths=paths, hunks=kept, additions=additions, deletions=deletions, only_remarks=remarks)


def is_remark(body: bytes) -> bool:
    """Whether the changed lines of a hunk are blank or comments: no program does anything else for them."""
    lines = [line[1:].strip() for line in body.splitlines() if line[:1] in (b"<", b">", b"+", b"-")]
    return bool(lines) and all(not line or line.startswith(_COMMENTS) for line in lines)


def rebased(commits: Sequence[BranchCommit], at: int, headlines: Sequence[str]) -> int:
    """How many first parents from `at` on are the commits of a pull request whose headlines these are, the oldest
    first: all of them where it was rebased, 1 where it was squashed."""
    several = commits[at : at + len(headlines)]
    same = [one.title for one in several] == [one_line(each, 200) for each in reversed(headlines)]
    return len(several) if same and several else 1


def by_bot(author: str) -> bool:
    """Whether the name is that of a GitHub App."""
    return author.endswith(_BOT)


def places(commits: Sequence[BranchCommit]) -> Mapping[str, int]:
    """Where each commit is, 0 the newest."""
    return {one.sha: at for at, one in enumerate(commits)}
