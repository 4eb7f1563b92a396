"""Where the App is installed, whether it may do there what it asks for, and how much of the hour's requests is left."""

import time
from collections.abc import Sequence

import msgspec

from bot.app_setup.manifest import app_manifest
from bot.doctor.app import differences
from bot.doctor.context import AppOwner, AppRecord, DoctorContext
from bot.doctor.http import ask
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, look, right, wrong

_PAGES = 10
_NAMED = 5
_TRIED = 3
_LOW = 0.1


class AppInstallation(msgspec.Struct):
    """One of the App's. `suspended_at` is a time or None."""

    id: int
    account: AppOwner | None
    permissions: dict[str, str]
    suspended_at: str | None = None

    @property
    def name(self) -> str:
        return (self.account.login or self.account.slug) if self.account else str(self.id)


class RateLimit(msgspec.Struct):
    limit: int
    remaining: int
    reset: int


class RateResources(msgspec.Struct):
    core: RateLimit


class RateLimitAnswer(msgspec.Struct):
    resources: RateResources


class InstallationToken(msgspec.Struct):
    token: str


async def all_of_them(case: DoctorContext) -> Sequence[DoctorResult]:
    """How many; those that are suspended; those that have not accepted what the App asks for now."""
    app = await case.app()
    there = await _installations(case)
    if not there:
        page = f"{app.html_url}/installations/new"
        return [wrong("installations", "The App is installed nowhere.", f"Install it: {page}")]
    lines = [right("installations", f"{len(there)}: {_names(there)}.")]
    if suspended := [one for one in there if one.suspended_at]:
        lines.append(_suspended(suspended, len(suspended) == len(there)))
    if waiting := [one for one in there if not one.suspended_at and _lacks(one, app)]:
        what = f"{_names(waiting)} did not accept {_lacks(waiting[0], app)} yet."
        lines.append(wrong("installations", what, "Its owner accepts it in the settings, under GitHub Apps."))
    return lines


def _suspended(some: Sequence[AppInstallation], are_all: bool) -> DoctorResult:
    """Where all are, nothing of GitHub's reaches us."""
    mend = "Its owner can end that in the settings, under GitHub Apps."
    if are_all:
        return wrong("installations", f"All are suspended: {_names(some)}.", mend)
    return look("installations", f"Suspended: {_names(some)}.", mend)


def _lacks(one: AppInstallation, app: AppRecord) -> str:
    """What the App asks for and needs, and this installation did not give. What the App itself lacks is told there."""
    wanted = {name: level for name, level in app_manifest()["default_permissions"].items() if name in app.permissions}
    return differences(one.permissions, wanted)[0]


async def rate_limit(case: DoctorContext) -> Sequence[DoctorResult]:
    """Of some installations, which also shows that a token can be had. The tokens are given back."""
    await case.app()
    awake = [one for one in await _installations(case) if not one.suspended_at][:_TRIED]
    if not awake:
        raise DoctorSkipped("It needs an installation.")
    rates = [(await _rate(case, one), one) for one in awake]
    rate, one = min(rates, key=lambda pair: pair[0].remaining / max(pair[0].limit, 1))
    left = f"{one.name} has {rate.remaining} of {rate.limit} requests left in this hour."
    if rate.remaining < rate.limit * _LOW:
        minutes = max(0.0, rate.reset - time.time()) / 60
        return [look("rate limit", left, f"Work waits by itself; the hour ends in {minutes:.0f} minutes.")]
    return [right("rate limit", left)]


async def _rate(case: DoctorContext, one: AppInstallation) -> RateLimit:
    api = case.settings.github_api_url
    wish = msgspec.json.encode({"permissions": {"metadata": "read"}})
    minted = await case.as_app(f"/app/installations/{one.id}/access_tokens", wish)
    if minted.status != 201:
        raise DoctorError(f"GitHub gives no token for {one.name}: {minted.status} {minted.said}")
    token = minted.read(InstallationToken).token
    try:
        answer = await ask(case.session, f"{api}/rate_limit", token)
    finally:
        await ask(case.session, f"{api}/installation/token", token, "DELETE")
    if answer.status == 404:  # an Enterprise Server that counts nothing
        raise DoctorSkipped("This GitHub counts no requests.")
    return answer.read(RateLimitAnswer).resources.core


async def _installations(case: DoctorContext) -> list[AppInstallation]:
    return await case.once("installations", lambda: _pages(case))


async def _pages(case: DoctorContext) -> list[AppInstallation]:
    found: list[AppInstallation] = []
    for page in range(1, _PAGES + 1):
        answer = await case.as_app(f"/app/installations?per_page=100&page={page}")
        if answer.status != 200:
            raise DoctorError(f"GitHub answered {answer.status} when asked for the installations: {answer.said}")
        new = answer.read(list[AppInstallation])
        found += new
        if len(new) < 100:
            break
    return found


def _names(some: Sequence[AppInstallation]) -> str:
    names = ", ".join(one.name for one in some[:_NAMED])
    return names if len(some) <= _NAMED else f"{names} and {len(some) - _NAMED} more"
