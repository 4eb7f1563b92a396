"""Every setting of a deployment: read once from the environment, all mistakes named at once, secrets never shown."""

import contextlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from activities.errors import UserError
from bot.settings import credentials
from bot.settings.credentials import AppCredentials
from bot.settings.setting_fields import address, globs, number, one_of, pem, port, row_of, setting, value_of
from workflows.ids import TASK_QUEUE

WEB_NEEDS = ("app_id", "webhook_secret")
"""What the web process cannot start without: it verifies, and never calls GitHub."""

WORKER_NEEDS = ("app_id", "private_key")
"""What a worker cannot start without: it calls GitHub, and never hears from it."""

TEMPORAL_SETTINGS = (
    ("TEMPORAL_ADDRESS", "localhost:7233", "The Temporal server, as host:port (TEMPORAL_HOST is understood too)."),
    ("TEMPORAL_NAMESPACE", "default", "The Temporal namespace."),
    ("TEMPORAL_API_KEY", "", "The key for Temporal Cloud; turns TLS on."),
    ("TEMPORAL_TLS", "", "`true` turns TLS on; certificates by TEMPORAL_TLS_CLIENT_CERT_PATH and its kin."),
    ("TEMPORAL_PROFILE", "default", "The profile of Temporal's own TOML file (TEMPORAL_CONFIG_FILE)."),
)
"""Read by `temporalio.envconfig` where a client is made; listed here for `Settings.table`."""

_HERE = Path(".autobuild")


@dataclass(frozen=True)
class Settings:
    """One deployment. A secret may lie in a file instead, which `<NAME>_FILE` names."""

    app_id: int = setting("AUTOBUILD_APP_ID", 0, "The GitHub App's id.", number)
    app_slug: str = setting("AUTOBUILD_APP_SLUG", "autobuild", "The App's name in addresses; it acts as `slug[bot]`.")
    private_key: str = setting("AUTOBUILD_PRIVATE_KEY", "", "The App's private key (PEM).", pem, secret=True)
    webhook_secret: str = setting("AUTOBUILD_WEBHOOK_SECRET", "", "What GitHub signs its events with.", secret=True)
    github_url: str = setting("AUTOBUILD_GITHUB_URL", "https://github.com", "GitHub, for git and for links.", address)
    github_api_url: str = setting("AUTOBUILD_GITHUB_API_URL", "https://api.github.com", "GitHub's REST API.", address)
    base_url: str = setting("AUTOBUILD_BASE_URL", "", "This server's public address: for the set-up page.", address)
    smee_url: str = setting("AUTOBUILD_SMEE_URL", "", "A smee channel that brings events through a firewall.", address)
    setup: Literal["store", "print"] = setting(
        "AUTOBUILD_SETUP",
        "store",
        "`print` shows a new App's credentials once, for a secret store, and keeps no file of them.",
        one_of("store", "print"),
    )
    host: str = setting("AUTOBUILD_HOST", "127.0.0.1", "Where the web process listens; 0.0.0.0 in a container.")
    health_port: int = setting(
        "AUTOBUILD_HEALTH_PORT", 0, "A port on which a worker answers /healthz and /readyz; none without.", port
    )
    port: int = setting("AUTOBUILD_PORT", 8080, "The web process's port.", port)  # hides what reads it, so the last
    push_branches: tuple[str, ...] = setting(
        "AUTOBUILD_PUSH_BRANCHES", ("*",), "Branches whose pushes are gated, by comma; `*` matches `/` too.", globs
    )
    data: Path = setting("AUTOBUILD_DATA", _HERE, "The folder of mirrors, environments and results.", Path)  # noqa: RUF009
    sandbox: Literal["bubblewrap", "none"] = setting(
        "AUTOBUILD_SANDBOX",
        "bubblewrap",
        "`none` runs a repository's code without a sandbox: only for repositories you trust.",
        one_of("bubblewrap", "none"),
    )
    task_queue: str = setting("AUTOBUILD_TASK_QUEUE", TASK_QUEUE, "The workers' Temporal task queue.")
    max_activities: int = setting("AUTOBUILD_MAX_ACTIVITIES", 10, "Activities a worker runs at once.", number)
    max_workflow_tasks: int = setting(
        "AUTOBUILD_MAX_WORKFLOW_TASKS", 10, "Workflow tasks a worker runs at once.", number
    )
    log_level: str = setting(
        "LOG_LEVEL", "INFO", "How much is logged.", one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    )
    sentry_dsn: str = setting("SENTRY_DSN", "", "Where crashes are reported; empty for nowhere.", secret=True)
    sentry_environment: str = setting("SENTRY_ENVIRONMENT", "production", "Which deployment a crash report is of.")

    @classmethod
    def load(cls, environ: Mapping[str, str], needs: Collection[str] = (*WEB_NEEDS, *WORKER_NEEDS)) -> "Settings":
        """From the environment; `needs` are the fields that this process cannot do without.

        Where the environment says nothing of an App, the stored one is taken, as far as it is needed. Raises
        UserError that names everything missing or wrong at once, and never a value.
        """
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for declared in fields(cls):
            try:
                values[declared.name] = value_of(declared, environ)
            except ValueError as error:
                values[declared.name] = declared.default
                problems[declared.name] = str(error)
        problems = _app_or_what_is_missing(values, needs, environ) | _api_of_another(values) | problems
        if problems:
            raise UserError("The settings need mending:\n" + "\n".join(f"- {line}" for line in problems.values()))
        return cls(**values)

    def of_app(self, app: AppCredentials, environ: Mapping[str, str]) -> "Settings":
        """The same deployment with an App that was registered since."""
        return replace(self, **_as_needed(app, vars(self), WEB_NEEDS, environ))

    @classmethod
    def table(cls) -> tuple[tuple[str, str, str], ...]:
        """(name, default, meaning) of every setting, for the documentation."""
        return (*(row_of(declared) for declared in fields(cls)), *TEMPORAL_SETTINGS)

    @property
    def own_login(self) -> str:
        """How GitHub names this App where it acts: the sender of the events that it causes itself."""
        return f"{self.app_slug}[bot]"


