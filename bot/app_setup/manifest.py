"""What is registered: `app.yml` with this server's addresses; and the App that GitHub's code is exchanged for.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import ipaddress
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import aiohttp
import msgspec

from bot.app_setup.access import SetupRefused
from bot.settings.credentials import AppCredentials
from bot.settings.setting_fields import address

# GitHub's own limit.
_LONGEST_NAME = 34
# An account managed by a company has an underscore in its name.
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TIMEOUT = aiohttp.ClientTimeout(total=20)
# An App with its key has 5 KB.
_LARGEST_ANSWER = 2**18
_RELOAD = (
    "Reload this page in a minute: the code is valid for an hour. If that does not help and GitHub created the App, "
    "delete it in its settings and start again."
)
_START_AGAIN = "If GitHub created the App, delete it in its settings, or its name stays taken. Then start again."


@dataclass(frozen=True)
class AppChoices:
    """What the person chose and typed, as it was: `owner` is `own` or `organisation`."""

    name: str
    owner: str
    organisation: str
    public: str

    def problems(self, github_url: str, smee_url: str) -> dict[str, str]:
        """What is wrong with each field, in a sentence."""
        found = {}
        if not 0 < len(self.name) <= _LONGEST_NAME or not self.name.isprintable():
            found["name"] = f"The name must have 1 to {_LONGEST_NAME} characters."
        if problem := self._owner_problem():
            found["organisation"] = problem
        try:
            address(self.public)
        except ValueError as error:
            found["public"] = f"The address {error}."
        else:
            if not smee_url and is_loopback(self.public) and not is_loopback(github_url):
                found["public"] = (
                    "GitHub cannot reach this address. Use a public one, "
                    "or start Autobuild with `--smee` to receive events behind a firewall."
                )
        return found

    def _owner_problem(self) -> str:
        """An App of the wrong account can only be deleted, so nothing is guessed."""
        if self.owner == "own":
            typed = (
                f"You chose your own account and typed {self.organisation}: choose the organisation or clear its name."
            )
            return typed if self.organisation else ""
        if self.owner != "organisation":
            return "Choose your account or an organisation."
        if not self.organisation:
            return "Enter the organisation's name, or choose your own account."
        valid = _ACCOUNT.fullmatch(self.organisation)
        return "" if valid else "Invalid name: an organisation's has letters, digits and hyphens."


def app_manifest() -> dict[str, Any]:
    """`app.yml` as it is shipped with this package: what the bot asks GitHub for."""
    import yaml

    manifest = yaml.safe_load((files("bot") / "app.yml").read_text("utf-8"))
    assert isinstance(manifest, dict)
    return manifest


def manifest_of(choices: AppChoices, back: str, smee_url: str) -> dict[str, Any]:
    """The manifest for this server. `back` is the address at which the person's browser reaches it."""
    public = address(choices.public)
    return app_manifest() | {
        "name": choices.name,
        "url": public,
        "hook_attributes": {"url": smee_url or f"{public}/webhook", "active": True},
        "redirect_url": f"{back}/setup/done",
    }


def registration_page(github_url: str, organisation: str, state: str) -> str:
    """The address that the manifest is posted to."""
    owner = f"organizations/{quote(organisation, safe='')}/" if organisation else ""
    return f"{github_url}/{owner}settings/apps/new?state={quote(state, safe='')}"


def is_loopback(url: str) -> bool:
    """Whether only this machine can reach it."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class ConvertedApp(msgspec.Struct):
    """GitHub's answer, as far as it is needed."""

    id: Annotated[int, msgspec.Meta(gt=0)]
    slug: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}\Z")]
    html_url: str
    client_id: str
    pem: str
    webhook_secret: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z")]


async def exchange_code(code: str, github_url: str, api_url: str) -> AppCredentials:
    """Exchanges the code for the App that GitHub registered. Raises SetupRefused, which shows nothing of the answer.

    https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest
    """
    if not _CODE.fullmatch(code):
        raise SetupRefused(400, "GitHub's answer has no code.", _START_AGAIN)
    status, body = await _post(f"{api_url}/app-manifests/{code}/conversions")
    if status in (404, 422):
        remedy = f"Check that AUTOBUILD_GITHUB_API_URL ({api_url}) belongs to {github_url}. {_START_AGAIN}"
        raise SetupRefused(400, "GitHub does not accept this code: it was used already, or has expired.", remedy)
    if status >= 500:
        raise SetupRefused(502, f"GitHub answered {status} to the request for the App.", _RELOAD, temporary=True)
    if status != 201:
        raise SetupRefused(502, f"GitHub answered {status} to the request for the App.", _START_AGAIN)
    try:
        app = msgspec.json.decode(body, type=ConvertedApp)
        _check_key(app.pem)
    except (ValueError, TypeError) as error:  # msgspec's errors are ValueErrors
        raise SetupRefused(502, "GitHub's answer is not an App.", _START_AGAIN) from error
    page = app.html_url if app.html_url.startswith(f"{github_url}/") else f"{github_url}/apps/{app.slug}"
    return AppCredentials(app.id, app.slug, page, app.client_id, github_url, app.pem, app.webhook_secret)


async def _post(url: str) -> tuple[int, bytes]:
    """(status, body); the body is empty where it is too large."""
    headers = {"Accept": "application/vnd.github+json", "User-Agent": "autobuild"}
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as session,
            session.post(url, allow_redirects=False) as answer,
        ):
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    return answer.status, b""
            return answer.status, bytes(body)
    except (aiohttp.ClientError, TimeoutError) as error:
        remedy = f"Check AUTOBUILD_GITHUB_API_URL and this machine's network. {_RELOAD}"
        what = f"GitHub's API did not answer ({type(error).__name__})."
        raise SetupRefused(502, what, remedy, temporary=True) from error


def _check_key(pem: str) -> None:
    """Raises ValueError or TypeError unless it is an RSA key without a password: GitHub's JWTs are RS256."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if not isinstance(load_pem_private_key(pem.encode(), password=None), RSAPrivateKey):
        raise ValueError("not an RSA key")
