"""Authentication and permissions: the app's JWT, installation tokens, users, anonymous requests."""

import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

import jwt
import pytest

from simulator.github.keys import AppKey
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient

R = f"/repos/{REPO}"


ISSUED = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
FUTURE = "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
TOO_FAR = "'Expiration time' claim ('exp') is too far in the future"


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": 0}, FUTURE),
        ({"exp": "soon"}, FUTURE),
        ({"exp": 602}, TOO_FAR),
        ({"exp": 3600}, TOO_FAR),
        ({"iat": 2}, ISSUED),
        ({"iat": 600}, ISSUED),
        ({"iat": "now"}, ISSUED),
        ({"iss": "octocat"}, "'Issuer' claim ('iss') must be an Integer"),
        ({"exp": None}, "A JSON web token could not be decoded"),
    ],
)
async def test_jwt_with_invalid_claim_is_refused(ask: ApiClient, claims: dict[str, Any], message: str) -> None:
    """Numbers are seconds from now, by GitHub's clock."""
    now = int(ask.github.store.time())
    at = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    reply = await ask("GET", "/app", token=ask.app_jwt(**at))
    assert (reply.status, reply.body["message"]) == (401, message)
    openapi.assert_valid(ask.github.requests)


async def test_expiry_goes_by_githubs_clock(ask: ApiClient) -> None:
    start = int(time.time())
    token = ask.app_jwt(exp=start + 600)
    assert (await ask("GET", "/app", token=token)).status == 200
    ask.github.store.advance(-90)
    slow = await ask("GET", "/app", token=token)
    assert (slow.status, slow.body["message"]) == (401, TOO_FAR)
    assert (await ask("GET", "/app", token=ask.app_jwt(iat=start))).body["message"] == ISSUED
    ask.github.store.advance(690)
    assert (await ask("GET", "/app", token=token)).body["message"] == FUTURE


@pytest.mark.parametrize("times", [0, 1])
async def test_each_answer_has_githubs_date(ask: ApiClient, times: int) -> None:
    ask.github.store.advance(7200)
    for _ in range(times):
        ask.github.faults.add("GET", "/app")
    for who in ("app", "", "bot"):
        answered_at = parsedate_to_datetime((await ask("GET", "/app", who=who)).headers["Date"]).timestamp()
        assert abs(answered_at - time.time() - 7200) < 5


async def test_jwt_of_unknown_app_is_refused(ask: ApiClient) -> None:
    reply = await ask("GET", "/app", token=ask.app_jwt(iss="1"))
    assert (reply.status, reply.body["message"]) == (404, "Integration not found")


