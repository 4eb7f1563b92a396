"""What an incident writes on GitHub, from the host that has its data. Each activity may run again."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.branches import BranchActivities, BranchInfoInput, CreateBranchInput
from activities.github.comments import CommentResult, comment_for_key
from activities.github.commits import CommitActivities
from activities.github.commits.types import CreateCommitInput
from activities.github.incident_commands import incident_mark
from activities.github.issues import CreateIssueInput, CreateIssueResult, IssueActivities
from activities.github.pulls import CreatePullInput, CreatePullResult, PullActivities
from activities.github.urls import url_values
from activities.incident_reporting import postmortem, postmortem_template, pull_request
from activities.incident_reporting.charts import ChartMark, MetricChart, charts
from activities.incident_reporting.comment import comment
from activities.incident_reporting.sections import clock
from activities.incidents.acting import (
    CountHotfixesInput,
    CountHotfixesResult,
    IncidentView,
    OpenHotfixInput,
    PublishPostmortemInput,
    PublishPostmortemResult,
)
from activities.incidents.store import IncidentStore
from activities.incidents.texts import HOTFIX_BRANCH
from activities.incidents.types import RecentChange
from activities.reporting.markdown import escape_markdown, one_line
from activities.workspace.own_commits import commit_contents

if TYPE_CHECKING:
    from activities.github.client import GitHub
    from activities.workspace.mirror import Workspaces

_MOST_MARKS = 5


@dataclass(frozen=True)
class _OneFile:
    """The contents of a commit that adds or changes files."""

    changed: dict[str, bytes]
    removed: tuple[str, ...] = ()
    executable: frozenset[str] = field(default_factory=frozenset)


class IncidentThreadActivities:
    """The issue of an incident, and the one comment in it."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def open_incident_issue(self, view: IncidentView) -> CreateIssueResult:
        """Opens the issue of an incident that an alert has started, or finds it again."""
        alert, repo = view.input.alert, view.scope.repo
        assert repo
        body = [
            f"{escape_markdown(alert.summary or alert.name)}", "",
            f"Since {clock(view.scope.onset, day=True)}, from {escape_markdown(alert.source, 50)}.", "",
            incident_mark(view.scope.incident),
        ]  # fmt: skip
        title = one_line(f"Incident: {alert.name} ({view.scope.service})", 200)
        wanted = CreateIssueInput(repo, title, "\n".join(body), incident_key(view))
        return await IssueActivities(self._github).create_issue(wanted)

    @github_activity
    async def show_incident(self, view: IncidentView) -> CommentResult:
        """Writes the one comment of an incident."""
        repo = view.scope.repo
        assert repo
        return await comment_for_key(self._github, repo, view.issue, comment(view), incident_key(view))


