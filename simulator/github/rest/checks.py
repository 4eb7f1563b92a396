"""REST: check runs and check suites."""

from simulator.github import git
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse
from simulator.github.serializers import checks
from simulator.github.services.check_rules import checked
from simulator.github.services.entities import CheckRun, CheckSuite, Json

endpoints = Endpoints()


@endpoints.on("POST", "/repos/{owner}/{repo}/check-runs", "checks:write")
async def create_run(call: RestRequest) -> RestResponse:
    fields = checked(call.body)
    run = await call.hub.create_run(call.repo, call.text("head_sha"), call.text("name"), fields)
    return RestResponse(checks.run(call.hub, call.repo, run), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks:read")
async def get_run(call: RestRequest) -> Json:
    return checks.run(call.hub, call.repo, _run(call))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks:write")
async def update_run(call: RestRequest) -> Json:
    run = call.hub.update_run(call.repo, _run(call), checked(call.body))
    return checks.run(call.hub, call.repo, run)


@endpoints.on("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", "checks:read")
async def list_annotations(call: RestRequest) -> RestResponse:
    run = _run(call)
    return call.page([checks.annotation(call.hub, call.repo, run, note) for note in run.annotations])


@endpoints.on("POST", "/repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest", "checks:write")
async def rerequest_run(call: RestRequest) -> RestResponse:
    call.hub.rerun_check(call.repo.full_name, _run(call).id, call.user.login)
    return RestResponse({}, 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", "checks:read")
async def list_runs_of_ref(call: RestRequest) -> RestResponse:
    suite = call.repo.suites.get(await _sha(call))
    return _page_of_runs(call, suite)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}/check-suites", "checks:read")
async def list_suites_of_ref(call: RestRequest) -> RestResponse:
    suite = call.repo.suites.get(await _sha(call))
    shapes = [checks.suite(call.hub, call.repo, suite)] if suite and _app_asked(call) else []
    return call.page(shapes, lambda part, total: {"total_count": total, "check_suites": part})


@endpoints.on("POST", "/repos/{owner}/{repo}/check-suites", "checks:write")
async def create_suite(call: RestRequest) -> RestResponse:
    sha = call.text("head_sha")
    known = sha in call.repo.suites
    suite = await call.hub.suite_for(call.repo, sha)
    return RestResponse(checks.suite(call.hub, call.repo, suite), 200 if known else 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/check-suites/{check_suite_id}", "checks:read")
async def get_suite(call: RestRequest) -> Json:
    return checks.suite(call.hub, call.repo, _suite(call))


@endpoints.on("GET", "/repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs", "checks:read")
async def list_runs_of_suite(call: RestRequest) -> RestResponse:
    return _page_of_runs(call, _suite(call))


@endpoints.on("POST", "/repos/{owner}/{repo}/check-suites/{check_suite_id}/rerequest", "checks:write")
async def rerequest_suite(call: RestRequest) -> RestResponse:
    call.hub.rerun_suite(call.repo.full_name, _suite(call).id, call.user.login)
    return RestResponse({}, 201)


def _page_of_runs(call: RestRequest, suite: CheckSuite | None) -> RestResponse:
    """`filter=latest` (the newest of each name) unless `all`; newest first."""
    query = call.request.query
    runs = suite.runs if suite and _app_asked(call) else []
    if suite and runs and query.get("filter", "latest") == "latest":
        runs = suite.latest_runs()
    runs = [
        run for run in runs if query.get("check_name") in (None, run.name) and query.get("status") in (None, run.status)
    ]
    shapes = [checks.run(call.hub, call.repo, run) for run in sorted(runs, key=lambda run: -run.id)]
    return call.page(shapes, lambda part, total: {"total_count": total, "check_runs": part})


def _app_asked(call: RestRequest) -> bool:
    return call.request.query.get("app_id") in (None, str(call.hub.app.id))


async def _sha(call: RestRequest) -> str:
    sha = await git.resolve(call.repo.path, call.params["ref"])
    if not sha:
        raise ApiError(422, f"No commit found for SHA: {call.params['ref']}")
    return sha


def _run(call: RestRequest) -> CheckRun:
    return call.hub.check_run(call.repo, call.number("check_run_id"))


def _suite(call: RestRequest) -> CheckSuite:
    return call.hub.check_suite(call.repo, call.number("check_suite_id"))
