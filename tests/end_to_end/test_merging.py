"""`auto_merge: true`: merged when everything is right, and never otherwise."""

import pytest

from tests.end_to_end.repos import configured
from tests.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: this is new\n"}


def merging(more: str = "auto_merge: true\n") -> dict[str, str]:
    files = configured()
    files[".github/autobuild.yml"] += more
    return files


def merged(stage: Stage, repo: str, number: int) -> bool:
    pull = stage.github.issue(repo, number).pull
    return bool(pull and pull.merged_at)


async def test_a_green_pull_request_is_merged_and_its_branch_served(stage: Stage) -> None:
    repo = await stage.repository(merging())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.until(lambda: merged(stage, repo, number))
    assert await stage.workflows.wait_for_result(f"quality:{repo}@change", 30) is None
    main = stage.github.issue(repo, number).pull
    assert main
    assert main.merge_commit_sha
    assert (await stage.verdict(repo, main.merge_commit_sha))["gate"]["conclusion"] == "success"


async def test_a_red_one_is_not_and_neither_is_one_without_the_word(stage: Stage) -> None:
    for files, change in (
        (merging(), FINDING),
        (merging(""), {"a.txt": "x\n"}),
        (merging("auto_merge: false\n"), {"a.txt": "x\n"}),
    ):
        repo = await stage.repository(files)
        sha = await stage.push(repo, change)
        number = await stage.pull(repo)
        await stage.verdict(repo, sha)
        await stage.comment(repo, number)
        await stage.ask(repo, number, "/status")
        assert not merged(stage, repo, number)


async def test_a_pull_request_cannot_ask_for_it_itself(stage: Stage) -> None:
    repo = await stage.repository(merging(""))
    files = merging()
    sha = await stage.push(repo, {"a.txt": "x\n", ".github/autobuild.yml": files[".github/autobuild.yml"]})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.comment(repo, number)
    await stage.ask(repo, number, "/status")
    assert not merged(stage, repo, number)


async def test_a_forks_head_is_never_merged_by_itself(stage: Stage) -> None:
    repo = await stage.repository(merging())
    fork = await stage.github.add_fork(repo, "stranger")
    sha = await stage.github.push_commit(fork.full_name, "change", {"a.txt": "x\n"}, login="stranger")
    number = await stage.pull(repo, branch="stranger:change", login="stranger")
    await stage.verdict(repo, sha)
    stage.github.add_comment(repo, number, f"/ok-to-test {sha}")
    runs = await stage.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "success"
    await stage.ask(repo, number, "/status")
    assert not merged(stage, repo, number)


async def test_a_draft_waits_until_it_is_ready(stage: Stage) -> None:
    repo = await stage.repository(merging())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    await stage.verdict(repo, sha)
    number = await stage.pull(repo, draft=True)
    await stage.ask(repo, number, "/status")
    assert not merged(stage, repo, number)
    stage.github.set_draft(repo, number, False)
    await stage.until(lambda: merged(stage, repo, number))


async def test_what_a_person_must_do_is_said_once(stage: Stage) -> None:
    repo = await stage.repository(merging())
    sha = await stage.push(repo, {"a.txt": "one\n"})
    await stage.verdict(repo, sha)
    await stage.push(repo, {"a.txt": "two\n"}, branch="main")
    number = await stage.pull(repo)
    answer = await stage.until(
        lambda: [c["body"] for c in stage.github.comments(repo, number) if "Not merged by itself." in c["body"]]
    )
    assert "conflict" in answer[0]
    assert not merged(stage, repo, number)
