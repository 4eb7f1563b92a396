"""One commit in several pull requests: its check runs are the worst of them, and no second one makes a first one green."""

import pytest

from simulator.github import git
from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import QUICK, hanging, slow
from tests.stack import Json, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

GATE = "autobuild / gate"
FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: this is new\n"}


async def protected(stack: Stack, *branches: str) -> str:
    """A repository whose `main` (and these) let nothing in without the gate."""
    repo = await stack.repository(configured())
    for branch in branches:
        await stack.push(repo, {"other.txt": branch}, branch=branch)
    for branch in ("main", *branches):
        stack.github.protection.protect(repo, branch, checks=[GATE], enforce_admins=True)
    return repo


async def own_base(stack: Stack, repo: str, branch: str = "own") -> str:
    """A branch of one's own that knows the finding already and checks nothing; a commit on top of it that is red on
    main."""
    off = {".github/autobuild.yml": "checks: {linting: {enabled: false}}\n"}
    tip = await stack.push(repo, FINDING | off, branch=branch)
    files = configured() | FINDING  # the head's configuration is the usual one again
    return await stack.push(repo, files | {"b.txt": ""}, parent=tip)


async def copied(stack: Stack, repo: str, sha: str, branch: str, login: str = "octocat", into: str = "") -> None:
    """Pushes a commit to another branch, here or in somebody's fork."""
    url = stack.github.pushes.push_url(into or repo, login)
    await git.git(stack.github.store.repository(repo).path, "push", "--quiet", url, f"{sha}:refs/heads/{branch}")


async def gate(stack: Stack, repo: str, sha: str, *texts: str, without: str = "") -> Json:
    """The commit's newest gate, once it has ended and says all this, and not that."""

    def ended() -> Json | None:
        run: Json = stack.runs(repo, sha).get("gate", {"status": ""})
        said = f"{run['output']['title']} {run['output']['summary']}" if run["status"] == "completed" else "-"
        return run if not (without and without in said) and all(text in said for text in texts) else None

    found: Json = await stack.until(ended)
    return found


def gates(stack: Stack, repo: str, sha: str) -> list[str | None]:
    """How each gate of the commit ended, the oldest first."""
    return [run["conclusion"] for run in stack.github.check_runs(repo, sha) if run["name"] == GATE]


async def comment_says(stack: Stack, repo: str, number: int, *texts: str) -> None:
    def said() -> bool:
        found = [c["body"] for c in stack.github.comments(repo, number) if c["user"]["login"].endswith("[bot]")]
        return len(found) == 1 and all(text in found[0] for text in texts)

    await stack.until(said)


def blocked(stack: Stack, repo: str, number: int) -> str:
    """Why GitHub does not merge it now, "" where it would."""
    found = stack.github.store.repository(repo)
    pull = found.issues[number].pull
    assert pull
    return stack.github.protection.merge_problem(
        found, pull, behind=False, sender=stack.github.store.add_user("octocat")
    )


async def test_second_pull_into_an_own_branch_changes_nothing(stack: Stack) -> None:
    repo = await protected(stack)
    sha = await own_base(stack, repo)
    first = await stack.pull(repo)
    await stack.verdict(repo, sha)
    second = await stack.pull(repo, base="own")
    run = await gate(
        stack, repo, sha, f"#{first} into `main`: cannot merge: `linting`.", f"#{second} into `own`: can merge."
    )
    assert run["conclusion"] == "failure"
    assert "is failing" in blocked(stack, repo, first)
    for number in (first, second):
        await comment_says(
            stack, repo, number, "Cannot merge: linting", f"#{first} into `main`", f"#{second} into `own`"
        )
    await stack.github.pulls.close_pull(repo, second)
    await gate(stack, repo, sha, "Cannot merge: linting", without="into `own`")
    await comment_says(stack, repo, first, "Cannot merge: linting")
    assert "success" not in gates(stack, repo, sha)
    assert "is failing" in blocked(stack, repo, first)


