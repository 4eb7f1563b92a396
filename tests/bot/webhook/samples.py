"""Payloads as GitHub sends them, cut to what may matter, with room for what a test changes."""

import itertools
from typing import Any

SHA = "a" * 40
OLD = "b" * 40
BASE = "c" * 40
NONE = "0" * 40
AT = 1_800_000_000

_numbers = itertools.count(1)


def repository(full_name: str = "octocat/hello", **changes: Any) -> dict[str, Any]:
    owner, name = full_name.split("/")
    return {
        "id": 1,
        "name": name,
        "full_name": full_name,
        "owner": {"login": owner},
        "default_branch": "main",
        "pushed_at": AT,
        **changes,
    }


def unique() -> str:
    """A repository that no other test of this run knows."""
    return f"octocat/hello-{next(_numbers)}"


def event(full_name: str = "octocat/hello", **parts: Any) -> dict[str, Any]:
    return {
        "repository": repository(full_name),
        "sender": {"login": "octocat", "type": "User"},
        "installation": {"id": 5},
        **parts,
    }


def push(full_name: str = "octocat/hello", ref: str = "refs/heads/topic", **changes: Any) -> dict[str, Any]:
    return event(full_name, **{"ref": ref, "before": OLD, "after": SHA, "deleted": False, **changes})


def pull(action: str, full_name: str = "octocat/hello", head_repo: str | None = "", **changes: Any) -> dict[str, Any]:
    """`head_repo` "" is the same repository, None a deleted fork."""
    head = None if head_repo is None else repository(head_repo or full_name)
    request = {
        "number": 3,
        "draft": False,
        "updated_at": "2027-01-15T08:00:00Z",
        "head": {"ref": "topic", "sha": SHA, "repo": head},
        "base": {"ref": "main", "sha": BASE, "repo": repository(full_name)},
    }
    return event(full_name, **{"action": action, "number": 3, "pull_request": request, **changes})


def deployment(state: str, full_name: str = "octocat/hello", **changes: Any) -> dict[str, Any]:
    status = {
        "id": 41,
        "state": state,
        "environment": "production",
        "description": "The smoke tests failed.",
        "created_at": "2026-11-30T08:00:00Z",
        "log_url": "https://github.com/octocat/hello/actions/runs/1",
        "target_url": "",
    }
    about = {"id": 42, "sha": SHA, "ref": "main", "environment": "production", "production_environment": True}
    parts = {"deployment": about | changes, "deployment_status": status}
    return event(full_name, action="created", **parts)


def suite(action: str, full_name: str = "octocat/hello", **changes: Any) -> dict[str, Any]:
    about = {
        "id": 11,
        "head_sha": SHA,
        "head_branch": "topic",
        "before": OLD,
        "app": {"id": 7},
        "updated_at": "2027-01-15T08:00:00Z",
        "pull_requests": [],
        **changes,
    }
    return event(full_name, action=action, check_suite=about)


def run(action: str, full_name: str = "octocat/hello", identifier: str = "", **changes: Any) -> dict[str, Any]:
    about = {
        "id": 21,
        "name": "autobuild / linting",
        "head_sha": SHA,
        "external_id": "gate-1",
        "completed_at": "2027-01-15T08:00:00Z",
        "app": {"id": 7},
        "check_suite": suite("requested")["check_suite"],
        "pull_requests": [],
        **changes,
    }
    button = {"requested_action": {"identifier": identifier}} if identifier else {}
    return event(full_name, action=action, check_run=about, **button)


def group(action: str, full_name: str = "octocat/hello") -> dict[str, Any]:
    about = {
        "head_sha": SHA,
        "head_ref": "refs/heads/gh-readonly-queue/main/pr-3-abc",
        "base_sha": BASE,
        "base_ref": "refs/heads/main",
    }
    return event(full_name, action=action, merge_group=about)


def comment(body: str, full_name: str = "octocat/hello", id: int = 31, **changes: Any) -> dict[str, Any]:
    return event(
        full_name,
        **{
            "action": "created",
            "issue": {"number": 3, "pull_request": {"url": "https://api.github.com/x"}},
            "comment": {"id": id, "body": body, "performed_via_github_app": None},
            **changes,
        },
    )


def label(
    action: str, full_name: str = "octocat/hello", at: str = "2027-01-15T08:00:00Z", **changes: Any
) -> dict[str, Any]:
    parts = {"action": action, "issue": {"number": 4, "updated_at": at}, "label": {"name": "bug"}}
    return event(full_name, **{**parts, **changes})


def installation(action: str, **changes: Any) -> dict[str, Any]:
    """It names no repository of its own."""
    whole = {"id": 5, "account": {"login": "octocat"}}
    return {"action": action, "installation": whole, "sender": {"login": "octocat", "type": "User"}, **changes}


def review_comment(body: str | None, id: int = 41, **changes: Any) -> dict[str, Any]:
    about = {"id": id, "body": body, "created_at": "2027-01-15T08:00:00Z", "path": "a.py"}
    return event(**{"action": "created", "pull_request": {"number": 3}, "comment": about, **changes})


def review(body: str | None, **changes: Any) -> dict[str, Any]:
    about = {"id": 51, "body": body, "submitted_at": "2027-01-15T08:00:00Z", "state": "commented"}
    return event(**{"action": "submitted", "pull_request": {"number": 3}, "review": about, **changes})
