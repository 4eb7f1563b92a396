"""What a person asks for by a comment or a button, when somebody must be looked up before it can be done."""

from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.requests import (
        BranchInfo,
        BranchWanted,
        Permission,
        PermissionWanted,
        PullRequest,
        PullWanted,
        ReactionWanted,
        ReplyWanted,
        SuiteRuns,
        SuiteWanted,
    )
    from activities.waiting_activities import Wake
    from workflows import ids
    from workflows.config import ActivityTimeouts, RetryPolicies
    from workflows.messages import AcceptBaseline, Fix, PullChanged, Pushed, QualityBranch, Request, Rerun

T = TypeVar("T")


@dataclass(frozen=True)
class Answered:
    """What became of a request, in one word: `done`, `refused` (no permission), `nothing` (nothing to do it to)."""

    outcome: str


@dataclass(frozen=True)
class Target:
    """The branch's workflow that a request is about, and the head it knows."""

    key: str
    branch: QualityBranch
    news: Pushed | PullChanged


@workflow.defn(failure_exception_types=[Exception])
class CommandWorkflow:
    """One request, once: its id comes from the comment or the button press. Query: `get_status`."""

    @workflow.init
    def __init__(self, request: Request) -> None:
        self._request = request
        self._status = "running"

    @workflow.run
    async def run(self, request: Request) -> Answered:
        answered = await (self._comment() if request.kind == "comment" else self._button())
        self._status = answered.outcome
        return answered

    @workflow.query
    def get_status(self) -> str:
        return self._status

    async def _comment(self) -> Answered:
        """Permission is asked now, from GitHub, and an answer that does not come is a no."""
        request = self._request
        level = await _ask("get_permission", PermissionWanted(request.repo, request.actor), Permission)
        if not level.at_least(request.permission):
            await self._react("confused")
            return Answered("refused")
        await self._react("eyes")
        said = [line for asked in self._asks() for line in await self._carry_out(*asked)]
        if said:
            reply = ReplyWanted(request.repo, request.pull, f"comment-{request.comment_id}", "\n".join(said))
            await _ask("reply_comment", reply, None)
        return Answered("done")

    def _asks(self) -> list[tuple[str, ...]]:
        return [(self._request.command, *self._request.args), *self._request.more]

    async def _carry_out(self, command: str, *args: str) -> list[str]:
        """Lines to answer; none for a command whose answer is a check run."""
        if command == "help":
            return [f"- {line}" for line in args]
        if command == "mistake":
            return list(args)
        pull = await _ask("get_pull_request", PullWanted(self._request.repo, self._request.pull), PullRequest)
        if pull.state != "open":
            return ["This pull request is closed, so nothing was run."]
        target = self._of_pull(pull, await self._default_branch())
        if command == "ok-to-test":
            return await self._trust(target, pull, *args)
        rerun = Rerun(pull.head_sha, tuple(args), self._request.actor, self._request.delivery)
        await self._tell(target, "rerun", rerun)
        return []

    async def _trust(self, target: Target, pull: PullRequest, sha: str) -> list[str]:
        if not pull.head_sha.startswith(sha):
            return [f"`{sha}` is not the head of this pull request any more; that is `{pull.head_sha}`."]
        if pull.fork:
            await self._tell(target, "trust", pull.head_sha)
            return []
        return ["This branch is in the repository itself, so its checks run without that."]

    async def _button(self) -> Answered:
        request = self._request
        target = await self._target()
        if target is None:
            return Answered("nothing")
        check = request.check.removeprefix("autobuild / ")
        checks = () if check in ("", "gate") else (check,)
        if request.command == "fix":
            await self._tell(target, "fix", Fix(request.sha, checks, request.actor, request.delivery))
        elif request.command == "accept-baseline":
            accepted = AcceptBaseline(request.sha, check, request.actor, request.delivery)
            await self._tell(target, "accept_baseline", accepted)
        else:
            await self._tell(target, "rerun", Rerun(request.sha, checks, request.actor, request.delivery))
        return Answered("done")

    async def _target(self) -> Target | None:
        """From what we gave the run ourselves; a suite has no list of runs, so they are asked for."""
        request = self._request
        external = request.external_id or await self._external_id()
        key = external.partition("|")[0]
        if not key.startswith(f"quality:{request.repo.full_name}"):
            key = ids.quality(request.repo.full_name, request.branch)  # a gate that somebody started by hand
        name, _, number = key.removeprefix("quality:").rpartition("#")
        if name == request.repo.full_name and number.isdecimal():
            pull = await _ask("get_pull_request", PullWanted(request.repo, int(number)), PullRequest)
            return self._of_pull(pull, await self._default_branch()) if pull.state == "open" else None
        branch = key.removeprefix(f"quality:{request.repo.full_name}@")
        if not branch or branch == key:
            return None
        start = QualityBranch(request.repo, branch, default_branch=await self._default_branch())
        return Target(key, start, Pushed(request.sha))

    async def _external_id(self) -> str:
        wanted = SuiteWanted(self._request.repo, self._request.sha)
        runs = (await _ask("list_suite_runs", wanted, SuiteRuns)).runs
        return next((run.external_id for run in runs if run.external_id), "")

    def _of_pull(self, pull: PullRequest, default_branch: str) -> Target:
        repo = self._request.repo
        name = repo.full_name
        key = ids.quality_of_fork(name, pull.number) if pull.fork else ids.quality(name, pull.head_ref)
        start = QualityBranch(repo, pull.head_ref, pull.number if pull.fork else 0, pull.fork, default_branch)
        news = PullChanged(
            "synchronize", pull.number, pull.head_sha, pull.base_ref, pull.base_sha, pull.draft, pull.fork
        )
        return Target(key, start, news)

    async def _default_branch(self) -> str:
        return (await _ask("branch_info", BranchWanted(self._request.repo), BranchInfo)).name

    async def _tell(self, target: Target, signal: str, message: Any) -> None:
        """The branch's workflow may be gone, so it is told where its head is first."""
        news = "pull_changed" if isinstance(target.news, PullChanged) else "pushed"
        for name, argument in ((news, target.news), (signal, message)):
            plain = argument if isinstance(argument, str) else asdict(argument)
            wake = Wake("ContinuousQualityWorkflow", target.key, name, asdict(target.branch), plain)
            await _ask("wake", wake, None)

    async def _react(self, content: str) -> None:
        await _ask("add_reaction", ReactionWanted(self._request.repo, self._request.comment_id, content), None)


async def _ask(activity: str, argument: Any, result: type[T] | None) -> T:
    return await workflow.execute_activity(  # type: ignore[no-any-return]
        activity,
        argument,
        result_type=result,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=RetryPolicies.github_api(),
    )
