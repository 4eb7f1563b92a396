"""A whole run with everything logged: no credential is left in a log, a history, a file, an address or an error."""

import base64
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROJECT = {
    "pyproject.toml": '[project]\nname = "sample"\nversion = "1"\n[tool.ruff]\nline-length = 100\n',
    "sample.py": '"""A sample."""\n\nONE = 1\n',
}
UNUSED = '"""A sample."""\n\nimport os\n\nONE = 1\n'
# What is ours there; the rest was downloaded, and is never given a credential of GitHub's.
KEPT = ("mirrors", "results", "checkouts", "environments", "scratch")


@pytest_asyncio.fixture(loop_scope="session")
async def own_stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """Every credential is looked for in every file: that of all other tests would take minutes."""
    async with make_stack(tmp_path) as made:
        yield made


async def test_no_credential_is_left_anywhere(own_stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stack = own_stack
    repo = await stack.repository(PROJECT, "octocat/secretive")
    _bad_days(stack, repo)
    sha = await stack.push(repo, {"sample.py": UNUSED})
    number = await stack.pull(repo)
    runs = await stack.verdict(repo, sha)
    _revoke(stack)
    stack.github.checks.press_button(repo, runs["linting"]["id"], "fix")
    fixed = await stack.until(lambda: _new_head(stack, repo, number, sha))
    await stack.verdict(repo, fixed)

    secrets = _secrets(stack)
    assert len(secrets) > 20
    shown = {
        "log": "\n".join(_lines(caplog)),
        "histories": await _histories(stack),
        "files": "\n".join(_files(stack.settings.data)),
        "addresses": "\n".join(f"{each.path} {each.query}" for each in stack.github.requests),
        "settings": repr(stack.settings),
    }
    assert "octocat/secretive" in shown["log"] + shown["files"]
    assert "secretive" in shown["histories"]
    assert "refs/autobuild" in shown["files"]
    found = [(place, secret[:12]) for place, text in shown.items() for secret in secrets if secret in text]
    assert found == []


def _bad_days(stack: Stack, repo: str) -> None:
    """Errors of every kind, each of which is logged and goes through Temporal."""
    add = stack.github.faults.add
    add("POST", ".*/access_tokens", "half")
    add("POST", "/api/graphql", status=500, containing=("CreateCheckRuns",))
    add("POST", "/api/graphql", "hang_up", after=True, containing=("CreateCheckRuns",))
    add("POST", "/api/graphql", "secondary", containing=("UpdateCheckRuns",))
    add("GET", f"/repos/{repo}/commits/[^/]+/check-runs", "half")
    add("POST", "/api/graphql", "hang_up", containing=("createCommitOnBranch",))


def _revoke(stack: Stack) -> None:
    """All tokens are revoked; the next request with each is answered 401."""
    (installation,) = (it for it in stack.github.store.installations.values() if it.account.login == "octocat")
    for value in [value for value, token in stack.github.store.tokens.items() if token.installation is installation]:
        del stack.github.store.tokens[value]


def _new_head(stack: Stack, repo: str, number: int, old: str) -> str:
    pull = stack.github.store.issue(repo, number).pull
    return pull.head_sha if pull and pull.head_sha != old else ""


def _secrets(stack: Stack) -> set[str]:
    """Every token and JWT that went over the wire, as it is and as git sends it, and the key's lines."""
    sent = {each.request_headers.get("Authorization", "").partition(" ")[2] for each in stack.github.requests}
    answers = [each.response for each in stack.github.requests if each.path.endswith("/access_tokens")]
    minted = {answer["token"] for answer in answers if isinstance(answer, dict) and "token" in answer}
    tokens = (sent | minted) - {""}
    basic = {base64.b64encode(f"x-access-token:{token}".encode()).decode() for token in tokens}
    key = {line for line in stack.github.private_key_pem.splitlines() if "PRIVATE KEY" not in line}
    return tokens | basic | key


def _lines(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """As they were written, with traces, before anything is taken out of them."""
    formatter = logging.Formatter("%(name)s %(message)s")
    for record in caplog.records:
        yield f"{formatter.format(record)} {vars(record)!r}"


async def _histories(stack: Stack) -> str:
    """Protocol buffers as text: what is in a payload can be read there, other than in JSON."""
    texts = []
    async for found in stack.temporal.list_workflows():
        history = await stack.temporal.get_workflow_handle(found.id, run_id=found.run_id).fetch_history()
        texts += [str(event) for event in history.events]
    return "\n".join(texts)


def _files(data: Path) -> Iterator[str]:
    for path in (file for name in KEPT for file in (data / name).rglob("*")):
        yield path.relative_to(data).as_posix()
        if path.is_file() and not path.is_symlink():
            yield path.read_bytes().decode("latin-1")
