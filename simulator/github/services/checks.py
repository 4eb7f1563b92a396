"""Deeds around check suites and check runs: by the app, and by the people who press buttons."""

from typing import Any

from simulator.github import git
from simulator.github.serializers import checks
from simulator.github.services.entities import CheckRun, CheckSuite, Json, Repository, User
from simulator.github.services.pulls import Unprocessable
from simulator.github.services.repositories import Repositories

_WORST = (
    "action_required", "timed_out", "cancelled", "failure", "startup_failure", "stale", "success", "neutral", "skipped",
)  # fmt: skip
"""A suite's conclusion is the first of these that one of its runs has."""


class Checks(Repositories):
    """See the module."""

    async def request_suite(self, repo: Repository, sha: str, branch: str, before: str, sender: User) -> None:
        """On a push of a commit that is new here: a suite, and `check_suite.requested` for the app."""
        installation = self.installation_of(repo)
        if sha in repo.suites or not installation or installation.permissions.get("checks") != "write":
            return
        suite = await self._new_suite(repo, sha, branch, None if before == git.ZERO else before)
        self._tell_suite("requested", repo, suite, sender)

    async def suite_for(self, repo: Repository, sha: str) -> CheckSuite:
        """The suite of a commit, made where there is none; Refused for an unknown commit."""
        if found := repo.suites.get(sha):
            return found
        if not await git.resolve(repo.path, sha):
            raise Unprocessable(f"No commit found for SHA: {sha}")
        tips = await git.refs(repo.path, "refs/heads")
        branch = next((ref.removeprefix("refs/heads/") for ref, tip in tips.items() if tip == sha), None)
        return await self._new_suite(repo, sha, branch, None)

    async def create_run(self, repo: Repository, sha: str, name: str, fields: Json) -> CheckRun:
        """`fields` as the API takes them, checked already."""
        suite = await self.suite_for(repo, sha)
        run = CheckRun(self.new_id(), suite, name, "queued", "", "", self.now())
        suite.runs.append(run)
        self._change(run, {"status": "queued", **fields})
        self._tell_run("created", repo, run, self.app.bot)
        self._settle(repo, suite)
        return run

    def update_run(self, repo: Repository, run: CheckRun, fields: Json) -> CheckRun:
        was_done = run.status == "completed"
        self._change(run, fields)
        self.changed()
        if run.status == "completed" and not was_done:
            self._tell_run("completed", repo, run, self.app.bot)
        self._settle(repo, run.suite)
        return run

    def press_button(self, full_name: str, run_id: int, identifier: str, login: str = "octocat") -> None:
        """A person presses a button of a check run; needs write permission, as on GitHub."""
        repo, run = self._pressed(full_name, run_id, login)
        if identifier not in [action["identifier"] for action in run.actions]:
            raise Unprocessable(f"The run has no button {identifier!r}.")
        more = {"requested_action": {"identifier": identifier}}
        self._tell_run("requested_action", repo, run, self.add_user(login), more)

    def rerun_check(self, full_name: str, run_id: int, login: str = "octocat") -> None:
        """ "Re-run" of one check: the suite is queued again, the run stays as it is until the app acts."""
        repo, run = self._pressed(full_name, run_id, login)
        if run.status != "completed":
            raise Unprocessable("This check run is not rerequestable")
        self._tell_run("rerequested", repo, run, self.add_user(login))
        self._requeue(run.suite)

    def rerun_suite(self, full_name: str, suite_id: int, login: str = "octocat") -> None:
        """ "Re-run all": the event has no list of runs."""
        repo = self.repository(full_name)
        suite = self.check_suite(repo, suite_id)
        self._may_write(repo, login)
        self._requeue(suite)
        self._tell_suite("rerequested", repo, suite, self.add_user(login))

    def _pressed(self, full_name: str, run_id: int, login: str) -> tuple[Repository, CheckRun]:
        repo = self.repository(full_name)
        self._may_write(repo, login)
        return repo, self.check_run(repo, run_id)

    def _may_write(self, repo: Repository, login: str) -> None:
        if login != self.app.bot.login and repo.level(login) not in ("write", "maintain", "admin"):
            raise Unprocessable(f"{login} may not write to {repo.full_name}.")

    def _requeue(self, suite: CheckSuite) -> None:
        suite.status, suite.conclusion, suite.updated_at = "queued", None, self.now()
        self.changed()

    def _change(self, run: CheckRun, fields: Json) -> None:
        for name in ("name", "external_id", "details_url", "started_at", "actions"):
            if name in fields:
                setattr(run, name, fields[name])
        output: dict[str, Any] = fields.get("output") or {}
        for name in ("title", "summary", "text"):
            if name in output:
                setattr(run, name, output[name])
        run.annotations.extend(output.get("annotations", ()))
        self._change_status(run, fields)

    def _change_status(self, run: CheckRun, fields: Json) -> None:
        if fields.get("conclusion"):
            run.status, run.conclusion = "completed", fields["conclusion"]
            run.completed_at = fields.get("completed_at") or self.now()
        elif status := fields.get("status"):
            run.status, run.conclusion, run.completed_at = status, None, None

    def _settle(self, repo: Repository, suite: CheckSuite) -> None:
        """A suite is completed once all its newest runs are, and says the worst of them."""
        runs = suite.latest_runs()
        done = all(run.status == "completed" for run in runs)
        before = suite.status
        waiting = all(run.status == "queued" for run in runs)
        suite.status = "completed" if done else "queued" if waiting else "in_progress"
        worst = min((_WORST.index(run.conclusion) for run in runs if run.conclusion), default=0)
        suite.conclusion = _WORST[worst] if done else None
        suite.updated_at = self.now()
        if done and before != "completed":
            self._tell_suite("completed", repo, suite, self.app.bot)

    async def _new_suite(self, repo: Repository, sha: str, branch: str | None, before: str | None) -> CheckSuite:
        commit = (await git.log(repo.path, sha, limit=1))[0]
        now = self.now()
        suite = CheckSuite(self.new_id(), commit, branch, before, now, now)
        return repo.suites.setdefault(sha, suite)  # another request may have been quicker

    def _tell_run(self, action: str, repo: Repository, run: CheckRun, sender: User, more: Json | None = None) -> None:
        shape = checks.run_in_event(self, repo, run)
        self.emit("check_run", repo, sender, {"action": action, "check_run": shape, **(more or {})})
        self.changed()

    def _tell_suite(self, action: str, repo: Repository, suite: CheckSuite, sender: User) -> None:
        shape = checks.suite_in_event(self, repo, suite)
        self.emit("check_suite", repo, sender, {"action": action, "check_suite": shape})
        self.changed()
