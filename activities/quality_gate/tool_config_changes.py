"""Which tools' configuration a change edits: it decides what is reported, so the verdict names it.

The linters' configuration is the head's own. A change may loosen it for good reasons, but not unseen.
"""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from activities import tools
from activities.quality_gate.shared_files import HOOKS, PYPROJECT, UNREADABLE, Texts, changed_sections, is_shared
from activities.tooling import ToolDetection


def edited(check: str, paths: Iterable[str], texts: Texts) -> list[str]:
    """The files among `paths`, which a change touches, whose edit decides what the check's tools report. `texts` has
    the shared files; one that was not read counts as edited."""
    detections = [tool.detection for tool in tools.registry().values() if check in tool.checks]
    return sorted(path for path in paths if _configures(path, detections, texts))


def _configures(path: str, detections: Sequence[ToolDetection], texts: Texts) -> bool:
    name = PurePosixPath(path).name
    if not is_shared(path):
        return any(detection.configured_by_file(name) for detection in detections)
    changed = changed_sections(path, texts)
    if name == HOOKS:
        known = {hook for detection in detections for hook in detection.hooks}
        return bool(changed & {*known, UNREADABLE}) and bool(known)
    if name == PYPROJECT:
        changed = {part.removeprefix("tool.") for part in changed if part.startswith("tool.") or part == UNREADABLE}
    sections = (section for section in changed if "." not in section or name != PYPROJECT)
    return any(
        section == UNREADABLE or detection.configured_by_section(section)
        for section in sections
        for detection in detections
    )
