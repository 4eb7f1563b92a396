"""Check suites and check runs as GitHub's JSON."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from simulator.github.serializers import app, node, repository
from simulator.github.serializers.git import simple_commit
from simulator.github.serializers.pull import minimal_pull
from simulator.github.services.entities import CheckRun, CheckSuite, Json, Repository

if TYPE_CHECKING:
    from simulator.github.services.store import Hub


def run(hub: "Hub", repo: Repository, it: CheckRun) -> Json:
    url = f"{hub.api_url}/repos/{repo.full_name}/check-runs/{it.id}"
    return {
        "id": it.id,
        "node_id": node("CheckRun", it.id),
        "name": it.name,
        "head_sha": it.suite.head_sha,
        "external_id": it.external_id,
        "url": url,
        "html_url": f"{hub.url}/{repo.full_name}/runs/{it.id}",
        "details_url": it.details_url or f"{hub.url}/apps/{hub.app.slug}",
        "status": it.status,
        "conclusion": it.conclusion,
        "started_at": it.started_at,
        "completed_at": it.completed_at,
        "output": {
            "title": it.title,
            "summary": it.summary,
            "text": it.text,
            "annotations_count": len(it.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": it.suite.id},
        "app": app(hub, hub.app),
        "pull_requests": pulls_at(hub, repo, it.suite.head_sha),
    }


def run_in_event(hub: "Hub", repo: Repository, it: CheckRun) -> Json:
    """In a webhook the run tells its whole suite."""
    return {**run(hub, repo, it), "check_suite": _suite(hub, repo, it.suite)}


def suite(hub: "Hub", repo: Repository, it: CheckSuite) -> Json:
    more = {"rerequestable": True, "runs_rerequestable": True, "repository": repository(hub, repo)}
    return {**suite_in_event(hub, repo, it), **more}


def suite_in_event(hub: "Hub", repo: Repository, it: CheckSuite) -> Json:
    whole = _suite(hub, repo, it)
    return {
        **whole,
        "latest_check_runs_count": len(it.latest_runs()),
        "check_runs_url": f"{whole['url']}/check-runs",
        "head_commit": simple_commit(it.commit),
    }


def annotation(hub: "Hub", repo: Repository, it: CheckRun, note: Json) -> Json:
    """`note` is what the app sent; what it left out is null."""
    optional = ("start_column", "end_column", "title", "raw_details")
    return {
        **dict.fromkeys(optional),
        **note,
        "blob_href": f"{hub.url}/{repo.full_name}/blob/{it.suite.head_sha}/{quote(note['path'])}",
    }


def pulls_at(hub: "Hub", repo: Repository, sha: str) -> list[Json]:
    """Open pulls with that head, of this repository's own branches: GitHub leaves a fork's out."""
    issues = (issue for issue in repo.issues.values() if issue.pull and issue.state == "open")
    return [
        minimal_pull(hub, repo, issue)
        for issue in issues
        if issue.pull and issue.pull.head_sha == sha and issue.pull.head_repository is repo
    ]


def _suite(hub: "Hub", repo: Repository, it: CheckSuite) -> Json:
    return {
        "id": it.id,
        "node_id": node("CheckSuite", it.id),
        "head_branch": it.head_branch,
        "head_sha": it.head_sha,
        "status": it.status,
        "conclusion": it.conclusion,
        "url": f"{hub.api_url}/repos/{repo.full_name}/check-suites/{it.id}",
        "before": it.before,
        "after": it.head_sha,
        "pull_requests": pulls_at(hub, repo, it.head_sha),
        "app": app(hub, hub.app),
        "created_at": it.created_at,
        "updated_at": it.updated_at,
    }
