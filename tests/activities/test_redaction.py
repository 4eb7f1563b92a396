"""No credential passes, whatever its length or alphabet; and what is none is left alone."""

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from activities import redaction
from activities.redaction import hide, hide_token, redact
from simulator.github.keys import long_token

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl-_x"
TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
STRANGE = "p@ss/wörd +\"\\'&%=\tend"


@pytest.fixture(autouse=True)
def nothing_stays_hidden() -> Iterator[None]:
    """What is hidden is hidden for the whole process."""
    yield
    redaction._always.clear()
    redaction._for_a_while.clear()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"token {TOKEN} end", "token *** end"),
        (f"'{long_token(12, 34)}'", "'***'"),
        ("github_pat_11ABCDEFG0_abc ghp_x gho_y ghu_z ghr_w", "*** *** *** *** ***"),
        ("fatal: https://x-access-token:s3cret@example.com/o/r.git not found", "fatal: https://***@example.com/o/r.git not found"),
        ("https://example.com/cb?code=abc123&state=x", "https://example.com/cb?code=***&state=x"),
        ("GET /x?access_token=abc HTTP/1.1", "GET /x?access_token=*** HTTP/1.1"),
        ("POST /app-manifests/0a1b2c/conversions", "POST /app-manifests/***/conversions"),
        ("Authorization: Basic eC1hY2Nlc3M6Z2hz", "Authorization: Basic ***"),
        ("{'authorization': 'bearer abc.def'}", "{'authorization': 'bearer ***'}"),
        ('{"Authorization": "token abc/def+g="}', '{"Authorization": "token ***"}'),
        ("('Authorization', 'Bearer abc')", "('Authorization', 'Bearer ***')"),
        ("(b'authorization', b'Bearer abc')", "(b'authorization', b'Bearer ***')"),
        ("http.https://github.com/.extraHeader=Authorization: Basic YWJj", "http.https://github.com/.extraHeader=Authorization: Basic ***"),
        (f"Basic {base64.b64encode(b'x-access-token:any').decode()}", "Basic ***"),
        ("x-access-token:any/+=thing end", "x-access-token:*** end"),
        (f"git%3A//x-access-token%3A{TOKEN}%40host", "git%3A//x-access-token%3A***%40host"),
        (f"a%3D{TOKEN}", "a%3D***"),
        (f"jwt={JWT};", "jwt=***;"),
        (f"key {PEM} end", "key *** end"),
        (PEM[:40], "***"),
        (PEM.replace("RSA ", ""), "***"),
        ("v1.1f699f1069f60e3a29a9de72ef2fd1a50a26c3d3", "***"),
    ],
)  # fmt: skip
def test_credentials_are_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize("text", [
    "nothing at https://example.com/@octocat, a ghost",
    "somebody laughs_at_everything, coughs_and_goes",
    "sha 1f699f1069f60e3a29a9de72ef2fd1a50a26c3d3 of v1.2.3",
    "Authorization is needed: basic or not",
    "https://github.com/octocat/hello/compare/a...b?token_count=5",
    "eyJ is how a JWT begins",
    "x-access-token is the user's name",
])  # fmt: skip
def test_other_text_is_unchanged(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("kind", ["ghp", "gho", "ghu", "ghs", "ghr"])
@pytest.mark.parametrize("length", [36, 516, 2000])
def test_every_kind_of_token_at_every_length(kind: str, length: int) -> None:
    for alphabet in ("aB9", "aB9._-", "a/b+c="):
        token = f"{kind}_{(alphabet * length)[:length]}"
        assert redact(f"<{token}>") == "<***>"


@pytest.mark.parametrize("secret", ["a webhook secret", STRANGE, "0123456789abcdef" * 4, "ключ-от-всего"])
def test_secret_is_hidden_by_its_value(secret: str) -> None:
    assert secret in redact(f"it is {secret}!")
    hide(secret)
    for form in (
        secret,
        quote(secret),
        quote(secret, safe=""),
        json.dumps(secret),
        repr(secret),
        f"{{'k': {secret!r}}}",
    ):
        shown = redact(f"it is {form}!")
        assert "***" in shown
        assert secret[4:] not in shown


@pytest.mark.parametrize("before", ["", "a", "ab", "user:", "x-y:"])
@pytest.mark.parametrize("after", ["", "b", "\n"])
def test_secret_is_hidden_in_base64_at_any_offset(before: str, after: str) -> None:
    secret = "a webhook secret + ü?>"
    hide(secret)
    whole = f"{before}{secret}{after}".encode()
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        coded = code(whole).decode()
        shown = redact(f"<{coded}>")
        assert "***" in shown
        left = shown.strip("<>").split("***")
        assert sum(map(len, left)) <= 2 * len(before + after) + 6


def test_a_secret_of_many_lines_is_hidden_line_by_line() -> None:
    hide("a first long line of it\nand a second, as long\nend")
    assert redact("| and a second, as long") == "| ***"


def test_longer_secret_is_hidden_first() -> None:
    hide("secret-one", "secret-one-and-more")
    assert redact("secret-one-and-more, secret-one") == "***, ***"


@pytest.mark.parametrize("short", ["", "a", "12345"])
def test_short_text_is_no_secret(short: str) -> None:
    hide(short)
    hide_token(short)
    assert redact(f"a {short} 12345 b") == f"a {short} 12345 b"


def test_token_without_a_pattern_is_hidden() -> None:
    hide_token(TOKEN)
    assert TOKEN not in redaction._for_a_while  # other tests may have hidden some
    hide_token("new/kind:of=token")
    assert redact("it is new/kind:of=token.") == "it is ***."
