"""The slash commands of one comment: who may do what is asked now, then each is done, then all is answered at once."""

from collections.abc import Awaitable, Mapping
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.types.permissions import PermissionInput, PermissionResult
    from activities.github.types.pulls import PullInput, PullRequest
    from activities.github.types.repo_config import RepoSettings, RepoSettingsInput
    from activities.workflow_activities import WorkflowQueryInput, WorkflowQueryResult
    from workflows import ids
    from workflows.activity_calls import BranchTarget, ask, react, reply, target_of, tell, wake_label
    from workflows.command_actions import ACTOR, DELIVERY, HEAD, CommandAction, HelpLine
    from workflows.commands.status_text import issue_status, pull_status
    from workflows.failures import for_a_person, was_cancelled
    from workflows.issues.label_routes import LabelWorkflowInput
    from workflows.messages import CommandInput

_CONFIG = ".github/autobuild.yml"
_JUDGED = ("rerun", "override")
"""Signals that want another verdict, which a draft does not get."""


class CommentCommands:
    """One comment's `deeds`. `answer` gives `done`, or `refused` where the person may do none of them."""

    def __init__(self, request: CommandInput) -> None:
        self._request = request
        self._repo = request.repo
        self._level = PermissionResult("none")
        self._settings = RepoSettings()

    async def answer(self) -> str:
        """Permission is asked now, from GitHub, and an answer that does not come is a no."""
        self._level = await self._permission()
        if self._level.at_least("read"):
            self._settings = await ask("get_repo_settings", RepoSettingsInput(self._repo), RepoSettings)
        deeds = self._request.deeds
        may = [self._may(deed) for deed in deeds]
        if not any(may):
            await self._react("confused")
            # Nobody else makes the bot talk: a stranger gets the sign and no words.
            said = [[self._why_not(deed)] for deed in deeds] if self._level.at_least("triage") else []
        else:
            await self._react("eyes")
            said = [
                await self._carry_out(deed) if ok else [self._why_not(deed)]
                for deed, ok in zip(deeds, may, strict=True)
            ]
        await _if_heard(reply(self._repo, self._request.pull, f"comment-{self._request.comment_id}", _apart(said)))
        return "done" if any(may) else "refused"

    async def _react(self, content: str) -> None:
        await _if_heard(react(self._repo, self._request.comment_id, content))

    async def _permission(self) -> PermissionResult:
        try:
            return await ask("get_permission", PermissionInput(self._repo, self._request.actor), PermissionResult)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.error("the permission could not be asked", exc_info=error)
            return PermissionResult("none")

    def _needs(self, deed: CommandAction | HelpLine) -> str:
        return self._settings.commands.get(deed.command, deed.permission)

    def _may(self, deed: CommandAction | HelpLine) -> bool:
        """A configuration that cannot be read may have asked for more than the default."""
        readable = not self._settings.problem or deed.permission == "read"
        return readable and self._level.at_least(self._needs(deed))

    def _why_not(self, deed: CommandAction) -> str:
        if self._settings.problem:
            line = f" (line {self._settings.line})" if self._settings.line else ""
            return f"`/{deed.command}` waits until {_CONFIG}{line} is mended: {self._settings.problem}"
        return f"`/{deed.command}` needs {self._needs(deed)} access, and you have {self._level.level}."

    async def _carry_out(self, deed: CommandAction) -> list[str]:
        """Lines to answer; none for a command whose answer is a check run."""
        here = "pull" if self._request.on_pull else "issue"
        if here not in deed.on:
            return [f"`/{deed.command}` is for {'issues' if self._request.on_pull else 'pull requests'}."]
        if deed.do == "say":
            return list(deed.lines)
        if deed.do == "help":
            return self._help(deed, here)
        try:
            return await (self._on_pull(deed) if self._request.on_pull else self._on_issue(deed))
        except ActivityError as error:
            if was_cancelled(error) or not (why := for_a_person(error, "")):
                raise
            return [why]

    def _help(self, deed: CommandAction, here: str) -> list[str]:
        entries = [entry for entry in deed.entries if here in entry.on and self._may(entry)]
        lines = [f"- {entry.text}" for entry in entries]
        if not lines:
            return ["There is nothing of that kind for you here."]
        return [f"You have {self._level.level} access here:", "", *lines]

    async def _on_pull(self, deed: CommandAction) -> list[str]:
        pull = await ask("get_pull_request", PullInput(self._repo, self._request.pull), PullRequest)
        if pull.state != "open":
            return ["This pull request is closed, so nothing was run."]
        target = await target_of(self._repo, pull)
        if deed.do == "trust":
            return await self._trust(target, pull, deed)
        told = await self._overview(target.key) if deed.do == "status" or deed.running else {}
        if deed.do == "status":
            return pull_status(told, pull)
        if deed.running and not (told.get("gating") or told.get("waiting")):
            return ["Nothing runs for this pull request."]
        await tell(target, deed.signal, self._filled(deed.message, pull.head_sha))
        if pull.draft and deed.signal in _JUDGED and workflow.patched("draft-is-told"):
            return ["This pull request is a draft: that is done once it is ready for review."]
        return [deed.said] if deed.said else []

    async def _trust(self, target: BranchTarget, pull: PullRequest, deed: CommandAction) -> list[str]:
        if not pull.head_sha.startswith(deed.head):
            return [f"`{deed.head}` is not the head of this pull request any more; that is `{pull.head_sha}`."]
        if not pull.fork:
            return ["This branch is in the repository itself, so its checks run without that."]
        await tell(target, "trust", pull.head_sha)
        return []

    async def _overview(self, key: str) -> Mapping[str, Any]:
        told = await ask("ask_workflow", WorkflowQueryInput(key, "get_overview"), WorkflowQueryResult)
        answer: Mapping[str, Any] = told.answer or {}
        # Whoever ended the branch's workflow ended its gate with it.
        return answer if told.running else {**answer, "gating": False, "waiting": False}

    def _filled(self, message: Mapping[str, Any], head: str) -> dict[str, Any]:
        facts = {HEAD: head, ACTOR: self._request.actor, DELIVERY: self._request.delivery}
        return {name: facts.get(value, value) if isinstance(value, str) else value for name, value in message.items()}

    async def _on_issue(self, deed: CommandAction) -> list[str]:
        """What a label of this issue asks for: told how it stands, stopped, or tried again."""
        number, works = self._request.pull, {}
        for label in self._settings.labels.values():
            works[label] = await ask(
                "ask_workflow",
                WorkflowQueryInput(ids.label(self._repo.full_name, number, label), "get_status"),
                WorkflowQueryResult,
            )
        if deed.do == "status":
            return issue_status(works)
        wanted = [label for label, told in works.items() if told.there and told.running == deed.running]
        for label in wanted:
            work = LabelWorkflowInput(self._repo, number, label, self._request.actor, self._settings.default_branch)
            await wake_label(work, deed.work_signal)
        return [] if wanted else ["Nothing runs for this issue." if deed.running else "There is nothing to try again."]


def _apart(answers: list[list[str]]) -> list[str]:
    """Each answer once, as a paragraph of its own: a line right below a list would belong to its last item."""
    different = list(dict.fromkeys(tuple(lines) for lines in answers if lines))
    return [line for lines in different for line in (*lines, "")][:-1]


async def _if_heard(said: Awaitable[None]) -> None:
    """What is said where nobody may say anything (a locked thread, an issue that is gone) is not said. The commands
    are done all the same: as a failure they would be done again with the next delivery of the same comment."""
    try:
        await said
    except ActivityError as error:
        if was_cancelled(error) or not (why := for_a_person(error, "")):
            raise
        workflow.logger.warning("nothing can be answered: %s", why)
