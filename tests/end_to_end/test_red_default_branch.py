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


async def test_changes_that_fail_together(stack: Stack) -> None:
    repo = await stack.repository(configured({"unit_tests": "sh suite.sh"}, **{"suite.sh": SUITE}))
    numbers = {}
    for name in ("one", "two", "three"):
        sha = await stack.push(repo, {f"part-{name}": ""}, branch=name)
        numbers[name] = await stack.pull(repo, branch=name)
        assert (await stack.verdict(repo, sha))["gate"]["conclusion"] == "success"
    held = stack.github.webhooks.faults.hold("push")
    for number in numbers.values():
        head = await stack.github.merging.merge_pull(repo, number, "octocat")
    await stack.until(lambda: len(held.waiting) >= 3)
    held.release()
    runs = await stack.verdict(repo, head)
    assert judged(runs) == ("failure", "failure", "1 passed, 1 newly failed (t::fits).")
    assert "`main` fails its own checks since" in runs["gate"]["output"]["summary"]
    # What comes next has nothing to do with it, and does not make the branch green.
    other = await stack.push(repo, {"lint.txt": "a.txt:1: error: bad\n"}, branch="main")
    assert judged(await stack.verdict(repo, other)) == judged(runs)
    other = await stack.push(repo, {"a.txt": "x\n"}, branch="main")
    runs = await stack.verdict(repo, other)
    assert runs["gate"]["output"]["title"] == "Cannot merge: unit_tests, linting"
    fixed = await stack.push(repo, {"part-one": None, "lint.txt": ""}, branch="main")
    runs = await stack.verdict(repo, fixed)
    assert runs["gate"]["conclusion"] == "success"
    assert "fails its own checks" not in runs["gate"]["output"]["summary"]
