"""REST: check runs and check suites, with the limits that GitHub's API description states and those that it omits."""

from datetime import datetime
from typing import Any

from simulator.github import git
from simulator.github.entities import CheckRun, CheckSuite, Json
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid, too_large
from simulator.github.serializers import checks as check_json

endpoints = Endpoints()

# Limits in characters, except 64 KB, which is in bytes.
_ANNOTATIONS = 50
_TEXT = 65_535
_ACTIONS = 3
_ACTION = {"label": 20, "description": 40, "identifier": 20}
_KILOBYTES_64 = 64 * 1024
_TITLE = 255
_STATUSES = ("queued", "in_progress", "completed")
_CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")
_FIELDS = (
    "name", "details_url", "external_id", "started_at", "status", "conclusion", "completed_at", "output", "actions",
)  # fmt: skip


@endpoints.on("POST", "/repos/{owner}/{repo}/check-runs", "checks:write")
async def create_run(request: RestRequest) -> RestResponse:
    fields = run_fields(request.body)
    run = await request.github.checks.create_run(request.repo, request.text("head_sha"), request.text("name"), fields)
    return RestResponse(check_json.run(request.store, request.repo, run), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks:read")
async def get_run(request: RestRequest) -> Json:
    return check_json.run(request.store, request.repo, _run(request))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks:write")
async def update_run(request: RestRequest) -> Json:
    run = request.github.checks.update_run(request.repo, _run(request), run_fields(request.body))
    return check_json.run(request.store, request.repo, run)


@endpoints.on("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", "checks:read")
async def list_annotations(request: RestRequest) -> RestResponse:
    run = _run(request)
    return request.page([check_json.annotation(request.store, request.repo, run, note) for note in run.annotations])


@endpoints.on("POST", "/repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest", "checks:write")
async def rerequest_run(request: RestRequest) -> RestResponse:
    request.github.checks.rerun_check(request.repo.full_name, _run(request).id, request.user.login)
    return RestResponse({}, 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", "checks:read")
async def list_runs_of_ref(request: RestRequest) -> RestResponse:
    return _page_of_runs(request, await _suites_of_ref(request))


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}/check-suites", "checks:read")
async def list_suites_of_ref(request: RestRequest) -> RestResponse:
    suites = [check_json.suite(request.store, request.repo, each) for each in await _suites_of_ref(request)]
    return request.page(suites, lambda part, total: {"total_count": total, "check_suites": part})


@endpoints.on("POST", "/repos/{owner}/{repo}/check-suites", "checks:write")
async def create_suite(request: RestRequest) -> RestResponse:
    sha = request.text("head_sha")
    known = sha in request.repo.suites
    suite = await request.github.checks.suite_for(request.repo, sha)
    return RestResponse(check_json.suite(request.store, request.repo, suite), 200 if known else 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/check-suites/{check_suite_id}", "checks:read")
async def get_suite(request: RestRequest) -> Json:
    return check_json.suite(request.store, request.repo, _suite(request))


@endpoints.on("GET", "/repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs", "checks:read")
async def list_runs_of_suite(request: RestRequest) -> RestResponse:
    return _page_of_runs(request, [_suite(request)])


@endpoints.on("POST", "/repos/{owner}/{repo}/check-suites/{check_suite_id}/rerequest", "checks:write")
async def rerequest_suite(request: RestRequest) -> RestResponse:
    request.github.checks.rerun_suite(request.repo.full_name, _suite(request).id, request.user.login)
    return RestResponse({}, 201)


def _page_of_runs(request: RestRequest, suites: list[CheckSuite]) -> RestResponse:
    """`filter=latest` (the newest of each name in each suite) unless `all`; newest first."""
    query = request.http.query
    latest = query.get("filter", "latest") == "latest"
    runs = [
        run
        for each in suites
        for run in (each.latest_runs() if latest else each.runs)
        if query.get("check_name") in (None, run.name) and query.get("status") in (None, run.status)
    ]
    found = [check_json.run(request.store, request.repo, run) for run in sorted(runs, key=lambda run: -run.id)]
    return request.page(found, lambda part, total: {"total_count": total, "check_runs": part})


async def _suites_of_ref(request: RestRequest) -> list[CheckSuite]:
    """Of the App that `app_id` names; else of all, ours first."""
    sha, wanted = await _sha(request), request.http.query.get("app_id")
    ours = request.repo.suites.get(sha) if wanted in (None, str(request.store.app.id)) else None
    others = [each for each in request.repo.others_suites if each.head_sha == sha and wanted is None]
    return [*([ours] if ours else []), *others]


async def _sha(request: RestRequest) -> str:
    sha = await git.resolve(request.repo.path, request.params["ref"])
    if not sha:
        raise ApiError(422, f"No commit found for SHA: {request.params['ref']}")
    return sha


def _run(request: RestRequest) -> CheckRun:
    return request.store.check_run(request.repo, request.number("check_run_id"))


def _suite(request: RestRequest) -> CheckSuite:
    return request.store.check_suite(request.repo, request.number("check_suite_id"))


def run_fields(body: Json) -> Json:
    """The fields of a check run that were sent; ApiError 422 for those that GitHub would refuse."""
    fields = {name: body[name] for name in _FIELDS if body.get(name) is not None}
    for name in ("name", "details_url", "external_id", "started_at", "completed_at"):
        _require(isinstance(fields.get(name, ""), str), name)
    for name in ("started_at", "completed_at"):
        _require(name not in fields or _is_time(fields[name]), name)
    _check_status(fields)
    if "output" in fields:
        _check_output(fields["output"])
    _check_actions(fields.get("actions", []))
    return fields


def _check_status(fields: Json) -> None:
    _require(fields.get("status", "queued") in _STATUSES, "status")
    _require(fields.get("conclusion", "success") in _CONCLUSIONS, "conclusion")
    if "conclusion" not in fields and (fields.get("status") == "completed" or "completed_at" in fields):
        raise invalid("conclusion", "missing_field", resource="CheckRun")


def _check_output(output: Any) -> None:
    _require(isinstance(output, dict), "output")
    for name in ("title", "summary"):
        if not isinstance(output.get(name), str):
            raise too_large(f'"{name}" wasn\'t supplied.')
    for name in ("summary", "text"):
        _at_most(name, output.get(name) or "", _TEXT)
    annotations = output.get("annotations") or []
    _require(isinstance(annotations, list), "annotations")
    if len(annotations) > _ANNOTATIONS:
        raise too_large(f"No more than {_ANNOTATIONS} items are allowed; {len(annotations)} were supplied.")
    for annotation in annotations:
        _check_annotation(annotation)


def _check_annotation(note: Any) -> None:
    _require(isinstance(note, dict), "annotations")
    for name in ("path", "message"):
        _require(isinstance(note.get(name), str) and note[name] != "", name)
    for name in ("start_line", "end_line"):
        _require(_is_line(note.get(name)), name)
    _require(note["end_line"] >= note["start_line"], "end_line")
    _require(note.get("annotation_level") in ("notice", "warning", "failure"), "annotation_level")
    for name in ("start_column", "end_column"):
        _require(name not in note or (_is_line(note[name]) and note["start_line"] == note["end_line"]), name)
    _at_most("title", note.get("title") or "", _TITLE)
    for name in ("message", "raw_details"):
        if len((note.get(name) or "").encode("utf-8", "backslashreplace")) > _KILOBYTES_64:
            raise too_large(f"{name} is larger than 64 KB.")


def _check_actions(actions: Any) -> None:
    _require(isinstance(actions, list), "actions")
    if len(actions) > _ACTIONS:
        raise too_large(f"No more than {_ACTIONS} items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for name, limit in _ACTION.items():
            _require(isinstance(action, dict) and isinstance(action.get(name), str) and action[name] != "", name)
            _at_most(name, action[name], limit)


def _at_most(name: str, text: str, limit: int) -> None:
    _require(isinstance(text, str), name)
    if len(text) > limit:
        raise too_large(f"Only {limit} characters are allowed in {name}; {len(text)} were supplied.")


def _require(valid: bool, field: str) -> None:
    if not valid:
        raise invalid(field, "invalid", resource="CheckRun")


def _is_line(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_time(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
