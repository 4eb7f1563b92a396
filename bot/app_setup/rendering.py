"""How the set-up pages look: server-rendered, everything escaped, no script, and nothing from elsewhere."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_templates = Environment(
    loader=PackageLoader("bot.app_setup", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def show(view: str, status: int = 200, posts_to: str = "", **facts: Any) -> web.Response:
    """A view of `setup.html`. Its forms may post to us, and to the server of `posts_to`."""
    nonce = secrets.token_urlsafe(16)
    text = _templates.get_template("setup.html").render(view=view, nonce=nonce, posts_to=posts_to, **facts)
    headers = _HEADERS | {"Content-Security-Policy": _policy(nonce, posts_to)}
    body = text.encode("utf-8", "backslashreplace")
    return web.Response(status=status, body=body, content_type="text/html", charset="utf-8", headers=headers)


def _policy(nonce: str, posts_to: str) -> str:
    """Browsers hold a form's redirections to `form-action` too: GitHub sends the person back to us."""
    url = urlsplit(posts_to)
    there = f" {url.scheme}://{url.netloc}" if posts_to else ""
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'{there}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
