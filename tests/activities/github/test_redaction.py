"""No credential passes, whatever its length or alphabet."""

import pytest

from activities.github.redaction import redact
from bot.simulator.keys import long_token

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl-_x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token ghs_16C7e42F292c6912E7710c838347Ae178B4a end", "token *** end"),
        (f"'{long_token(12, 34)}'", "'***'"),
        ("github_pat_11ABCDEFG0_abc ghp_x gho_y ghu_z ghr_w", "*** *** *** *** ***"),
        ("fatal: https://x-access-token:s3cret@example.com/o/r.git not found", "fatal: https://***@example.com/o/r.git not found"),
        ("Authorization: Basic eC1hY2Nlc3M6Z2hz", "Authorization: Basic ***"),
        ("{'authorization': 'bearer abc.def'}", "{'authorization': 'bearer ***'}"),
        (f"jwt={JWT};", "jwt=***;"),
        (f"key {PEM} end", "key *** end"),
        (PEM[:40], "***"),
        ("v1.1f699f1069f60e3a29a9de72ef2fd1a50a26c3d3", "***"),
        ("nothing at https://example.com/@octocat, a ghost", "nothing at https://example.com/@octocat, a ghost"),
    ],
)  # fmt: skip
def test_what_is_hidden_and_what_is_not(text: str, shown: str) -> None:
    assert redact(text) == shown
