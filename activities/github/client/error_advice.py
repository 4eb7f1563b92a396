"""What GitHub refuses and only a person can change, told with what to do. A table; the first that fits counts."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from activities.github.errors import AppRefused, Forbidden, GitHubError, Suspended


class _Refusal(NamedTuple):
    """`words` are looked for in GitHub's own, in lower case."""

    statuses: tuple[int, ...]
    words: str
    kind: type[GitHubError]
    advice: str


_REFUSALS = (
    _Refusal(
        (403,), r"installation has been suspended", Suspended,
        "The app's installation is suspended: unsuspend it in the settings of the account, under GitHub Apps.",
    ),
    _Refusal(
        (403,), r"account (was|is|has been) (suspended|flagged|disabled|locked)", Forbidden,
        "GitHub has suspended the account: its owner has to ask GitHub's support.",
    ),
    _Refusal(
        (403, 451), r"access blocked|has been disabled|\bdmca\b",
        Forbidden, "GitHub has blocked this repository: its owner has to settle that with GitHub's support.",
    ),
    _Refusal(
        (403,), r"\barchived\b", Forbidden,
        "The repository is archived, so nothing can be written to it: unarchive it in its settings.",
    ),
    _Refusal(
        (403,), r"ip allow list", Forbidden,
        "The organisation's IP allow list does not have this server's address: add it there.",
    ),
    _Refusal(
        (403,), r"\bsaml\b|single sign-on|\bsso\b", Forbidden,
        "The organisation's single sign-on keeps the app out: an owner has to allow it.",
    ),
    _Refusal(
        (404,), r"\bintegration not found", AppRefused,
        "GitHub knows no such app: AUTOBUILD_APP_ID must be the number or the client id in the app's settings, and "
        "AUTOBUILD_GITHUB_API_URL the GitHub on which it is.",
    ),
    _Refusal(
        (404, 410), r"issues (are|has been|have been) disabled", Forbidden,
        "Issues are turned off in this repository: turn them on in its settings.",
    ),
)  # fmt: skip

_MISSING = "resource not accessible by integration"


def refusal(status: int, headers: Mapping[str, str], said: str, asked: str) -> GitHubError | None:
    """The error for a person, None where the answer is not theirs to mend. `asked` is "POST /repos/…"."""
    lower = said.lower()
    if status == 403 and _MISSING in lower:
        return Forbidden(_permission(headers.get("x-accepted-github-permissions", ""), asked))
    for row in _REFUSALS:
        if status in row.statuses and re.search(row.words, lower):
            return row.kind(f"{row.advice} (GitHub to {asked}: {said})")
    if status == 451:
        return Forbidden(f"GitHub may not show this for legal reasons ({said or 'none named'}): ask its support.")
    return None


def _permission(accepted: str, asked: str) -> str:
    """The header names sets of permissions, any of which will do: `issues=write; pull_requests=write,contents=read`."""
    sets = [each.strip().replace("=", ": ").replace(",", " and ") for each in accepted.split(";") if each.strip()]
    wanted = f"the permission {' or '.join(sets)}" if sets else "another permission"
    return (
        f"The app needs {wanted} for {asked}: add it in the app's settings if it is not there, and accept it where "
        "the app is installed."
    )
