"""The App as GitHub has it: its key, permissions, events, installations, and the requests left in this hour."""

import time
from collections.abc import Mapping, Sequence

import msgspec

from bot.app_setup.manifest import app_manifest
from bot.doctor.context import AppOwner, AppRecord, DoctorContext
from bot.doctor.http import HttpAnswer, request
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, fail, ok, warn

LEVELS = ("", "read", "write", "admin")
_MOST_PAGES = 10
_MOST_NAMED = 5
_MOST_TRIED = 3
_LOW = 0.1
_IN_SETTINGS = "in its settings, under GitHub Apps."


class AppInstallation(msgspec.Struct):
    """One of the App's. `suspended_at` is a time or None."""

    id: int
    account: AppOwner | None
    permissions: dict[str, str]
    suspended_at: str | None = None

    @property
    def name(self) -> str:
        return (self.account.login or self.account.slug) if self.account else str(self.id)


class InstallationToken(msgspec.Struct):
    """A new token."""

    token: str


class RateLimit(msgspec.Struct):
    """`reset` is a Unix time."""

    limit: int
    remaining: int
    reset: int


class RateResources(msgspec.Struct):
    """REST's limit; the others do not matter here."""

    core: RateLimit


class RateLimitAnswer(msgspec.Struct):
    """The answer to `/rate_limit`."""

    resources: RateResources


async def key(context: DoctorContext) -> Sequence[DoctorResult]:
    """Whether GitHub accepts the key, and knows the App by the id and name that are set."""
    answer, app_id, slug = await context.app_answer(), context.settings.app_id, context.settings.app_slug
    if answer.status != 200:
        return [_key_refused(answer, app_id)]
    app = answer.read(AppRecord)
    if app.id != app_id:
        return [fail("key", f"The key belongs to App {app.id}.", f"Set AUTOBUILD_APP_ID={app.id}, or another key.")]
    if app.slug != slug:
        message = f"The App is called {app.slug}, but AUTOBUILD_APP_SLUG is {slug}: the bot would answer itself."
        return [fail("key", message, f"Set AUTOBUILD_APP_SLUG={app.slug}.")]
    return [ok("key", f"GitHub accepts it for {app.slug} ({app.html_url}).")]


def _key_refused(answer: HttpAnswer, app_id: int) -> DoctorResult:
    reason = answer.reason or "no reason given"
    if answer.status == 401 and any(word in reason for word in ("('exp')", "('iat')", "Expiration", "Issued at")):
        return fail("key", f"GitHub rejected the token's timestamp: {reason}", "Set this machine's clock.")
    if answer.status == 401:
        fix = "It was deleted, or belongs to another App. Generate a private key on the App's page."
        return fail("key", f"GitHub does not accept the key for App {app_id}: {reason}", fix)
    if answer.status == 404:
        return fail("key", f"GitHub has no App {app_id}: {reason}", "Check AUTOBUILD_APP_ID. Was the App deleted?")
    if answer.status >= 500:
        return fail("key", f"GitHub returned {answer.status} during authentication.", "Try again later.")
    answer.read(dict)  # a proxy's page is reported as that
    return fail("key", f"GitHub returned {answer.status} during authentication: {reason}")


async def permissions(context: DoctorContext) -> Sequence[DoctorResult]:
    """The App's against `app.yml`."""
    app = await context.app()
    missing, more = differences(app.permissions, app_manifest()["default_permissions"])
    results = []
    if missing:
        fix = f"Add them on {_settings_page(context, app)}. The owner of each installation must then accept them."
        results.append(fail("permissions", f"The App lacks {missing}.", fix))
    if more:
        results.append(warn("permissions", f"The App has permissions it does not need: {more}.", "Remove them."))
    return results or [ok("permissions", "They match app.yml.")]


async def events(context: DoctorContext) -> Sequence[DoctorResult]:
    """Those that the App subscribes to, against `app.yml`."""
    app = await context.app()
    needed, subscribed = set(app_manifest()["default_events"]), set(app.events)
    results = []
    if missing := ", ".join(sorted(needed - subscribed)):
        fix = f"Subscribe to them on {_settings_page(context, app)}."
        results.append(fail("events", f"The App is not subscribed to {missing}.", fix))
    if more := ", ".join(sorted(subscribed - needed)):
        results.append(warn("events", f"The App is subscribed to events it does not need: {more}."))
    return results or [ok("events", "They match app.yml.")]