async def test_jwt_needs_the_apps_key(ask: ApiClient, tmp_path: Any) -> None:
    now = int(time.time())
    claims = {"iat": now, "exp": now + 60, "iss": str(ask.github.app_id)}
    other = AppKey.read_or_generate(tmp_path / "other").pem
    forged = [
        jwt.encode(claims, other, algorithm="RS256"),
        jwt.encode(claims, ask.github.private_key_pem, algorithm="RS512"),
        jwt.encode(claims, "x" * 64, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        "a.b.c",
        "é.è.ê",
    ]
    assert [(await ask("GET", "/app", token=token)).status for token in forged] == [401] * len(forged)


async def test_jwt_issuer_is_app_id_or_client_id(ask: ApiClient) -> None:
    for issuer in (ask.github.app_id, str(ask.github.app_id), ask.github.store.app.client_id):
        assert (await ask("GET", "/app", token=ask.app_jwt(iss=str(issuer)))).status == 200


async def test_token_is_long_and_expires_after_an_hour(ask: ApiClient) -> None:
    token = await ask.mint()
    assert re.fullmatch(r"ghs_\d+_[\w-]+\.[\w-]+\.[\w-]+", token)
    assert 480 < len(token) < 560
    ask.github.store.advance(3599)
    assert (await ask("GET", R, token=token)).status == 200
    ask.github.store.advance(2)
    assert (await ask("GET", R, token=token)).status == 401


async def test_token_is_limited_to_its_permissions(ask: ApiClient) -> None:
    token = await ask.mint(permissions={"contents": "read", "issues": "write"})
    sha = (await ask("GET", f"{R}/git/ref/heads/main", token=token)).body["object"]["sha"]
    refused = await ask("POST", f"{R}/check-runs", {"name": "x", "head_sha": sha}, token=token)
    assert (refused.status, refused.body["message"]) == (403, "Resource not accessible by integration")
    assert (await ask("POST", f"{R}/git/refs", {"ref": "refs/heads/x", "sha": sha}, token=token)).status == 403
    assert (await ask("POST", f"{R}/issues", {"title": "x"}, token=token)).status == 201
    assert ask.github.check_runs(REPO, sha) == []


async def test_token_is_limited_to_its_repositories(ask: ApiClient) -> None:
    for name in ("one", "two"):
        await ask.github.repositories.add_repository(f"octocat/{name}", {"a": "a"}, private=True)
    token = await ask.mint(repositories=["one"])
    assert (await ask("GET", "/repos/octocat/one/contents/a", token=token)).status == 200
    assert (await ask("GET", "/repos/octocat/two/contents/a", token=token)).status == 404
    listed = (await ask("GET", "/installation/repositories", token=token)).body
    assert [repo["name"] for repo in listed["repositories"]] == ["one"]


@pytest.mark.parametrize(
    "requested",
    [
        {"repositories": ["nowhere"]},
        {"permissions": {"administration": "read"}},
        {"permissions": {"metadata": "write"}},
    ],
)
async def test_token_cannot_exceed_the_installation(ask: ApiClient, requested: dict[str, Any]) -> None:
    installation = next(iter(ask.github.store.installations))
    assert (await ask("POST", f"/app/installations/{installation}/access_tokens", requested, who="app")).status == 422


async def test_suspended_installation_is_refused(ask: ApiClient) -> None:
    token, installation = await ask.mint(), next(iter(ask.github.store.installations))
    ask.github.installations.suspend(installation)
    path = f"/app/installations/{installation}/access_tokens"
    reply = await ask("POST", path, who="app")
    assert (reply.status, reply.body["message"]) == (403, "This installation has been suspended")
    assert (await ask("GET", R, token=token)).body["message"] == "This installation has been suspended"
    assert (await ask("GET", f"{R}/installation", who="app")).body["suspended_by"]["login"] == "octocat"
    ask.github.installations.unsuspend(installation)
    assert (await ask("POST", path, who="app")).status == 201
    ask.github.installations.remove_installation(installation)
    assert (await ask("POST", path, who="app")).status == 404
    openapi.assert_valid(ask.github.requests)


async def test_user_permissions(github: SimulatedGitHub, ask: ApiClient) -> None:
    github.repositories.set_permission(REPO, "example-writer", "write")
    sha = (await ask("GET", f"{R}/git/ref/heads/main", who="example-writer")).body["object"]["sha"]
    new = {"ref": "refs/heads/x", "sha": sha}
    assert (await ask("POST", f"{R}/git/refs", new, who="example")).status == 403
    assert (await ask("POST", f"{R}/git/refs", new, who="")).status == 401
    assert (await ask("POST", f"{R}/git/refs", new, who="example-writer")).status == 201
    run = await ask("POST", f"{R}/check-runs", {"name": "x", "head_sha": sha}, who="octocat")
    assert (run.status, run.body["message"]) == (403, "You must authenticate via a GitHub App.")


@pytest.mark.parametrize(
    ("level", "permission"),
    [
        ("admin", "admin"),
        ("maintain", "write"),
        ("write", "write"),
        ("triage", "read"),
        ("read", "read"),
        ("none", "none"),
    ],
)
async def test_collaborator_permission(ask: ApiClient, level: str, permission: str) -> None:
    ask.github.repositories.set_permission(REPO, "example", level)
    reply = await ask("GET", f"{R}/collaborators/Example/permission")
    assert (reply.body["permission"], reply.body["role_name"]) == (permission, level)


async def test_request_needs_a_user_agent(ask: ApiClient) -> None:
    assert (await ask("GET", R, headers={"User-Agent": ""})).status == 403
    assert (await ask("GET", R, headers={"Authorization": "Basic x"}, who="")).status == 401
