"""Every activity may run again: the answer to each write is lost, or the worker dies before it, and Temporal retries."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession
from temporalio.exceptions import ApplicationError

from activities.github.branches import CreateBranchInput, SyncBranchInput
from activities.github.check_runs import (
    CompleteCheckRunInput,
    CompleteGateRunInput,
    CreateCheckRunsInput,
    EndCheckRunsInput,
    StartCheckRunInput,
    UpdateCheckRunsInput,
)
from activities.github.client import GitHub
from activities.github.client.rate_limits import UNMETERED
from activities.github.comments import GateCommentInput, IssueCommentInput, PullCommentInput, ReactionInput, ReplyInput
from activities.github.commits.types import CreateCommitInput
from activities.github.first_configuration import FirstConfigInput
from activities.github.issues import AddLabelsInput, CloseIssueInput, CreateIssueInput, RemoveLabelsInput
from activities.github.merging import MergeInput
from activities.github.pulls import CreatePullInput, PullInput
from activities.github.pulls.states import ClosePullInput
from activities.github.releases import CreateReleaseInput
from activities.github.reviews import RequestReviewInput
from activities.github.statuses import PullStatusInput
from activities.incidents.store import IncidentStore
from activities.model import CheckResult, Finding, Head, QualityCheck, QualityGateResult, RepoRef
from activities.result_store import ResultStore
from activities.workspace.git import git, git_line
from activities.workspace.mirror import Workspaces
from simulator.github.entities import Repository, SimulatedIssue
from simulator.github.git import fast_import
from simulator.github.rest.faults import Kind
from simulator.github.server import SimulatedGitHub
from tests.activities.github.commits.test_commits import committed
from tests.activities.github.conftest import by_name, done
from tests.openapi import assert_valid

OWNER = "quality:octocat/hello@topic"
CHECK = QualityCheck("linting", "failed", 40.0, True, "Found something new.", new_findings=120, result_id="ab12")
NAMES = ("unit_tests", "linting", "gate")
LOST: tuple[Kind, ...] = ("half", "hang_up", "status")


@dataclass
class Scene:
    """A repository with an open pull, an issue and a comment, and the activities."""

    github: SimulatedGitHub
    activities: SimpleNamespace
    repo: RepoRef
    sha: str
    folder: Path
    comment: int = 0

    @property
    def there(self) -> Repository:
        return self.github.store.repository(self.repo.full_name)

    @property
    def head(self) -> Head:
        return Head(self.repo, self.sha)

    @property
    def result(self) -> QualityGateResult:
        return QualityGateResult(self.sha, self.sha, "failed", False, 40.0, (CHECK,))

    async def runs(self) -> Mapping[str, int]:
        wanted = CreateCheckRunsInput(self.head, NAMES, 0, OWNER)
        ids: Mapping[str, int] = (await self.activities.create_check_runs(wanted)).ids
        return ids


ActivityCall = tuple[Callable[[Any], Awaitable[Any]], Any]
Prepare = Callable[[Scene], Awaitable[ActivityCall]]


async def _branch(at: Scene) -> ActivityCall:
    return at.activities.create_branch, CreateBranchInput(at.repo, "autobuild/new", "main")


async def _sync(at: Scene) -> ActivityCall:
    await at.github.pushes.push_commit(at.repo.full_name, "dev", {"d.txt": "d\n"})
    return at.activities.sync_branch, SyncBranchInput(at.repo, "topic", "dev", "Bring it up to date")


async def _clone(at: Scene) -> Path:
    clone = at.folder / at.repo.name
    await git(at.folder, "clone", "--quiet", "--branch", "topic", str(at.there.path), str(clone))
    (clone / "a.py").write_text("x = 3\n")
    return clone


async def _commit(at: Scene) -> ActivityCall:
    clone = await _clone(at)
    wanted = CreateCommitInput(at.repo, "topic", at.sha, "Fix it\n\n- a", str(clone / ".git"), await committed(clone))
    return at.activities.create_commit, wanted


async def _git_data(at: Scene) -> ActivityCall:
    clone = await _clone(at)
    (clone / "run.sh").write_text("#!/bin/sh\n")
    (clone / "run.sh").chmod(0o755)
    (clone / "data.bin").write_bytes(b"\0\1\2")
    wanted = CreateCommitInput(at.repo, "topic", at.sha, "Fix it\n\n- a", str(clone / ".git"), await committed(clone))
    return at.activities.create_commit, wanted


async def _first_config(at: Scene) -> ActivityCall:
    return at.activities.write_first_config, FirstConfigInput(at.repo)


async def _release(at: Scene) -> ActivityCall:
    return at.activities.create_release, CreateReleaseInput(at.repo, "v1", "One", "All of it")


async def _draft(at: Scene) -> ActivityCall:
    return at.activities.create_release, CreateReleaseInput(at.repo, "v2", "Two", "All of it", draft=True)


async def _published(at: Scene) -> ActivityCall:
    await at.activities.create_release(CreateReleaseInput(at.repo, "v3", "Three", "Soon", draft=True))
    return at.activities.create_release, CreateReleaseInput(at.repo, "v3", "Three", "Now")


async def _open(at: Scene) -> ActivityCall:
    await at.github.pushes.push_commit(at.repo.full_name, "other", {"o.txt": "o\n"})
    wanted = CreatePullInput(
        at.repo, "other", "main", "A pull", "Its body", labels=("one", "two"), reviewers=("reviewer",)
    )
    return at.activities.create_pull_request, wanted


async def _merge(at: Scene) -> ActivityCall:
    return at.activities.merge_pull_request, MergeInput(at.repo, 1, at.sha, "squash", "A title", "A message")


async def _status(at: Scene) -> ActivityCall:
    return at.activities.update_pr_status, PullStatusInput(
        at.repo, 1, "pending", "Looking", target_url="https://example.com/"
    )


async def _pull_comment(at: Scene) -> ActivityCall:
    return at.activities.add_pr_comment, PullCommentInput(at.repo, 1, "Hello", "greeting")


async def _edited_comment(at: Scene) -> ActivityCall:
    await at.activities.add_pr_comment(PullCommentInput(at.repo, 1, "Hello", "greeting"))
    return at.activities.add_pr_comment, PullCommentInput(at.repo, 1, "Hello again", "greeting")


async def _labels(at: Scene) -> ActivityCall:
    return at.activities.add_pr_labels, AddLabelsInput(at.repo, 1, ("one", "two"))


async def _no_labels(at: Scene) -> ActivityCall:
    for label in ("one", "two", "three"):
        at.github.issues.add_label(at.repo.full_name, 1, label)
    return at.activities.remove_labels, RemoveLabelsInput(at.repo, 1, ("one", "two"))


async def _our_pull(at: Scene, *, draft: bool = False) -> int:
    bot, name = at.github.store.app.bot.login, at.repo.full_name
    path, author = at.there.path, at.github.store.author(at.github.store.app.bot)
    main = await git_line(path, "rev-parse", "main")
    sha = await fast_import.commit(path, {"o.txt": "o\n"}, "Ours", author, main)
    await git(path, "update-ref", "refs/heads/ours", sha)
    return (await at.github.pulls.open_pull(name, "ours", login=bot, draft=draft)).number


async def _close_pull(at: Scene) -> ActivityCall:
    return at.activities.close_pull_request, ClosePullInput(at.repo, await _our_pull(at), "Undone", "undone")


async def _ready(at: Scene) -> ActivityCall:
    return at.activities.mark_ready, PullInput(at.repo, await _our_pull(at, draft=True))


async def _to_draft(at: Scene) -> ActivityCall:
    return at.activities.convert_to_draft, PullInput(at.repo, await _our_pull(at))


async def _review(at: Scene) -> ActivityCall:
    return at.activities.request_pr_review, RequestReviewInput(at.repo, 1, ("reviewer", "nobody"), ("owners",))


async def _issue(at: Scene) -> ActivityCall:
    return at.activities.create_issue, CreateIssueInput(at.repo, "Broken", "It is", "key", ("one",), ("reviewer",))


async def _close(at: Scene) -> ActivityCall:
    return at.activities.close_issue, CloseIssueInput(at.repo, 2, "Done", "done", "not_planned")


async def _issue_comment(at: Scene) -> ActivityCall:
    return at.activities.add_issue_comment, IssueCommentInput(at.repo, 2, "Hello", "greeting")


async def _reply(at: Scene) -> ActivityCall:
    return at.activities.reply_comment, ReplyInput(at.repo, 1, "comment-7", "Yes")


async def _reaction(at: Scene) -> ActivityCall:
    return at.activities.add_reaction, ReactionInput(at.repo, at.comment, "eyes")


async def _gate_comment(at: Scene) -> ActivityCall:
    return at.activities.update_gate_comment, GateCommentInput(replace(at.head, pull=1), at.result)


async def _runs(at: Scene) -> ActivityCall:
    return at.activities.create_check_runs, CreateCheckRunsInput(at.head, NAMES, 0, OWNER)


async def _start(at: Scene) -> ActivityCall:
    return at.activities.start_check_run, StartCheckRunInput(at.repo, (await at.runs())["gate"])


async def _end(at: Scene) -> ActivityCall:
    """120 findings are three requests."""
    return at.activities.complete_check_run, CompleteCheckRunInput(
        at.head, (await at.runs())["linting"], CHECK, 0, OWNER
    )


async def _end_removed(at: Scene) -> ActivityCall:
    ids = await at.runs()
    at.there.suites[at.sha].runs.clear()
    return at.activities.complete_check_run, CompleteCheckRunInput(at.head, ids["linting"], CHECK, 0, OWNER)


async def _end_gate(at: Scene) -> ActivityCall:
    return at.activities.complete_gate_run, CompleteGateRunInput(
        at.head, (await at.runs())["gate"], at.result, 0, OWNER
    )


async def _update(at: Scene) -> ActivityCall:
    """The last verdicts with the gate's: 120 findings are three requests."""
    created = await at.activities.create_check_runs(CreateCheckRunsInput(at.head, NAMES, 0, OWNER))
    return at.activities.update_check_runs, UpdateCheckRunsInput(
        at.head, created.ids, created.node_ids, (CHECK,), 0, OWNER, result=at.result, all_ids=created.ids
    )


