"""Changes that pass apart and fail together: the default branch is red until that is fixed, and it is said once."""

import pytest

from tests.end_to_end.repos import configured
from tests.stack import Json, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUITE = """\
test $(ls part-* 2>/dev/null | wc -l) -lt 3 || bad='<failure message="too many parts"/>'
echo "<testsuite><testcase classname='t' name='fine'/><testcase classname='t' name='fits'>$bad</testcase></testsuite>"
"""


def judged(runs: dict[str, Json]) -> tuple[str, str, str]:
    return runs["gate"]["conclusion"], runs["unit_tests"]["conclusion"], runs["unit_tests"]["output"]["title"]


def comments(stack: Stack, repo: str, number: int, about: str = "🔴") -> list[str]:
    """What the bot has written there of this."""
    bodies = [each["body"] for each in stack.github.comments(repo, number) if each["user"]["type"] == "Bot"]
    return [body for body in bodies if about in body]


async def test_changes_that_fail_together(stack: Stack) -> None:
    repo = await stack.repository(configured({"unit_tests": "sh suite.sh"}, **{"suite.sh": SUITE}))
    numbers = {}
    for name in ("one", "two", "three"):
        sha = await stack.push(repo, {f"part-{name}": ""}, branch=name)
        numbers[name] = await stack.pull(repo, branch=name)
        assert (await stack.verdict(repo, sha))["gate"]["conclusion"] == "success"
    await stack.push(repo, {"b.txt": ""}, branch="open")
    waiting = await stack.pull(repo, branch="open")
    assert "fails its own checks" not in await stack.comment(repo, waiting)
    held = stack.github.webhooks.faults.hold("push")
    for number in numbers.values():
        head = await stack.github.merging.merge_pull(repo, number, "octocat")
    await stack.until(lambda: len(held.waiting) >= 3)
    held.release(order=(2, 0, 1))
    runs = await stack.verdict(repo, head)
    assert judged(runs) == ("failure", "failure", "1 passed, 1 newly failed (t::fits).")
    assert "`main` fails its own checks since" in runs["gate"]["output"]["summary"]
    await stack.until(lambda: comments(stack, repo, waiting, "🔴 `main` fails its own checks since"))
    await stack.until(lambda: all(comments(stack, repo, each) for each in numbers.values()))
    for number in numbers.values():
        others = ", ".join(f"#{each}" for each in numbers.values() if each != number)
        assert (
            f"`unit_tests` (`t::fits`). That commit contains this pull request, and also {others}:"
            in comments(stack, repo, number)[0]
        )
    # What comes next has nothing to do with it, and does not make the branch green.
    other = await stack.push(repo, {"lint.txt": "a.txt:1: error: bad\n"}, branch="main")
    assert judged(await stack.verdict(repo, other)) == judged(runs)
    after = await stack.push(repo, {"a.txt": "x\n"}, branch="main")
    runs = await stack.verdict(repo, after)
    assert runs["gate"]["output"]["title"] == "Cannot merge: unit_tests, linting"
    since = f"since [`{head[:7]}`]"
    assert since in runs["gate"]["output"]["summary"]
    assert since in await stack.comment(repo, waiting)
    fixed = await stack.push(repo, {"part-one": None, "lint.txt": ""}, branch="main")
    runs = await stack.verdict(repo, fixed)
    assert runs["gate"]["conclusion"] == "success"
    assert "fails its own checks" not in runs["gate"]["output"]["summary"]
    await stack.until(lambda: not comments(stack, repo, waiting))
    assert [len(comments(stack, repo, number)) for number in numbers.values()] == [1, 1, 1]


async def test_a_flaky_test_is_remembered_for_the_whole_repository(stack: Stack) -> None:
    def report(how: str) -> dict[str, str]:
        case = f'<testcase classname="t" name="shaky">{how}</testcase>'
        return {"junit.xml": f'<testsuite><testcase classname="t" name="fine"/>{case}</testsuite>\n'}

    repo = await stack.repository(configured({"unit_tests": "cat junit.xml"}, **report("")))
    flaky = await stack.push(repo, report('<flakyFailure message="too slow"/>'), branch="one")
    assert "1 flaky (t::shaky)" in judged(await stack.verdict(repo, flaky))[2]
    await stack.comment(repo, await stack.pull(repo, branch="one"))  # it is remembered before that
    failing = await stack.push(repo, report('<failure message="too slow"/>'), branch="two")
    runs = await stack.verdict(repo, failing)
    assert judged(runs)[1:] == (
        "failure", "1 passed, 1 newly failed (t::shaky). Flaky before: t::shaky failed 1 of the last 1 run.",
    )  # fmt: skip
