"""Each payload that is sent, checked against GitHub's published schemas (`@octokit/webhooks-schemas`)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from simulator.github.server import SimulatedGitHub
from tests.simulator.conftest import REPO, WebhookReceiver
from tests.simulator.test_endpoints import button

SCHEMAS = Path(__file__).parents[1] / "node_modules/@octokit/webhooks-schemas/schema.json"


async def test_every_payload_matches_githubs_schema(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    await carry_out_actions(github)
    await github.webhooks.idle()
    found = {(each.name, error) for each in github.webhooks.deliveries for error in errors(each.name, each.payload)}
    assert found == set()
    assert {each.name for each in github.webhooks.deliveries} == {
        "check_run.completed", "check_run.created", "check_run.requested_action", "check_run.rerequested",
        "check_suite.completed", "check_suite.requested", "check_suite.rerequested", "create", "delete",
        "installation.created", "installation.deleted", "installation.suspend", "installation.unsuspend",
        "issue_comment.created", "issue_comment.deleted", "issue_comment.edited",
        "issues.assigned", "issues.closed", "issues.deleted", "issues.edited", "issues.labeled", "issues.locked",
        "issues.opened", "issues.reopened", "issues.unassigned", "issues.unlabeled", "issues.unlocked",
        "merge_group.checks_requested", "merge_group.destroyed",
        "pull_request.closed", "pull_request.converted_to_draft", "pull_request.edited", "pull_request.labeled",
        "pull_request.opened", "pull_request.ready_for_review", "pull_request.reopened",
        "pull_request.review_request_removed", "pull_request.review_requested", "pull_request.synchronize",
        "pull_request.unlabeled", "push",
    }  # fmt: skip


async def carry_out_actions(github: SimulatedGitHub) -> None:
    await pull_actions(github)
    issue_actions(github)
    await check_actions(github)
    await github.pulls.reopen_pull(REPO, 1)
    await github.merging.destroy_merge_group(REPO, await github.merging.queue_merge(REPO, 1))
    await github.merging.merge_pull(REPO, 1)
    await github.pushes.delete_branch(REPO, "feature")
    installation = next(iter(github.store.installations))
    github.installations.suspend(installation)
    github.installations.unsuspend(installation)
    github.installations.remove_installation(installation)
    github.installations.add_installation("octocat", [REPO])


async def pull_actions(github: SimulatedGitHub) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a.py": "x = 1\n"})
    await github.pulls.open_pull(REPO, "feature", title="Pull", body=None)
    await github.pushes.push_commit(REPO, "feature", {"src/hello.py": None})
    await github.pushes.push_commit(REPO, "base", {"b.py": "y = 1\n"})
    await github.pulls.edit_pull(REPO, 1, base="base", title="Better", body="why")
    github.pulls.set_draft(REPO, 1, True)
    github.pulls.set_draft(REPO, 1, False)
    github.issues.add_label(REPO, 1, "later")
    github.issues.remove_label(REPO, 1, "later")
    github.repositories.set_permission(REPO, "friend", "write")
    github.reviews.request_review(REPO, 1, ["friend"])
    github.reviews.unrequest_review(REPO, 1, ["friend"])
    comment = github.issues.add_comment(REPO, 1, "hi")
    github.issues.edit_comment(REPO, comment.id, "hello")
    github.issues.delete_comment(REPO, comment.id)
    await github.pulls.close_pull(REPO, 1)


def issue_actions(github: SimulatedGitHub) -> None:
    github.issues.open_issue(REPO, "Bug")
    github.issues.add_label(REPO, 2, "bug")
    github.issues.remove_label(REPO, 2, "bug")
    github.issues.edit_issue(REPO, 2, title="Bug!")
    github.issues.lock_issue(REPO, 2)
    github.issues.lock_issue(REPO, 2, False)
    github.issues.assign(REPO, 2, ["octocat"])
    github.issues.assign(REPO, 2, [])
    github.issues.open_issue(REPO, "Spam")
    github.issues.delete_issue(REPO, 3)


async def check_actions(github: SimulatedGitHub) -> None:
    await github.pulls.set_state(REPO, 2, "closed")
    await github.pulls.set_state(REPO, 2, "open")
    repo, pull = github.store.repository(REPO), github.store.issue(REPO, 1).pull
    assert pull
    run = await github.checks.create_run(repo, pull.head_sha, "lint", {"actions": [button()]})
    github.checks.update_run(repo, run, {"conclusion": "failure", "output": {"title": "t", "summary": "s"}})
    github.checks.press_button(REPO, run.id, "fix")
    github.checks.rerun_check(REPO, run.id)
    github.checks.rerun_suite(REPO, run.suite.id)


def errors(name: str, payload: Any) -> list[str]:
    """`name` is an event with its action; the schemas call it `push$event` or `issues$opened`."""
    event, _, action = name.partition(".")
    return [
        f"{error.json_path}: {error.message[-200:]}"
        for error in validator(f"{event}${action or 'event'}").iter_errors(payload)
    ]


@cache
def validator(definition: str) -> Draft7Validator:
    definitions = json.loads(SCHEMAS.read_bytes())["definitions"]
    return Draft7Validator({"$ref": f"#/definitions/{definition}", "definitions": definitions})


def test_invalid_payload_is_detected() -> None:
    assert errors("push", {"ref": 3}) != []
