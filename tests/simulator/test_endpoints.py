"""Every endpoint once, each answer checked against GitHub's description of the API."""

import dataclasses
from typing import Any

import pytest

from simulator.github.rest.server import ENDPOINTS
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.walks import (
    Walk,
    walk_contents,
    walk_deployments,
    walk_merges,
    walk_objects,
    walk_releases,
    walk_reviews,
    walk_rulesets,
    walk_statuses,
)

R = f"/repos/{REPO}"


async def test_every_endpoint_matches_githubs_description(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    files = {"src/hello.py": "print('bye')\n", "new.py": "x = 1\n", "README.md": None}
    sha = await github.pushes.push_commit(REPO, "feature", files)
    await github.pushes.push_commit(REPO, "other", {"other.py": "y = 2\n"})
    await github.store.wait_for(lambda: github.webhooks.deliveries)
    go = Walk(ask)
    await walk_app(go, next(iter(github.store.installations)))
    await walk_repository(go)
    await walk_rulesets(go)
    await walk_git(go, sha)
    await walk_objects(go)
    await walk_releases(go)
    number = await walk_pulls(go, sha)
    await walk_issues(go)
    await walk_comments(go, number)
    await walk_checks(go, sha)
    await walk_statuses(go, sha)
    await walk_deployments(go)
    await walk_reviews(go, number)
    await walk_merges(go, number)
    await go("DELETE", "/installation/token", status=204)
    await walk_registration(go, github)

    openapi.assert_valid(github.requests)
    requested = {(each.method, each.template) for each in github.requests}
    assert requested == {(each.method, each.template) for each in ENDPOINTS if each.template != "/graphql"}


async def walk_app(go: Walk, installation: int) -> None:
    await go("GET", "/app", who="app")
    await go("GET", "/app/installations", who="app")
    await go("GET", f"/app/installations/{installation}", who="app")
    await go("GET", f"{R}/installation", who="app")
    only = {"repositories": ["hello"], "permissions": {"contents": "read"}}
    await go("POST", f"/app/installations/{installation}/access_tokens", only, who="app", status=201)
    await walk_hook(go)
    await go("GET", "/installation/repositories")
    await go("GET", "/rate_limit")
    await go("GET", "/meta")
    await go("GET", "/users/octocat")


async def walk_hook(go: Walk) -> None:
    config = await go("GET", "/app/hook/config", who="app")
    await go("PATCH", "/app/hook/config", {"url": config["url"], "secret": "a new secret"}, who="app")
    delivery = (await go("GET", "/app/hook/deliveries?per_page=5&status=success", who="app"))[0]["id"]
    await go("GET", f"/app/hook/deliveries/{delivery}", who="app")
    await go("POST", f"/app/hook/deliveries/{delivery}/attempts", who="app", status=202)


async def walk_registration(go: Walk, github: SimulatedGitHub) -> None:
    made = await github.apps.register_app({"name": "Another", "url": "https://example.com"})
    await go("POST", f"/app-manifests/{made.code}/conversions", who="", status=201)


async def walk_repository(go: Walk) -> None:
    await go("GET", R)
    await go("GET", f"{R}/branches?protected=false")
    await go("GET", f"{R}/branches/main")
    go.ask.github.protection.protect(REPO, "other", checks=["ci"], reviews=1, pushers=["octocat", "autobuild[bot]"])
    await go("GET", f"{R}/branches/other/protection", who="octocat")
    go.ask.github.protection.protect(REPO, "other", False)
    await go("GET", f"{R}/rules/branches/main")
    await go("GET", f"{R}/collaborators/octocat/permission")
    await walk_contents(go)


async def walk_git(go: Walk, sha: str) -> None:
    await go("GET", f"{R}/git/ref/heads/main")
    await go("GET", f"{R}/git/matching-refs/heads/")
    await go("POST", f"{R}/git/refs", {"ref": "refs/heads/made", "sha": sha}, status=201)
    await go("PATCH", f"{R}/git/refs/heads/other", {"sha": sha, "force": True})
    await go("DELETE", f"{R}/git/refs/heads/made", status=204)
    await go("GET", f"{R}/commits?sha=feature")
    await go("GET", f"{R}/commits/feature")
    await go("GET", f"{R}/compare/main...feature")


async def walk_pulls(go: Walk, sha: str) -> int:
    pull = {"title": "Pull", "head": "feature", "base": "main", "body": "why"}
    number = (await go("POST", f"{R}/pulls", pull, status=201))["number"]
    await go("GET", f"{R}/pulls?state=open&head=octocat:feature&base=main")
    await go("GET", f"{R}/pulls/{number}")
    await go("PATCH", f"{R}/pulls/{number}", {"title": "Better", "body": "because"})
    await go("GET", f"{R}/pulls/{number}/files?per_page=100")
    await go("GET", f"{R}/pulls/{number}/commits")
    await go("GET", f"{R}/commits/{sha}/pulls")
    return int(number)


async def walk_issues(go: Walk) -> None:
    bug = {"title": "Bug", "body": "it breaks", "labels": ["bug"]}
    number = (await go("POST", f"{R}/issues", bug, status=201))["number"]
    await go("GET", f"{R}/issues?state=all")
    await go("GET", f"{R}/issues/{number}")
    await go("POST", f"{R}/issues/{number}/reactions", {"content": "+1"}, status=201)
    await go("POST", f"{R}/labels", {"name": "later", "color": "ff0000", "description": "not now"}, status=201)
    await go("GET", f"{R}/labels")
    await go("POST", f"{R}/issues/{number}/labels", {"labels": ["later"]})
    await go("GET", f"{R}/issues/{number}/labels")
    await go("DELETE", f"{R}/issues/{number}/labels/later")
    await go("PUT", f"{R}/issues/{number}/labels", {"labels": ["bug"]})
    await go("DELETE", f"{R}/issues/{number}/labels", status=204)
    await go("GET", f"{R}/issues/{number}/events")
    await go("POST", f"{R}/issues/{number}/assignees", {"assignees": ["octocat", "stranger"]}, status=201)
    await go("PATCH", f"{R}/issues/{number}", {"state": "closed"})


async def walk_comments(go: Walk, number: int) -> None:
    comment = (await go("POST", f"{R}/issues/{number}/comments", {"body": "hi"}, status=201))["id"]
    await go("GET", f"{R}/issues/{number}/comments")
    await go("GET", f"{R}/issues/comments/{comment}")
    await go("PATCH", f"{R}/issues/comments/{comment}", {"body": "hello"})
    await go("POST", f"{R}/issues/comments/{comment}/reactions", {"content": "eyes"}, status=201)
    await go("GET", f"{R}/issues/comments/{comment}/reactions")
    await go("DELETE", f"{R}/issues/comments/{comment}", status=204)


async def walk_checks(go: Walk, sha: str) -> None:
    output = {"title": "t", "summary": "s", "annotations": [annotation()]}
    run = {"name": "lint", "head_sha": sha, "conclusion": "failure", "output": output, "actions": [button()]}
    check = (await go("POST", f"{R}/check-runs", run, status=201))["id"]
    await go("GET", f"{R}/check-runs/{check}")
    await go("PATCH", f"{R}/check-runs/{check}", {"output": output})
    await go("GET", f"{R}/check-runs/{check}/annotations")
    await go("POST", f"{R}/check-runs/{check}/rerequest", status=201)
    await go("GET", f"{R}/commits/feature/check-runs?filter=all&check_name=lint&status=completed")
    suite = (await go("GET", f"{R}/commits/{sha}/check-suites"))["check_suites"][0]["id"]
    await go("POST", f"{R}/check-suites", {"head_sha": sha})
    await go("GET", f"{R}/check-suites/{suite}")
    await go("GET", f"{R}/check-suites/{suite}/check-runs")
    await go("POST", f"{R}/check-suites/{suite}/rerequest", status=201)


def test_every_endpoint_is_in_githubs_description() -> None:
    assert {(each.method, each.template) for each in ENDPOINTS} - openapi.endpoints() == {("POST", "/graphql")}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"template": "/nowhere"}, "GitHub has no such endpoint"),
        ({"path": "/repos/octocat"}, "GitHub has no such endpoint"),
        ({"query": {"colour": "red"}}, "query 'colour' is unknown"),
        ({"request": {"labels": [], "color": "red"}}, "request: "),
        ({"request": {"labels": [3]}}, "request: "),
        ({"status": 299}, "the status is not documented, only 200"),
        ({"response": [{}]}, "response[0]: 'id' is a required property"),
        ({"response": None}, "response: None is not of type 'array'"),
        ({"status": 422, "response": {"message": 3}}, "response.message: 3 is not of type 'string'"),
    ],
)
async def test_invalid_answer_is_detected(ask: ApiClient, change: dict[str, Any], problem: str) -> None:
    number = ask.github.issues.open_issue(REPO, "x").number
    await ask("POST", f"{R}/issues/{number}/labels", {"labels": ["later"]})
    good = ask.github.requests[-1]
    openapi.assert_valid([good])
    found = list(openapi.problems(dataclasses.replace(good, **change)))
    assert [each for each in found if each.startswith(problem)], found


def annotation() -> dict[str, object]:
    return {"path": "src/hello.py", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "no"}


def button() -> dict[str, str]:
    return {"label": "Fix", "description": "Mend what can be mended", "identifier": "fix"}
