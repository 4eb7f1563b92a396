"""What follows from a push: events, suites, pull requests that follow their branches."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from simulator.github.errors import Unprocessable
from simulator.github.git import ZERO, git
from simulator.github.server import SimulatedGitHub
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver


async def test_push_synchronizes_the_pull_request(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    old = await github.pushes.push_commit(REPO, "feature", {"a.py": "1\n"})
    await github.pulls.open_pull(REPO, "feature")
    await github.webhooks.idle()
    receiver.requests.clear()
    new = await github.pushes.push_commit(REPO, "feature", {"a.py": "2\n", "src/hello.py": None}, "Say more\n\nwhy")
    await github.webhooks.idle()
    assert sorted(receiver.names) == ["check_suite.requested", "pull_request.synchronize", "push"]
    push, suite, pull = (
        receiver.payloads(name)[0] for name in ("push", "check_suite.requested", "pull_request.synchronize")
    )
    assert (push["ref"], push["before"], push["after"], push["forced"]) == ("refs/heads/feature", old, new, False)
    commit = push["head_commit"]
    assert (commit["id"], commit["message"], commit["modified"], commit["removed"]) == (
        new,
        "Say more\n\nwhy",
        ["a.py"],
        ["src/hello.py"],
    )
    suite = suite["check_suite"]
    assert (suite["head_sha"], suite["head_branch"], suite["before"]) == (new, "feature", old)
    assert (pull["before"], pull["after"], pull["pull_request"]["head"]["sha"]) == (old, new, new)
    assert {each["installation"]["id"] for each in (push, pull)} == set(github.store.installations)


async def test_suite_is_requested_once_per_commit(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    sha = await github.pushes.push_commit(REPO, "one", {"a": "a"})
    repo = github.store.repository(REPO)
    await github.refs.move_ref(repo, "refs/heads/two", sha, repo.owner)
    await github.webhooks.idle()
    assert receiver.names.count("push") == 2
    assert receiver.names.count("check_suite.requested") == 1


async def test_force_push_and_deleted_branch(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    old = await github.pushes.push_commit(REPO, "feature", {"a": "1"})
    main = (await git(github.store.repository(REPO).path, "rev-parse", "main")).decode().strip()
    new = await github.pushes.push_commit(REPO, "feature", {"a": "2"}, parent=main, force=True)
    await github.webhooks.idle()
    assert [(each["before"], each["forced"]) for each in receiver.payloads("push")] == [(ZERO, False), (old, True)]
    await github.pushes.delete_branch(REPO, "feature")
    await github.webhooks.idle()
    gone = receiver.payloads("push")[-1]
    assert (gone["before"], gone["after"], gone["deleted"], gone["head_commit"]) == (new, ZERO, True, None)
    assert "delete" in receiver.names


async def test_many_tags_send_no_events(github: SimulatedGitHub, receiver: WebhookReceiver, tmp_path: Path) -> None:
    await git(tmp_path, "clone", "--quiet", f"{github.url}/{REPO}.git", "clone")
    clone = tmp_path / "clone"
    for name in ("a", "b", "c", "d"):
        await git(clone, "tag", name)
    await git(clone, "push", "--quiet", github.pushes.push_url(REPO), "refs/tags/a")
    await github.webhooks.idle()
    assert sorted(receiver.names) == ["create", "push"]
    await git(clone, "tag", "e")
    await git(clone, "push", "--quiet", github.pushes.push_url(REPO), "--tags")
    await github.webhooks.idle()
    assert len(receiver.names) == 2


async def test_push_to_a_fork_sends_no_push_event(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    await github.repositories.add_fork(REPO, "example")
    sha = await github.pushes.push_commit("example/hello", "patch", {"a": "a"}, login="example")
    await github.pulls.open_pull(REPO, "example:patch", login="example")
    new = await github.pushes.push_commit("example/hello", "patch", {"a": "b"}, login="example")
    await github.webhooks.idle()
    assert sorted(receiver.names) == ["pull_request.opened", "pull_request.synchronize"]
    opened = receiver.payloads("pull_request.opened")[0]
    assert opened["repository"]["full_name"] == REPO
    assert (opened["pull_request"]["head"]["label"], opened["pull_request"]["head"]["sha"]) == ("example:patch", sha)
    assert opened["pull_request"]["head"]["repo"]["fork"] is True
    assert opened["pull_request"]["author_association"] == "NONE"
    run = (await ask("POST", f"/repos/{REPO}/check-runs", {"name": "lint", "head_sha": new})).body
    assert run["pull_requests"] == []
    suites = (await ask("GET", f"/repos/{REPO}/commits/{new}/check-suites")).body["check_suites"]
    assert [(suite["head_branch"], suite["pull_requests"]) for suite in suites] == [(None, [])]
    found = (await ask("GET", f"/repos/{REPO}/commits/{new}/pulls")).body
    assert found == []  # GitHub looks for the commit's branches in the repository itself


async def test_deleted_branch_closes_its_pull_requests(github: SimulatedGitHub) -> None:
    for branch in ("gone", "merged", "onto-gone"):
        await github.pushes.push_commit(REPO, branch, {branch: "x"})
    await github.pushes.push_commit(REPO, "base", {"base": "x"})
    gone, merged = await github.pulls.open_pull(REPO, "gone"), await github.pulls.open_pull(REPO, "merged")
    onto = await github.pulls.open_pull(REPO, "onto-gone", "base")
    await github.pushes.delete_branch(REPO, "gone")
    await github.pushes.delete_branch(REPO, "base")
    assert [(each.state, each.pull.merged_at) for each in (gone, onto) if each.pull] == [("closed", None)] * 2
    sha = await github.merging.merge_pull(REPO, merged.number)
    assert merged.pull
    assert (merged.state, merged.pull.merge_commit_sha) == ("closed", sha)
    with pytest.raises(Unprocessable, match="does not exist"):
        await github.pulls.reopen_pull(REPO, gone.number)


async def test_pull_request_events(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "1"})
    await github.pushes.push_commit(REPO, "base", {"b": "1"})
    await github.pulls.open_pull(REPO, "feature", draft=True)
    await github.webhooks.idle()
    receiver.requests.clear()
    actions: list[Callable[[], object]] = [
        lambda: github.pulls.set_draft(REPO, 1, False),
        lambda: github.pulls.set_draft(REPO, 1, True),
        lambda: github.pulls.set_draft(REPO, 1, True),
        lambda: github.pulls.edit_pull(REPO, 1, base="base"),
        lambda: github.pulls.edit_pull(REPO, 1, base="base"),
        lambda: github.issues.add_label(REPO, 1, "later"),
        lambda: github.pulls.close_pull(REPO, 1),
        lambda: github.pulls.reopen_pull(REPO, 1),
    ]
    for action in actions:
        result = action()
        if isinstance(result, Awaitable):
            await result
        await github.webhooks.idle()
    expected = ["ready_for_review", "converted_to_draft", "edited", "labeled", "closed", "reopened"]
    assert receiver.names == [f"pull_request.{action}" for action in expected]
    assert receiver.payloads("pull_request.edited")[0]["changes"]["base"]["ref"] == {"from": "main"}


async def test_invalid_pull_request_is_refused(github: SimulatedGitHub) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "1"})
    await github.pulls.open_pull(REPO, "feature")
    for head, why in (
        ("feature", "already exists"),
        ("main", "No commits"),
        ("none", "does not exist"),
        ("x:y", "no fork"),
    ):
        with pytest.raises(Unprocessable, match=why):
            await github.pulls.open_pull(REPO, head)
    assert len(github.store.repository(REPO).issues) == 1


async def test_merge_queue_events(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    await github.pushes.push_commit(REPO, "feature", {"a": "1"})
    await github.pulls.open_pull(REPO, "feature")
    sha = await github.merging.queue_merge(REPO, 1)
    await github.merging.destroy_merge_group(REPO, sha)
    await github.webhooks.idle()
    requested, ended = (receiver.payloads(f"merge_group.{action}")[0] for action in ("checks_requested", "destroyed"))
    assert requested["merge_group"] == ended["merge_group"]
    assert (requested["merge_group"]["head_sha"], requested["merge_group"]["base_ref"]) == (sha, "refs/heads/main")


async def test_conflict_cannot_be_queued(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(REPO, "feature", {"README.md": "mine\n"})
    await github.pulls.open_pull(REPO, "feature")
    await github.pushes.push_commit(REPO, "main", {"README.md": "theirs\n"})
    assert (await ask("PUT", f"/repos/{REPO}/pulls/1/merge", {})).status == 405
    assert github.store.issue(REPO, 1).state == "open"


async def test_first_push_to_an_empty_repository(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    await github.repositories.add_repository("octocat/empty")
    assert (await ask("GET", "/repos/octocat/empty/commits")).status == 409
    assert (await ask("GET", "/repos/octocat/empty/branches")).body == []
    assert (await ask("GET", "/repos/octocat/empty/contents/x")).status == 404
    sha = await github.pushes.push_commit("octocat/empty", "main", {"a": "a"})
    await github.webhooks.idle()
    push = receiver.payloads("push")[0]
    assert (push["before"], push["after"], len(push["commits"])) == (ZERO, sha, 1)
