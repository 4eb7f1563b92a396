"""The activity that reads an issue. It runs on the host that works, whose result store gets the texts."""

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from temporalio import activity

from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound
from activities.github.patch_requests.types import body_digest
from activities.github.permissions import AskedPermissions, PermissionOf
from activities.github.planned_issues import issue_history
from activities.github.planned_issues.issue_comments import (
    CountedComments,
    RevisionRefused,
    counted_comments,
    wrapped_revision,
)
from activities.github.planned_issues.issue_history import Json, is_person, late_editor, login_of, title_at
from activities.github.planned_issues.related import IssueReferences, related_pulls, similar_issues
from activities.github.urls import url_values
from activities.planned_changes import issue_texts as texts
from activities.planned_changes.types import FrozenIssue, ReadIssueInput, RelatedThread

if TYPE_CHECKING:
    from activities.github.client import API, GitHub
    from activities.result_store import ResultStore

# An event may be quicker than the API: only after so many attempts an issue that is not there counts as deleted.
_TRIES = 3


class PlannedIssueActivities:
    """Each may run again. `commands` are the names of slash commands: what a comment commands is no part of an
    issue."""

    def __init__(self, github: "GitHub", results: "ResultStore", commands: Collection[str] = ()) -> None:
        self._github = github
        self._results = results
        self._commands = frozenset(commands)

    @github_activity
    async def read_issue(self, input: ReadIssueInput) -> FrozenIssue:
        """Reads an issue as it was when somebody asked for it.

        What people without write access changed later does not count, or is refused. The text stays on the host.
        """
        api = await self._github.installation(
            input.repo, {"contents": "read", "issues": "read", "metadata": "read", "pull_requests": "read"}
        )
        try:
            issue, here = await issue_history.issue_with_history(api, input.repo, input.number)
        except NotFound:
            if activity.in_activity() and activity.info().attempt < _TRIES:
                raise
            await api.getitem("/repos/{owner}/{repo}", url_values(input.repo))
            return FrozenIssue(refused=texts.DELETED)
        if refused := _refused(issue, here=here):
            return FrozenIssue(refused=refused)
        return await self._frozen(api, input, issue)

    async def _frozen(self, api: "API", input: ReadIssueInput, issue: Json) -> FrozenIssue:
        """One that is open; refused where its description or a revision cannot be known."""
        permission_of = AskedPermissions(self._github, input.repo)
        moment = int(input.asked_at)
        editor = await late_editor(issue, moment, permission_of)
        if editor is not None:
            return FrozenIssue(refused=texts.edited(editor))
        title = await title_at(issue, moment, permission_of)
        if title is None:
            return FrozenIssue(refused=texts.RENAMED_TOO_OFTEN)
        try:
            revisions = [await wrapped_revision(api, input, each, permission_of) for each in input.revisions]
        except RevisionRefused as refused:
            return FrozenIssue(refused=str(refused))
        comments = await counted_comments(api, input, permission_of, self._commands)
        text = await _text(issue, title, comments, revisions, permission_of)
        return FrozenIssue(
            texts.plain_title(title),
            login_of(issue["author"]),
            await self._put(text),
            body_digest(text),
            tuple(str(each["name"]) for each in (issue["labels"] or {"nodes": ()})["nodes"] if each),
            await self._related(api, input, title),
            comments.left_out,
        )

    async def _put(self, text: str) -> str:
        from activities.result_store import digest

        key = digest("issue text", text)
        await asyncio.to_thread(self._results.put_facts, key, {"text": text})
        return key

    async def _related(self, api: "API", input: ReadIssueInput, title: str) -> tuple[RelatedThread, ...]:
        slug = (await self._github.app()).slug
        references = IssueReferences(self._github.web_url, api.full_name(input.repo), input.number)
        pulls = await related_pulls(api, input.repo, input.number, references, slug)
        return (*pulls, *await similar_issues(api, input.repo, input.number, title, slug))


def _refused(issue: Json, *, here: bool) -> str:
    """Why nobody works on it, whatever it says."""
    if issue["__typename"] != "Issue":
        return texts.PULL_REQUEST
    if not here:
        return texts.TRANSFERRED
    if issue["state"] != "OPEN":
        return texts.CLOSED
    return texts.LOCKED if issue["locked"] else ""


async def _text(
    issue: Json, title: str, comments: CountedComments, revisions: Sequence[str], permission_of: PermissionOf
) -> str:
    """All that an agent reads of it."""
    from activities.agent_runs.untrusted_text import wrapped

    author = login_of(issue["author"])
    permission = await permission_of(author) if is_person(issue["author"]) else ""
    parts = [texts.TITLE, wrapped("title", author, title, permission)]
    body = str(issue["body"] or "")
    described = [texts.DESCRIPTION, wrapped("issue", author, body, permission)]
    parts += described if body.strip() else [texts.NO_DESCRIPTION]
    if comments.texts:
        parts += [texts.OLDER_COMMENTS if comments.older else texts.COMMENTS, *comments.texts]
    if revisions:
        parts += [texts.REVISIONS, *revisions]
    return "\n\n".join(parts)
