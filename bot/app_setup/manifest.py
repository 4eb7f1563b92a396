"""What is registered: `app.yml` with this server's addresses, and where a person is sent with it.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import ipaddress
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlsplit

from bot.settings.setting_fields import address

# GitHub's own limit.
_NAME_LIMIT = 34
# An account managed by a company has an underscore in its name.
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class AppChoices:
    """What the person chose, as typed: an `organisation` or "" for the own account."""

    name: str
    organisation: str
    public: str

    def problems(self, github_url: str, smee_url: str) -> dict[str, str]:
        """What is wrong with each field, in a sentence."""
        found = {}
        if not 0 < len(self.name) <= _NAME_LIMIT or not self.name.isprintable():
            found["name"] = f"A name has 1 to {_NAME_LIMIT} characters."
        if self.organisation and not _ACCOUNT.fullmatch(self.organisation):
            found["organisation"] = "That is no name of an organisation: letters, digits and hyphens."
        try:
            address(self.public)
        except ValueError as error:
            found["public"] = f"It {error}."
        else:
            if not smee_url and is_loopback(self.public) and not is_loopback(github_url):
                found["public"] = (
                    "GitHub cannot reach this machine by that address. Give a public one, "
                    "or start Autobuild with `--smee`, which brings events through a firewall."
                )
        return found


def app_manifest() -> dict[str, Any]:
    """`app.yml` as it is shipped with this package: what the bot asks GitHub for."""
    import yaml

    manifest = yaml.safe_load((files("bot") / "app.yml").read_text("utf-8"))
    assert isinstance(manifest, dict)
    return manifest


def manifest_of(wish: AppChoices, back: str, smee_url: str) -> dict[str, Any]:
    """The manifest for this server. `back` is the address by which the person's browser reaches it."""
    public = address(wish.public)
    return app_manifest() | {
        "name": wish.name,
        "url": public,
        "hook_attributes": {"url": smee_url or f"{public}/webhook", "active": True},
        "redirect_url": f"{back}/setup/done",
    }


def registration_page(github_url: str, organisation: str, state: str) -> str:
    """Where the manifest is posted to."""
    owner = f"organizations/{quote(organisation, safe='')}/" if organisation else ""
    return f"{github_url}/{owner}settings/apps/new?state={quote(state, safe='')}"


def is_loopback(url: str) -> bool:
    """Whether only this machine can reach it."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
