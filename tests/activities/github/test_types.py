"""Inputs and results are the same after Temporal's data converter."""

from types import SimpleNamespace

import pytest
from temporalio.converter import DataConverter

from activities.github.branches import (
    BranchInfoResult,
    CreateBranchInput,
    CreateBranchResult,
    SyncBranchInput,
    SyncBranchResult,
)
from activities.github.changelog.types import ChangelogInput, ChangelogResult
from activities.github.check_runs import (
    CompleteCheckRunInput,
    CompleteGateRunInput,
    CreateCheckRunsInput,
    CreateCheckRunsResult,
    EndCheckRunsInput,
    OurCheckRun,
    SuiteRunsResult,
)
from activities.github.comments import GateCommentInput, IssueCommentInput, PullCommentInput
from activities.github.commits.types import CreateCommitResult, PushBranchInput, PushBranchResult
from activities.github.deploying.types import DeployInput, DeployResult, RollbackInput
from activities.github.first_configuration import FirstConfigResult
from activities.github.issues import (
    AddLabelsInput,
    AddLabelsResult,
    CloseIssueInput,
    CloseIssueResult,
    CreateIssueInput,
    CreateIssueResult,
)
from activities.github.merging import MergeInput, MergeResult
from activities.github.permissions import PermissionResult
from activities.github.pulls import (
    CreatePullInput,
    CreatePullResult,
    PullFile,
    PullFilesResult,
    PullOfHeadResult,
    PullRequest,
)
from activities.github.releases import CreateReleaseInput, CreateReleaseResult
from activities.github.repo_config import (
    ConfigFileInput,
    ConfigFileResult,
    JudgedPullsResult,
    RepoSettings,
    RepoSettingsInput,
)
from activities.github.reviews import RequestReviewInput, RequestReviewResult
from activities.github.statuses import CommitStatusResult, PullStatusInput, PullStatusResult, StatusContext
from activities.model import Head, QualityCheck, QualityGateResult, RepoRef
from activities.planned_changes.types import FrozenIssue, PlanRevision, ReadIssueInput, RelatedThread

REPO = RepoRef("octocat", "hello", 5)
CHECK = QualityCheck("linting", "failed", 40.0, True, "x", metrics={"benchmarks": [{"id": "x", "s": 1.5}], "passed": 3})
GATE = QualityGateResult("a", "b", "failed", False, 4.0, (CHECK,), ("linting",), ("line",))


