"""app.yml asks GitHub for what the routes use, and for nothing else."""

from pathlib import Path

import yaml

from bot.webhook.parsing import SENT_ANYWAY, used_events
from bot.webhook.routes import PERMISSIONS

MANIFEST = yaml.safe_load((Path(__file__).parents[3] / "app.yml").read_text())

# What GitHub's documentation of each webhook event says an App needs to be sent it.
SENT_WITH = {
    "push": "contents",
    "pull_request": "pull_requests",
    "issue_comment": "issues",
    "issues": "issues",
    "repository": "metadata",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "check_run": "checks",
    "check_suite": "checks",
    "merge_group": "merge_queues",
    "deployment_status": "deployments",
}


def test_events_are_those_with_a_route() -> None:
    assert MANIFEST["default_events"] == sorted(used_events() - SENT_ANYWAY)


def test_permissions_are_those_of_the_routes() -> None:
    assert MANIFEST["default_permissions"] == PERMISSIONS


def test_every_event_has_its_permission() -> None:
    assert SENT_WITH.keys() == used_events() - SENT_ANYWAY
    assert set(SENT_WITH.values()) <= PERMISSIONS.keys()


def test_write_permissions_are_minimal() -> None:
    writes = {name for name, level in PERMISSIONS.items() if level == "write"}
    assert writes == {"checks", "contents", "deployments", "issues", "pull_requests", "statuses"}


def test_manifest_has_what_github_requires() -> None:
    assert MANIFEST["hook_attributes"]["url"].endswith("/webhook")
    assert MANIFEST["public"] is False
    assert {"name", "url", "redirect_url"} <= MANIFEST.keys()
