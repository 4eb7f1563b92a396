"""What a branch requires of a merge, from GitHub's three answers about it, and whose checks it requires."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from temporalio.exceptions import ApplicationError

from activities.github.client import GitHub
from activities.github.merging import MergeActivities, MergeInput, branch_protection, required_checks
from activities.github.merging.branch_protection import MergeMethod, MergeRules, RequiredCheck
from activities.github.merging.required_checks import RequiredChecksState
from activities.model import RepoRef

Json = dict[str, Any]
REPO = RepoRef("octocat", "hello", 1)
ALL: tuple[MergeMethod, ...] = ("squash", "merge", "rebase")


class Canned:
    """A GitHub that knows only what it is told, by the ending of the address."""

    def __init__(self, server: AiohttpServer, key: str, session: aiohttp.ClientSession) -> None:
        self.server, self.key, self.session = server, key, session
        self.answers: dict[str, Any] = {}

    async def github(self, **answers: Any) -> GitHub:
        self.answers = answers
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return GitHub(str((await self.server(app)).make_url("")), 1, self.key, self.session)

    async def _answer(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.json_response({"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}, status=201)
        ending = request.path.rpartition("/")[2].replace("-", "_")
        found = self.answers.get("rules" if "/rules/" in request.path else ending)
        if isinstance(found, int):
            return web.json_response({"message": "Not you"}, status=found)
        return web.json_response(found)


@pytest.fixture
async def canned(aiohttp_server: AiohttpServer, key: Path, session: aiohttp.ClientSession) -> Canned:
    return Canned(aiohttp_server, key.read_text(), session)


def rule(kind: str, **parameters: Any) -> Json:
    return {"type": kind, "parameters": parameters}


def protection(contexts: list[str], checks: list[Json] | None = None, level: str = "non_admins") -> Json:
    return {"required_status_checks": {"enforcement_level": level, "contexts": contexts, "checks": checks or []}}


@pytest.mark.parametrize(
    ("settings", "classic", "rules", "expected"),
    [
        ({}, {}, [], MergeRules(ALL, (), 0, False)),
        ({}, {}, 404, MergeRules(ALL, (), 0, False)),
        ({}, {}, 403, MergeRules(ALL, (), 0, False)),
        ({"allow_squash_merge": False}, {}, [], MergeRules(("merge", "rebase"), (), 0, False)),
        ({}, {}, [rule("pull_request", allowed_merge_methods=["rebase"])], MergeRules(("rebase",), (), 0, False)),
        (
            {}, {}, [rule("pull_request", allowed_merge_methods=["rebase", "merge"]), rule("required_linear_history")],
            MergeRules(("rebase",), (), 0, False),
        ),
        ({}, {}, [{"type": "merge_queue"}, {"type": "deletion"}], MergeRules(ALL, (), 0, True)),
        (
            {}, {}, [rule("pull_request", required_approving_review_count=1), rule("pull_request"),
                     rule("pull_request", required_approving_review_count=3)],
            MergeRules(ALL, (), 3, False),
        ),
        (
            {}, protection(["ci"], [{"context": "ci", "app_id": 7}, {"context": "b", "app_id": -1}]), [],
            MergeRules(ALL, (RequiredCheck("b"), RequiredCheck("ci", 7)), 0, False),
        ),
        ({}, protection(["ci"], [{"context": "ci", "app_id": None}]), [], MergeRules(ALL, (RequiredCheck("ci"),), 0, False)),
        ({}, protection(["old"]), [], MergeRules(ALL, (RequiredCheck("old"),), 0, False)),
        ({}, protection(["ci"], level="off"), [], MergeRules(ALL, (), 0, False)),
        (
            {}, protection(["ci"]),
            [rule("required_status_checks", required_status_checks=[{"context": "ci", "integration_id": 7}, {"context": "ci"}])],
            MergeRules(ALL, (RequiredCheck("ci"), RequiredCheck("ci", 7)), 0, False),
        ),
    ],
)  # fmt: skip
async def test_rules_of_a_branch(
    canned: Canned, settings: Json, classic: Json, rules: Any, expected: MergeRules
) -> None:
    github = await canned.github(hello=settings, main={"protection": classic}, rules=rules)
    api = await github.installation(REPO, {"contents": "write"})
    assert await branch_protection.read(api, REPO, "main") == expected


def run(name: str, conclusion: str | None, app: int = 7) -> Json:
    status = "completed" if conclusion else "queued"
    return {"name": name, "status": status, "conclusion": conclusion, "app": {"id": app}}


def status(context: str, state: str) -> Json:
    return {"context": context, "state": state}


@pytest.mark.parametrize(
    ("required", "runs", "statuses", "expected"),
    [
        ([], [run("ci", "failure")], [], RequiredChecksState()),
        ([RequiredCheck("ci")], [], [], RequiredChecksState(waiting=("ci",))),
        ([RequiredCheck("ci")], [run("other", "success")], [status("other", "success")], RequiredChecksState(waiting=("ci",))),
        ([RequiredCheck("ci")], [run("ci", "success")], [], RequiredChecksState()),
        ([RequiredCheck("ci")], [run("CI", "neutral"), run("ci", "skipped")], [status("Ci", "success")], RequiredChecksState()),
        ([RequiredCheck("ci")], [run("ci", None)], [], RequiredChecksState(waiting=("ci",))),
        ([RequiredCheck("ci")], [run("ci", "success"), run("ci", "stale", 8)], [], RequiredChecksState(failed=("ci",))),
        ([RequiredCheck("ci")], [run("ci", "success")], [status("ci", "error")], RequiredChecksState(failed=("ci",))),
        # Another app's check of that name does not count where one app's is asked for, good or bad.
        ([RequiredCheck("ci", 7)], [run("ci", "success", 8)], [], RequiredChecksState(waiting=("ci",))),
        ([RequiredCheck("ci", 7)], [run("ci", "success"), run("ci", "failure", 8)], [], RequiredChecksState()),
        ([RequiredCheck("ci", 7)], [], [status("ci", "success")], RequiredChecksState()),
        ([RequiredCheck("ci", 7), RequiredCheck("ci", 8)], [run("ci", "success")], [], RequiredChecksState(waiting=("ci",))),
        (
            [RequiredCheck("b"), RequiredCheck("a"), RequiredCheck("c")], [run("a", "timed_out"), run("b", "cancelled")], [],
            RequiredChecksState(failed=("a", "b"), waiting=("c",)),
        ),
    ],
)  # fmt: skip
async def test_state_of_required_checks(
    canned: Canned, required: list[RequiredCheck], runs: list[Json], statuses: list[Json], expected: RequiredChecksState
) -> None:
    github = await canned.github(check_runs={"check_runs": runs}, status={"statuses": statuses})
    assert await required_checks.state_of(github, REPO, "a" * 40, required) == expected


async def test_merge_queue_is_not_bypassed(canned: Canned) -> None:
    pull = {
        "number": 1, "state": "open", "merged": False, "draft": False, "mergeable": True, "mergeable_state": "clean",
        "head": {"sha": "a" * 40}, "base": {"ref": "main"},
    }  # fmt: skip
    github = await canned.github(hello={}, main={}, rules=[{"type": "merge_queue"}], **{"1": pull})
    with pytest.raises(ApplicationError, match=r"`main` accepts changes through its merge queue only\. Add #1 to"):
        await MergeActivities(github).merge_pull_request(MergeInput(REPO, 1, "a" * 40))
