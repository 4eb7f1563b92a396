"""The table: what each event asks for."""

import json
from typing import Any

import pytest

from activities.model import Head
from bot.webhook.events import CommentPosted, Ignored
from bot.webhook.parsing import parse_event
from bot.webhook.routes import (
    COMMAND,
    QUALITY,
    RECONCILIATION,
    THREAD,
    Action,
    Rules,
    Signal,
    SignalWithStart,
    Start,
    lines_of,
    route,
)
from tests.bot.webhook import samples
from workflows.event_recovery.reconciliation import ReconciliationInput
from workflows.messages import BranchRequest, CommandInput, PullChanged, Pushed
from workflows.quality.branch_state import ContinuousQualityInput

OWN = Rules("autobuild[bot]", 7)


def routed(name: str, payload: dict[str, Any], rules: Rules = OWN) -> Action | Ignored:
    event = parse_event(name, json.dumps(payload).encode(), "d-1")
    assert not isinstance(event, Ignored)
    return route(event, rules)


@pytest.mark.parametrize("login", ["autobuild[bot]", "Autobuild[bot]"])
@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("check_suite", samples.suite("requested")),
        ("check_suite", samples.suite("rerequested")),
        ("check_run", samples.run("rerequested")),
        ("issue_comment", samples.comment("/retest")),
        ("pull_request_review_comment", samples.review_comment("/patch")),
        ("issues", samples.label("labeled")),
    ],
)
def test_own_comments_and_buttons_are_ignored(name: str, payload: dict[str, Any], login: str) -> None:
    assert isinstance(routed(name, payload | {"sender": {"login": login, "type": "Bot"}}), Ignored)


@pytest.mark.parametrize(("name", "payload"), [("push", samples.push()), ("pull_request", samples.pull("opened"))])
def test_own_pushes_are_gated(name: str, payload: dict[str, Any]) -> None:
    own = payload | {"sender": {"login": "autobuild[bot]", "type": "Bot"}}
    assert isinstance(routed(name, own), SignalWithStart)


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
def test_comment_without_command_is_ignored(comment: dict[str, Any]) -> None:
    assert isinstance(routed("issue_comment", comment), Ignored)


def test_button_of_another_app_is_ignored() -> None:
    assert isinstance(routed("check_run", samples.run("rerequested", app={"id": 8})), Ignored)
    assert isinstance(routed("check_suite", samples.suite("rerequested", app={"id": 8})), Ignored)


def test_push_signals_its_branch_workflow() -> None:
    action = routed("push", samples.push())
    assert isinstance(action, SignalWithStart)
    assert (action.workflow, action.id) == (QUALITY, "quality:octocat/hello@topic")
    assert isinstance(action.message, Pushed)
    repo = action.message.head.repo
    assert action.argument == ContinuousQualityInput(Head(repo, branch="topic"), "main")
    assert action.signal == "pushed"


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
def test_push_branches_select_pushes(globs: tuple[str, ...], branch: str, counts: bool) -> None:
    rules = Rules("autobuild[bot]", 7, globs)
    for name, payload in (
        ("push", samples.push(ref=f"refs/heads/{branch}")),
        ("check_suite", samples.suite("requested", head_branch=branch)),
    ):
        assert isinstance(routed(name, payload, rules), SignalWithStart) is counts


def test_push_branches_do_not_apply_to_pulls_and_merge_groups() -> None:
    rules = Rules("autobuild[bot]", 7, ())
    assert isinstance(routed("pull_request", samples.pull("opened"), rules), SignalWithStart)
    assert isinstance(routed("merge_group", samples.group("checks_requested"), rules), SignalWithStart)


def test_ending_events_start_no_workflow() -> None:
    gone = routed("push", samples.push(after=samples.NONE, deleted=True), Rules("autobuild[bot]", 7, ()))
    assert gone == Signal("quality:octocat/hello@topic", "branch_deleted")
    for name, payload in (("pull_request", samples.pull("closed")), ("merge_group", samples.group("destroyed"))):
        assert isinstance(routed(name, payload), Signal)


def test_all_events_of_a_branch_name_one_workflow() -> None:
    actions = [
        routed("push", samples.push()),
        routed("check_suite", samples.suite("requested")),
        *[routed("pull_request", samples.pull(action)) for action in ("opened", "synchronize", "converted_to_draft")],
    ]
    assert len({(action.id, action.argument) for action in actions if isinstance(action, SignalWithStart)}) == 1
    assert all(isinstance(action, SignalWithStart) for action in actions)


def test_fork_pull_is_keyed_by_its_number() -> None:
    action = routed("pull_request", samples.pull("opened", head_repo="example/hello"))
    assert isinstance(action, SignalWithStart)
    assert action.id == "quality:octocat/hello#3"
    assert isinstance(action.argument, ContinuousQualityInput)
    branch = action.argument.branch
    assert (branch.branch, branch.pull, branch.fork) == ("topic", 3, True)
    assert isinstance(action.message, PullChanged)
    assert action.message.head.fork
    closed = routed("pull_request", samples.pull("closed", head_repo="example/hello"))
    assert isinstance(closed, Signal)
    assert closed.id == action.id