async def _update_removed(at: Scene) -> ActivityCall:
    method, wanted = await _update(at)
    at.there.suites[at.sha].runs.clear()
    return method, wanted


async def _show_running(at: Scene) -> ActivityCall:
    created = await at.activities.create_check_runs(CreateCheckRunsInput(at.head, NAMES, 0, OWNER))
    return at.activities.update_check_runs, UpdateCheckRunsInput(
        at.head, created.ids, created.node_ids, (CHECK,), 0, OWNER, show_running=True
    )


async def _end_all(at: Scene) -> ActivityCall:
    ended = EndCheckRunsInput(at.head, await at.runs(), "cancelled", "Cancelled on request.", owner_key=OWNER)
    return at.activities.end_check_runs, ended


CASES: tuple[Prepare, ...] = (
    _branch, _sync, _commit, _git_data, _first_config, _release, _draft, _published, _open, _merge, _status, _pull_comment,
    _edited_comment, _labels, _no_labels, _close_pull, _ready, _to_draft, _review, _issue, _close, _issue_comment, _reply, _reaction, _gate_comment, _runs,
    _start, _end, _end_removed, _end_gate, _end_all, _update, _update_removed, _show_running,
)  # fmt: skip


@dataclass
class Site:
    """A simulated GitHub on which each try has a repository of its own."""

    github: SimulatedGitHub
    activities: SimpleNamespace
    folder: Path
    count: int = 0

    async def scene(self) -> Scene:
        self.count += 1
        name, github = f"octocat/hello-{self.count:03}", self.github
        await github.repositories.add_repository(name, {"a.py": "import os\n"})
        github.store.add_user("reviewer")
        sha = await github.pushes.push_commit(name, "topic", {"a.py": "import sys\n"})
        await github.pulls.open_pull(name, "topic", title="A change")
        github.issues.open_issue(name, "A question")
        comment = github.issues.add_comment(name, 1, "/help").id
        (installation,) = github.store.installations
        owner, _, short = name.partition("/")
        repo = RepoRef(owner, short, installation, id=github.store.repository(name).id)
        return Scene(github, self.activities, repo, sha, self.folder, comment)


