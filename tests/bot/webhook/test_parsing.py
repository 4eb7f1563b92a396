"""What of GitHub's JSON is an event, and what is not: first all that must be ignored or refused."""

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.incidents.types import Alert
from activities.model import Head, RepoRef
from bot.webhook.events import (
    BranchMoved,
    ButtonPressed,
    CommentPosted,
    Ignored,
    InstallationChanged,
    LabelChanged,
    PullMoved,
    RepositoryMoved,
)
from bot.webhook.parsing import parse_event
from bot.webhook.payloads import BadPayload
from tests.bot.webhook import samples
from tests.bot.webhook.samples import AT, BASE, NONE, OLD, SHA
from workflows.messages import CommandInput, PullChanged, Pushed

EVERY = {
    "push": samples.push(),
    "pull_request": samples.pull("synchronize"),
    "check_suite": samples.suite("rerequested"),
    "check_run": samples.run("requested_action", identifier="fix"),
    "merge_group": samples.group("checks_requested"),
    "issue_comment": samples.comment("/retest"),
    "pull_request_review_comment": samples.review_comment("/patch"),
    "pull_request_review": samples.review("/patch"),
    "issues": samples.label("labeled"),
    "repository": samples.event(action="renamed", changes={"repository": {"name": {"from": "old"}}}),
    "deployment_status": samples.deployment("failure"),
    "installation": samples.installation("created"),
    "installation_repositories": samples.installation("added"),
}
HELLO = RepoRef("octocat", "hello", 5, id=1)


def parse(name: str, payload: Any) -> Any:
    return parse_event(name, json.dumps(payload).encode(), "d-1")


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("push", samples.push(ref="refs/tags/v1")),
        ("push", samples.push(ref="refs/tags/what ever", after=NONE, deleted=True)),
        ("push", samples.push(ref="refs/pull/3/head")),
        ("push", samples.push(ref="refs/heads")),
        ("push", samples.push() | {"ref": None}),
        ("push", samples.push(installation=None)),
        *[("pull_request", samples.pull(action)) for action in ("labeled", "assigned", "edited", "locked", "", "push")],
        ("pull_request", samples.pull("edited", changes={"title": {"from": "old"}})),
        ("check_suite", samples.suite("completed")),
        ("check_suite", samples.suite("requested", head_branch=None)),
        ("check_run", samples.run("created")),
        ("check_run", samples.run("completed")),
        ("check_run", samples.run("requested_action", identifier="somebody-elses")),
        ("check_run", samples.run("requested_action")),
        ("merge_group", samples.group("merged")),
        *[("deployment_status", samples.deployment(state)) for state in ("queued", "in_progress", "inactive", "")],
        ("deployment_status", samples.deployment("failure", transient_environment=True)),
        ("issues", samples.event(action="opened", issue={"number": 3})),
        ("issues", samples.label("labeled", label=None)),
        ("issues", samples.label("labeled", issue={"number": 3, "pull_request": {}})),
        ("repository", samples.event(action="created")),
        ("repository", samples.event(action="renamed")),
        ("repository", samples.event(action="transferred", changes={"owner": {"from": {}}})),
        ("installation", samples.installation("deleted")),
        ("installation", samples.installation("suspend")),
        ("installation_repositories", samples.installation("removed")),
        ("issue_comment", samples.comment("/retest", action="edited")),
        ("issue_comment", samples.comment("/retest", action="deleted")),
        ("issue_comment", samples.comment("")),
        ("pull_request_review_comment", samples.review_comment("/patch", action="edited")),
        ("pull_request_review_comment", samples.review_comment(None)),
        ("pull_request_review", samples.review("/patch", action="edited")),
        ("pull_request_review", samples.review(None)),
        ("star", samples.event(action="created")),
        ("", samples.push()),
    ],
)
def test_events_that_change_nothing_are_ignored(name: str, payload: dict[str, Any]) -> None:
    ignored = parse(name, payload)
    assert isinstance(ignored, Ignored)
    assert ignored.why.endswith(".")