def _settings_page(context: DoctorContext, app: AppRecord) -> str:
    owner = f"organizations/{app.owner.login}/" if app.owner.type == "Organization" else ""
    return f"{context.settings.github_url}/{owner}settings/apps/{app.slug}/permissions"


def differences(given: Mapping[str, str], needed: Mapping[str, str]) -> tuple[str, str]:
    """(what is missing, what is too much), each as `name: level` separated by commas."""

    def rank(level: str) -> int:
        return LEVELS.index(level) if level in LEVELS else 0

    missing = [f"{name}: {level}" for name, level in needed.items() if rank(given.get(name, "")) < rank(level)]
    more = [f"{name}: {level}" for name, level in given.items() if rank(level) > rank(needed.get(name, ""))]
    return ", ".join(sorted(missing)), ", ".join(sorted(more))


async def installations(context: DoctorContext) -> Sequence[DoctorResult]:
    """How many there are; those that are suspended; those whose owner has not accepted a permission."""
    app = await context.app()
    found = await _installations(context)
    if not found:
        return [fail("installations", "The App is not installed.", f"Install it: {app.html_url}/installations/new")]
    results = [ok("installations", f"{len(found)}: {_names(found)}.")]
    if suspended := [one for one in found if one.suspended_at]:
        fix = f"The owner can unsuspend it {_IN_SETTINGS}"
        if len(suspended) == len(found):
            results.append(fail("installations", f"All are suspended: {_names(found)}.", fix))
        else:
            results.append(warn("installations", f"Suspended: {_names(suspended)}.", fix))
    # Permissions that the App itself lacks are reported once, for the App.
    needed = {name: level for name, level in app_manifest()["default_permissions"].items() if name in app.permissions}
    active = [one for one in found if not one.suspended_at]
    if waiting := [one for one in active if differences(one.permissions, needed)[0]]:
        lacks = differences(waiting[0].permissions, needed)[0]
        message = f"{_names(waiting)} has not accepted {lacks} yet."
        results.append(fail("installations", message, f"The owner accepts it {_IN_SETTINGS}"))
    return results


async def rate_limit(context: DoctorContext) -> Sequence[DoctorResult]:
    """Of some installations, which also shows that GitHub issues tokens. The tokens are revoked again."""
    await context.app()
    active = [one for one in await _installations(context) if not one.suspended_at][:_MOST_TRIED]
    if not active:
        raise DoctorSkipped("Needs an installation.")
    limits = [(await _rate_limit(context, one), one) for one in active]
    limit, one = min(limits, key=lambda pair: pair[0].remaining / max(pair[0].limit, 1))
    left = f"{one.name} has {limit.remaining} of {limit.limit} requests left in this hour."
    if limit.remaining < limit.limit * _LOW:
        minutes = max(0.0, limit.reset - time.time()) / 60
        return [warn("rate limit", left, f"Requests wait for the limit's reset in {minutes:.0f} minutes.")]
    return [ok("rate limit", left)]


async def _rate_limit(context: DoctorContext, one: AppInstallation) -> RateLimit:
    api = context.settings.github_api_url
    body = msgspec.json.encode({"permissions": {"metadata": "read"}})
    issued = await context.as_app(f"/app/installations/{one.id}/access_tokens", body)
    if issued.status != 201:
        raise DoctorError(f"GitHub issues no token for {one.name}: {issued.status} {issued.reason}")
    token = issued.read(InstallationToken).token
    try:
        answer = await request(context.session, f"{api}/rate_limit", token)
    finally:
        await request(context.session, f"{api}/installation/token", token, "DELETE")
    if answer.status == 404:
        raise DoctorSkipped("This Enterprise Server has no rate limits.")
    return answer.read(RateLimitAnswer).resources.core


async def _installations(context: DoctorContext) -> list[AppInstallation]:
    async def all_pages() -> list[AppInstallation]:
        found: list[AppInstallation] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = await context.as_app(f"/app/installations?per_page=100&page={page}")
            if answer.status != 200:
                raise DoctorError(f"GitHub answered {answer.status} to the request for installations: {answer.reason}")
            new = answer.read(list[AppInstallation])
            found += new
            if len(new) < 100:
                break
        return found

    return await context.once("installations", all_pages)


def _names(some: Sequence[AppInstallation]) -> str:
    names = ", ".join(one.name for one in some[:_MOST_NAMED])
    return names if len(some) <= _MOST_NAMED else f"{names} and {len(some) - _MOST_NAMED} more"