async def test_retargeting_there_and_back_leaves_nothing_green(stack: Stack) -> None:
    """GitHub takes the verdict that is there at the very moment of the retargeting."""
    repo = await protected(stack)
    sha = await own_base(stack, repo)
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.github.pulls.edit_pull(repo, number, base="own")
    run = await gate(stack, repo, sha, "`own` is not a protected branch", "As if it went into `main`: cannot merge")
    assert run["conclusion"] == "failure"
    await stack.github.pulls.edit_pull(repo, number, base="main")
    assert blocked(stack, repo, number)
    await gate(stack, repo, sha, "Cannot merge: linting", without="into `own`")
    assert "success" not in gates(stack, repo, sha)


async def test_pull_that_began_in_an_own_branch_is_not_merged_into_main(stack: Stack) -> None:
    repo = await protected(stack)
    sha = await own_base(stack, repo)
    number = await stack.pull(repo, base="own")
    await gate(stack, repo, sha, "As if it went into `main`: cannot merge: `linting`.")
    await stack.github.pulls.edit_pull(repo, number, base="main")
    assert blocked(stack, repo, number)
    await stack.pull(repo, base="own")
    assert blocked(stack, repo, number)
    assert "success" not in gates(stack, repo, sha)


async def two_branches(stack: Stack) -> tuple[str, str, int]:
    """(repository, commit, pull request) of a commit that may go into `release`, where its finding is known."""
    repo = await stack.repository(configured())
    tip = await stack.push(repo, FINDING, branch="release")
    for branch in ("main", "release"):
        stack.github.protection.protect(repo, branch, checks=[GATE], enforce_admins=True)
    sha = await stack.push(repo, {"b.txt": ""}, parent=tip)
    number = await stack.pull(repo, base="release")
    await gate(stack, repo, sha, "Passed")
    return repo, sha, number


async def test_two_branches_at_one_commit_have_one_verdict(stack: Stack) -> None:
    repo, sha, first = await two_branches(stack)
    await copied(stack, repo, sha, "copy")
    second = await stack.pull(repo, branch="copy")
    await gate(
        stack, repo, sha, f"#{first} into `release`: can merge.", f"#{second} into `main`: cannot merge: `linting`."
    )
    for number in (first, second):
        await comment_says(stack, repo, number, "Cannot merge: linting", f"#{first} into", f"#{second} into")
        assert blocked(stack, repo, number)
    await stack.github.pulls.close_pull(repo, second)
    await gate(stack, repo, sha, "Passed", without=f"#{second}")
    await comment_says(stack, repo, first, "Can merge")
    assert await stack.github.merging.merge_pull(repo, first)


async def test_other_branch_that_moves_on_is_no_longer_counted(stack: Stack) -> None:
    repo, sha, first = await two_branches(stack)
    await copied(stack, repo, sha, "copy")
    second = await stack.pull(repo, branch="copy")
    await comment_says(stack, repo, first, "Cannot merge: linting", f"#{second} into")
    newer = await stack.push(repo, {"c.txt": ""}, branch="copy")
    await gate(stack, repo, newer, "Cannot merge: linting")
    await gate(stack, repo, sha, "Passed", without=f"#{second}")
    await comment_says(stack, repo, first, "Can merge")


async def test_fork_with_the_same_head_turns_nothing_green(stack: Stack) -> None:
    """Its code is that of a branch of the repository, so it needs no approval, and its base counts."""
    repo = await stack.repository(configured())
    tip = await stack.push(repo, FINDING, branch="release")
    for branch in ("main", "release"):
        stack.github.protection.protect(repo, branch, checks=[GATE], enforce_admins=True)
    sha = await stack.push(repo, {"b.txt": ""}, parent=tip)
    first = await stack.pull(repo)
    await gate(stack, repo, sha, "Cannot merge: linting")
    fork = await stack.github.repositories.add_fork(repo, "example")
    await copied(stack, repo, sha, "theirs", "example", fork.full_name)
    second = await stack.pull(repo, branch="example:theirs", base="release", login="example")
    await gate(stack, repo, sha, f"#{first} into `main`: cannot merge", f"#{second} into `release`: can merge.")
    assert "success" not in gates(stack, repo, sha)
    for number in (first, second):
        await comment_says(stack, repo, number, "Cannot merge: linting", f"#{second} into `release`: can merge.")


