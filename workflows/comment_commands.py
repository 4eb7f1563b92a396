"""The slash commands of one comment: each is done, if its author may, and all are answered in one comment."""

from collections.abc import Awaitable, Mapping
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.comments import ReactionInput, ReplyInput
    from activities.github.permissions import PermissionResult
    from activities.github.pulls import PullInput, PullRequest
    from activities.github.rate_limit import RateLimitInput
    from activities.github.repo_config import RepoSettings
    from activities.github_activities import CommentActivities, PullActivities, RateLimitActivities
    from activities.migration_engine import report as migration_texts
    from activities.model import Head
    from activities.reporting import command_replies
    from activities.workflow_activities import WorkflowActivities, WorkflowQueryInput
    from workflows import baseline_requests, ids
    from workflows.activity_calls import ask_for_person
    from workflows.branches import CurrentHead, current_head, request_of_branch
    from workflows.budget import asked_about_budget
    from workflows.failures import for_a_person, was_cancelled
    from workflows.issues import incident_requests as incidents
    from workflows.issues import issue_commands
    from workflows.issues.first_configuration import ask_for_configuration
    from workflows.messages import BranchRequest, CommandAction, CommandInput, HeadRequest, Said
    from workflows.migrating import requests as migrations
    from workflows.patching import requests as patches
    from workflows.planned_changes import requests as planned
    from workflows.rights import PersonRights, rights_of


