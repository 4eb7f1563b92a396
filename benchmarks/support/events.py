"""Signed deliveries as GitHub sends them, with a repository of GitHub's own size in each."""

import hashlib
import hmac
import itertools
import json
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
Event = tuple[str, bytes]
"""(X-GitHub-Event, body)."""

_SHA = "a" * 40
_URLS = (
    *("archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents"),
    *("contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks"),
    *("issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones", "pulls"),
    *("releases", "stargazers", "statuses", "subscribers", "tags", "teams", "trees", "clone", "git", "html", "ssh"),
)
_numbers = itertools.count(1)


def ignored() -> list[Event]:
    """Five kinds that start nothing: one is unknown, others must be read to see it."""
    run = {"id": 1, "name": "autobuild / gate", "head_sha": _SHA, "check_suite": {"id": 1, "head_sha": _SHA}}
    pull = {"number": 3, "url": "", "body": "words " * 200}
    comment = {"id": 1, "body": "I wonder whether this is right. " * 20}
    return [
        _event("workflow_job", action="completed", workflow_job={"id": 1, "steps": [_urls("step")] * 3}),
        _event("check_run", action="created", check_run={**run, **_urls("run")}),
        _event("pull_request", action="labeled", pull_request={**pull, **_urls("pull")}),
        _event("push", ref="refs/tags/v1", before=_SHA, after=_SHA, commits=[_urls("commit")] * 2),
        _event("issue_comment", action="created", issue={"number": 3, "pull_request": {}}, comment=comment),
    ]


def pushes(count: int) -> list[Event]:
    """Pushes to new branches: each starts a workflow."""
    return [
        _event(
            "push",
            ref=f"refs/heads/b{next(_numbers)}",
            before="0" * 40,
            after=_SHA,
            deleted=False,
            commits=[_urls("c")],
        )
        for _ in range(count)
    ]


def requests(events: Iterable[Event], secret: str) -> list[bytes]:
    """The same as whole HTTP requests."""
    return [_request(name, body, secret) for name, body in events]


def _event(name: str, **parts: Any) -> Event:
    repository = {
        "id": 1,
        "full_name": "octocat/hello",
        "name": "hello",
        "default_branch": "main",
        "pushed_at": 1_800_000_000,
    }
    around = {"sender": {"login": "octocat", "type": "User", **_urls("user")}, "installation": {"id": 5}}
    return name, json.dumps({**parts, "repository": {**repository, **_urls("repos/octocat/hello")}, **around}).encode()


def _urls(kind: str) -> Json:
    return {f"{name}_url": f"https://api.example.com/{kind}/{name}{{/sha}}" for name in _URLS}


def _request(name: str, body: bytes, secret: str) -> bytes:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        "POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-GitHub-Event: {name}\r\nX-GitHub-Delivery: d-{next(_numbers)}\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
