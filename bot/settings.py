"""Every deployment knob: read once from the environment, all mistakes named at once, secrets never shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from activities.errors import UserError
from bot.knobs import address, globs, knob, number, one_of, pem, port, row_of, value_of
from workflows.ids import TASK_QUEUE

WEB_NEEDS = ("app_id", "webhook_secret")
"""What the web process cannot start without: it verifies, and never calls GitHub."""

WORKER_NEEDS = ("app_id", "private_key")
"""What a worker cannot start without: it calls GitHub, and never hears from it."""

TEMPORAL_KNOBS = (
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

    app_id: int = knob("AUTOBUILD_APP_ID", 0, "The GitHub App's id.", number)
    app_slug: str = knob("AUTOBUILD_APP_SLUG", "autobuild", "The App's name in addresses; it acts as `slug[bot]`.")
    private_key: str = knob("AUTOBUILD_PRIVATE_KEY", "", "The App's private key (PEM).", pem, secret=True)
    webhook_secret: str = knob("AUTOBUILD_WEBHOOK_SECRET", "", "What GitHub signs its events with.", secret=True)
    github_url: str = knob("AUTOBUILD_GITHUB_URL", "https://github.com", "GitHub, for git and for links.", address)
    github_api_url: str = knob("AUTOBUILD_GITHUB_API_URL", "https://api.github.com", "GitHub's REST API.", address)
    base_url: str = knob("AUTOBUILD_BASE_URL", "", "This server's public address, for links.", address)
    host: str = knob("AUTOBUILD_HOST", "127.0.0.1", "Where the web process listens; 0.0.0.0 in a container.")
    port: int = knob("AUTOBUILD_PORT", 8080, "The web process's port.", port)
    push_branches: tuple[str, ...] = knob(
        "AUTOBUILD_PUSH_BRANCHES", ("*",), "Branches whose pushes are gated, by comma; `*` matches `/` too.", globs
    )
    data: Path = knob("AUTOBUILD_DATA", _HERE, "The folder of mirrors, environments and results.", Path)  # noqa: RUF009
    sandbox: Literal["bubblewrap", "none"] = knob(
        "AUTOBUILD_SANDBOX",
        "bubblewrap",
        "`none` runs a repository's code without a sandbox: only for repositories you trust.",
        one_of("bubblewrap", "none"),
    )
    task_queue: str = knob("AUTOBUILD_TASK_QUEUE", TASK_QUEUE, "The workers' Temporal task queue.")
    max_activities: int = knob("AUTOBUILD_MAX_ACTIVITIES", 10, "Activities a worker runs at once.", number)
    max_workflow_tasks: int = knob("AUTOBUILD_MAX_WORKFLOW_TASKS", 10, "Workflow tasks a worker runs at once.", number)
    log_level: str = knob(
        "LOG_LEVEL", "INFO", "How much is logged.", one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    )
    sentry_dsn: str = knob("SENTRY_DSN", "", "Where crashes are reported; empty for nowhere.", secret=True)

    @classmethod
    def load(cls, environ: Mapping[str, str], needs: Collection[str] = (*WEB_NEEDS, *WORKER_NEEDS)) -> "Settings":
        """From the environment; `needs` are the fields that this process cannot do without.

        Raises UserError that names everything missing or wrong at once, and never a value.
        """
        values: dict[str, Any] = {}
        problems: list[str] = []
        for declared in fields(cls):
            try:
                values[declared.name] = value_of(declared, environ)
            except ValueError as error:
                problems.append(str(error))
                continue
            if declared.name in needs and not values[declared.name]:
                name, _, meaning = row_of(declared)
                problems.append(f"{name} is missing: {meaning}")
        if problems:
            raise UserError("The settings need mending:\n" + "\n".join(f"- {line}" for line in problems))
        return cls(**values)

    @classmethod
    def table(cls) -> tuple[tuple[str, str, str], ...]:
        """(name, default, meaning) of every knob, for the documentation."""
        return (*(row_of(declared) for declared in fields(cls)), *TEMPORAL_KNOBS)

    @property
    def own_login(self) -> str:
        """How GitHub names this App where it acts: the sender of the events that it causes itself."""
        return f"{self.app_slug}[bot]"
