"""`/override`, `/stop`, `/retry`, `/status`, `/ok-to-test`."""

from collections.abc import Callable

import pytest

from bot.commands import BranchRequest, command_lines, parse_commands


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/override", "Name the check and your reason"),
        ("/override gate it is late", "There is no check of that name"),
        ("/override lintng it is late", "Did you mean `linting`?"),
        ("/override linting,coverage it is late", "takes one check"),
        ("/override linting", "Give a reason"),
        ("/override linting no", "Give a reason"),
        ('/override linting "    "', "Give a reason"),
        ("/override linting " + "x" * 301, "Give a reason"),
        ("/stop now", "takes no words"),
        ("/retry linting", "`/retest <check>` runs one check again"),
        ("/status linting", "takes no words"),
        ("/ok-to-test HEAD", "Name the commit that you have read"),
        ("/ok-to-test abcdef0 please", "Name the commit that you have read"),
    ],
)
def test_mistake_is_explained(line: str, said: str) -> None:
    (action,) = parse_commands([line])
    assert action.do == "reply"
    assert said in action.lines[0]


@pytest.mark.parametrize("reason", ["the server is down", '"the server is down"', "“the server is down”"])
def test_reason_may_be_quoted(reason: str) -> None:
    (action,) = parse_commands([f"/override linting {reason}"])
    assert action.permission == "maintain"
    assert action.request == BranchRequest("override", ("linting",), "the server is down")


@pytest.mark.parametrize("lines", [command_lines, lambda comment: [comment]], ids=["in a comment", "as a line"])
@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (r'"says \"no\" twice"', 'says "no" twice'),
        (r"'it\'s down'", "it's down"),
        (r"“says \“no\” twice”", "says “no” twice"),
        (r'"ends with \\"', "ends with \\"),
        (r"a 5\" screen", 'a 5" screen'),
        (r"\"no\" is an answer", '"no" is an answer'),
    ],
)
def test_escaped_quote_is_part_of_the_reason(lines: Callable[[str], list[str]], written: str, reason: str) -> None:
    """Also in a comment, where Markdown takes a backslash away."""
    (action,) = parse_commands(lines(f"/override linting {written}"))
    assert action.request == BranchRequest("override", ("linting",), reason)


def test_stop_retry_and_status_work_on_issues() -> None:
    stop, retry, status = parse_commands(["/stop", "/retry", "/status"])
    assert (stop.request, stop.work_signal, stop.running) == (BranchRequest("stop"), "stop", True)
    assert (retry.request, retry.work_signal, retry.running) == (BranchRequest("rerun", ("failed",)), "retry", False)
    assert (status.do, status.permission) == ("status", "read")
    assert {stop.on, retry.on, status.on} == {("issue", "pull")}


@pytest.mark.parametrize("sha", ["", "ABCDEF0", "A" * 40, "b" * 64])
def test_ok_to_test_names_one_commit(sha: str) -> None:
    """The answer to one that is not written in full needs the head of the pull request."""
    assert parse_commands([f"/ok-to-test {sha}"])[0].request == BranchRequest("trust", sha=sha.lower())
