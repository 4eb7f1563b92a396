"""Targets that are asked for their metrics, in Prometheus' text format."""

import re
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from pydantic import BaseModel, ConfigDict

from simulator.monitoring.series import SeriesStore

_LINE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+(?P<at>-?\d+))?\s*$")
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_]\w*)\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*,?')
_LARGEST = 16 * 1024**2


class ScrapeTarget(BaseModel):
    """`url` is that of its metrics; `labels` are added to each series."""

    model_config = ConfigDict(extra="forbid")
    url: str
    job: str = "sample"
    labels: dict[str, str] = {}


async def scrape(session: ClientSession, target: ScrapeTarget, store: SeriesStore, timeout: float) -> None:
    """Its samples of now, and `up`. Raises nothing."""
    now, up = time.time(), 0.0
    added = {"job": target.job, "instance": urlsplit(target.url).netloc, **target.labels}
    try:
        async with session.get(target.url, timeout=ClientTimeout(total=timeout)) as answer:
            if answer.status == 200:
                text = (await answer.content.read(_LARGEST)).decode("utf-8", "replace")
                for labels, value in samples_of(text):
                    store.add({**labels, **added}, [(now, value)])
                up = 1.0
    except (ClientError, TimeoutError, ValueError):
        pass
    store.add({"__name__": "up", **added}, [(now, up)])


def samples_of(text: str) -> Iterator[tuple[Mapping[str, str], float]]:
    """The lines that can be read; a server would refuse the whole where one cannot."""
    for line in text.splitlines():
        found = _LINE.match(line)
        if not found or line.startswith("#"):
            continue
        pairs = _LABEL.finditer(found["labels"] or "")
        labels = {each["name"]: re.sub(r"\\(.)", _unescaped, each["value"]) for each in pairs}
        yield {**labels, "__name__": found["name"]}, float(found["value"])


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]
