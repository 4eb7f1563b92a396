"""Each payload that is sent, held to GitHub's published schemas (`@octokit/webhooks-schemas`)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from simulator.github.server import SimulatedGitHub
from tests.simulator.conftest import REPO, Hook
from tests.simulator.test_endpoints import button

SCHEMAS = Path(__file__).parents[1] / "node_modules/@octokit/webhooks-schemas/schema.json"


async def test_every_payload_has_githubs_shape(github: SimulatedGitHub, told: Hook) -> None:
    await many_deeds(github)
    await github.hooks.idle()
    found = {(each.name, error) for each in github.deliveries for error in errors(each.name, each.payload)}
    assert found == set()
    assert {each.name for each in github.deliveries} == {
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


async def many_deeds(github: SimulatedGitHub) -> None:
    await pull_deeds(github)
    issue_deeds(github)
    await check_deeds(github)
    await github.reopen_pull(REPO, 1)
    await github.destroy_merge_group(REPO, await github.queue_merge(REPO, 1))
    await github.merge_pull(REPO, 1)
    await github.delete_branch(REPO, "feature")
    installation = next(iter(github.installations))
    github.suspend(installation)
    github.unsuspend(installation)
    github.remove_installation(installation)
    github.add_installation("octocat", [REPO])


async def pull_deeds(github: SimulatedGitHub) -> None:
    await github.push_commit(REPO, "feature", {"a.py": "x = 1\n"})
    await github.open_pull(REPO, "feature", title="Pull", body=None)
    await github.push_commit(REPO, "feature", {"src/hello.py": None})
    await github.push_commit(REPO, "base", {"b.py": "y = 1\n"})
    await github.edit_pull(REPO, 1, base="base", title="Better", body="why")
    github.set_draft(REPO, 1, True)
    github.set_draft(REPO, 1, False)
    github.add_label(REPO, 1, "later")
    github.remove_label(REPO, 1, "later")
    github.set_permission(REPO, "friend", "write")
    github.request_review(REPO, 1, ["friend"])
    github.unrequest_review(REPO, 1, ["friend"])
    comment = github.add_comment(REPO, 1, "hi")
    github.edit_comment(REPO, comment.id, "hello")
    github.delete_comment(REPO, comment.id)
    await github.close_pull(REPO, 1)


def issue_deeds(github: SimulatedGitHub) -> None:
    github.open_issue(REPO, "Bug")
    github.add_label(REPO, 2, "bug")
    github.remove_label(REPO, 2, "bug")
    github.edit_issue(REPO, 2, title="Bug!")
    github.lock_issue(REPO, 2)
    github.lock_issue(REPO, 2, False)
    github.assign(REPO, 2, ["octocat"])
    github.assign(REPO, 2, [])
    github.open_issue(REPO, "Spam")
    github.delete_issue(REPO, 3)


async def check_deeds(github: SimulatedGitHub) -> None:
    await github.set_state(REPO, 2, "closed")
    await github.set_state(REPO, 2, "open")
    repo, pull = github.repository(REPO), github.issue(REPO, 1).pull
    assert pull
    run = await github.create_run(repo, pull.head_sha, "lint", {"actions": [button()]})
    github.update_run(repo, run, {"conclusion": "failure", "output": {"title": "t", "summary": "s"}})
    github.press_button(REPO, run.id, "fix")
    github.rerun_check(REPO, run.id)
    github.rerun_suite(REPO, run.suite.id)


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


def test_a_wrong_payload_is_noticed() -> None:
    assert errors("push", {"ref": 3}) != []