@pytest.fixture
async def site(
    simulated: SimulatedGitHub, session: ClientSession, results: ResultStore, tmp_path: Path
) -> AsyncIterator[Site]:
    github = GitHub(simulated.api_url, simulated.app_id, simulated.private_key_pem, session, limits=UNMETERED)
    results.put(CheckResult(CHECK, _found(120)))
    workspaces = Workspaces(tmp_path / "data", github.clone_url, github.git_auth, github.forget)
    yield Site(simulated, by_name(github, results, workspaces, IncidentStore(tmp_path / "incidents")), tmp_path)
    assert_valid(simulated.requests)


def _found(count: int) -> tuple[Finding, ...]:
    return tuple(Finding("linting", "ruff", "F401", "a.py", n + 1, "unused", "warning") for n in range(count))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.strip("_"))
async def test_lost_answer_changes_nothing(site: Site, case: Prepare) -> None:
    """The answer to each of its writes, each in another way."""
    at = await site.scene()
    method, wanted = await case(at)
    before = len(site.github.requests)
    result = await done(method, wanted)
    wrote = [(each.method, each.path) for each in site.github.requests[before:] if _writes(each.method, each.path)]
    once = await _state(at)
    assert wrote, "it does something"

    at = await site.scene()
    method, wanted = await case(at)
    for number in range(len(wrote)):
        site.github.faults.add(*_like(*wrote[number]), LOST[number % 3], after=True)
    again = await _tried(method, wanted, len(wrote))
    assert await _state(at) == once
    assert _facts(again) == _facts(result)


