"""Whether the key is this App's, and whether the App asks GitHub for what the bot needs."""

from collections.abc import Mapping, Sequence

from bot.app_setup.manifest import app_manifest
from bot.doctor.context import AppRecord, DoctorContext
from bot.doctor.http import HttpAnswer
from bot.doctor.results import DoctorResult, look, right, wrong

LEVELS = ("", "read", "write", "admin")


async def accepted(case: DoctorContext) -> Sequence[DoctorResult]:
    """The key by what GitHub answers to it; then id and name."""
    answer = await case.identity()
    if answer.status != 200:
        return [_refused(answer, case.settings.app_id)]
    app = answer.read(AppRecord)
    if app.id != case.settings.app_id:
        return [wrong("key", f"The key is of App {app.id}.", "Set AUTOBUILD_APP_ID to that, or the key of the other.")]
    if app.slug != case.settings.app_slug:
        return [
            wrong(
                "key",
                f"GitHub names this App {app.slug}, and AUTOBUILD_APP_SLUG says {case.settings.app_slug}: "
                "the bot would answer itself.",
                f"Set AUTOBUILD_APP_SLUG={app.slug}.",
            )
        ]
    return [right("key", f"GitHub takes it for {app.slug} ({app.html_url}).")]


def _refused(answer: HttpAnswer, app_id: int) -> DoctorResult:
    said = answer.said or "no reason given"
    if answer.status == 401 and any(word in said for word in ("('exp')", "('iat')", "Expiration", "Issued at")):
        return wrong("key", f"GitHub finds the moment of the signature wrong: {said}", "Mend this machine's clock.")
    if answer.status == 401:
        return wrong(
            "key",
            f"GitHub does not take the key for one of App {app_id}: {said}",
            "The key was deleted, or belongs to another App: make a new one on the App's page (Private keys).",
        )
    if answer.status == 404:
        return wrong("key", f"There is no App {app_id} there: {said}", "Look at AUTOBUILD_APP_ID; or was it deleted?")
    if answer.status >= 500:
        return wrong("key", f"GitHub answered {answer.status} to the key.", "Ask again when GitHub is well.")
    answer.read(dict)  # a page of a proxy is named as that
    return wrong("key", f"GitHub answered {answer.status} to the key: {said}")


async def permissions(case: DoctorContext) -> Sequence[DoctorResult]:
    """The App's against `app.yml`."""
    app = await case.app()
    wanted = app_manifest()["default_permissions"]
    missing, more = differences(app.permissions, wanted)
    lines = []
    if missing:
        where = f"Set them on {settings_page(case, app)}; then every installation is asked to accept them."
        lines.append(wrong("permissions", f"The App lacks {missing}.", where))
    if more:
        lines.append(look("permissions", f"The App has more than it needs: {more}.", "Take them away when you like."))
    return lines or [right("permissions", "They are what app.yml asks for.")]


async def events(case: DoctorContext) -> Sequence[DoctorResult]:
    """Those that the App hears, against `app.yml`."""
    app = await case.app()
    wanted, there = set(app_manifest()["default_events"]), set(app.events)
    lines = []
    if missing := ", ".join(sorted(wanted - there)):
        lines.append(wrong("events", f"The App does not hear {missing}.", f"Tick them on {settings_page(case, app)}."))
    if more := ", ".join(sorted(there - wanted)):
        lines.append(look("events", f"The App hears more than it needs: {more}."))
    return lines or [right("events", "They are what app.yml asks for.")]


def differences(given: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, str]:
    """(what is missing, what is more) as `name: level` by comma."""
    missing = [f"{name}: {level}" for name, level in wanted.items() if _rank(given.get(name, "")) < _rank(level)]
    more = [f"{name}: {level}" for name, level in given.items() if _rank(level) > _rank(wanted.get(name, ""))]
    return ", ".join(sorted(missing)), ", ".join(sorted(more))


def settings_page(case: DoctorContext, app: AppRecord) -> str:
    """Where its owner changes it."""
    owner = f"organizations/{app.owner.login}/" if app.owner.type == "Organization" else ""
    return f"{case.settings.github_url}/{owner}settings/apps/{app.slug}/permissions"


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 0
