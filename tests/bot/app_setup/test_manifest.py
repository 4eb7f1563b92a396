"""app.yml asks GitHub for what the routes use, and for nothing else."""

from pathlib import Path

import yaml

from bot.webhook.parsing import SENT_ANYWAY, heard
from bot.webhook.routes import PERMISSIONS

MANIFEST = yaml.safe_load((Path(__file__).parents[3] / "app.yml").read_text())

# What GitHub's documentation of each webhook event says an App needs to be sent it.
SENT_WITH = {
    "push": "contents",
    "pull_request": "pull_requests",
    "issue_comment": "issues",
    "issues": "issues",
    "repository": "metadata",
    "check_run": "checks",
    "check_suite": "checks",
    "merge_group": "merge_queues",
}


def test_it_asks_for_the_events_that_have_a_route() -> None:
    assert MANIFEST["default_events"] == sorted(heard() - SENT_ANYWAY)


def test_it_asks_for_the_permissions_that_the_routes_use() -> None:
    assert MANIFEST["default_permissions"] == PERMISSIONS


def test_every_event_is_sent_under_a_permission_it_asks_for() -> None:
    assert SENT_WITH.keys() == heard() - SENT_ANYWAY
    assert set(SENT_WITH.values()) <= PERMISSIONS.keys()


def test_only_what_is_written_may_be_written() -> None:
    writes = {name for name, level in PERMISSIONS.items() if level == "write"}
    assert writes == {"checks", "contents", "issues", "pull_requests", "statuses"}


def test_it_can_be_registered() -> None:
    assert MANIFEST["hook_attributes"]["url"].endswith("/webhook")
    assert MANIFEST["public"] is False
    assert {"name", "url", "redirect_url"} <= MANIFEST.keys()
