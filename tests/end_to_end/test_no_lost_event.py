"""Two thousand deliveries, some dropped, duplicated or late, to a webhook server that is killed and started again: every
head still gets exactly one verdict and one comment, and every `/help` one answer."""

import asyncio
import random
from collections import Counter
from pathlib import Path

from activities.github.event_recovery.deliveries import SETTLE_S
from activities.reporting import GATE_MARK
from simulator.github.entities import Repository, SimulatedIssue
from tests import openapi
from tests.deadlines import WITHIN_S
from tests.end_to_end.many_events import SeparateProcesses, newest, separate_processes
from tests.end_to_end.repos import CHECKS

SEED = 20260131
REPOSITORIES = 5
PULLS = 9
COMMENTS = 16
"""Comments and labels on each pull, about which there is nothing to do."""

LATER_S = 4 * SETTLE_S
"""Longer than a delivery that failed twice or three times is left alone."""

NAMES = {f"autobuild / {name}": 1 for name in (*CHECKS, "gate")}


async def test_every_head_ends_with_one_verdict_and_one_comment(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    async with separate_processes(tmp_path) as processes:
        repos = await _repositories(processes)
        faults = processes.github.webhooks.faults.start_random(
            SEED, drop=0.15, duplicate=0.15, delay=0.5, unrecorded=0.3
        )
        chance = random.Random(SEED)
        asked = await _user_actions(processes, repos, chance, range(3))
        await processes.kill("serve")
        asked += await _user_actions(processes, repos, chance, range(3, 6))
        await processes.start("serve")
        asked += await _user_actions(processes, repos, chance, range(6, PULLS))
        processes.github.webhooks.faults.stop_random()
        await processes.github.webhooks.idle()
        processes.delivered = processes.in_the_log(asked)
        await _recovered(processes)
        assert len(processes.github.webhooks.deliveries) >= 2000
        assert min(len(faults.dropped), len(faults.lost), len(faults.duplicated)) > 30
        _exactly_once(processes)
        await _nothing_more_to_do(processes)
        openapi.assert_valid(processes.github.requests)


async def _repositories(processes: SeparateProcesses) -> list[str]:
    """Repositories of two installations, each with one pull request for `/help` comments."""
    names = [f"{'octocat' if number % 2 else 'example'}/project-{number}" for number in range(REPOSITORIES)]
    for name in names:
        await processes.github.repositories.add_repository(name, {"a.txt": "x\n"})
        processes.github.repositories.set_permission(name, "octocat", "admin")
        await processes.github.pushes.push_commit(name, "questions", {"q.txt": "?\n"})
        await processes.github.pulls.open_pull(name, "questions", title="Questions")
    return names


async def _user_actions(
    processes: SeparateProcesses, repos: list[str], chance: random.Random, numbers: range
) -> list[int]:
    """What users do in all repositories at once; the ids of their `/help` comments."""
    pulls = [_pull(processes, repo, number, random.Random(chance.random())) for repo in repos for number in numbers]
    await asyncio.gather(*pulls)
    return [processes.github.issues.add_comment(repo, 1, "/help").id for repo in repos]


async def _pull(processes: SeparateProcesses, repo: str, number: int, chance: random.Random) -> None:
    """A branch and its pull request with many comments and labels; some are drafts at first, some get a second head,
    some are closed."""
    github, branch, draft = processes.github, f"change-{number}", chance.random() < 0.2
    await github.pushes.push_commit(repo, branch, {f"{number}.txt": "1\n"})
    issue = await github.pulls.open_pull(repo, branch, title=branch, draft=draft)
    for number_of_comment in range(COMMENTS):
        if number_of_comment % 4:
            github.issues.add_comment(repo, issue.number, f"Comment {number_of_comment}")
        else:
            github.issues.add_label(repo, issue.number, f"label-{number_of_comment}")
    if chance.random() < 0.3:
        await github.pushes.push_commit(repo, branch, {f"{number}.txt": "2\n"})
    if draft:
        github.pulls.set_draft(repo, issue.number, False)
    if chance.random() < 0.1:
        await github.pulls.close_pull(repo, issue.number)


async def _recovered(processes: SeparateProcesses) -> None:
    """Returns once every event has had its effect.

    A regular sweep may have requested deliveries while the webhook server was down, and the next attempt is due later:
    so the time at GitHub is moved on before each sweep.
    """
    await processes.trigger_schedules()
    try:
        async with asyncio.timeout(3 * WITHIN_S):
            while not processes.is_complete():
                processes.github.store.advance(LATER_S)
                await processes.sweep_and_reconcile()
                await processes.events_handled()
    except TimeoutError:
        raise AssertionError(f"not recovered, seed {SEED}: {list(processes.missing())}") from None


def _exactly_once(processes: SeparateProcesses) -> None:
    for repo, issue, pull in processes.open_pulls():
        runs = newest(repo, pull.head_sha)
        assert Counter(run.name for run in runs) == NAMES, f"{repo.full_name}#{issue.number}"
        assert Counter(run.status for run in runs) == {"completed": 9}
    for repo in processes.github.store.repositories.values():
        for issue in repo.issues.values():
            _answered_once(processes, repo, issue)


def _answered_once(processes: SeparateProcesses, repo: Repository, issue: SimulatedIssue) -> None:
    where, own = f"{repo.full_name}#{issue.number}", processes.own_comments(issue)
    gate = [body for body in own if GATE_MARK in body]
    assert len(gate) == 1 or (issue.state == "closed" and not gate), where
    answers = Counter(body for body in own if GATE_MARK not in body)
    assert set(answers.values()) <= {1}, where
    arrived = [comment for comment in issue.comments if comment.id in processes.delivered]
    assert len(answers) == len(arrived), where
    for comment in issue.comments:
        assert [reaction.content for reaction in comment.reactions] == (["eyes"] if comment in arrived else []), where


async def _nothing_more_to_do(processes: SeparateProcesses) -> None:
    """Another sweep and reconciliation find nothing and create nothing."""
    await processes.events_handled()
    before = processes.creations()
    swept, counted = await processes.sweep_and_reconcile()
    assert (swept.redelivered, swept.waiting, swept.given_up) == (0, 0, 0)
    assert (counted.heads, counted.rerun, counted.failed) == (0, 0, 0)
    assert counted.repositories == REPOSITORIES
    await processes.github.webhooks.idle()
    assert processes.creations() == before
