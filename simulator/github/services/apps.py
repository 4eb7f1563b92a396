"""The App's own life: it is registered from a manifest, its key is handed over once, and what it asks for may change.

There is one App at a time. A newly registered one takes the place of the former, whose key, installations, tokens,
check suites and deliveries end with it; only its name stays taken.
"""

import asyncio
import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.github.services.entities import GitHubApp, Json, User
from simulator.github.services.keys import AppKey
from simulator.github.services.manifest import NAME_LIMIT, BadManifest, Manifest, read_manifest
from simulator.github.services.store import EntityNotFound, Hub

CODE_LIFE_S = 3600
"""GitHub: all steps of the manifest flow must be completed within one hour."""


@dataclass(frozen=True)
class AppRegistration:
    """A new App with its credentials; `code` exchanges them once, until `expires` (seconds since 1970)."""

    app: GitHubApp
    manifest: Manifest
    code: str
    expires: float
    key: AppKey = field(repr=False)
    webhook_secret: str = field(repr=False)
    client_secret: str = field(repr=False)


class Apps(Hub):
    """See the module."""

    def __init__(self, state: Path, **options: Any) -> None:
        """`options` as of `Hub`."""
        super().__init__(state, **options)
        self._names = {self.app.slug}
        self._registrations: dict[str, AppRegistration] = {}

    async def register_app(self, manifest: Json | str, owner: str = "octocat", name: str = "") -> AppRegistration:
        """What "Create GitHub App" does; `name` instead of the manifest's. Raises BadManifest."""
        text = manifest if isinstance(manifest, str) else json.dumps(manifest)
        return await self.register(read_manifest(text), self.add_user(owner), name)

    async def register(self, manifest: Manifest, owner: User, name: str = "") -> AppRegistration:
        """The same of a manifest that was read."""
        manifest = manifest.named(name or manifest.name)
        if problem := self._name_problem(manifest.name, owner):
            raise BadManifest((problem,))
        self._names.add(_slug(manifest.name))  # before the wait, so that nobody else gets it
        key = await asyncio.to_thread(AppKey.make)
        made = AppRegistration(
            self._new_app(manifest, owner), manifest, secrets.token_hex(20), self.time() + CODE_LIFE_S, key,
            webhook_secret=secrets.token_hex(20), client_secret=secrets.token_hex(20),
        )  # fmt: skip
        self._take_over(made)
        return made

    def convert(self, code: str) -> AppRegistration:
        """The credentials behind a code, once and for an hour; raises Missing."""
        found = self._registrations.pop(code, None)
        if found is None or found.expires <= self.time():
            raise EntityNotFound("code")
        return found

    def set_app_permissions(self, permissions: dict[str, str], events: list[str] | None = None) -> None:
        """The App asks for something else from now on; an installation keeps what it gave until it is accepted."""
        self.app.permissions = dict(permissions)
        self.app.events = self.app.events if events is None else tuple(events)
        self.changed()

    def _take_over(self, made: AppRegistration) -> None:
        self.app, self.key, self.webhook_secret = made.app, made.key, made.webhook_secret
        self._registrations[made.code] = made
        self.installations.clear()
        self.tokens.clear()
        for repository in self.repositories.values():
            repository.suites.clear()
        self.hooks.begin(made.manifest.hook_url, active=made.manifest.hook_active)
        self.changed()

    def _new_app(self, manifest: Manifest, owner: User) -> GitHubApp:
        slug = _slug(manifest.name)
        return GitHubApp(
            self.new_id(), slug, owner, self.add_user(f"{slug}[bot]", "Bot"), dict(manifest.permissions),
            manifest.events, self.now(), manifest.name, manifest.description, manifest.url, manifest.setup_url,
            manifest.public,
        )  # fmt: skip

    def _name_problem(self, name: str, owner: User) -> str:
        """What GitHub has against that name of an App, "" if nothing."""
        slug = _slug(name)
        if not slug:
            return "Name can't be blank"
        if len(name) > NAME_LIMIT:
            return f"Name is too long (maximum is {NAME_LIMIT} characters)"
        elsewhere = slug in self.users and self.users[slug] is not owner
        return "Name is already taken" if elsewhere or slug in self._names else ""


def _slug(name: str) -> str:
    """`Our Bot!` is `our-bot`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
