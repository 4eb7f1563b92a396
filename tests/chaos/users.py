"""Carries out what the plan says of users, on the simulated GitHub, and records what they did as GitHub's facts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.github import git
from simulator.github.entities import Issue, PullDetails
from simulator.github.server import SimulatedGitHub
from simulator.github.webhooks.delivery_faults import DeliveryFaults
from tests.chaos.plan import Arrival, Plan, UserStep
from tests.chaos.story import PullStory, StoryEvent
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
    """`stories` holds the pulls that were opened, by their index in the plan."""

    github: SimulatedGitHub
    plan: Plan
    stories: dict[int, PullStory] = field(default_factory=dict)
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
        story, planned = self.stories[step.pull], self.plan.pulls[step.pull]
        issue, pull = self._now(story)
        start, pulls = self._time(), self.github.pulls
        source, login = pull.head_repository.full_name, FORKER if story.fork else "octocat"
        match step.do:
            case "push" | "force_push":
                await self._push(step, source, login)
            case "delete_branch" if await self._tip(source, planned.branch):
                await self.github.pushes.delete_branch(source, planned.branch, login)
            case "close":
                await pulls.close_pull(story.repo, story.number)
            case "reopen" if issue.state == "closed" and await self._tip(source, planned.branch):
                await pulls.reopen_pull(story.repo, story.number)
            case "draft" | "ready" if issue.state == "open":
                pulls.set_draft(story.repo, story.number, step.do == "draft")
            case "comment":
                self._comment(step, story, pull)
        for each in self.stories.values():
            self._record(each, start)

    async def _open(self, step: UserStep) -> None:
        planned = self.plan.pulls[step.pull]
        repo, is_fork = self._repo(planned.repository), planned.kind == "fork"
        source, login = (f"{FORKER}/{repo.partition('/')[2]}", FORKER) if is_fork else (repo, "octocat")
        other = self.stories.get(planned.of)
        if planned.kind == "copy" and other and not other.fork:
            sha, url = self._now(other)[1].head_sha, self.github.pushes.push_url(repo)
            path = self.github.store.repository(repo).path
            await git.git(path, "push", "--quiet", url, f"{sha}:refs/heads/{planned.branch}")
        else:
            await self._push(step, source, login)
        start, head = self._time(), f"{FORKER}:{planned.branch}" if is_fork else planned.branch
        issue = await self.github.pulls.open_pull(repo, head, title=planned.branch, login=login, draft=planned.draft)
        story = self.stories[step.pull] = PullStory(repo, issue.number, is_fork, self.findings)
        if planned.draft:
            story.events.append(StoryEvent("draft", "", start, start))
        self._record(story, start)

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

    def _comment(self, step: UserStep, story: PullStory, pull: PullDetails) -> None:
        text = step.text.format(head=pull.head_sha)
        comment = self.github.issues.add_comment(story.repo, story.number, text, login=step.login)
        at = self._time()
        story.events.append(StoryEvent("comment", pull.head_sha, at, at, step.login, text, comment.id))

    def _record(self, story: PullStory, start: int) -> None:
        """What is different now from what its story says."""
        issue, pull = self._now(story)
        head = next((one.sha for one in reversed(story.events) if one.kind == "head"), "")
        lives = [one.kind for one in story.events if one.kind in ("closed", "reopened")]
        drafts = [one.kind for one in story.events if one.kind in ("draft", "ready")]
        at = self._time()
        if pull.head_sha != head:
            story.events.append(StoryEvent("head", pull.head_sha, start, at))
        if (issue.state == "closed") != (bool(lives) and lives[-1] == "closed"):
            story.events.append(
                StoryEvent("closed" if issue.state == "closed" else "reopened", pull.head_sha, start, at)
            )
        if pull.draft != (bool(drafts) and drafts[-1] == "draft"):
            story.events.append(StoryEvent("draft" if pull.draft else "ready", pull.head_sha, start, at))

    async def _tip(self, source: str, branch: str) -> str:
        path = self.github.store.repository(source).path
        return (await git.refs(path, "refs/heads")).get(f"refs/heads/{branch}", "")

    def _now(self, story: PullStory) -> tuple[Issue, PullDetails]:
        _, issue, pull = self.github.store.pull(story.repo, story.number)
        return issue, pull

    def _time(self) -> int:
        return int(self.github.store.time())

    @staticmethod
    def _repo(number: int) -> str:
        return f"octocat/project-{number}"

    # --- what GitHub shows at the end

    def open_heads(self) -> Iterator[tuple[str, str, list[PullStory], list[PullStory]]]:
        """(repository, sha, its open pulls that are no drafts, all others that had it once) of each open head."""
        heads: dict[tuple[str, str], list[PullStory]] = {}
        for story in self.stories.values():
            issue, pull = self._now(story)
            if issue.state == "open" and not pull.draft:
                heads.setdefault((story.repo, pull.head_sha), []).append(story)
        for (repo, sha), stories in heads.items():
            others = [one for one in self.stories.values() if one.repo == repo and one not in stories]
            yield repo, sha, stories, [one for one in others if any(event.sha == sha for event in one.events)]

    def commands(self) -> Iterator[tuple[PullStory, StoryEvent]]:
        """Every comment that a user made."""
        for story in self.stories.values():
            yield from ((story, event) for event in story.events if event.kind == "comment")
