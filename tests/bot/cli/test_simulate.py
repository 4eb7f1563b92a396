"""`autobuild simulate`"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from bot.settings.credentials import AppCredentials, store
from bot.webhook.simulation import simulate
from tests.bot.webhook import samples

EXAMPLES = Path(__file__).parents[2] / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
SETTINGS = Settings(app_id=7)


def simulated(name: str, payload: dict[str, Any]) -> Any:
    return simulate(SETTINGS, name, json.dumps(payload).encode())


def cli(*args: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "simulate", *args]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=60, env={"PATH": "", **environ}, check=False
    )


@pytest.mark.parametrize(
    ("name", "payload", "why"),
    [
        ("star", samples.event(action="created"), "It uses: check_run, "),
        ("push", samples.push(ref="refs/tags/v1"), "Only branch pushes are checked."),
        ("pull_request", samples.pull("assigned"), "does not use this action"),
        ("push", samples.push(installation=None), "no token to act with"),
        ("pull_request", samples.pull("edited"), "changes nothing"),
        ("issue_comment", samples.comment("> /retest"), "No visible line"),
        (
            "issue_comment",
            samples.comment("/retest", sender={"login": "x[bot]", "type": "Bot"}),
            "A bot wrote the comment.",
        ),
        (
            "check_suite",
            samples.suite("requested") | {"sender": {"login": "autobuild[bot]", "type": "Bot"}},
            "This App",
        ),
    ],
)
def test_ignored_event_says_why(name: str, payload: dict[str, Any], why: str) -> None:
    found = simulated(name, payload)
    assert found.does == "ignore"
    assert why in found.why


def test_push_signals_its_branch() -> None:
    found = simulated("push", samples.push())
    assert (found.does, found.signal) == ("signal-with-start", "pushed")
    assert (found.workflow, found.workflow_id) == ("ContinuousQualityWorkflow", "quality:octocat/hello@topic")
    assert found.message["head"]["sha"] == samples.SHA


def test_comment_lists_its_commands_with_permissions() -> None:
    found = simulated("issue_comment", samples.comment("/override linting it is too old\n/stat"))
    assert (found.does, found.workflow, found.signal) == ("signal-with-start", "ThreadWorkflow", "said")
    assert found.commands == (
        {"command": "override", "does": "override", "permission": "maintain"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "payload"),
    [("issue_comment", samples.comment("/retest")), ("check_run", samples.run("rerequested", app={"id": 8}))],
)
def test_without_an_app_the_payload_is_trusted(name: str, payload: dict[str, Any]) -> None:
    """A laptop has no App: a person is no bot for that, and a button may be ours."""
    assert simulate(Settings(), name, json.dumps(payload).encode()).does != "ignore"


def test_stored_app_is_used(tmp_path: Path) -> None:
    button = json.dumps(samples.run("rerequested", app={"id": 8}))
    assert '"start"' in cli("check_run", "-", "--json", stdin=button).stdout
    store(tmp_path, AppCredentials(7, "our-bot", "", "", "https://github.com", "key", "secret"))
    said = cli("check_run", "-", stdin=button, AUTOBUILD_DATA=str(tmp_path)).stdout
    assert "The check run belongs to another App." in said
    own = json.dumps(samples.comment("/retest", sender={"login": "our-bot[bot]", "type": "Bot"}))
    assert (
        "This App caused the event itself." in cli("issue_comment", "-", stdin=own, AUTOBUILD_DATA=str(tmp_path)).stdout
    )


def test_every_event_says_why() -> None:
    for name, payload in (
        ("pull_request", samples.pull("closed")),
        ("check_run", samples.run("rerequested")),
        ("issues", samples.label("labeled")),
        ("installation", samples.installation("created")),
        ("repository", samples.event(action="renamed", changes={"repository": {"name": {"from": "old"}}})),
    ):
        found = simulated(name, payload)
        assert found.does != "ignore"
        assert found.why.endswith(".")


def test_command_prints_what_would_start(tmp_path: Path) -> None:
    payload = tmp_path / "push.json"
    payload.write_text(json.dumps(samples.push(installation=None)))
    alone = cli("push", str(payload))
    assert alone.returncode == 0
    assert "no token" in alone.stdout
    whole = cli("push", str(payload), "--installation", "5", "--json")
    assert json.loads(whole.stdout)["does"] == "ignore"  # null is what the payload says, and it is kept
    payload.write_text(json.dumps({key: value for key, value in samples.push().items() if key != "installation"}))
    assert "quality:octocat/hello@topic" in cli("push", str(payload), "--installation", "5").stdout
    assert "signal-with-start" in cli("push", "-", stdin=json.dumps(samples.push())).stdout


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"ref": 1}', b"[" * 100_000])
def test_invalid_payload_is_an_error(tmp_path: Path, content: bytes) -> None:
    payload = tmp_path / "push.json"
    payload.write_bytes(content)
    done = cli("push", str(payload), "--installation", "5")
    assert done.returncode == 2
    assert done.stderr.startswith("autobuild: Invalid payload for the event push: ")


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in cli("push", str(tmp_path / "none.json")).stderr


def test_endless_file_is_not_read_to_its_end() -> None:
    assert "larger than 25 MiB" in cli("push", "/dev/zero").stderr


def test_github_examples_can_all_be_simulated() -> None:
    examples = [(one["name"], example) for one in json.loads(EXAMPLES.read_text()) for example in one["examples"]]
    assert len(examples) > 150
    for name, example in examples:
        assert simulated(name, {**example, "installation": example.get("installation") or {"id": 5}}).why
