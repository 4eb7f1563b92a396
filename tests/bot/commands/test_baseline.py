"""`/baseline`"""

import pytest

from bot.commands import BranchRequest, accept_by_button, parse_commands


@pytest.mark.parametrize("line", ["/baseline", "/baseline list", "/baseline LIST"])
def test_it_lists_for_readers(line: str) -> None:
    (action,) = parse_commands([line])
    assert (action.do, action.permission, action.needs, action.on) == ("baseline", "read", "", ("issue", "pull"))


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("/baseline accept linting known for years", BranchRequest("accept_baseline", ("linting",), "known for years")),
        (
            "/baseline accept unit-tests --until 2026-12-31 the server moves",
            BranchRequest("accept_baseline", ("unit_tests",), "the server moves", until="2026-12-31"),
        ),
        (
            '/baseline accept unit_tests "the server moves" --until=2026-12-31',
            BranchRequest("accept_baseline", ("unit_tests",), "the server moves", until="2026-12-31"),
        ),
        (
            "/baseline accept --issue #12 unit_tests the server moves",
            BranchRequest("accept_baseline", ("unit_tests",), "the server moves", issue=12),
        ),
        (
            "/baseline accept unit_tests the server moves —issue 12",
            BranchRequest("accept_baseline", ("unit_tests",), "the server moves", issue=12),
        ),
    ],
)
def test_accepting_needs_the_permission_of_override(line: str, request_: BranchRequest) -> None:
    (action,) = parse_commands([line])
    assert (action.do, action.request) == ("signal", request_)
    assert (action.command, action.permission, action.needs, action.on) == (
        "baseline", "maintain", "override", ("pull",),
    )  # fmt: skip


def test_the_button_stands_for_the_command() -> None:
    (typed,) = parse_commands(["/baseline accept linting a reason"])
    pressed = accept_by_button("linting")
    assert (pressed.command, pressed.permission, pressed.needs) == (typed.command, typed.permission, typed.needs)
    assert pressed.request == BranchRequest("accept_baseline", ("linting",))


@pytest.mark.parametrize(("target", "read"), [("1a2b3c4d", "1a2b3c4d"), ("unit-tests", "unit_tests")])
def test_an_id_or_a_check_is_revoked(target: str, read: str) -> None:
    (action,) = parse_commands([f"/baseline revoke {target}"])
    assert (action.do, action.target, action.permission, action.needs, action.on) == (
        "revoke", read, "maintain", "override", ("issue", "pull"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/baseline remove linting", "Say `list`, `accept` or `revoke`."),
        ("/baseline list linting", "takes nothing else"),
        ("/baseline list --until 2026-12-31", "takes nothing else"),
        ("/baseline accept", "Name one check and your reason"),
        ("/baseline accept linting", "Give a reason"),
        ("/baseline accept linting no", "Give a reason"),
        ("/baseline accept linting,coverage a reason", "Name one check and your reason"),
        ("/baseline accept gate a reason", "There is no check of that name"),
        ("/baseline accept linting a reason --until", "`--until` needs a value"),
        ("/baseline accept linting a reason --until 2026-13-31", "needs a day"),
        ("/baseline accept linting a reason --until tomorrow", "needs a day"),
        ("/baseline accept linting a reason --until 20261231", "needs a day"),
        ("/baseline accept linting a reason --issue 0", "needs the number of an issue"),
        ("/baseline accept linting a reason --issue 1 --until 2026-12-31", "exclude each other"),
        ("/baseline accept linting a reason --for 3d", "has no such flag"),
        ("/baseline revoke", "Name one id or check"),
        ("/baseline revoke linting coverage", "Name one id or check"),
        ("/baseline revoke linting,coverage", "Name one id or check"),
        ("/baseline revoke lintng", "Did you mean `linting`?"),
        ("/baseline revoke --issue 3 linting", "Name one id or check"),
    ],
)
def test_mistake_is_explained(line: str, said: str) -> None:
    (action,) = parse_commands([line])
    assert action.do == "reply"
    assert said in action.lines[0]
