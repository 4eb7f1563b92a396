"""Check suites and check runs: what the app creates, and what users re-run or request."""

from typing import Any

from simulator.github import git
from simulator.github.entities import CheckRun, CheckSuite, Json, Repository, User
from simulator.github.errors import EntityNotFound, Unprocessable
from simulator.github.serializers import checks as check_json
from simulator.github.services.events import Events
from simulator.github.store import Store

_WORST = (
    "action_required", "timed_out", "cancelled", "failure", "startup_failure", "stale", "success", "neutral", "skipped",
)  # fmt: skip
"""A suite's conclusion is the first of these that one of its runs has."""


class CheckService:
    """Creates and changes check suites and check runs."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events

    async def request_suite(self, repo: Repository, sha: str, branch: str, before: str, sender: User) -> None:
        """On a push of a commit that is new here: a suite, and `check_suite.requested` for the app."""
        installation = self._store.installation_of(repo)
        if sha in repo.suites or not installation or installation.permissions.get("checks") != "write":
            return
        suite = await self._new_suite(repo, sha, branch, None if before == git.ZERO else before)
        self._send_suite("requested", repo, suite, sender)

    async def suite_for(self, repo: Repository, sha: str) -> CheckSuite:
        """The suite of a commit, created where there is none; Unprocessable for an unknown commit."""
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
        run = CheckRun(self._store.new_id(), suite, name, "queued", "", "", self._store.now())
        suite.runs.append(run)
        self._change(run, {"status": "queued", **fields})
        self._send_run("created", repo, run, self._store.app.bot)
        self._update_suite(repo, suite)
        return run

    async def add_run_of_other(
        self, full_name: str, sha: str, name: str, fields: Json, by: str = "ci", suite: int = 0
    ) -> CheckRun:
        """A run of another app, of which ours hears nothing. `fields` as in `create_run`. `suite` is the id of the one
        that it is another attempt in, 0 for a new one."""
        repo = self._store.repository(full_name)
        there = next((each for each in repo.others_suites if suite == each.id and sha == each.head_sha), None)
        if suite and there is None:
            raise EntityNotFound(f"check suite {suite} of another app")
        there = there or await self.add_suite_of_other(full_name, sha, by)
        run = CheckRun(self._store.new_id(), there, name, "queued", "", "", self._store.now(), by=there.by)
        there.runs.append(run)
        self.change_run_of_other(full_name, run.id, fields)
        return run

    def change_run_of_other(self, full_name: str, run_id: int, fields: Json) -> CheckRun:
        """What that app says next."""
        run = self._store.check_run(self._store.repository(full_name), run_id)
        self._change(run, fields)
        _settle(run.suite)
        self._store.changed()
        return run

    async def add_suite_of_other(
        self, full_name: str, sha: str, by: str = "ci", status: str = "queued", conclusion: str | None = None
    ) -> CheckSuite:
        """A suite of another app, without a run: GitHub Actions has one for each run of a workflow."""
        repo, now = self._store.repository(full_name), self._store.now()
        commit = (await git.log(repo.path, sha, limit=1))[0]
        suite = CheckSuite(self._store.new_id(), commit, None, None, now, now, status, conclusion, by=by)
        repo.others_suites.append(suite)
        self._store.changed()
        return suite

    def update_run(self, repo: Repository, run: CheckRun, fields: Json) -> CheckRun:
        was_completed = run.status == "completed"
        self._change(run, fields)
        self._store.changed()
        if run.status == "completed" and not was_completed:
            self._send_run("completed", repo, run, self._store.app.bot)
        self._update_suite(repo, run.suite)
        return run

    def press_button(self, full_name: str, run_id: int, identifier: str, login: str = "octocat") -> None:
        """A user presses a button of a check run; needs write permission, as on GitHub."""
        repo = self._writable(full_name, login)
        run = self._store.check_run(repo, run_id)
        if identifier not in [action["identifier"] for action in run.actions]:
            raise Unprocessable(f"The run has no button {identifier!r}.")
        more = {"requested_action": {"identifier": identifier}}
        self._send_run("requested_action", repo, run, self._store.add_user(login), more)

    def rerun_check(self, full_name: str, run_id: int, login: str = "octocat") -> None:
        """ "Re-run" of one check: the suite is queued again, the run stays as it is until the app acts."""
        repo = self._writable(full_name, login)
        run = self._store.check_run(repo, run_id)
        if run.status != "completed":
            raise Unprocessable("This check run is not rerequestable")
        self._send_run("rerequested", repo, run, self._store.add_user(login))
        self._requeue(run.suite)

    def rerun_suite(self, full_name: str, suite_id: int, login: str = "octocat") -> None:
        """ "Re-run all": the event has no list of runs."""
        repo = self._writable(full_name, login)
        suite = self._store.check_suite(repo, suite_id)
        self._requeue(suite)
        self._send_suite("rerequested", repo, suite, self._store.add_user(login))

    def delete_check_run(self, full_name: str, run_id: int) -> None:
        """Loses a run without an event. GitHub has no such button, but a run may be lost to it all the same."""
        run = self._store.check_run(self._store.repository(full_name), run_id)
        run.suite.runs.remove(run)
        self._store.changed()

    def _writable(self, full_name: str, login: str) -> Repository:
        """The repository, if that user may write to it; otherwise Unprocessable."""
        repo = self._store.repository(full_name)
        if login != self._store.app.bot.login and repo.level(login) not in ("write", "maintain", "admin"):
            raise Unprocessable(f"{login} may not write to {repo.full_name}.")
        return repo

    def _requeue(self, suite: CheckSuite) -> None:
        suite.status, suite.conclusion, suite.updated_at = "queued", None, self._store.now()
        self._store.changed()

    def _change(self, run: CheckRun, fields: Json) -> None:
        for name in ("name", "external_id", "details_url", "started_at", "actions"):
            if name in fields:
                setattr(run, name, fields[name])
        output: dict[str, Any] = fields.get("output") or {}
        for name in ("title", "summary", "text"):
            if name in output:
                setattr(run, name, output[name])
        run.annotations.extend(output.get("annotations", ()))
        if fields.get("conclusion"):
            run.status, run.conclusion = "completed", fields["conclusion"]
            run.completed_at = fields.get("completed_at") or self._store.now()
        elif status := fields.get("status"):
            run.status, run.conclusion, run.completed_at = status, None, None

    def _update_suite(self, repo: Repository, suite: CheckSuite) -> None:
        """`completed` is sent once it is."""
        before = suite.status
        _settle(suite)
        suite.updated_at = self._store.now()
        if suite.status == "completed" != before:
            self._send_suite("completed", repo, suite, self._store.app.bot)

    async def _new_suite(self, repo: Repository, sha: str, branch: str | None, before: str | None) -> CheckSuite:
        commit = (await git.log(repo.path, sha, limit=1))[0]
        now = self._store.now()
        suite = CheckSuite(self._store.new_id(), commit, branch, before, now, now)
        return repo.suites.setdefault(sha, suite)  # a concurrent request may have been first

    def _send_run(self, action: str, repo: Repository, run: CheckRun, sender: User, more: Json | None = None) -> None:
        run_json = check_json.run_in_event(self._store, repo, run)
        self._events.send("check_run", repo, sender, {"action": action, "check_run": run_json, **(more or {})})

    def _send_suite(self, action: str, repo: Repository, suite: CheckSuite, sender: User) -> None:
        suite_json = check_json.suite_in_event(self._store, repo, suite)
        self._events.send("check_suite", repo, sender, {"action": action, "check_suite": suite_json})


def _settle(suite: CheckSuite) -> None:
    """A suite is completed once all its newest runs are, with the worst conclusion among them."""
    runs = suite.latest_runs()
    completed = all(run.status == "completed" for run in runs)
    queued = all(run.status == "queued" for run in runs)
    suite.status = "completed" if completed else "queued" if queued else "in_progress"
    worst = min((_WORST.index(run.conclusion) for run in runs if run.conclusion), default=0)
    suite.conclusion = _WORST[worst] if completed else None