async def test_each_forks_pull_of_a_commit_is_approved(stack: Stack) -> None:
    repo = await protected(stack)
    fork = await stack.github.repositories.add_fork(repo, "example")
    sha = await stack.github.pushes.push_commit(fork.full_name, "change", {"a.txt": "x\n"}, login="example")
    first = await stack.pull(repo, branch="example:change", login="example")
    await gate(stack, repo, sha, "/ok-to-test")
    await stack.ask(repo, first, f"/ok-to-test {sha}")
    await gate(stack, repo, sha, "Passed")
    await copied(stack, fork.full_name, sha, "again", "example", fork.full_name)
    second = await stack.pull(repo, branch="example:again", login="example")
    await gate(stack, repo, sha, f"#{second} into `main`: needs approval.")
    await stack.until(lambda: "needs approval" in stack.github.comments(repo, first)[1]["body"])
    assert "is failing" in blocked(stack, repo, first)
    await stack.ask(repo, second, f"/ok-to-test {sha}")
    await gate(stack, repo, sha, "Passed", f"#{first} into `main`: can merge.", f"#{second} into `main`: can merge.")
    assert not blocked(stack, repo, first)


async def test_waiting_branch_gates_a_commit_that_the_other_has_left(stack: Stack) -> None:
    """It waits for the other's gate, which ends without a verdict."""
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "left")
    await copied(stack, repo, sha, "copy")
    number = await stack.pull(repo, branch="copy")
    await stack.push(repo, {"security.sh": QUICK})

    def runs_again() -> bool:
        run = stack.runs(repo, sha)["gate"]
        return bool(run["status"] != "completed" and run["external_id"].startswith(f"quality:{repo}@copy|"))

    await stack.until(runs_again)
    await stack.github.pulls.close_pull(repo, number)
    await gate(stack, repo, sha, "The pull request was closed.")


async def test_commit_gets_its_verdict_again_when_another_branch_gives_up_its_gate(stack: Stack) -> None:
    """The newest check runs of the commit, which count at GitHub, are those of the gate that was given up."""
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"b.txt": ""})
    await stack.pull(repo)
    await gate(stack, repo, sha, "Passed")
    held = stack.add_check_run_fault(repo, "CreateCheckRuns", "hold")
    await copied(stack, repo, sha, "copy")
    await stack.until(lambda: held.seen)
    await stack.push(repo, {"c.txt": ""}, branch="copy")
    await stack.github.webhooks.idle()
    held.release()
    await stack.until(lambda: gates(stack, repo, sha)[1:] == ["cancelled", "success"])


async def test_an_override_holds_for_the_branches_of_that_moment_alone(stack: Stack) -> None:
    """Whoever lets a check pass on the way into one branch has not seen where the author sends the commit next."""
    repo = await protected(stack)
    await stack.push(repo, {"other.txt": "own"}, branch="own")
    sha = await stack.push(repo, FINDING)
    number = await stack.pull(repo, base="own")
    await gate(stack, repo, sha, f"#{number}")
    await stack.ask(repo, number, "/override linting it is wrong")
    await stack.github.pulls.edit_pull(repo, number, base="main")
    ended = await gate(stack, repo, sha, "linting", without="`own`")
    assert ended["conclusion"] == "failure"
    await stack.ask(repo, number, "/override linting it is wrong here too")

    def passed() -> bool:
        run = stack.runs(repo, sha)["gate"]
        return bool(run["conclusion"] == "success")

    await stack.until(passed)
