"""Check suites and check runs as GitHub's JSON."""

import zlib
from urllib.parse import quote

from simulator.github.entities import CheckRun, CheckSuite, Json, Repository
from simulator.github.serializers import app, node, repository
from simulator.github.serializers.git import simple_commit
from simulator.github.serializers.pull import minimal_pull
from simulator.github.store import Store


def run(store: Store, repo: Repository, it: CheckRun) -> Json:
    url = f"{store.api_url}/repos/{repo.full_name}/check-runs/{it.id}"
    return {
        "id": it.id,
        "node_id": node("CheckRun", it.id),
        "name": it.name,
        "head_sha": it.suite.head_sha,
        "external_id": it.external_id,
        "url": url,
        "html_url": f"{store.url}/{repo.full_name}/runs/{it.id}",
        "details_url": it.details_url or f"{store.url}/apps/{store.app.slug}",
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
        "app": _app(store, it.by),
        "pull_requests": pulls_at(store, repo, it.suite.head_sha),
    }


def _app(store: Store, slug: str) -> Json:
    """Ours, or another one by its slug."""
    if not slug:
        return app(store, store.app)
    number = zlib.crc32(slug.encode())
    named = {"id": number, "slug": slug, "node_id": node("App", number), "name": slug.title()}
    return {**app(store, store.app), **named, "html_url": f"{store.url}/apps/{slug}"}


def run_in_event(store: Store, repo: Repository, it: CheckRun) -> Json:
    """In a webhook the run contains its whole suite."""
    return {**run(store, repo, it), "check_suite": _suite(store, repo, it.suite)}


def suite(store: Store, repo: Repository, it: CheckSuite) -> Json:
    more = {"rerequestable": True, "runs_rerequestable": True, "repository": repository(store, repo)}
    return {**suite_in_event(store, repo, it), **more}


def suite_in_event(store: Store, repo: Repository, it: CheckSuite) -> Json:
    full = _suite(store, repo, it)
    return {
        **full,
        "latest_check_runs_count": len(it.latest_runs()),
        "check_runs_url": f"{full['url']}/check-runs",
        "head_commit": simple_commit(it.commit),
    }


def annotation(store: Store, repo: Repository, it: CheckRun, note: Json) -> Json:
    """`note` is what the app sent; fields that it left out are null."""
    optional = ("start_column", "end_column", "title", "raw_details")
    return {
        **dict.fromkeys(optional),
        **note,
        "blob_href": f"{store.url}/{repo.full_name}/blob/{it.suite.head_sha}/{quote(note['path'])}",
    }


def pulls_at(store: Store, repo: Repository, sha: str) -> list[Json]:
    """Open pulls with that head, of this repository's own branches: GitHub leaves a fork's out."""
    issues = (issue for issue in repo.issues.values() if issue.pull and issue.state == "open")
    return [
        minimal_pull(store, repo, issue)
        for issue in issues
        if issue.pull and issue.pull.head_sha == sha and issue.pull.head_repository is repo
    ]


def _suite(store: Store, repo: Repository, it: CheckSuite) -> Json:
    return {
        "id": it.id,
        "node_id": node("CheckSuite", it.id),
        "head_branch": it.head_branch,
        "head_sha": it.head_sha,
        "status": it.status,
        "conclusion": it.conclusion,
        "url": f"{store.api_url}/repos/{repo.full_name}/check-suites/{it.id}",
        "before": it.before,
        "after": it.head_sha,
        "pull_requests": pulls_at(store, repo, it.head_sha),
        "app": _app(store, it.by),
        "created_at": it.created_at,
        "updated_at": it.updated_at,
    }