@pytest.mark.parametrize(
    "message",
    [
        CreateCheckRunsInput(Head(REPO, "a"), ("linting", "gate"), 1, "owner"),
        CreateCheckRunsResult({"linting": 1}),
        CompleteCheckRunInput(Head(REPO, "a"), 1, CHECK),
        CompleteGateRunInput(Head(REPO, "a"), 1, GATE, check_run_ids={"linting": 1}),
        EndCheckRunsInput(Head(REPO, "a"), {"linting": 1}, "cancelled"),
        SuiteRunsResult((OurCheckRun(1, "linting", "key"),)),
        GateCommentInput(Head(REPO, "a", pull=1), GATE, {"linting": 1}),
        PullOfHeadResult(),
        PullOfHeadResult(PullRequest(1, "t", "open", False, False, "a", "r", "b", "main", False)),
        PermissionResult("write"),
        BranchInfoResult("main", "a"),
        CreateCommitResult("a", True),
        CreateBranchInput(REPO, "a", "main"),
        CreateBranchResult("a", "b", True),
        SyncBranchInput(REPO, "a", "main", "words"),
        SyncBranchResult("b", False),
        PushBranchInput(REPO, "a", "/x", "b", True, "c"),
        PushBranchResult("b", True),
        CommitStatusResult(
            "failure", (StatusContext("linting", "failure", "2 new", True), StatusContext("ci", "success", "", False))
        ),
        CreateReleaseInput(REPO, "v1", "1", "text", draft=True),
        CreateReleaseResult(1, "https://github.com/octocat/hello/releases/1", True),
        CreatePullInput(REPO, "a", "main", "t", "b", True, ("x", "y"), ("octocat",)),
        CreatePullResult(1, "https://github.com/octocat/hello/pull/1", "a", True, ("octocat",)),
        MergeInput(REPO, 1, "a", "squash", "t", "m"),
        MergeResult("", False, ("ci", "1 more approval")),
        PullStatusInput(REPO, 1, "success", "d"),
        PullStatusResult("a", True),
        PullCommentInput(REPO, 1, "c", "k"),
        PullFilesResult((PullFile("a", "renamed", 1, 2, "b"), PullFile("c", "added", 0, 0)), False),
        AddLabelsInput(REPO, 1, ("x",)),
        AddLabelsResult(("x", "y"), True),
        RequestReviewInput(REPO, 1, ("octocat",), ("team",)),
        RequestReviewResult(("octocat",), ("team",), ("stranger",), True),
        CreateIssueInput(REPO, "t", "b", "k", ("x",), ("octocat",)),
        CreateIssueResult(1, "https://github.com/octocat/hello/issues/1", True),
        IssueCommentInput(REPO, 1, "c", "k"),
        CloseIssueInput(REPO, 1, "c", "k", "not_planned"),
        CloseIssueResult(True),
        RepoSettingsInput(REPO),
        ConfigFileInput(REPO, "main", "a", "b"),
        ConfigFileResult(True, "a", "b"),
        FirstConfigResult("autobuild/init", "main", "body", "", 3),
        JudgedPullsResult((Head(REPO, "", "topic", "main", pull=1, fork=True),)),
        ReadIssueInput(REPO, 1, 1.5, (PlanRevision(1, "a", "octocat"),)),
        FrozenIssue("t", "octocat", "a", "b", ("autobuild",), (RelatedThread(2, "pull", "t", True),), 3, "refused"),
        ChangelogInput(REPO, "v1", "v2"),
        ChangelogResult("a", 3, 2, 1, "p"),
        DeployInput(REPO, "a", "staging", 3, "k"),
        RollbackInput(REPO, "staging", 7, "k", 3),
        DeployResult(True, "t", 7, "a", "success", "https://staging.example.com"),
        RepoSettings({"autobuild": "go"}, {"retest": "write"}, True, "rebase", "problem", 3, "main"),
    ],
    ids=lambda message: type(message).__name__,
)
async def test_type_survives_the_data_converter(message: object) -> None:
    converter = DataConverter.default
    assert await converter.decode(await converter.encode([message]), [type(message)]) == [message]


def test_every_activity_is_registered_by_its_name(activities: SimpleNamespace) -> None:
    assert sorted(vars(activities)) == [
        "add_issue_comment",
        "add_pr_comment",
        "add_pr_labels",
        "add_reaction",
        "branch_info",
        "check_acceptance",
        "close_issue",
        "close_pull_request",
        "comment_on_merged_pulls",
        "complete_check_run",
        "complete_gate_run",
        "convert_to_draft",
        "count_hotfixes",
        "create_branch",
        "create_check_runs",
        "create_commit",
        "create_issue",
        "create_postmortem",
        "create_pull_request",
        "create_release",
        "delete_branch",
        "deploy_to_staging",
        "end_branches_of",
        "end_check_runs",
        "end_gone_branches",
        "fetch_changes",
        "find_incident",
        "find_pull_of_head",
        "find_unfinished_heads",
        "generate_changelog",
        "get_branch_state",
        "get_commit_pulls",
        "get_commit_status",
        "get_config_file",
        "get_issue_labels",
        "get_label_setter",
        "get_permission",
        "get_pr_files",
        "get_pull_request",
        "get_push_time",
        "get_rate_limit",
        "get_repo_settings",
        "list_failed_deliveries",
        "list_installations",
        "list_judged_pulls",
        "list_open_pulls",
        "list_pulls_of_head",
        "list_repositories",
        "list_required_checks",
        "list_suite_runs",
        "look_up_push",
        "mark_ready",
        "merge_pull_request",
        "open_hotfix_pull",
        "open_incident_issue",
        "open_migration_pull",
        "open_planned_pull",
        "push_branch",
        "push_request",
        "read_baseline",
        "read_ci",
        "read_issue",
        "read_patch_requests",
        "redeliver",
        "rejudge_heads",
        "remind_branches",
        "remove_labels",
        "replace_branch",
        "reply_comment",
        "reply_to_thread",
        "request_pr_review",
        "rerun_lost_verdict",
        "review_baseline",
        "rollback_deployment",
        "show_incident",
        "show_migration",
        "show_migration_diff",
        "show_patch",
        "show_patch_diff",
        "show_planned_change",
        "show_planned_diff",
        "start_check_run",
        "sync_branch",
        "update_check_runs",
        "update_gate_comment",
        "update_pr_status",
        "write_first_config",
    ]
