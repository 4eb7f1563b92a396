"""What goes into a history comes out of it as it was."""

import pytest
from temporalio.converter import DataConverter

from activities.github.branch_nouns import (
    BranchMade,
    BranchPush,
    BranchPushed,
    BranchSync,
    BranchSynced,
    CommitStatus,
    Context,
    NewBranch,
    ReleaseMade,
    ReleaseWanted,
)
from activities.github.requests import (
    BranchInfo,
    CheckRunEnd,
    CheckRunsEnded,
    CheckRunsPosted,
    CheckRunsWanted,
    CommitMade,
    GateComment,
    GateRunEnd,
    Permission,
    PullFound,
    PullRequest,
    SuiteRun,
    SuiteRuns,
)
from activities.github_activities import GitHubActivities
from activities.model import QualityCheck, QualityGateResult, RepoRef

REPO = RepoRef("octocat", "hello", 5)
CHECK = QualityCheck("linting", "failed", 40.0, True, "x", metrics={"benchmarks": [{"id": "x", "s": 1.5}], "passed": 3})
GATE = QualityGateResult("a", "b", "failed", False, 4.0, (CHECK,), ("linting",), ("line",))


@pytest.mark.parametrize(
    "message",
    [
        CheckRunsWanted(REPO, "a", ("linting", "gate"), 1, "owner"),
        CheckRunsPosted({"linting": 1}),
        CheckRunEnd(REPO, "a", 1, CHECK),
        GateRunEnd(REPO, "a", 1, GATE, check_run_ids={"linting": 1}),
        CheckRunsEnded(REPO, "a", {"linting": 1}, "cancelled", "Cancelled"),
        SuiteRuns((SuiteRun(1, "linting", "key", "queued"),)),
        GateComment(REPO, 1, GATE, {"linting": 1}),
        PullFound(),
        PullFound(PullRequest(1, "t", "octocat", "open", False, False, "a", "r", "octocat/hello", "b", "main", False)),
        Permission("write"),
        BranchInfo("main", "a"),
        CommitMade("a", True),
        NewBranch(REPO, "a", "main"),
        BranchMade("a", "b", True),
        BranchSync(REPO, "a", "main", "words"),
        BranchSynced("b", False),
        BranchPush(REPO, "a", "/x", "b", True, "c"),
        BranchPushed("b", True),
        CommitStatus("failure", (Context("linting", "failure", "2 new", True), Context("ci", "success", "", False))),
        ReleaseWanted(REPO, "v1", "1", "text", draft=True),
        ReleaseMade(1, "https://github.com/octocat/hello/releases/1", True),
    ],
    ids=lambda message: type(message).__name__,
)
async def test_it_comes_back_as_it_was(message: object) -> None:
    converter = DataConverter.default
    assert await converter.decode(await converter.encode([message]), [type(message)]) == [message]


def test_the_worker_registers_every_activity_by_its_name(hands: GitHubActivities) -> None:
    assert sorted(method.__name__ for method in hands.all()) == [
        "add_reaction",
        "branch_info",
        "complete_check_run",
        "complete_gate_run",
        "create_branch",
        "create_check_runs",
        "create_commit",
        "create_release",
        "end_check_runs",
        "find_pull_of_head",
        "get_commit_pulls",
        "get_commit_status",
        "get_permission",
        "get_pull_request",
        "list_open_pulls",
        "list_suite_runs",
        "push_branch",
        "reply_comment",
        "start_check_run",
        "sync_branch",
        "update_gate_comment",
    ]
