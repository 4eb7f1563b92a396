"""What goes into a history comes out of it as it was."""

import pytest
from temporalio.converter import DataConverter

from activities.github.types.branches import (
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
from activities.github.types.check_runs import (
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
from activities.github.types.issues import IssueClose, IssueClosed, IssueComment, IssueMade, NewIssue
from activities.github.types.pulls import (
    LabelsAdded,
    Merge,
    Merged,
    NewPull,
    PullComment,
    PullFile,
    PullFiles,
    PullLabels,
    PullMade,
    PullStatus,
    ReviewRequested,
    ReviewWanted,
    StatusPosted,
)
from activities.github.types.repo_config import RepoSettings, SettingsWanted
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
        NewPull(REPO, "a", "main", "t", "b", True, ("x", "y"), ("octocat",)),
        PullMade(1, "https://github.com/octocat/hello/pull/1", "a", True, ("octocat",)),
        Merge(REPO, 1, "a", "squash", "t", "m"),
        Merged("", False, ("ci", "1 more approval")),
        PullStatus(REPO, 1, "success", "d"),
        StatusPosted("a", True),
        PullComment(REPO, 1, "c", "k"),
        PullFiles((PullFile("a", "renamed", 1, 2, "b"), PullFile("c", "added", 0, 0)), False),
        PullLabels(REPO, 1, ("x",)),
        LabelsAdded(("x", "y"), True),
        ReviewWanted(REPO, 1, ("octocat",), ("team",)),
        ReviewRequested(("octocat",), ("team",), ("stranger",), True),
        NewIssue(REPO, "t", "b", "k", ("x",), ("octocat",)),
        IssueMade(1, "https://github.com/octocat/hello/issues/1", True),
        IssueComment(REPO, 1, "c", "k"),
        IssueClose(REPO, 1, "c", "k", "not_planned"),
        IssueClosed(True),
        SettingsWanted(REPO),
        RepoSettings({"autobuild": "go"}, {"retest": "write"}, True, "rebase", "problem", 3, "main"),
    ],
    ids=lambda message: type(message).__name__,
)
async def test_it_comes_back_as_it_was(message: object) -> None:
    converter = DataConverter.default
    assert await converter.decode(await converter.encode([message]), [type(message)]) == [message]


def test_the_worker_registers_every_activity_by_its_name(hands: GitHubActivities) -> None:
    assert sorted(method.__name__ for method in hands.all()) == [
        "add_issue_comment",
        "add_pr_comment",
        "add_pr_labels",
        "add_reaction",
        "branch_info",
        "close_issue",
        "complete_check_run",
        "complete_gate_run",
        "create_branch",
        "create_check_runs",
        "create_commit",
        "create_issue",
        "create_pull_request",
        "create_release",
        "end_branches_of",
        "end_check_runs",
        "end_gone_branches",
        "find_pull_of_head",
        "find_unfinished_heads",
        "get_commit_pulls",
        "get_commit_status",
        "get_issue_labels",
        "get_permission",
        "get_pr_files",
        "get_pull_request",
        "get_repo_settings",
        "list_failed_deliveries",
        "list_installations",
        "list_open_pulls",
        "list_repositories",
        "list_suite_runs",
        "mend_lost_verdict",
        "merge_pull_request",
        "push_branch",
        "redeliver",
        "remind_branches",
        "reply_comment",
        "request_pr_review",
        "start_check_run",
        "sync_branch",
        "update_gate_comment",
        "update_pr_status",
    ]
