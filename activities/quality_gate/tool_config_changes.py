"""Which tools' configuration a change edits: it decides what is reported, so the verdict names it.

The linters' configuration is the head's own. A change may loosen it for good reasons, but not unseen.
"""

import configparser
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from activities import tools
from activities.tooling import ToolDetection

SHARED = ("pyproject.toml", "setup.cfg", "tox.ini", "package.json")
"""Files in which a tool's configuration is one part among others."""


def edited(check: str, paths: Iterable[str], texts: Mapping[str, tuple[str, str]]) -> list[str]:
    """The files among `paths`, which a change touches, whose edit decides what the check's tools report. `texts` has
    the shared files before and after, "" where they are not there."""
    detections = [tool.detection for tool in tools.registry().values() if check in tool.checks]
    return sorted(path for path in paths if _configures(path, detections, texts))


def _configures(path: str, detections: Sequence[ToolDetection], texts: Mapping[str, tuple[str, str]]) -> bool:
    name = PurePosixPath(path).name
    if name not in SHARED:
        return any(detection.configured_by_file(name) for detection in detections)
    before, after = (_sections(name, text) for text in texts[path])
    changed = {section for section in {*before, *after} if before.get(section) != after.get(section)}
    return any(detection.configured_by_section(section) for detection in detections for section in changed)


def _sections(name: str, text: str) -> Mapping[str, object]:
    """A file that cannot be read has no sections; that it is broken is reported elsewhere."""
    try:
        if name == "pyproject.toml":
            tool = tomllib.loads(text).get("tool")
            return tool if isinstance(tool, dict) else {}
        if name == "package.json":
            body = json.loads(text or "{}")
            return body if isinstance(body, dict) else {}
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
        return {section: dict(parser.items(section)) for section in parser.sections()}
    except (ValueError, configparser.Error, RecursionError):
        return {}
