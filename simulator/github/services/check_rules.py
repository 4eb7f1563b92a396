"""GitHub's rules for what an app says about a check run, those that its API description states and those it omits.

Limits are in characters, except 64 KB, which is in bytes.
"""

from datetime import datetime
from typing import Any

from simulator.github.rest import invalid, too_much
from simulator.github.services.entities import Json

ANNOTATIONS = 50
TEXT = 65_535
ACTIONS = 3
ACTION = {"label": 20, "description": 40, "identifier": 20}
KILOBYTES_64 = 64 * 1024
TITLE = 255
STATUSES = ("queued", "in_progress", "completed")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")
_FIELDS = (
    "name", "details_url", "external_id", "started_at", "status", "conclusion", "completed_at", "output", "actions",
)  # fmt: skip


def checked(body: Json) -> Json:
    """The fields of a check run that were sent; ApiError 422 where GitHub would say so."""
    fields = {name: body[name] for name in _FIELDS if body.get(name) is not None}
    for name in ("name", "details_url", "external_id", "started_at", "completed_at"):
        _must(isinstance(fields.get(name, ""), str), name)
    for name in ("started_at", "completed_at"):
        _must(name not in fields or _is_time(fields[name]), name)
    _check_status(fields)
    if "output" in fields:
        _check_output(fields["output"])
    _check_actions(fields.get("actions", []))
    return fields


def _check_status(fields: Json) -> None:
    _must(fields.get("status", "queued") in STATUSES, "status")
    _must(fields.get("conclusion", "success") in CONCLUSIONS, "conclusion")
    if "conclusion" not in fields and (fields.get("status") == "completed" or "completed_at" in fields):
        raise invalid("conclusion", "missing_field", resource="CheckRun")


def _check_output(output: Any) -> None:
    _must(isinstance(output, dict), "output")
    for name in ("title", "summary"):
        if not isinstance(output.get(name), str):
            raise too_much(f'"{name}" wasn\'t supplied.')
    for name in ("summary", "text"):
        _at_most(name, output.get(name) or "", TEXT)
    annotations = output.get("annotations") or []
    _must(isinstance(annotations, list), "annotations")
    if len(annotations) > ANNOTATIONS:
        raise too_much(f"No more than {ANNOTATIONS} items are allowed; {len(annotations)} were supplied.")
    for annotation in annotations:
        _check_annotation(annotation)


def _check_annotation(note: Any) -> None:
    _must(isinstance(note, dict), "annotations")
    for name in ("path", "message"):
        _must(isinstance(note.get(name), str) and note[name] != "", name)
    for name in ("start_line", "end_line"):
        _must(_is_line(note.get(name)), name)
    _must(note["end_line"] >= note["start_line"], "end_line")
    _must(note.get("annotation_level") in ("notice", "warning", "failure"), "annotation_level")
    for name in ("start_column", "end_column"):
        _must(name not in note or (_is_line(note[name]) and note["start_line"] == note["end_line"]), name)
    _at_most("title", note.get("title") or "", TITLE)
    for name in ("message", "raw_details"):
        if len((note.get(name) or "").encode("utf-8", "backslashreplace")) > KILOBYTES_64:
            raise too_much(f"{name} is larger than 64 KB.")


def _check_actions(actions: Any) -> None:
    _must(isinstance(actions, list), "actions")
    if len(actions) > ACTIONS:
        raise too_much(f"No more than {ACTIONS} items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for name, limit in ACTION.items():
            _must(isinstance(action, dict) and isinstance(action.get(name), str) and action[name] != "", name)
            _at_most(name, action[name], limit)


def _at_most(name: str, text: str, limit: int) -> None:
    _must(isinstance(text, str), name)
    if len(text) > limit:
        raise too_much(f"Only {limit} characters are allowed in {name}; {len(text)} were supplied.")


def _must(good: bool, field: str) -> None:
    if not good:
        raise invalid(field, "invalid", resource="CheckRun")


def _is_line(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_time(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
