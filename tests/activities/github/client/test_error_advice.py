"""What GitHub refuses and only a person can change: raised at once, with what to do, and never retried."""

import json

import pytest

from activities.errors import UserError
from activities.github.client.error_mapping import error_of, graphql_error
from activities.github.errors import AppRefused, Forbidden, GitHubError, Suspended
from activities.reporting import escape_markdown

ASKED = "POST /repos/octocat/hello/check-runs"


def answered(status: int, message: str, headers: dict[str, str] | None = None, **more: object) -> GitHubError:
    return error_of(status, headers or {}, json.dumps({"message": message, **more}).encode(), ASKED)


@pytest.mark.parametrize(
    ("status", "message", "kind", "advice"),
    [
        (403, "This installation has been suspended", Suspended, "Unsuspend it"),
        (403, "Sorry. Your account was suspended", Forbidden, "Its owner must contact GitHub Support"),
        (403, "Sorry. Your account is suspended. Please contact support.", Forbidden, "GitHub Support"),
        (403, "Repository access blocked", Forbidden, "GitHub has blocked this repository"),
        (451, "Repository access blocked", Forbidden, "GitHub has blocked this repository"),
        (451, "", Forbidden, "legal reasons"),
        (451, "Unavailable due to DMCA takedown", Forbidden, "GitHub has blocked"),
        (403, "Repository was archived so is read-only.", Forbidden, "Unarchive it"),
        (403, "Although you appear to have the correct authorization credentials, the `example` organization has an IP "
              "allow list enabled, and your IP address is not permitted", Forbidden, "Add it there"),
        (403, "Resource protected by organization SAML enforcement.", Forbidden, "single sign-on"),
        (410, "Issues are disabled for this repo", Forbidden, "Enable them"),
        (404, "Integration not found", AppRefused, "AUTOBUILD_APP_ID"),
        (403, "Changes must be made through a pull request.", Forbidden, "made through a pull request"),
    ],
)  # fmt: skip
def test_refusal_says_what_to_do(status: int, message: str, kind: type[GitHubError], advice: str) -> None:
    error = answered(status, message)
    assert type(error) is kind
    assert isinstance(error, UserError)
    assert advice in str(error)
    assert escape_markdown(message) in str(error)
    assert (error.status, error.reason) == (status, message)


@pytest.mark.parametrize(
    ("accepted", "shown"),
    [
        ("checks=write", "the permission `checks: write` for `POST"),
        ("issues=write; pull_requests=write", "the permission `issues: write` or `pull_requests: write` for"),
        ("contents=write,workflows=write", "`contents: write and workflows: write` for"),
        (
            "contents=write,workflows=write;administration=write",
            "write and workflows: write` or `administration: write`",
        ),
        ("", "another permission for"),
        (" ; ", "another permission for"),
    ],
)
def test_missing_permission_is_named(accepted: str, shown: str) -> None:
    headers = {"x-accepted-github-permissions": accepted} if accepted else {}
    error = answered(403, "Resource not accessible by integration", headers)
    assert type(error) is Forbidden
    assert shown in str(error)
    assert "accept it" in str(error)


def test_block_shows_its_reason() -> None:
    error = answered(451, "Repository access blocked", block={"reason": "dmca", "html_url": "https://example.com/x"})
    assert '"reason": "dmca"' in str(error)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "Not Found"),
        (404, "Repository was archived so is read-only."),
        (422, "Repository was archived so is read-only."),
        (500, "This installation has been suspended"),
        (410, "Gone"),
    ],
)
def test_other_answer_is_no_user_error(status: int, message: str) -> None:
    assert not isinstance(answered(status, message), UserError)


def test_rate_limit_is_no_refusal() -> None:
    headers = {"x-accepted-github-permissions": "checks=write", "retry-after": "9"}
    assert answered(403, "Resource not accessible by integration", headers).retry_after == 9
    assert not isinstance(answered(403, "Your account was flagged: API rate limit exceeded"), UserError)


def test_query_names_its_missing_permission() -> None:
    errors = [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]
    assert "needs another permission for `POST /graphql`" in str(graphql_error(errors))


@pytest.mark.parametrize("message", ["x" * 5000, "\x00\x1b[31m", "ghs_" + "a1" * 40])
def test_githubs_text_is_cut_and_redacted(message: str) -> None:
    error = answered(403, f"Repository was archived: {message}")
    assert len(str(error)) <= 1000
    assert len(error.reason) <= 500
    assert "a1a1" not in f"{error} {error.reason}"