def test_check_suite_of_fork_pull_is_ignored() -> None:
    fork = {"number": 3, "head": {"ref": "topic", "repo": {"id": 2}}}
    assert isinstance(parse("check_suite", samples.suite("requested", pull_requests=[fork])), Ignored)


@pytest.mark.parametrize(
    "changes",
    [
        {"ref": 1},
        {"after": "HEAD"},
        {"after": "--upload-pack=x"},
        {"after": SHA.upper()},
        {"after": SHA + "\n"},
        {"before": ""},
        {"ref": "refs/heads/"},
        {"ref": "refs/heads/-x"},
        {"ref": "refs/heads/a b"},
        {"ref": "refs/heads/a\nb"},
        {"ref": "refs/heads/a\0b"},
        {"ref": "refs/heads/\ud800"},
        {"ref": "refs/heads/" + "x" * 256},
        {"ref": "refs/heads/" + "é" * 128},
        {"repository": None},
        {"repository": []},
        {"repository": samples.repository("octocat/..\nfoo")},
        {"repository": samples.repository() | {"full_name": "hello"}},
        {"repository": samples.repository() | {"full_name": "octocat/hello/../../etc"}},
        {"repository": samples.repository() | {"default_branch": "a\nb"}},
        {"repository": samples.repository() | {"pushed_at": 10**400}},
        {"sender": {"login": "octocat\nlevel=error"}},
        {"sender": {"login": ""}},
        {"installation": {"id": "5"}},
        {"installation": {"id": -1}},
        {"installation": {"id": 10**30}},
        {"installation": 5},
        {"deleted": "yes"},
    ],
)
def test_malformed_push_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        parse("push", samples.push(**changes))


@pytest.mark.parametrize("name", EVERY)
def test_missing_field_is_refused(name: str) -> None:
    optional = {"action", "ref", "requested_action", "number", "deleted", "label", "changes", "sender"}
    for field in EVERY[name].keys() - optional - (set() if name.startswith("installation") else {"installation"}):
        with pytest.raises(BadPayload, match=field):
            parse(name, {key: value for key, value in EVERY[name].items() if key != field})


