"""Every setting of a deployment: read once from the environment, all mistakes named at once, secrets never shown."""

import os
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from activities.errors import UserError
from activities.workflow_ids import TASK_QUEUE
from bot.settings import credentials
from bot.settings.credentials import AppCredentials
from bot.settings.data_folder import DEFAULT_DATA, default_data, make_private
from bot.settings.setting_fields import (
    ByteSize,
    address,
    agent_model,
    byte_size,
    egress_entries,
    folder_setting,
    globs,
    number,
    one_of,
    pem,
    port,
    row_of,
    setting,
    value_of,
)

WEB_NEEDS = ("app_id", "webhook_secret")
"""What the webhook server cannot start without: it verifies events, and never calls GitHub."""

WORKER_NEEDS = ("app_id", "private_key")
"""What a worker cannot start without: it calls GitHub, and receives nothing from it."""

TEMPORAL_SETTINGS = (
    ("TEMPORAL_ADDRESS", "localhost:7233", "The Temporal server, as host:port. TEMPORAL_HOST works too."),
    ("TEMPORAL_NAMESPACE", "default", "The Temporal namespace."),
    ("TEMPORAL_API_KEY", "", "The API key for Temporal Cloud; enables TLS."),
    ("TEMPORAL_TLS", "", "`true` enables TLS; TEMPORAL_TLS_CLIENT_CERT_PATH and similar variables name certificates."),
    ("TEMPORAL_PROFILE", "default", "The profile in Temporal's TOML file (TEMPORAL_CONFIG_FILE)."),
)
"""Read by `temporalio.envconfig` where a client is made; listed here for `Settings.table`."""


