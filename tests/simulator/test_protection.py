"""Protected branches: every way to move one, and the answer to each kind of caller."""

import base64
from typing import Any

import pytest

from simulator.github.git import GitCommandError, fast_import, git
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_graphql import MUTATION, given

R = f"/repos/{REPO}"
PULL = "Changes must be made through a pull request."
FORCE = "Cannot force-push to this branch"


async def tip(github: SimulatedGitHub, ref: str = "main") -> str:
    return (await git(github.store.repository(REPO).path, "rev-parse", ref)).decode().strip()


async def committed(github: SimulatedGitHub, parent: str = "") -> str:
    """A commit upon `main` that is in no branch."""
    repo = github.store.repository(REPO)
    onto = parent or await tip(github)
    return await fast_import.commit(repo.path, {"x.py": "x = 1\n"}, "x", github.store.author(repo.owner), onto)


async def push(github: SimulatedGitHub, token: str, *refspecs: str) -> str:
    """What git says of it, "" where it worked."""
    url = f"http://x-access-token:{token}@{github.url.removeprefix('http://')}/{REPO}.git"
    try:
        await git(github.store.repository(REPO).path, "push", url, *refspecs)
    except GitCommandError as error:
        return str(error)
    return ""


async def test_push_by_the_app_is_declined(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    github.protection.protect(REPO, "main", checks=["ci"], reviews=1)
    before, new = await tip(github), await committed(github)
    said = await push(github, await ask.mint(), f"{new}:refs/heads/main", f"{new}:refs/heads/topic")
    assert "GH006: Protected branch update failed for refs/heads/main." in said
    assert f"- {PULL}" in said
    assert '- Required status check "ci" is expected.' in said
    assert "[remote rejected] " in said
    assert "(protected branch hook declined)" in said
    assert [await tip(github), await tip(github, "topic")] == [before, new]
    await github.webhooks.idle()
    assert [payload["ref"] for payload in receiver.payloads("push")] == ["refs/heads/topic"]


async def test_push_with_passing_checks_is_accepted(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.protection.protect(REPO, "main", checks=["ci", "lint"])
    token, new = await ask.mint(), await committed(github)
    assert await push(github, token, f"{new}:refs/heads/topic") == ""
    await github.statuses.set_status(REPO, new, "success", "ci")
    assert "1 of 2 required status checks are expected" in await push(github, token, f"{new}:refs/heads/main")
    await ask("POST", f"{R}/check-runs", {"name": "lint", "head_sha": new, "conclusion": "neutral"})
    assert await push(github, token, f"{new}:refs/heads/main") == ""
    assert await tip(github) == new


async def test_protected_branch_cannot_be_rewritten_or_deleted(github: SimulatedGitHub, ask: ApiClient) -> None:
    old = await tip(github)
    await github.pushes.push_commit(REPO, "main", {"a": "a"})
    await github.pushes.push_commit(REPO, "release", {"r": "r"})
    for branch in ("main", "release"):
        github.protection.protect(REPO, branch)
    new = await committed(github, old)
    for token in (await ask.mint(), github.store.add_user("octocat").token):
        assert FORCE in await push(github, token, f"+{new}:refs/heads/main")
        assert "Cannot delete this branch" in await push(github, token, ":refs/heads/release")
    reply = await ask("PATCH", f"{R}/git/refs/heads/main", {"sha": old, "force": True}, who="octocat")
    assert (reply.status, reply.body["message"]) == (422, FORCE)
    reply = await ask("DELETE", f"{R}/git/refs/heads/release")
    assert (reply.status, reply.body["message"]) == (422, "Cannot delete this branch")
    github.protection.protect(REPO, "main", allow_force=True)
    github.protection.protect(REPO, "release", allow_deletion=True)
    assert await push(github, await ask.mint(), f"+{new}:refs/heads/main", ":refs/heads/release") == ""


async def test_protection_without_rules_allows_a_push(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.protection.protect(REPO, "main")
    new = await committed(github)
    assert await push(github, await ask.mint(), f"{new}:refs/heads/main") == ""
    github.protection.protect(REPO, "main", False)
    assert github.store.repository(REPO).protected == set()


async def test_administrator_is_exempt_unless_enforced(github: SimulatedGitHub) -> None:
    github.repositories.set_permission(REPO, "writer", "write")
    github.protection.protect(REPO, "main", pulls_only=True)
    await github.pushes.push_commit(REPO, "main", {"a": "a"})
    with pytest.raises(GitCommandError, match=PULL):
        await github.pushes.push_commit(REPO, "main", {"b": "b"}, login="writer")
    github.protection.protect(REPO, "main", pulls_only=True, enforce_admins=True)
    with pytest.raises(GitCommandError, match=PULL):
        await github.pushes.push_commit(REPO, "main", {"b": "b"})


async def test_only_listed_pushers_may_push(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.protection.protect(REPO, "main", pushers=["octocat"])
    new = await committed(github)
    assert "not authorized to push to this branch" in await push(github, await ask.mint(), f"{new}:refs/heads/main")
    github.protection.protect(REPO, "main", pushers=["octocat", "autobuild[bot]"])
    assert await push(github, await ask.mint(), f"{new}:refs/heads/main") == ""


async def test_linear_history_refuses_merge_commits(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pushes.push_commit(REPO, "main", {"b": "b"})
    await github.pulls.open_pull(REPO, "feature")
    github.protection.protect(REPO, "main", linear=True)
    repo = github.store.repository(REPO)
    merge = await github.pulls.merge_commit(repo, github.store.issue(REPO, 1), github.store.app.bot)
    words = "must not contain merge commits"
    assert words in await push(github, await ask.mint(), f"{merge}:refs/heads/main")
    assert words in (await ask("PATCH", f"{R}/git/refs/heads/main", {"sha": merge})).body["message"]
    reply = await ask("PUT", f"{R}/pulls/1/merge")
    assert (reply.status, words in reply.body["message"]) == (405, True)
    assert (await ask("PUT", f"{R}/pulls/1/merge", {"merge_method": "squash"})).status == 200


async def test_ruleset_has_its_own_messages(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.protection.protect(REPO, "main", pulls_only=True, ruleset=True)
    new = await committed(github)
    said = await push(github, await ask.mint(), f"{new}:refs/heads/main")
    assert "GH013: Repository rule violations found for refs/heads/main." in said
    assert "(push declined due to repository rule violations)" in said
    reply = await ask("PATCH", f"{R}/git/refs/heads/main", {"sha": new})
    assert (reply.status, reply.body["message"]) == (422, f"Repository rule violations found\n\n{PULL}\n\n")


async def test_every_other_way_to_push_is_declined(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a.py": "a = 1\n"})
    github.protection.protect(REPO, "main", checks=["ci", "lint"], pulls_only=True)
    before, new = await tip(github), await committed(github)
    checks = "2 of 2 required status checks are expected."
    file = {"message": "x", "content": base64.b64encode(b"x").decode()}
    mutation = {"query": MUTATION, "variables": {"input": given(before, branch=branch_named("main"))}}
    for method, path, body, status in (
        ("PATCH", f"{R}/git/refs/heads/main", {"sha": new}, 422),
        ("PUT", f"{R}/contents/x.py", file, 409),
        ("POST", f"{R}/merges", {"base": "main", "head": "feature"}, 403),
    ):
        reply = await ask(method, path, body)
        assert (reply.status, f"{PULL} {checks}" in reply.body["message"]) == (status, True), reply.body
    [error] = (await ask("POST", "/graphql", mutation)).body["errors"]
    assert error["message"] == f"protected branch 'main' check failed:\n  {PULL}\n  {checks}"
    assert await tip(github) == before
    openapi.assert_valid(github.requests)


def branch_named(name: str) -> dict[str, str]:
    return {"repositoryNameWithOwner": REPO, "branchName": name}


async def test_merge_needs_checks_and_approval(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.repositories.set_permission(REPO, "reader", "read")
    head = await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pulls.open_pull(REPO, "feature", login="friend")
    github.protection.protect(REPO, "main", checks=["ci", "lint"], reviews=1)

    async def words() -> str:
        shown = (await ask("GET", f"{R}/pulls/1")).body
        reply = await ask("PUT", f"{R}/pulls/1/merge", {"sha": head})
        assert (reply.status, shown["mergeable"], shown["mergeable_state"]) == (405, True, "blocked")
        return str(reply.body["message"])

    review = "At least 1 approving review is required by reviewers with write access."
    assert await words() == f"2 of 2 required status checks are expected. {review}"
    await github.statuses.set_status(REPO, head, "failure", "lint")
    run = (await ask("POST", f"{R}/check-runs", {"name": "ci", "head_sha": head})).body["id"]
    assert await words() == f"2 of 2 required status checks have not succeeded: 1 pending and 1 failing. {review}"
    await ask("PATCH", f"{R}/check-runs/{run}", {"conclusion": "success"})
    assert await words() == f"1 of 2 required status checks are failing. {review}"
    await github.statuses.set_status(REPO, head, "success", "lint")
    github.reviews.approve(REPO, 1, "reader")
    assert await words() == review
    github.reviews.review(REPO, 1, "CHANGES_REQUESTED", "octocat", "no")
    assert await words() == "Changes have been requested by reviewers with write access."
    github.reviews.approve(REPO, 1, "octocat")
    assert (await ask("GET", f"{R}/pulls/1")).body["mergeable_state"] == "clean"
    assert (await ask("PUT", f"{R}/pulls/1/merge", {"sha": head})).status == 200
    openapi.assert_valid(github.requests)


async def test_strict_checks_need_an_up_to_date_branch(github: SimulatedGitHub, ask: ApiClient) -> None:
    head = await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pulls.open_pull(REPO, "feature")
    github.protection.protect(REPO, "main", checks=["ci"], strict=True)
    await github.statuses.set_status(REPO, head, "success", "ci")
    await github.pushes.push_commit(REPO, "main", {"b": "b"})
    assert (await ask("GET", f"{R}/pulls/1")).body["mergeable_state"] == "behind"
    reply = await ask("PUT", f"{R}/pulls/1/merge")
    assert (reply.status, reply.body["message"]) == (405, 'Required status check "ci" is expected.')
    assert (await ask("PUT", f"{R}/pulls/1/update-branch")).status == 202
    head = (await ask("GET", f"{R}/pulls/1")).body["head"]["sha"]
    await github.statuses.set_status(REPO, head, "success", "ci")
    assert (await ask("PUT", f"{R}/pulls/1/merge")).status == 200


async def test_administrator_merges_despite_the_rules(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pulls.open_pull(REPO, "feature", login="friend")
    github.protection.protect(REPO, "main", reviews=2)
    assert (await ask("PUT", f"{R}/pulls/1/merge")).body["message"].startswith("At least 2 approving reviews are")
    await github.merging.merge_pull(REPO, 1, "octocat")
    assert github.store.issue(REPO, 1).state == "closed"


@pytest.mark.parametrize("body", [b"", b"00", b"zzzz", b"0099short"])
async def test_malformed_push_is_refused(github: SimulatedGitHub, ask: ApiClient, body: bytes) -> None:
    headers = {"Authorization": basic(await ask.mint()), "Content-Type": "application/x-git-receive-pack-request"}
    async with ask.client.post(f"{github.url}/{REPO}.git/git-receive-pack", data=body, headers=headers) as reply:
        assert reply.status == 400


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()


async def test_only_administrators_see_protection(github: SimulatedGitHub, ask: ApiClient) -> None:
    rules: dict[str, Any] = {"checks": ["ci"], "reviews": 2, "strict": True, "pushers": ["octocat", "autobuild[bot]"]}
    github.protection.protect(REPO, "main", **rules)
    path = f"{R}/branches/main/protection"
    refused = await ask("GET", path)
    assert (refused.status, refused.body["message"]) == (403, "Resource not accessible by integration")
    shown = (await ask("GET", path, who="octocat")).body
    assert (shown["required_status_checks"]["contexts"], shown["required_status_checks"]["strict"]) == (["ci"], True)
    assert shown["required_pull_request_reviews"]["required_approving_review_count"] == 2
    assert [app["slug"] for app in shown["restrictions"]["apps"]] == ["autobuild"]
    branch = (await ask("GET", f"{R}/branches/main")).body
    assert branch["protection"]["required_status_checks"]["contexts"] == ["ci"]
    assert (await ask("GET", f"{R}/branches/none/protection", who="octocat")).status == 404
    await github.pushes.push_commit(REPO, "free", {"a": "a"})
    reply = await ask("GET", f"{R}/branches/free/protection", who="octocat")
    assert (reply.status, reply.body["message"]) == (404, "Branch not protected")
    github.repositories.set_permission(REPO, "writer", "write")
    assert (await ask("GET", path, who="writer")).status == 403
    openapi.assert_valid(github.requests)


async def test_ruleset_is_shown_to_all_readers(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.protection.protect(REPO, "main", checks=["ci"], reviews=1, ruleset=True)
    rules = {rule["type"]: rule for rule in (await ask("GET", f"{R}/rules/branches/main")).body}
    checks = rules["required_status_checks"]["parameters"]["required_status_checks"]
    assert [each["context"] for each in checks] == ["ci"]
    assert set(rules) == {"deletion", "non_fast_forward", "pull_request", "required_status_checks"}
    assert (await ask("GET", f"{R}/branches/main/protection", who="octocat")).status == 404
    github.protection.protect(REPO, "main", checks=["ci"])
    assert (await ask("GET", f"{R}/rules/branches/main")).body == []
    openapi.assert_valid(github.requests)


async def test_made_ruleset_holds_for_all_who_push_and_merge(github: SimulatedGitHub, ask: ApiClient) -> None:
    """Beside classic protection, which does not show it; administrators are held to it."""
    head = await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pulls.open_pull(REPO, "feature")
    required = {"context": "ci", "integration_id": github.app_id}
    rule = {"required_status_checks": [required], "strict_required_status_checks_policy": False}
    conditions = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    rules = [{"type": "required_status_checks", "parameters": rule}]
    fields = {"name": "gate", "enforcement": "active", "conditions": conditions, "rules": rules}
    assert (await ask("POST", f"{R}/rulesets", fields, who="octocat")).status == 201
    [shown] = (await ask("GET", f"{R}/rules/branches/main")).body
    assert shown["parameters"]["required_status_checks"] == [required]
    assert (await ask("GET", f"{R}/rules/branches/feature")).body == []
    branch = (await ask("GET", f"{R}/branches/main")).body
    assert (branch["protected"], branch["protection"]["enabled"]) == (True, False)
    assert (await ask("GET", f"{R}/branches/main/protection", who="octocat")).status == 404
    expected = 'Required status check "ci" is expected.'
    assert expected in (await ask("PUT", f"{R}/pulls/1/merge")).body["message"]
    with pytest.raises(GitCommandError, match="GH013"):
        await github.pushes.push_commit(REPO, "main", {"b": "b"})
    await ask("POST", f"{R}/check-runs", {"name": "ci", "head_sha": head, "conclusion": "success"})
    assert (await ask("PUT", f"{R}/pulls/1/merge")).status == 200
    openapi.assert_valid(github.requests)