def require_writable(data: Path) -> None:
    """Raises UserError unless this user may write to the data folder: a new volume often belongs to another."""
    with contextlib.suppress(OSError):
        data.mkdir(parents=True, exist_ok=True)
    if not (data.is_dir() and os.access(data, os.W_OK | os.X_OK)):
        user = os.geteuid()
        raise UserError(f"User {user} cannot write to {data}. Run `chown {user} {data}`, or change AUTOBUILD_DATA.")


def app_is_known(environ: Mapping[str, str], data: Path) -> bool:
    """False where a server may be set up: nothing of an App is set, and none is stored."""
    return names_an_app(environ) or credentials.is_there(data)


def names_an_app(environ: Mapping[str, str]) -> bool:
    """Whether the environment says anything of an App: then a stored one is not looked at, and nothing is mixed."""
    return any(environ.get(name, "").strip() for name in app_variables())


def app_variables() -> list[str]:
    """The variables that say which App this is."""
    names = [Settings.__dataclass_fields__[name].metadata["env"] for name in dict.fromkeys((*WEB_NEEDS, *WORKER_NEEDS))]
    return [variable for name in names for variable in (name, f"{name}_FILE")]


def _api_of_another(values: Mapping[str, Any]) -> dict[str, str]:
    """A GitHub of one's own needs its API named: github.com's knows nothing of its Apps."""
    github, usual = values["github_url"], {each.name: each.default for each in fields(Settings)}
    if github == usual["github_url"] or values["github_api_url"] != usual["github_api_url"]:
        return {}
    said = f"AUTOBUILD_GITHUB_API_URL is missing: GitHub is {github}. An Enterprise Server's API is {github}/api/v3."
    return {"github_api_url": said}


def _app_or_what_is_missing(
    values: dict[str, Any], needs: Collection[str], environ: Mapping[str, str]
) -> dict[str, str]:
    """Adds a stored App to the values, or says what is wrong, by field."""
    mixed = ""
    try:
        if needs and not names_an_app(environ):
            app = credentials.stored(values["data"])
            values |= _as_needed(app, values, needs, environ) if app else {}
        elif needs and credentials.is_there(values["data"]):
            mixed = " The App in the data folder is not mixed with what is set: set all of an App's variables or none."
    except UserError as error:
        return {"app": str(error)}
    rows = {declared.name: row_of(declared) for declared in fields(Settings)}
    absent = [name for name in rows if name in needs and not values[name]]
    return {name: f"{rows[name][0]} is missing: {rows[name][2]}{mixed}" for name in absent}


def _as_needed(
    app: AppCredentials, values: Mapping[str, Any], needs: Collection[str], environ: Mapping[str, str]
) -> dict[str, Any]:
    """The fields that a stored App answers: the web process gets no key. A renamed App's slug may be set."""
    if app.github_url != values["github_url"]:
        raise UserError(
            f"The stored App {app.id} belongs to {app.github_url} and AUTOBUILD_GITHUB_URL is {values['github_url']}: "
            "set the right one, or another AUTOBUILD_DATA."
        )
    known = {"app_id": app.id, "private_key": app.private_key, "webhook_secret": app.webhook_secret}
    slug = {} if environ.get("AUTOBUILD_APP_SLUG", "").strip() else {"app_slug": app.slug}
    return {name: value for name, value in known.items() if name in needs} | slug