@dataclass(frozen=True)
class Settings:
    """The settings of one deployment. A secret may be in a file instead, which `<NAME>_FILE` names."""

    app_id: int = setting("AUTOBUILD_APP_ID", 0, "The GitHub App's id.", number)
    app_slug: str = setting("AUTOBUILD_APP_SLUG", "autobuild", "The App's name in addresses; it acts as `slug[bot]`.")
    private_key: str = setting("AUTOBUILD_PRIVATE_KEY", "", "The App's private key (PEM).", pem, secret=True)
    webhook_secret: str = setting(
        "AUTOBUILD_WEBHOOK_SECRET", "", "The secret that GitHub signs events with.", secret=True
    )
    github_url: str = setting(
        "AUTOBUILD_GITHUB_URL", "https://github.com", "GitHub's address, for git and links.", address
    )
    github_api_url: str = setting(
        "AUTOBUILD_GITHUB_API_URL", "https://api.github.com", "The address of GitHub's REST API.", address
    )
    base_url: str = setting("AUTOBUILD_BASE_URL", "", "This server's public address.", address)
    smee_url: str = setting(
        "AUTOBUILD_SMEE_URL", "", "A smee channel to receive events from behind a firewall.", address
    )
    setup: Literal["store", "print"] = setting(
        "AUTOBUILD_SETUP",
        "store",
        "`print` shows a new App's credentials once, for a secret store, and does not store them.",
        one_of("store", "print"),
    )
    host: str = setting(
        "AUTOBUILD_HOST", "127.0.0.1", "The address the webhook server listens on; 0.0.0.0 in a container."
    )
    health_port: int = setting(
        "AUTOBUILD_HEALTH_PORT", 0, "The port on which a worker answers /healthz and /readyz; 0 for none.", port
    )
    port: int = setting(
        "AUTOBUILD_PORT", 8080, "The webhook server's port.", port
    )  # hides its own type, so the last port
    push_branches: tuple[str, ...] = setting(
        "AUTOBUILD_PUSH_BRANCHES",
        ("*",),
        "Branches whose pushes are gated, separated by commas; `*` matches `/` too.",
        globs,
    )
    data: Path = folder_setting(  # noqa: RUF009
        "AUTOBUILD_DATA", default_data, DEFAULT_DATA, "The folder for mirrors, environments and results."
    )
    data_limit: int = setting(
        "AUTOBUILD_DATA_LIMIT",
        0,
        "How much the data folder may hold, such as `20GB`; without it half of its disk. The least recently used goes.",
        byte_size,
    )
    data_reserve: int = setting(
        "AUTOBUILD_DATA_RESERVE",
        ByteSize(10**9),
        "How much of the data folder's disk has to be free before work begins.",
        byte_size,
    )
    sandbox: Literal["bubblewrap", "none"] = setting(
        "AUTOBUILD_SANDBOX",
        "bubblewrap",
        "`none` runs a repository's code without a sandbox: only for repositories you trust.",
        one_of("bubblewrap", "none"),
    )
    egress_allow: tuple[str, ...] = setting(
        "AUTOBUILD_EGRESS_ALLOW",
        (),
        "What install steps may reach besides registries: `host`, `host:port`, `*.example.com`, addresses, networks.",
        egress_entries,
    )
    agents: str = setting("AUTOBUILD_AGENTS", "", "The file with the models that agents may use (`docs/agents.md`).")
    incidents: str = setting(
        "AUTOBUILD_INCIDENTS", "", "The file with the services, alerts and metrics of incidents (`docs/incidents.md`)."
    )
    model: str = setting(
        "AUTOBUILD_MODEL",
        "",
        "One model for all agents, such as `anthropic:claude-sonnet-4-5`; its key is in the"
        " provider's usual variable (`ANTHROPIC_API_KEY`, `OPENAI_API_KEY`, `GOOGLE_API_KEY`).",
        agent_model,
    )
    model_url: str = setting(
        "AUTOBUILD_MODEL_URL", "", "The address of a server that speaks the protocol of AUTOBUILD_MODEL.", address
    )
    model_price: str = setting(
        "AUTOBUILD_MODEL_PRICE", "", "`ignore` for a model of your own, whose price nobody knows.", one_of("ignore")
    )
    task_queue: str = setting("AUTOBUILD_TASK_QUEUE", TASK_QUEUE, "The workers' Temporal task queue.")
    max_activities: int = setting("AUTOBUILD_MAX_ACTIVITIES", 10, "Activities that a worker runs at once.", number)
    max_workflow_tasks: int = setting(
        "AUTOBUILD_MAX_WORKFLOW_TASKS", 10, "Workflow tasks that a worker runs at once.", number
    )
    log_level: str = setting(
        "LOG_LEVEL",
        "INFO",
        "The least severe log level that is shown.",
        one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    )
    sentry_dsn: str = setting("SENTRY_DSN", "", "The Sentry DSN for crash reports; none without.", secret=True)
    sentry_environment: str = setting("SENTRY_ENVIRONMENT", "production", "The environment named in crash reports.")

    @classmethod
    def load(cls, environ: Mapping[str, str], needs: Collection[str] = (*WEB_NEEDS, *WORKER_NEEDS)) -> "Settings":
        """From the environment; `needs` are the fields that this process cannot start without.

        Where no App is set, the needed parts of the stored one are used. Raises UserError, which names every missing or
        invalid setting at once, and no value.
        """
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for declared in fields(cls):
            try:
                values[declared.name] = value_of(declared, environ)
            except ValueError as error:
                values[declared.name] = None if declared.default is MISSING else declared.default
                problems[declared.name] = str(error)
        problems = _add_app(values, needs, environ) | _missing_api_url(values) | problems
        if problems:
            raise UserError("Invalid settings:\n" + "\n".join(f"- {line}" for line in problems.values()))
        return cls(**values)

    def of_app(self, app: AppCredentials, environ: Mapping[str, str]) -> "Settings":
        """The same deployment with an App that was registered since."""
        return replace(self, **_app_values(app, vars(self), WEB_NEEDS, environ))

    @classmethod
    def table(cls) -> tuple[tuple[str, str, str], ...]:
        """(name, default, meaning) of every setting, for the documentation."""
        return (*(row_of(declared) for declared in fields(cls)), *TEMPORAL_SETTINGS)

    @property
    def own_login(self) -> str:
        """The login of this App on GitHub: the sender of the events that it causes itself."""
        return f"{self.app_slug}[bot]"