@pytest.mark.parametrize("name", EVERY)
def test_sender_may_be_missing_or_null(name: str) -> None:
    """GitHub's schema makes it optional for `merge_group`. Without one, no person gives a command."""
    without = {key: value for key, value in EVERY[name].items() if key != "sender"}
    for payload in (without, {**without, "sender": None}):
        event = parse(name, payload)
        assert isinstance(event, Ignored) or (event.origin.sender, event.origin.person) == ("", False)
        assert isinstance(event, Ignored) == isinstance(parse(name, EVERY[name]), Ignored)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_value_is_parsed_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(EVERY)))
    payload = json.loads(json.dumps(EVERY[name]))
    place: Any = payload
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not (isinstance(place[key], dict) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    _reads_or_refuses(name, json.dumps(payload).encode())


@given(st.sampled_from(sorted(EVERY)), st.binary(max_size=200) | st.integers(0, 2000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_parsed_or_refused(name: str, broken: bytes | int) -> None:
    whole = json.dumps(EVERY[name]).encode()
    _reads_or_refuses(name, whole[:broken] if isinstance(broken, int) else broken)


@pytest.mark.parametrize(
    "deep", ["[" * 200_000, '{"a":' * 200_000, '{"commits":' + "[" * 100_000 + "]" * 100_000 + "}"]
)
def test_deep_nesting_is_refused(deep: str) -> None:
    with pytest.raises(BadPayload):
        parse_event("push", deep.encode(), "d-1")


def _reads_or_refuses(name: str, body: bytes) -> None:
    with contextlib.suppress(BadPayload):
        event = parse_event(name, body, "d-1")
        assert isinstance(event, Ignored) or re.fullmatch(r"[\w.-]+/[\w.-]*", event.origin.repo.full_name)


def test_push_is_parsed() -> None:
    event = parse("push", samples.push(ref="refs/heads/feature/ü#1"))
    assert isinstance(event, BranchMoved)
    assert event.origin.repo == HELLO
    assert event.origin.default_branch == "main"
    assert event.push == Pushed(Head(HELLO, SHA, "feature/ü#1"), OLD, "d-1", AT)


@pytest.mark.parametrize("half", ["\udcff.txt", "\ud800", "😀 \udc00\ud83d"])
def test_lone_surrogate_does_not_lose_the_push(half: str) -> None:
    event = parse("push", samples.push(commits=[{"added": [half]}], head_commit={"message": half}))
    assert (event.push.head.branch, event.push.head.sha) == ("topic", SHA)


def test_lone_surrogate_excuses_no_other_mistake() -> None:
    for body in (
        b'{"x": "\\ud800"',
        b'{"x": "\\ud800", "n": ' + b"9" * 5000 + b"}",
        b'{"x": "\\ud800"}' + b"[" * 100_000,
    ):
        with pytest.raises(BadPayload):
            parse_event("push", body, "d-1")


@pytest.mark.parametrize("gone", [{"after": NONE, "deleted": True}, {"after": NONE}])
def test_deleted_branch_has_no_sha(gone: dict[str, Any]) -> None:
    assert parse("push", samples.push(**gone)).push.head.sha == ""


@pytest.mark.parametrize(
    "action", ["opened", "reopened", "synchronize", "ready_for_review", "converted_to_draft", "closed"]
)
def test_pull_request_is_parsed(action: Any) -> None:
    event = parse("pull_request", samples.pull(action))
    assert isinstance(event, PullMoved)
    assert event.pull == PullChanged(action, Head(HELLO, SHA, "topic", "main", pull=3), delivery="d-1", sent_at=AT)


def test_changed_base_is_parsed() -> None:
    event = parse("pull_request", samples.pull("edited", changes={"base": {"ref": {"from": "dev"}}}))
    assert event.pull.action == "edited"


@pytest.mark.parametrize(
    ("head", "fork"), [("", False), ("OctoCat/Hello", False), ("example/hello", True), (None, True)]
)
def test_pull_request_of_a_fork_is_parsed(head: str | None, fork: bool) -> None:
    assert parse("pull_request", samples.pull("opened", head_repo=head)).pull.head.fork is fork


def test_requested_check_suite_moves_the_branch() -> None:
    event = parse("check_suite", samples.suite("requested"))
    assert not event.by_push
    assert event.push == Pushed(Head(HELLO, SHA, "topic"), OLD, "d-1", AT)


def test_deployment_that_ended_is_an_alert() -> None:
    event = parse("deployment_status", samples.deployment("failure"))
    assert event.alert == Alert(
        "github", "octocat/hello:deployment:production", "Deployment to production failed", "", "critical", "firing",
        "The deployment of aaaaaaa to production failed: The smoke tests failed.", 1796025600.0, 0.0,
        "deployment-status-41", "https://github.com/octocat/hello/actions/runs/1", {"environment": "production"},
        HELLO, SHA,
    )  # fmt: skip
    ended = parse("deployment_status", samples.deployment("success")).alert
    assert (ended.group, ended.status, ended.ends_at) == (event.alert.group, "resolved", event.alert.starts_at)
    hostile = samples.deployment("error")
    hostile["deployment_status"] |= {"environment": "a\nb\x00" + "c" * 999, "log_url": "javascript:alert(1)"}
    alert = parse("deployment_status", hostile).alert
    assert (alert.name.isprintable(), len(alert.group) <= 200, alert.url) == (True, True, "")


def test_merge_group_names_its_base() -> None:
    event = parse("merge_group", samples.group("checks_requested"))
    assert event.push == Pushed(Head(HELLO, SHA, "gh-readonly-queue/main/pr-3-abc", "main", BASE), "", "d-1", AT)
    assert parse("merge_group", samples.group("destroyed")).push.head.sha == ""


def test_comment_is_parsed() -> None:
    event = parse("issue_comment", samples.comment("/retest"))
    assert isinstance(event, CommentPosted)
    assert (event.number, event.comment_id, event.body, event.origin.person) == (3, 31, "/retest", True)


def test_comments_of_reviews_are_parsed() -> None:
    event = parse("pull_request_review_comment", samples.review_comment("@autobuild go"))
    assert (event.number, event.comment_id, event.body, event.said_in) == (3, 41, "@autobuild go", "review_comment")
    assert (event.on_pull, event.at) == (True, AT)
    event = parse("pull_request_review", samples.review("Well."))
    assert (event.number, event.comment_id, event.body, event.said_in) == (3, 51, "Well.", "review")


def test_suite_rerun_is_parsed() -> None:
    event = parse("check_suite", samples.suite("rerequested"))
    assert isinstance(event, ButtonPressed)
    assert event.source == "check-suite-11-2027-01-15T08:00:00Z"
    assert event.request == CommandInput(
        "rerun_suite", HELLO, "octocat", sha=SHA, branch="topic", delivery="d-1", at=AT, default_branch="main"
    )


def test_check_run_rerun_is_parsed() -> None:
    linked = {"number": 3, "head": {"ref": "topic", "repo": {"id": 1}}}
    event = parse("check_run", samples.run("rerequested", pull_requests=[linked]))
    assert event.request == CommandInput(
        "rerun_check",
        HELLO,
        "octocat",
        pull=3,
        sha=SHA,
        branch="topic",
        check="autobuild / linting",
        external_id="gate-1",
        delivery="d-1",
        at=AT,
        default_branch="main",
    )


@pytest.mark.parametrize("button", ["fix", "retest", "accept-baseline"])
def test_own_buttons_are_parsed(button: str) -> None:
    event = parse("check_run", samples.run("requested_action", identifier=button))
    assert (event.request.kind, event.request.command, event.app_id) == ("button", button, 7)


def test_each_button_press_has_its_own_source() -> None:
    def source(action: str = "requested_action", identifier: str = "fix", **changes: Any) -> str:
        name: str = parse("check_run", samples.run(action, identifier=identifier, **changes)).source
        return name

    later = samples.suite("requested", updated_at="2027-01-15T09:00:00Z")["check_suite"]
    presses = [
        source(),
        source(identifier="retest"),
        source("rerequested", ""),
        source(id=22),
        source(check_suite=later),
    ]
    assert source() == source()
    assert len(set(presses)) == len(presses)


@pytest.mark.parametrize("moment", ["", "yesterday", None, "9" * 40])
def test_unreadable_time_is_zero(moment: str | None) -> None:
    payload = samples.push(repository=samples.repository(pushed_at=moment))
    assert parse("push", payload).push.sent_at == 0.0


def test_issue_label_is_parsed() -> None:
    event = parse("issues", samples.label("unlabeled", label={"name": "help wanted 🙏"}))
    assert isinstance(event, LabelChanged)
    assert (event.issue, event.label, event.added, event.at) == (4, "help wanted 🙏", False, AT)


def test_installation_is_parsed() -> None:
    event = parse("installation_repositories", samples.installation("added"))
    assert isinstance(event, InstallationChanged)
    assert (event.account, event.origin.repo.installation_id) == ("octocat", 5)


@pytest.mark.parametrize("name", ["../x", "a/b", "a b", "", "x" * 101])
def test_malformed_old_name_is_refused(name: str) -> None:
    with pytest.raises(BadPayload):
        parse("repository", samples.event(action="renamed", changes={"repository": {"name": {"from": name}}}))


def test_moved_repository_is_parsed() -> None:
    event = parse(
        "repository",
        samples.event(action="transferred", changes={"owner": {"from": {"organization": {"login": "example"}}}}),
    )
    assert isinstance(event, RepositoryMoved)
    assert (event.before, event.removed) == ("example/hello", False)
