"""`/override`, `/stop`, `/retry`, `/status`, `/ok-to-test`."""

import pytest

from bot.commands import asked


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/override", "Name the check and your reason"),
        ("/override gate it is late", "There is no check of that name"),
        ("/override lintng it is late", "Did you mean `linting`?"),
        ("/override linting", "Say why"),
        ("/override linting no", "Say why"),
        ('/override linting "    "', "Say why"),
        ("/override linting " + "x" * 301, "Say why"),
        ("/stop now", "takes no words"),
        ("/retry linting", "`/retest <check>` runs one check again"),
        ("/status linting", "takes no words"),
        ("/ok-to-test", "Name the commit that you have read"),
        ("/ok-to-test HEAD", "Name the commit that you have read"),
        ("/ok-to-test abcdef", "Name the commit that you have read"),
        ("/ok-to-test abcdef0 please", "Name the commit that you have read"),
    ],
)
def test_a_mistake_is_explained(line: str, said: str) -> None:
    (deed,) = asked([line])
    assert deed.do == "say"
    assert said in deed.lines[0]


@pytest.mark.parametrize("reason", ["the server is down", '"the server is down"', "“the server is down”"])
def test_a_reason_may_stand_in_quotes_or_not(reason: str) -> None:
    (deed,) = asked([f"/override linting {reason}"])
    assert (deed.signal, deed.permission) == ("override", "maintain")
    assert (deed.message["check"], deed.message["reason"]) == ("linting", "the server is down")


def test_what_ends_and_starts_again_works_on_issues_too() -> None:
    stop, retry, status = asked(["/stop", "/retry", "/status"])
    assert (stop.signal, stop.work_signal, stop.running) == ("halt", "stop", True)
    assert (retry.signal, retry.work_signal, retry.running) == ("rerun", "retry", False)
    assert (status.do, status.permission) == ("status", "read")
    assert {stop.on, retry.on, status.on} == {("issue", "pull")}


def test_trust_is_bound_to_a_commit() -> None:
    assert asked(["/ok-to-test ABCDEF0"])[0].head == "abcdef0"
