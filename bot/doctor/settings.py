"""Whether the settings can be read, and which App they name."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from activities.errors import UserError
from bot.doctor.context import DoctorContext
from bot.doctor.results import DoctorResult, look, right, wrong
from bot.settings import Settings, credentials, names_an_app
from bot.settings.setting_fields import value_of
from bot.telemetry import NO_DSN, is_a_dsn

_REGISTER = (
    "Run `autobuild up` and open the address that it prints, which registers an App; "
    "or set AUTOBUILD_APP_ID, AUTOBUILD_PRIVATE_KEY and AUTOBUILD_WEBHOOK_SECRET of one."
)

_ALL_OR_NONE = "Set all of an App's variables or none."


def settings_of(environ: Mapping[str, str]) -> Settings:
    """What can be read of them: a mistake counts as the default, so that the rest can be looked at."""
    values = {}
    for declared in fields(Settings):
        try:
            values[declared.name] = value_of(declared, environ)
        except ValueError:
            continue
    settings = Settings(**values)
    return settings if names_an_app(environ) else _with_stored(settings)


def _with_stored(settings: Settings) -> Settings:
    try:
        app = credentials.stored(settings.data)
    except UserError:
        return settings
    if app is None:
        return settings
    return replace(
        settings,
        app_id=app.id,
        app_slug=app.slug,
        private_key=app.private_key,
        webhook_secret=app.webhook_secret,
    )


async def mistakes(case: DoctorContext) -> Sequence[DoctorResult]:
    """Everything that is wrong with a value, at once."""
    try:
        Settings.load(case.environ, needs=())
    except UserError as error:
        found = [line.removeprefix("- ") for line in str(error).splitlines() if line.startswith("- ")]
        return [wrong("settings", problem) for problem in found or [str(error)]]
    if case.settings.sentry_dsn and not is_a_dsn(case.settings.sentry_dsn):
        return [wrong("settings", NO_DSN)]
    return [right("settings", "Every setting can be read.")]


async def credentials_of(case: DoctorContext) -> Sequence[DoctorResult]:
    """Where the App's id, key and secret come from, and what is missing of them."""
    settings = case.settings
    stored = credentials.is_there(settings.data)
    if not names_an_app(case.environ):
        app = credentials.stored(settings.data)
        if app is None:
            return [wrong("App", "There is no App: nothing of one is set, and none is stored.", _REGISTER)]
        if app.github_url != settings.github_url:
            return [wrong("App", f"The stored App belongs to {app.github_url}.", "Set AUTOBUILD_GITHUB_URL to that.")]
        return [right("App", f"App {app.id}, from {credentials.place(settings.data)}, which is closed to others.")]
    return _from_environment(settings, " The stored App is not mixed with what is set." if stored else "")


def _from_environment(settings: Settings, mixed: str) -> Sequence[DoctorResult]:
    app = f"App {settings.app_id}, from the environment"
    if not settings.app_id:
        return [wrong("App", f"AUTOBUILD_APP_ID is missing.{mixed}", _ALL_OR_NONE)]
    if not settings.webhook_secret and not settings.private_key:
        return [wrong("App", f"{app}, has neither a private key nor a webhook secret.{mixed}", _ALL_OR_NONE)]
    if not settings.webhook_secret:
        return [look("App", f"{app}, without a webhook secret: enough for `autobuild worker`, not for `serve`.{mixed}")]
    if not settings.private_key:
        return [look("App", f"{app}, without a private key: enough for `autobuild serve`, not for a worker.{mixed}")]
    return [right("App", f"{app}.")]