@pytest.mark.parametrize(
    "case",
    [_open, _issue, _close, _close_pull, _no_labels, _end, _update, _git_data, _published],
    ids=lambda case: case.__name__,
)
async def test_worker_dying_between_writes_changes_nothing(site: Site, case: Prepare) -> None:
    """Before each of them: GitHub never hears of it, nor of what was to come after it."""
    at = await site.scene()
    method, wanted = await case(at)
    before = len(site.github.requests)
    await done(method, wanted)
    wrote = {(each.method, each.path) for each in site.github.requests[before:] if _writes(each.method, each.path)}
    once = await _state(at)
    for verb, path in sorted(wrote):
        at = await site.scene()
        method, wanted = await case(at)
        site.github.faults.add(*_like(verb, path))
        await _tried(method, wanted, 1)
        assert await _state(at) == once, (verb, path)


def _writes(verb: str, path: str) -> bool:
    return verb != "GET" and not path.endswith("/access_tokens")


async def _tried(method: Callable[[Any], Awaitable[Any]], wanted: Any, failures: int) -> Any:
    """As Temporal does it: again after each failure, so often at most."""
    for attempt in range(1, failures + 1):
        try:
            return await done(method, wanted, attempt)
        except ApplicationError as error:
            if error.non_retryable:
                raise
    return await done(method, wanted, failures + 1)


async def _state(at: Scene) -> str:
    """All that people could see on GitHub, without what is another one each time: ids, times and the name."""
    there = at.there
    refs = (await git(there.path, "for-each-ref", "--format=%(refname)")).decode().split()
    trees = [
        await git_line(there.path, "log", "--topo-order", "--first-parent", "--format=%T %B", ref, "--") for ref in refs
    ]
    shown = {
        "refs": dict(zip(refs, trees, strict=True)),
        "issues": [_issue_of(issue) for issue in there.issues.values()],
        "runs": [
            (
                run.name,
                run.status,
                run.conclusion,
                run.title,
                run.summary,
                _sorted(run.annotations),
                _sorted(run.actions),
            )
            for run in there.runs()
        ],
        "statuses": [(each.context, each.state, each.description) for said in there.statuses.values() for each in said],
        "releases": [(each.tag, each.name, each.body, each.draft) for each in there.releases],
    }
    return re.sub(rf"{at.sha}|{at.sha[:7]}|{there.name}|\b\d{{4,}}\b", "*", str(shown))


def _sorted(items: list[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    return [sorted(each.items()) for each in items]


def _issue_of(issue: SimulatedIssue) -> tuple[object, ...]:
    said = [(comment.body, [each.content for each in comment.reactions]) for comment in issue.comments]
    pull = issue.pull and (
        [one.login for one in issue.pull.reviewers],
        issue.pull.teams,
        bool(issue.pull.merged_at),
        issue.pull.draft,
    )
    labels, people = [each.name for each in issue.labels], [each.login for each in issue.assignees]
    return issue.number, issue.title, issue.body, issue.state, issue.state_reason, labels, people, said, pull


_DIFFERS = ("changed", "at", "sha", "url", "id", "ids", "node_ids", "head_sha")


def _facts(result: Any) -> Mapping[str, Any]:
    """What it gives, without what may differ."""
    told = asdict(result) if result is not None else {}
    return {key: value for key, value in told.items() if key not in _DIFFERS}


def _like(verb: str, path: str) -> tuple[str, str]:
    """The same request in another repository."""
    return verb, re.sub(r"(?<=hello-)\d+|\b[0-9a-f]{40}\b|(?<=/)\d+", "[^/]+", path)
