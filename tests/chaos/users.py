"""Carries out what the plan says of users, on the simulated GitHub, and records what they did as GitHub's facts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.github import git
from simulator.github.entities import PullDetails, SimulatedIssue
from simulator.github.server import SimulatedGitHub
from simulator.github.webhooks.delivery_faults import DeliveryFaults
from tests.chaos.plan import Arrival, Plan, UserStep
from tests.chaos.pull_history import PullEvent, PullHistory
from tests.end_to_end.repos import configured

FORKER = "example"
_LATE_S = 3.0
_FAULTS: dict[Arrival, DeliveryFaults] = {
    "prompt": DeliveryFaults(0),
    "late": DeliveryFaults(0, delay=_LATE_S),
    "twice": DeliveryFaults(0, duplicate=1.0, delay=_LATE_S),
    "dropped": DeliveryFaults(0, drop=1.0),
    "unrecorded": DeliveryFaults(0, drop=1.0, unrecorded=1.0),
}


@dataclass
class Users:
    """`histories` holds the pulls that were opened, by their index in the plan."""

    github: SimulatedGitHub
    plan: Plan
    histories: dict[int, PullHistory] = field(default_factory=dict)
    findings: dict[str, bool] = field(default_factory=dict)
    pushes: int = 0

    async def prepare(self) -> None:
        """Repositories whose gate takes no time: one check reads a file, another one lasts long enough to be hit."""
        for number in range(self.plan.repositories):
            repo = self._repo(number)
            await self.github.repositories.add_repository(
                repo, files=configured({"security": "sleep 0.2"}, **{"a.txt": "x\n"})
            )
            await self.github.repositories.add_fork(repo, FORKER)

    async def do(self, step: UserStep) -> None:
        """Its deliveries arrive as the plan says."""
        how = _FAULTS[step.arrival]
        self.github.webhooks.faults.start_random(
            self.plan.seed + self.pushes, how.drop, how.duplicate, how.delay, how.unrecorded
        )
        try:
            await self._do(step)
        finally:
            self.github.webhooks.faults.stop_random()

    async def _do(self, step: UserStep) -> None:
        if step.do == "open":
            await self._open(step)
            return
        history, planned = self.histories[step.pull], self.plan.pulls[step.pull]
        issue, pull = self._now(history)
        start, pulls = self._time(), self.github.pulls
        source, login = pull.head_repository.full_name, FORKER if history.fork else "octocat"
        match step.do:
            case "push" | "force_push":
                await self._push(step, source, login)
            case "delete_branch" if await self._tip(source, planned.branch):
                await self.github.pushes.delete_branch(source, planned.branch, login)
            case "close":
                await pulls.close_pull(history.repo, history.number)
            case "reopen" if issue.state == "closed" and await self._tip(source, planned.branch):
                await pulls.reopen_pull(history.repo, history.number)
            case "draft" | "ready" if issue.state == "open":
                pulls.set_draft(history.repo, history.number, step.do == "draft")
            case "comment":
                self._comment(step, history, pull)
        for each in self.histories.values():
            self._record(each, start)

    async def _open(self, step: UserStep) -> None:
        planned = self.plan.pulls[step.pull]
        repo, is_fork = self._repo(planned.repository), planned.kind == "fork"
        source, login = (f"{FORKER}/{repo.partition('/')[2]}", FORKER) if is_fork else (repo, "octocat")
        other = self.histories.get(planned.of)
        if planned.kind == "copy" and other and not other.fork:
            sha, url = self._now(other)[1].head_sha, self.github.pushes.push_url(repo)
            path = self.github.store.repository(repo).path
            await git.git(path, "push", "--quiet", url, f"{sha}:refs/heads/{planned.branch}")
        else:
            await self._push(step, source, login)
        start, head = self._time(), f"{FORKER}:{planned.branch}" if is_fork else planned.branch
        issue = await self.github.pulls.open_pull(repo, head, title=planned.branch, login=login, draft=planned.draft)
        history = self.histories[step.pull] = PullHistory(repo, issue.number, is_fork, self.findings)
        if planned.draft:
            history.events.append(PullEvent("draft", "", start, start))
        self._record(history, start)

    async def _push(self, step: UserStep, source: str, login: str) -> None:
        """Every commit is another one, also in another repository."""
        self.pushes += 1
        repo, branch = self.github.store.repository(source), self.plan.pulls[step.pull].branch
        main = (await git.refs(repo.path, "refs/heads"))["refs/heads/main"]
        line = "a.txt:1: warning: this is new\n" if step.finding else ""
        sha = await self.github.pushes.push_commit(
            source, branch, {"lint.txt": line, f"{branch}.txt": f"{self.pushes}\n"}, f"Change {self.pushes}", login=login,
            parent=main if step.do == "force_push" else "", force=step.do == "force_push",
        )  # fmt: skip
        self.findings[sha] = step.finding

    def _comment(self, step: UserStep, history: PullHistory, pull: PullDetails) -> None:
        text = step.text.format(head=pull.head_sha)
        comment = self.github.issues.add_comment(history.repo, history.number, text, login=step.login)
        at = self._time()
        history.events.append(PullEvent("comment", pull.head_sha, at, at, step.login, text, comment.id))

    def _record(self, history: PullHistory, start: int) -> None:
        """What is different now from what its history says."""
        issue, pull = self._now(history)
        head = next((one.sha for one in reversed(history.events) if one.kind == "head"), "")
        lives = [one.kind for one in history.events if one.kind in ("closed", "reopened")]
        drafts = [one.kind for one in history.events if one.kind in ("draft", "ready")]
        at = self._time()
        if pull.head_sha != head:
            history.events.append(PullEvent("head", pull.head_sha, start, at))
        if (issue.state == "closed") != (bool(lives) and lives[-1] == "closed"):
            history.events.append(
                PullEvent("closed" if issue.state == "closed" else "reopened", pull.head_sha, start, at)
            )
        if pull.draft != (bool(drafts) and drafts[-1] == "draft"):
            history.events.append(PullEvent("draft" if pull.draft else "ready", pull.head_sha, start, at))

    async def _tip(self, source: str, branch: str) -> str:
        path = self.github.store.repository(source).path
        return (await git.refs(path, "refs/heads")).get(f"refs/heads/{branch}", "")

    def _now(self, history: PullHistory) -> tuple[SimulatedIssue, PullDetails]:
        _, issue, pull = self.github.store.pull(history.repo, history.number)
        return issue, pull

    def _time(self) -> int:
        return int(self.github.store.time())

    @staticmethod
    def _repo(number: int) -> str:
        return f"octocat/project-{number}"

    # --- what GitHub shows at the end

    def open_heads(self) -> Iterator[tuple[str, str, list[PullHistory], list[PullHistory]]]:
        """(repository, sha, its open pulls that are no drafts, all others that had it once) of each open head."""
        heads: dict[tuple[str, str], list[PullHistory]] = {}
        for history in self.histories.values():
            issue, pull = self._now(history)
            if issue.state == "open" and not pull.draft:
                heads.setdefault((history.repo, pull.head_sha), []).append(history)
        for (repo, sha), histories in heads.items():
            others = [one for one in self.histories.values() if one.repo == repo and one not in histories]
            yield repo, sha, histories, [one for one in others if any(event.sha == sha for event in one.events)]

    def commands(self) -> Iterator[tuple[PullHistory, PullEvent]]:
        """Every comment that a user made."""
        for history in self.histories.values():
            yield from ((history, event) for event in history.events if event.kind == "comment")
