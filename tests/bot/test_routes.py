"""The table: what each event asks for."""

import json
from typing import Any

import pytest

from bot.events import parse_event
from bot.routes import COMMAND, QUALITY, Action, Rules, Signal, SignalWithStart, Start, route
from tests.bot import samples
from workflows.messages import PullChanged, Pushed, QualityBranch

OWN = Rules("autobuild[bot]", 7)


def routed(name: str, payload: dict[str, Any], rules: Rules = OWN) -> Action | None:
    event = parse_event(name, json.dumps(payload).encode(), "d-1")
    assert event
    return route(event, rules)


@pytest.mark.parametrize("login", ["autobuild[bot]", "Autobuild[bot]"])
@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("push", samples.push()),
        ("pull_request", samples.pull("synchronize")),
        ("check_suite", samples.suite("requested")),
        ("check_suite", samples.suite("rerequested")),
        ("check_run", samples.run("rerequested")),
        ("issue_comment", samples.comment("/retest")),
    ],
)
def test_what_the_app_did_itself_asks_for_nothing(name: str, payload: dict[str, Any], login: str) -> None:
    assert routed(name, payload | {"sender": {"login": login, "type": "Bot"}}) is None


@pytest.mark.parametrize(
    "comment",
    [
        samples.comment("Thank you!"),
        samples.comment("> /retest"),
        samples.comment("/deploy"),
        samples.comment("/retest", sender={"login": "dependabot[bot]", "type": "Bot"}),
        samples.comment("/retest", comment={"id": 1, "body": "/retest", "performed_via_github_app": {"id": 7}}),
    ],
)
def test_a_comment_that_asks_for_nothing(comment: dict[str, Any]) -> None:
    assert routed("issue_comment", comment) is None


def test_a_button_of_another_app_asks_for_nothing() -> None:
    assert routed("check_run", samples.run("rerequested", app={"id": 8})) is None
    assert routed("check_suite", samples.suite("rerequested", app={"id": 8})) is None


def test_a_push_feeds_its_branch() -> None:
    action = routed("push", samples.push())
    assert isinstance(action, SignalWithStart)
    assert (action.workflow, action.id) == (QUALITY, "quality:octocat/hello@topic")
    assert action.argument == QualityBranch(action.argument.repo, "topic", default_branch="main")
    assert action.signal == "pushed"
    assert isinstance(action.message, Pushed)


@pytest.mark.parametrize(
    ("globs", "branch", "counts"),
    [
        (("*",), "deep/er/one", True),
        (("main", "release/*"), "main", True),
        (("main", "release/*"), "release/1", True),
        (("main", "release/*"), "topic", False),
        (("Main",), "main", False),
        ((), "main", False),
    ],
)
def test_which_pushes_count(globs: tuple[str, ...], branch: str, counts: bool) -> None:
    rules = Rules("autobuild[bot]", 7, globs)
    assert (routed("push", samples.push(ref=f"refs/heads/{branch}"), rules) is not None) is counts
    assert (routed("check_suite", samples.suite("requested", head_branch=branch), rules) is not None) is counts


def test_a_pull_request_and_a_merge_group_count_whatever_pushes_do() -> None:
    rules = Rules("autobuild[bot]", 7, ())
    assert routed("pull_request", samples.pull("opened"), rules)
    assert routed("merge_group", samples.group("checks_requested"), rules)


def test_what_ends_starts_nothing() -> None:
    gone = routed("push", samples.push(after=samples.NONE, deleted=True), Rules("autobuild[bot]", 7, ()))
    assert isinstance(gone, Signal)
    assert gone.id == "quality:octocat/hello@topic"
    for name, payload in (("pull_request", samples.pull("closed")), ("merge_group", samples.group("destroyed"))):
        assert isinstance(routed(name, payload), Signal)


def test_all_events_of_a_branch_find_one_workflow_with_one_argument() -> None:
    told = [
        routed("push", samples.push()),
        routed("check_suite", samples.suite("requested")),
        *[routed("pull_request", samples.pull(action)) for action in ("opened", "synchronize", "converted_to_draft")],
    ]
    assert len({(action.id, action.argument) for action in told if isinstance(action, SignalWithStart)}) == 1
    assert all(isinstance(action, SignalWithStart) for action in told)


def test_a_forks_pull_is_found_by_its_number() -> None:
    action = routed("pull_request", samples.pull("opened", head_repo="example/hello"))
    assert isinstance(action, SignalWithStart)
    assert action.id == "quality:octocat/hello#3"
    assert (action.argument.branch, action.argument.pull, action.argument.fork) == ("topic", 3, True)
    assert isinstance(action.message, PullChanged)
    assert action.message.fork
    closed = routed("pull_request", samples.pull("closed", head_repo="example/hello"))
    assert isinstance(closed, Signal)
    assert closed.id == action.id


def test_a_comments_commands_are_one_request() -> None:
    action = routed("issue_comment", samples.comment("Hm.\n\n/retest linting\n/help retest\n/retset\n/retest linting"))
    assert isinstance(action, Start)
    assert (action.workflow, action.id) == (COMMAND, "command:octocat/hello!comment-31")
    request = action.argument
    assert (request.kind, request.pull, request.comment_id, request.actor) == ("comment", 3, 31, "octocat")
    assert (request.command, request.args, request.permission) == ("retest", ("linting",), "write")
    assert [name for name, *_ in request.more] == ["help", "mistake"]


def test_help_needs_little() -> None:
    action = routed("issue_comment", samples.comment("/help"))
    assert isinstance(action, Start)
    assert action.argument.permission == "read"


def test_a_button_is_a_request() -> None:
    action = routed("check_run", samples.run("requested_action", identifier="fix"))
    assert isinstance(action, Start)
    assert action.id.startswith("command:octocat/hello!check-run-21-fix-")
    assert (action.argument.kind, action.argument.command) == ("button", "fix")
