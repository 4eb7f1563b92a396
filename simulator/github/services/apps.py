"""Registering the App from a manifest, handing over its credentials once, and changing the permissions it asks for.

There is one App at a time. A newly registered one replaces the former, whose key, installations, tokens, check suites
and deliveries end with it; only its name stays taken.
"""

import asyncio
import json
import re
import secrets
from dataclasses import dataclass, field

from simulator.github.entities import GitHubApp, Json, User
from simulator.github.errors import EntityNotFound
from simulator.github.keys import AppKey
from simulator.github.services.manifest import NAME_LIMIT, BadManifest, Manifest, read_manifest
from simulator.github.store import Store
from simulator.github.webhooks import Webhooks

CODE_LIFE_S = 3600
"""GitHub: all steps of the manifest flow must be completed within one hour."""


@dataclass(frozen=True)
class RegisteredApp:
    """A new App with its credentials; `code` exchanges them once, until `expires` (seconds since 1970)."""

    app: GitHubApp
    manifest: Manifest
    code: str
    expires: float
    key: AppKey = field(repr=False)
    webhook_secret: str = field(repr=False)
    client_secret: str = field(repr=False)


class AppService:
    """Registers the App."""

    def __init__(self, store: Store, webhooks: Webhooks) -> None:
        self._store, self._webhooks = store, webhooks
        self._names = {store.app.slug}
        self._registrations: dict[str, RegisteredApp] = {}

    async def register_app(self, manifest: Json | str, owner: str = "octocat", name: str = "") -> RegisteredApp:
        """What "Create GitHub App" does; `name` instead of the manifest's. Raises BadManifest."""
        text = manifest if isinstance(manifest, str) else json.dumps(manifest)
        return await self.register(read_manifest(text), self._store.add_user(owner), name)

    async def register(self, manifest: Manifest, owner: User, name: str = "") -> RegisteredApp:
        """As `register_app`, of a manifest that was read already."""
        manifest = manifest.named(name or manifest.name)
        if problem := self._name_problem(manifest.name, owner):
            raise BadManifest((problem,))
        store, slug = self._store, _slug(manifest.name)
        self._names.add(slug)  # before the wait, so that no other registration takes it
        key = await asyncio.to_thread(AppKey.generate)
        app = GitHubApp(
            store.new_id(), slug, owner, store.add_user(f"{slug}[bot]", "Bot"), dict(manifest.permissions),
            manifest.events, store.now(), manifest.name, manifest.description, manifest.url, manifest.setup_url,
            manifest.public,
        )  # fmt: skip
        registration = RegisteredApp(
            app, manifest, secrets.token_hex(20), store.time() + CODE_LIFE_S, key,
            webhook_secret=secrets.token_hex(20), client_secret=secrets.token_hex(20),
        )  # fmt: skip
        self._replace_app(registration)
        return registration

    def convert(self, code: str) -> RegisteredApp:
        """The credentials behind a code, once and for an hour; raises EntityNotFound."""
        registration = self._registrations.pop(code, None)
        if registration is None or registration.expires <= self._store.time():
            raise EntityNotFound("code")
        return registration

    def set_app_permissions(self, permissions: dict[str, str], events: list[str] | None = None) -> None:
        """What the App asks for from now on; an installation keeps what it granted until it accepts that."""
        app = self._store.app
        app.permissions = dict(permissions)
        app.events = app.events if events is None else tuple(events)
        self._store.changed()

    def _replace_app(self, new: RegisteredApp) -> None:
        store = self._store
        store.app, store.key, store.webhook_secret = new.app, new.key, new.webhook_secret
        self._registrations[new.code] = new
        store.installations.clear()
        store.tokens.clear()
        for repository in store.repositories.values():
            repository.suites.clear()
        self._webhooks.reset(new.manifest.hook_url, active=new.manifest.hook_active)
        store.changed()

    def _name_problem(self, name: str, owner: User) -> str:
        """GitHub's sentence about a name that it does not accept, "" if it does."""
        slug = _slug(name)
        if not slug:
            return "Name can't be blank"
        if len(name) > NAME_LIMIT:
            return f"Name is too long (maximum is {NAME_LIMIT} characters)"
        taken = self._store.users.get(slug, owner) is not owner
        return "Name is already taken" if taken or slug in self._names else ""


def _slug(name: str) -> str:
    """`Our Bot!` is `our-bot`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
