"""A browser as far as forms go: cookies, redirections, relative addresses, and what the page lets a form do."""

import socket
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDictProxy


@dataclass
class Form:
    """A form as it stands: text fields with their values, and of radio buttons the chosen one."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """What a person sees. `links` by their text."""

    url: str
    status: int
    text: str
    headers: CIMultiDictProxy[str]
    forms: list[Form]
    links: dict[str, str]


class Browser:
    """`async with Browser() as browser:`; each has cookies of its own. Every name leads to this machine."""

    async def __aenter__(self) -> "Browser":
        connector = aiohttp.TCPConnector(resolver=_Here())
        self.session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    async def open(self, url: str) -> Page:
        async with self.session.get(url) as answer:
            return await _page(answer)

    async def open_any(self, url: str) -> int:
        """The status of what need not be a page."""
        async with self.session.get(url) as answer:
            return answer.status

    async def submit(self, page: Page, **values: str) -> Page:
        """Presses the button of the page's first form; a policy that forbids it is a failure."""
        form = page.forms[0]
        target = urljoin(page.url, form.action)
        assert allowed(page, target), f"{page.headers.get('Content-Security-Policy')} forbids {target}"
        async with self.session.post(target, data=form.fields | values) as answer:
            for step in (*answer.history, answer):
                assert allowed(page, str(step.url)), f"the page's policy forbids the redirection to {step.url}"
            return await _page(answer)


def allowed(page: Page, target: str) -> bool:
    """Whether the page's `form-action` lets a form go there."""
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["Content-Security-Policy"].split(";"))
    sources = policy["form-action"].split()
    here, there = _origin(page.url), _origin(target)
    return there in sources or ("'self'" in sources and there == here)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _page(answer: aiohttp.ClientResponse) -> Page:
    reader = _Reader()
    text = await answer.text()
    reader.feed(text)
    return Page(str(answer.url), answer.status, text, answer.headers, reader.forms, reader.links)


class _Here(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        found = {"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
        return [ResolveResult(**found)]  # type: ignore[typeddict-item]

    async def close(self) -> None:
        pass


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "input" and (given.get("type") != "radio" or "checked" in given):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "a":
            self._link = given.get("href", "")

    def handle_data(self, data: str) -> None:
        if self._link:
            self.links[data.strip()] = self._link

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = ""