def test_commands_of_one_comment_are_one_workflow() -> None:
    action = routed("issue_comment", samples.comment("Hm.\n\n/retest linting\n/help retest\n/retset\n/retest linting"))
    assert isinstance(action, SignalWithStart)
    assert (action.workflow, action.id, action.signal) == (THREAD, "thread:octocat/hello#3", "said")
    request = action.message
    assert isinstance(request, CommandInput)
    assert (request.kind, request.pull, request.comment_id, request.actor) == ("comment", 3, 31, "octocat")
    assert [(action.command, action.do) for action in request.actions] == [
        ("retest", "signal"),
        ("help", "help"),
        ("retest", "reply"),
    ]
    assert request.actions[0].request == BranchRequest("rerun", ("linting",))


def test_issue_comment_is_not_on_pull() -> None:
    action = routed("issue_comment", samples.comment("/status", issue={"number": 4}))
    assert isinstance(action, SignalWithStart)
    assert isinstance(action.message, CommandInput)
    assert (action.message.pull, action.message.on_pull) == (4, False)


def test_each_label_change_is_its_own_workflow() -> None:
    added = routed("issues", samples.label("labeled", label={"name": "autobuild"}))
    again = routed("issues", samples.label("labeled", label={"name": "autobuild"}))
    removed = routed("issues", samples.label("unlabeled", label={"name": "autobuild"}))
    later = routed("issues", samples.label("labeled", at="2027-01-15T09:00:00Z", label={"name": "autobuild"}))
    assert isinstance(added, Start)
    assert isinstance(added.argument, CommandInput)
    assert (added.argument.kind, added.argument.command, added.argument.label) == ("label", "added", "autobuild")
    assert added == again
    assert len({action.id for action in (added, removed, later) if isinstance(action, Start)}) == 3


def test_label_on_a_pull_is_a_command_of_a_person() -> None:
    payload = samples.pull("labeled") | {"label": {"name": "autobuild"}}
    action = routed("pull_request", payload)
    assert isinstance(action, Start)
    assert isinstance(action.argument, CommandInput)
    assert (action.workflow, action.argument.kind, action.argument.pull) == (COMMAND, "label", 3)
    assert (action.argument.label, action.argument.on_pull) == ("autobuild", True)
    by_bot = payload | {"sender": {"login": "dependabot[bot]", "type": "Bot"}}
    assert isinstance(routed("pull_request", by_bot), Ignored)


@pytest.mark.parametrize("action", ["created", "unsuspend", "new_permissions_accepted"])
def test_changed_installation_is_reconciled(action: str) -> None:
    start = routed("installation", samples.installation(action))
    assert start == Start(RECONCILIATION, "reconciliation:5", ReconciliationInput(5, "octocat"), again=True)


def test_renamed_repository_continues_under_new_name() -> None:
    changes = {"repository": {"name": {"from": "hallo"}}}
    start = routed("repository", samples.event(action="renamed", changes=changes))
    assert isinstance(start, Start)
    assert isinstance(start.argument, ReconciliationInput)
    assert (start.argument.former_name, start.argument.repo and start.argument.repo.full_name) == (
        "octocat/hallo",
        "octocat/hello",
    )
    moved = routed(
        "repository", samples.event(action="transferred", changes={"owner": {"from": {"user": {"login": "example"}}}})
    )
    assert isinstance(moved, Start)
    assert isinstance(moved.argument, ReconciliationInput)
    assert moved.argument.former_name == "example/hello"


@pytest.mark.parametrize("action", ["deleted", "archived"])
def test_deleted_repository_ends_its_branches(action: str) -> None:
    start = routed("repository", samples.event(action=action))
    assert isinstance(start, Start)
    assert start.argument == ReconciliationInput(5, "octocat", None, "octocat/hello")


def test_button_starts_a_command_workflow() -> None:
    action = routed("check_run", samples.run("requested_action", identifier="fix"))
    assert isinstance(action, Start)
    assert action.id.startswith("command:octocat/hello!check-run-21-fix-")
    assert isinstance(action.argument, CommandInput)
    assert (action.argument.kind, action.argument.command) == ("button", "fix")


@pytest.mark.parametrize(
    ("body", "in_review", "in_conversation"),
    [
        ("@autobuild rename it", ["/patch rename it"], []),
        ("  @Autobuild[bot]: rename it", ["/patch rename it"], []),
        ("Well.\n\n@autobuild, rename it", ["/patch rename it"], []),
        ("@autobuild", ["/patch"], []),
        ("/patch rename it", ["/patch rename it"], ["/patch rename it"]),
        ("Thanks, @autobuild rename it", [], []),
        ("> @autobuild rename it", [], []),
        ("```\n@autobuild rename it\n```", [], []),
        ("<!-- \n@autobuild rename it\n-->", [], []),
        ("<details>\n\n@autobuild rename it\n\n</details>", [], []),
        ("@autobuild-two rename it", [], []),
        ("@autobuilder rename it", [], []),
    ],
)
def test_a_mention_is_a_command_in_reviews_only(body: str, in_review: list[str], in_conversation: list[str]) -> None:
    for event, payload in (
        ("pull_request_review_comment", samples.review_comment(body)),
        ("pull_request_review", samples.review(body)),
        ("issue_comment", samples.comment(body)),
    ):
        posted = parse_event(event, json.dumps(payload).encode(), "d-1")
        assert isinstance(posted, CommentPosted)
        found = [line.rstrip() for line in lines_of(posted, OWN)]
        assert found == (in_conversation if event == "issue_comment" else in_review)


def test_other_commands_are_none_in_reviews() -> None:
    assert isinstance(routed("pull_request_review_comment", samples.review_comment("/retest")), Ignored)
    assert isinstance(routed("pull_request_review", samples.review("/stop")), Ignored)