def data_folder_of(environ: Mapping[str, str]) -> Path:
    """AUTOBUILD_DATA as an absolute path, whatever else is set. Raises UserError."""
    try:
        return Path(value_of(Settings.__dataclass_fields__["data"], environ)).absolute()
    except ValueError as error:
        raise UserError(f"Invalid settings:\n- {error}") from None


def require_writable(data: Path) -> None:
    """Raises UserError unless this user may write to the data folder: a new volume often belongs to another."""
    make_private(data)
    if not (data.is_dir() and os.access(data, os.W_OK | os.X_OK)):
        user = os.geteuid()
        raise UserError(f"User {user} cannot write to {data}. Run `chown {user} {data}`, or change AUTOBUILD_DATA.")


def app_is_known(environ: Mapping[str, str], data: Path) -> bool:
    """Whether an App is set or stored. If not, the webhook server registers one."""
    return names_an_app(environ) or credentials.is_there(data)


def names_an_app(environ: Mapping[str, str]) -> bool:
    """Whether the environment names an App, in part or whole: then a stored one is ignored, never mixed in."""
    return any(environ.get(name, "").strip() for name in app_variables())


def app_variables() -> list[str]:
    """The variables that name the App and its secrets."""
    names = [Settings.__dataclass_fields__[name].metadata["env"] for name in dict.fromkeys((*WEB_NEEDS, *WORKER_NEEDS))]
    return [variable for name in names for variable in (name, f"{name}_FILE")]


def _missing_api_url(values: Mapping[str, Any]) -> dict[str, str]:
    """An Enterprise Server needs its API named: github.com's does not know its Apps."""
    github, default = values["github_url"], {each.name: each.default for each in fields(Settings)}
    if github == default["github_url"] or values["github_api_url"] != default["github_api_url"]:
        return {}
    problem = (
        f"AUTOBUILD_GITHUB_API_URL is not set, and AUTOBUILD_GITHUB_URL is {github}. "
        f"An Enterprise Server's API is {github}/api/v3."
    )
    return {"github_api_url": problem}


def _add_app(values: dict[str, Any], needs: Collection[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Adds the needed parts of a stored App to the values. Returns the problems, by field."""
    ignored = ""
    try:
        if needs and not names_an_app(environ):
            app = credentials.stored(values["data"])
            values |= _app_values(app, values, needs, environ) if app else {}
        elif needs and credentials.is_there(values["data"]):
            ignored = " The stored App is ignored, because some of an App's variables are set: set all of them or none."
    except UserError as error:
        return {"app": str(error)}
    rows = {declared.name: row_of(declared) for declared in fields(Settings)}
    missing = [name for name in rows if name in needs and not values[name]]
    return {name: f"{rows[name][0]} is not set: {rows[name][2]}{ignored}" for name in missing}


def _app_values(
    app: AppCredentials, values: Mapping[str, Any], needs: Collection[str], environ: Mapping[str, str]
) -> dict[str, Any]:
    """The fields that a stored App gives: only the needed ones, so the webhook server gets no key. The slug may be set,
    for an App that was renamed; so may the address, for a server that was moved."""
    if app.github_url != values["github_url"]:
        raise UserError(
            f"The stored App {app.id} belongs to {app.github_url}, but AUTOBUILD_GITHUB_URL is {values['github_url']}. "
            "Change AUTOBUILD_GITHUB_URL or AUTOBUILD_DATA."
        )
    known = {"app_id": app.id, "private_key": app.private_key, "webhook_secret": app.webhook_secret}
    slug = {} if environ.get("AUTOBUILD_APP_SLUG", "").strip() else {"app_slug": app.slug}
    addresses = app.addresses(values["base_url"], values["smee_url"])
    return {name: value for name, value in known.items() if name in needs} | slug | addresses
