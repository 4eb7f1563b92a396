"""Web pages: repositories, pull requests, check runs, comments and deliveries, as a user would see them on GitHub.

Rendered on the server, all text escaped, without scripts and without anything from other hosts. Markdown has HTML
switched off, except for a few harmless tags without attributes that GitHub renders and bots use.
"""

import re
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from simulator.github import git
from simulator.github.entities import CheckRun, Repository
from simulator.github.errors import EntityNotFound
from simulator.github.git import diff
from simulator.github.serializers import checks as check_json
from simulator.github.services import GitHubServices
from simulator.github.services.statuses import latest

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HARMLESS = re.compile(r"&lt;(/?(?:details|summary|sub|sup|kbd|br))\s*/?&gt;")
_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


class RepositoryPages:
    """The pages of repositories and of webhook deliveries."""

    def __init__(self, github: GitHubServices) -> None:
        self._store, self._webhooks, self._merging = github.store, github.webhooks, github.merging
        self._samples = github.samples
        self._templates = Environment(
            loader=PackageLoader("simulator.github.pages", ""),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        self._templates.filters["markdown"] = render

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/", self._home)
        app.router.add_get("/_deliveries", self._deliveries)
        app.router.add_get("/{owner}/{repo}", self._repository)
        app.router.add_get("/{owner}/{repo}/{kind:pull|issues}/{number:[0-9]+}", self._issue)
        app.router.add_get("/{owner}/{repo}/commit/{sha:[0-9a-f]{40}}", self._commit)
        app.router.add_get("/{owner}/{repo}/runs/{run:[0-9]+}", self._run)

    async def _home(self, request: web.Request) -> web.Response:
        repositories, samples = list(self._store.repositories.values()), self._samples.missing()
        return self._show("home", title="Repositories", repositories=repositories, samples=samples)

    async def _deliveries(self, request: web.Request) -> web.Response:
        return self._show("deliveries", title="Deliveries", deliveries=self._webhooks.deliveries[::-1][:200])

    async def _repository(self, request: web.Request) -> web.Response:
        repo = self._named(request)
        branches = {
            ref.removeprefix("refs/heads/"): sha for ref, sha in (await git.refs(repo.path, "refs/heads")).items()
        }
        return self._show("repository", title=repo.full_name, repo=repo, branches=branches, runs_at=self._runs_at(repo))

    async def _issue(self, request: web.Request) -> web.Response:
        repo = self._named(request)
        issue = repo.issues.get(int(request.match_info["number"]))
        if issue is None:
            raise web.HTTPNotFound
        pull = issue.pull
        files = []
        if pull:
            await self._merging.update_mergeability(repo, issue, pull)
            base = await git.merge_base(repo.path, pull.base_sha, pull.head_sha) or await git.empty_tree(repo.path)
            files = await diff.between(repo.path, base, pull.head_sha)
        runs = self._runs_at(repo)(pull.head_sha) if pull else []
        title = f"{issue.title} · #{issue.number}"
        statuses = latest(repo, pull.head_sha) if pull else []
        return self._show(
            "issue", title=title, repo=repo, issue=issue, pull=pull, runs=runs, statuses=statuses, files=files
        )

    async def _commit(self, request: web.Request) -> web.Response:
        repo, sha = self._named(request), request.match_info["sha"]
        if not await git.resolve(repo.path, sha):
            raise web.HTTPNotFound
        commit = await git.one(repo.path, sha)
        parent = commit.parents[0] if commit.parents else await git.empty_tree(repo.path)
        files = await diff.between(repo.path, parent, sha)
        facts = {"runs": self._runs_at(repo)(sha), "statuses": latest(repo, sha), "files": files}
        return self._show("commit", title=sha[:7], repo=repo, commit=commit, **facts)

    async def _run(self, request: web.Request) -> web.Response:
        repo = self._named(request)
        try:
            run = self._store.check_run(repo, int(request.match_info["run"]))
        except EntityNotFound as error:
            raise web.HTTPNotFound from error
        pulls = check_json.pulls_at(self._store, repo, run.suite.head_sha)
        return self._show("run", title=run.name, repo=repo, run=run, runs=[run], pulls=pulls)

    def _named(self, request: web.Request) -> Repository:
        try:
            return self._store.repository(f"{request.match_info['owner']}/{request.match_info['repo']}")
        except EntityNotFound as error:
            raise web.HTTPNotFound from error

    def _runs_at(self, repo: Repository) -> Any:
        def newest(sha: str) -> list[CheckRun]:
            suite = repo.suites.get(sha)
            return sorted(suite.latest_runs(), key=lambda run: run.name) if suite else []

        return newest

    def _show(self, view: str, **facts: Any) -> web.Response:
        """The page reloads until the check runs that it shows are completed."""
        waiting = any(run.status != "completed" for run in facts.get("runs", ()))
        text = self._templates.get_template("page.html").render(
            view=view, store=self._store, hook_url=self._webhooks.config.url, waiting=waiting, **facts
        )
        body = text.encode("utf-8", "backslashreplace")
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=HEADERS)


def render(text: str | None) -> Markup:
    """Markdown as HTML that is safe to show; hidden comments are left out, as on GitHub."""
    html = _markdown.render(_COMMENT.sub("", text or ""))
    return Markup(_HARMLESS.sub(r"<\1>", html))  # noqa: S704