class HotfixActivities:
    """The pull request with a fix, and the post-mortem: `store` has the metrics that they show."""

    def __init__(self, github: "GitHub", workspaces: "Workspaces", store: IncidentStore) -> None:
        self._github = github
        self._workspaces = workspaces
        self._store = store

    @github_activity
    async def open_hotfix_pull(self, input: OpenHotfixInput) -> CreatePullResult:
        """Opens the pull request of an incident's fix, or updates it."""
        view = input.view
        assert view.hotfix
        shown, marks = await asyncio.to_thread(self._charts, view)
        wanted = CreatePullInput(
            input.repo, view.hotfix.branch, input.base, pull_request.pull_title(view),
            pull_request.pull_body(view, shown, marks),
        )  # fmt: skip
        return await PullActivities(self._github).create_pull_request(wanted)

    @github_activity
    async def count_hotfixes(self, input: CountHotfixesInput) -> CountHotfixesResult:
        """Counts the pull requests with fixes that were opened lately, open or not."""
        api, app = await self._github.for_gate(input.repo, {"pull_requests": "read"}), await self._github.app()
        url = "/repos/{owner}/{repo}/pulls{?state,sort,direction,per_page}"
        newest = url_values(input.repo, state="all", sort="created", direction="desc", per_page="100")
        count = 0
        async for pull in api.getiter(url, newest):
            if datetime.fromisoformat(pull["created_at"]).timestamp() < input.since:
                break
            count += str(pull["head"]["ref"]).startswith(HOTFIX_BRANCH) and app.wrote(pull)
        return CountHotfixesResult(count)

    @github_activity
    async def create_postmortem(self, input: PublishPostmortemInput) -> PublishPostmortemResult:
        """Publishes the post-mortem of an incident, and its action items as issues."""
        view, repo = input.view, input.view.scope.repo
        assert repo
        shown, marks = await asyncio.to_thread(self._charts, view)
        base = await BranchActivities(self._github).branch_info(BranchInfoInput(repo, input.base))
        await self._workspaces.fetch(repo, base.sha)
        template = await self._workspaces.read_file(repo, base.sha, postmortem_template.PATH)
        text = postmortem_template.filled(template or "", postmortem.postmortem(view, input.reason, shown, marks))
        title, key = postmortem.postmortem_title(view), incident_key(view)
        issues, number, pull = IssueActivities(self._github), 0, 0
        if input.where != "file":
            made = await issues.create_issue(CreateIssueInput(repo, title, text, f"{key}|postmortem"))
            number = made.number
        if input.where != "issue":
            pull = await self._in_a_pull(input, base.sha, title, text)
        actions = []
        for item in postmortem.action_items(view):
            body = f"{item.text}\n\nThis is an action item of the incident in #{view.issue}."
            wanted = CreateIssueInput(repo, item.title, body, f"incident-action|{item.title}|{item.about}")
            actions.append((await issues.create_issue(wanted)).number)
        return PublishPostmortemResult(number, pull, tuple(actions))

    async def _in_a_pull(self, input: PublishPostmortemInput, base: str, title: str, text: str) -> int:
        """The number of the pull request that adds the file. A branch that is there was made by an earlier try, which
        may have ended before the commit."""
        view, repo = input.view, input.view.scope.repo
        assert repo
        branch, branches = f"autobuild/postmortem-{view.issue}", BranchActivities(self._github)
        path = postmortem.postmortem_path(view, input.folder)
        head = (await branches.branch_info(BranchInfoInput(repo, branch))).sha
        if head:
            await self._workspaces.fetch(repo, head)
        else:
            await branches.create_branch(CreateBranchInput(repo, branch, base))
            head = base
        if await self._workspaces.read_file(repo, head, path) is None:
            file = _OneFile({path: text.encode()})
            commit = await commit_contents(self._workspaces, self._store.scratch(), repo, head, file, title)
            mirror = str(self._workspaces.mirror(repo))
            await CommitActivities(self._github).create_commit(
                CreateCommitInput(repo, branch, head, title, mirror, commit)
            )
        body = f"The post-mortem of the incident in #{view.issue}."
        pulls = PullActivities(self._github)
        return (await pulls.create_pull_request(CreatePullInput(repo, branch, input.base, title, body))).number

    def _charts(self, view: IncidentView) -> tuple[list[MetricChart], list[ChartMark]]:
        """What of the host's metrics is shown, with the deployments before the onset."""
        incident, scope = view.scope.incident, view.scope
        table = self._store.metrics(incident)
        changes = self._store.get(incident, "changes", tuple[RecentChange, ...]) or ()
        deployed = [
            (one.at, one.sha[:7] or one.id)
            for one in changes
            if one.sort == "deployment" and scope.begin <= one.at <= scope.end
        ]
        return (charts(table, scope) if table else []), pull_request.marks_of(view, deployed[-_MOST_MARKS:])


def incident_key(view: IncidentView) -> str:
    """One incident of one group: the next one of the same group begins at another time."""
    return f"{view.scope.incident}|{view.began:.0f}"
