"""Whether the settings are valid, and which App they name."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from activities.errors import UserError
from bot.doctor.context import DoctorContext
from bot.doctor.results import DoctorResult, fail, ok, warn
from bot.settings import Settings, credentials, names_an_app
from bot.settings.setting_fields import value_of
from bot.telemetry import INVALID_DSN, is_valid_dsn

_REGISTER = (
    "Run `autobuild up` and open the address that it prints to register an App, or set AUTOBUILD_APP_ID, "
    "AUTOBUILD_PRIVATE_KEY and AUTOBUILD_WEBHOOK_SECRET."
)
# An account without a home has no default folder.
_NOWHERE = Path("/nonexistent/autobuild")
_ALL_OR_NONE = "Set all of an App's variables or none."


def readable(environ: Mapping[str, str]) -> Settings:
    """The settings with the default for each that is invalid, so that the other checks can run."""
    values: dict[str, Any] = {"data": _NOWHERE}
    for declared in fields(Settings):
        try:
            values[declared.name] = value_of(declared, environ)
        except ValueError:
            continue
    settings = Settings(**values)
    if names_an_app(environ):
        return settings
    try:
        app = credentials.stored(settings.data)
    except UserError:
        app = None
    if app is None:
        return settings
    where = app.addresses(settings.base_url, settings.smee_url)
    return replace(
        settings,
        app_id=app.id,
        app_slug=app.slug,
        private_key=app.private_key,
        webhook_secret=app.webhook_secret,
        base_url=where["base_url"],
        smee_url=where["smee_url"],
    )


async def values(context: DoctorContext) -> Sequence[DoctorResult]:
    """Every invalid value."""
    try:
        Settings.load(context.environ, needs=())
    except UserError as error:
        found = [line.removeprefix("- ") for line in str(error).splitlines() if line.startswith("- ")]
        return [fail("settings", problem) for problem in found or [str(error)]]
    if context.settings.sentry_dsn and not is_valid_dsn(context.settings.sentry_dsn):
        return [fail("settings", INVALID_DSN)]
    whose = f" They are those of `{context.command}`, which is running." if context.command else ""
    return [ok("settings", f"All settings are valid.{whose}")]


async def app(context: DoctorContext) -> Sequence[DoctorResult]:
    """Where the App's id, key and secret come from, and which of them are missing."""
    settings = context.settings
    if not names_an_app(context.environ):
        app = credentials.stored(settings.data)
        if app is None:
            return [fail("App", "No App is configured.", _REGISTER)]
        if app.github_url != settings.github_url:
            url = app.github_url
            return [fail("App", f"The stored App belongs to {url}.", f"Set AUTOBUILD_GITHUB_URL={url}.")]
        return [ok("App", f"App {app.id}, from {credentials.place(settings.data)}.")]
    return [_from_environment(settings, " The stored App is ignored." if credentials.is_there(settings.data) else "")]


def _from_environment(settings: Settings, ignored: str) -> DoctorResult:
    name = f"App {settings.app_id}, from the environment"
    if not settings.app_id:
        return fail("App", f"AUTOBUILD_APP_ID is not set.{ignored}", _ALL_OR_NONE)
    if not settings.webhook_secret and not settings.private_key:
        return fail("App", f"{name}, has neither a private key nor a webhook secret.{ignored}", _ALL_OR_NONE)
    if not settings.webhook_secret:
        return warn("App", f"{name}, has no webhook secret: enough for `autobuild worker`, not for `serve`.{ignored}")
    if not settings.private_key:
        return warn("App", f"{name}, has no private key: enough for `autobuild serve`, not for a worker.{ignored}")
    return ok("App", f"{name}.")