class CommentCommands:
    """Permissions are looked up now, then each command is done, then all are answered at once."""

    def __init__(self, input: CommandInput) -> None:
        self._input = input
        self._repo = input.repo
        self._rights = PersonRights(PermissionResult("none"), RepoSettings())

    async def carry_out(self) -> str:
        """`done`, or `refused` where the person may do none of them."""
        input = self._input
        rights = self._rights = await rights_of(self._repo, input.actor)
        allowed = [rights.allow(action) for action in input.actions]
        if input.said_in != "review":  # GitHub has no reactions to a review's own text
            content, in_review = "eyes" if any(allowed) else "confused", input.said_in == "review_comment"
            reaction = ReactionInput(self._repo, input.comment_id, content, in_review)
            await _if_possible(ask_for_person(CommentActivities.add_reaction, reaction))
        replies = []
        for place, action in enumerate(input.actions):
            replies.append(await self._reply_to(action, place) if allowed[place] else [rights.refusal(action)])
        outsider = not any(allowed) and not rights.permission.at_least("triage")
        if any(replies) and rights.settings.problem and not outsider:
            replies.append([command_replies.broken_configuration(rights.settings.line, rights.settings.judged_by)])
        if body := command_replies.paragraphs(replies[:1] if outsider else replies):
            # Whoever can do nothing here is answered so once: anybody may comment on a public repository.
            key = f"rights-{input.actor.lower()}" if outsider else ids.comment(input.said_in, input.comment_id)
            reply = ReplyInput(self._repo, input.pull, key, body, once=outsider)
            await _if_possible(ask_for_person(CommentActivities.reply_comment, reply))
        return "done" if any(allowed) else "refused"

    async def _reply_to(self, action: CommandAction, place: int) -> list[str]:
        """Carries it out; the lines to answer, none for a command whose answer is a check run."""
        here = "pull" if self._input.on_pull else "issue"
        if here not in action.on:
            return [command_replies.wrong_place(_typed(action), self._input.on_pull)]
        if action.do == "reply":
            return list(action.lines)
        if action.do == "help":
            texts = [entry.text for entry in action.entries if here in entry.on and self._rights.allow(entry)]
            return command_replies.help_lines(texts, self._rights.permission.level)
        said = Said(self._input.at, self._input.comment_id, place)
        try:
            lines = await self._done(action, said)
            if action.do == "status":
                found = await ask_for_person(RateLimitActivities.get_rate_limit, RateLimitInput(self._repo))
                running = await patches.status(self._input) if self._input.on_pull else []
                lines = [*lines, *running, *command_replies.requests_left(found.left)]
        except ActivityError as error:
            if was_cancelled(error) or not (reason := for_a_person(error, "")):
                raise
            lines = [reason]
        return lines

    async def _done(self, action: CommandAction, said: Said) -> list[str]:
        """By what it is about."""
        match action.do:
            case "baseline":
                lines = await baseline_requests.listed(self._repo)
            case "revoke":
                lines = await baseline_requests.revoke(self._repo, action.target, self._input.actor)
            case "init":
                lines = await ask_for_configuration(self._input)
            case "budget":
                lines = await asked_about_budget(self._input, action)
                await planned.set_budget(self._input, action.dollars)
            case "patch":
                lines = await patches.start(self._input, action)
            case "planned":
                lines = await planned.carry_out(self._input, self._rights.settings, action, said)
                lines = await incidents.instead_of_plan(self._input, action, lines, said)
            case "incident":
                lines = await incidents.carry_out(self._input, self._rights.settings, action, said)
            case "migrate" | "migration":
                lines = await self._to_migration(action)
            case _:
                lines = await self._to_work(action, said)
        return lines

    async def _to_migration(self, action: CommandAction) -> list[str]:
        """A `/rollback` on an issue where no migration runs is about its incident."""
        lines = await migrations.carry_out(self._input, action)
        on_issue = action.migration_signal == "rollback" and not self._input.on_pull
        if lines == [migration_texts.NONE_RUNS] and on_issue and await incidents.roll_back(self._input):
            return []
        return lines

    async def _to_work(self, action: CommandAction, said: Said) -> list[str]:
        """To the pull request's branch, the issue's work, or a migration that runs here."""
        stopped = False
        if action.command == "stop":
            stopped = await patches.stop(self._input)
            stopped = await migrations.stop(self._input) or stopped
        if self._input.on_pull:
            return await self._on_pull(action, said, stopped)
        running = await planned.status(self._input) if action.do == "status" else []
        lines = await issue_commands.carry_out(self._input, self._rights.settings, action, said, running)
        if action.command == "stop" and lines == [command_replies.NO_WORK_RUNS]:
            stopped = await planned.stop_unlabelled(self._input) or stopped
            stopped = await incidents.stop(self._input) or stopped
            return [] if stopped else await migrations.nothing_to_stop(self._input) or lines
        return lines

    async def _on_pull(self, action: CommandAction, said: Said, stopped: bool) -> list[str]:
        """The state of the pull request's gate, or a request to its branch's workflow. `stopped`: a `/stop` has ended
        what worked on the pull request, and is done with that."""
        pull = await ask_for_person(PullActivities.get_pull_request, PullInput(self._repo, self._input.pull))
        ended = action.command == "stop" and await planned.stop_of_pull(
            self._input, self._rights.settings, pull, said
        )  # fmt: skip
        if stopped:
            return []
        lines = await self._to_branch(action, said, pull)
        return [] if ended else lines

    async def _to_branch(self, action: CommandAction, said: Said, pull: PullRequest) -> list[str]:
        if pull.state != "open":
            return [command_replies.PULL_IS_CLOSED]
        head = await current_head(self._repo, pull, self._input.default_branch)
        if action.do == "status":
            return command_replies.pull_status(await _overview(head.head), pull.head_sha)
        assert action.request
        if refusal := _wrong_approval(action.request, pull):
            return [refusal]
        request = self._request(action, action.request, head, said)
        if refusal := (await request_of_branch(head, request)).refusal:
            return [refusal]
        if pull.draft and request.what.kind in ("rerun", "override"):  # a draft gets no verdict
            return [command_replies.PULL_IS_DRAFT]
        return []

    def _request(self, action: CommandAction, what: BranchRequest, head: CurrentHead, said: Said) -> HeadRequest:
        """With what GitHub says of when the head was the head."""
        input, sha = self._input, head.head.sha
        answer = f"accept-{what.checks[0]}-{input.comment_id}" if what.kind == "accept_baseline" else ""
        return HeadRequest(
            what, input.actor, said, f"/{_typed(action)}", sha, seen_at=head.since,
            pull=input.pull, base=head.head.base_ref, answer=answer, delivery=input.delivery,
        )  # fmt: skip


def _typed(action: CommandAction) -> str:
    return f"{action.command} accept" if action.needs else action.command


async def _overview(head: Head) -> Mapping[str, Any]:
    asked = WorkflowQueryInput(ids.branch_workflow(head), "get_overview")
    found = await ask_for_person(WorkflowActivities.query_workflow, asked)
    # Whoever ended the branch's workflow ended its gate with it.
    return (found.answer or {}) | ({} if found.running else {"gating": False, "waiting": False})


def _wrong_approval(request: BranchRequest, pull: PullRequest) -> str:
    """Why the head cannot be trusted; "" where that can be tried."""
    if request.kind != "trust":
        return ""
    if not pull.fork:
        return command_replies.NOT_A_FORK
    if len(request.sha) not in (40, 64):
        return command_replies.whole_sha_needed(pull.head_sha)
    return "" if pull.head_sha == request.sha else command_replies.not_the_head(request.sha, pull.head_sha)


async def _if_possible(written: Awaitable[object]) -> None:
    """A thread that is locked or gone takes no answer. The commands are done all the same: as a failure they would be
    done again with the next delivery of the same comment."""
    try:
        await written
    except ActivityError as error:
        if was_cancelled(error) or not (reason := for_a_person(error, "")):
            raise
        workflow.logger.warning(f"write=refused why={reason!r}")
