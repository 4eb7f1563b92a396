"""What GitHub refuses and only a person can change. A table; the first row that fits counts."""

import re
from collections.abc import Mapping

from activities.github.errors import AppRefused, Forbidden, GitHubError, Suspended
from activities.reporting import github_errors as texts

# Statuses, a pattern for GitHub's own words in lower case, the error, and what to do.
_REFUSALS: tuple[tuple[tuple[int, ...], str, type[GitHubError], str], ...] = (
    ((403,), r"installation has been suspended", Suspended, texts.SUSPENDED),
    ((403,), r"account (was|is|has been) (suspended|flagged|disabled|locked)", Forbidden, texts.ACCOUNT_SUSPENDED),
    ((403, 451), r"access blocked|has been disabled|\bdmca\b", Forbidden, texts.BLOCKED),
    ((403,), r"\barchived\b", Forbidden, texts.ARCHIVED),
    ((403,), r"ip allow list", Forbidden, texts.IP_ALLOW_LIST),
    ((403,), r"\bsaml\b|single sign-on|\bsso\b", Forbidden, texts.SINGLE_SIGN_ON),
    ((404,), r"\bintegration not found", AppRefused, texts.UNKNOWN_APP),
    ((404, 410), r"issues (are|has been|have been) disabled", Forbidden, texts.ISSUES_DISABLED),
)

_MISSING = "resource not accessible by integration"


def refusal(status: int, headers: Mapping[str, str], reason: str, request: str) -> GitHubError | None:
    """The error for a person, None where no person can change the answer. `request` is "POST /repos/…"."""
    lower = reason.lower()
    if status == 403 and _MISSING in lower:
        # Sets of permissions, any of which will do: `issues=write; pull_requests=write,contents=read`.
        header = headers.get("x-accepted-github-permissions", "")
        sets = [each.strip().replace("=", ": ").replace(",", " and ") for each in header.split(";") if each.strip()]
        return Forbidden(texts.missing_permission(sets, request))
    for statuses, pattern, kind, advice in _REFUSALS:
        if status in statuses and re.search(pattern, lower):
            return kind(texts.github_said(advice, request, reason))
    return Forbidden(texts.legal_reasons(reason)) if status == 451 else None
