"""Two thousand deliveries, some of them dropped, doubled or late, to a door that is dead for a while: every head still
ends with exactly one verdict and one comment, and every question with one answer."""

import asyncio
import random
from collections import Counter
from pathlib import Path

from activities.github.event_recovery.deliveries import SETTLE_S
from activities.reporting import GATE_MARK
from simulator.github.services.entities import Issue, Repository
from tests import openapi
from tests.end_to_end.repos import CHECKS
from tests.end_to_end.storm import Town, newest, town

SEED = 20260131
REPOSITORIES = 5
PULLS = 9
REMARKS = 16
"""Comments and labels on each pull, about which there is nothing to do."""

LOOKS = 5
"""So often may the schedules have to look: a branch that is told of its head is gated before the next look."""

LATER_S = 4 * SETTLE_S
"""Longer than a delivery that failed twice or three times is left alone."""

NAMES = {f"autobuild / {name}": 1 for name in (*CHECKS, "gate")}


async def test_every_head_ends_with_one_verdict_and_one_comment(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    async with town(tmp_path) as made:
        repos = await _repositories(made)
        faults = made.github.webhooks.faults.start_random(SEED, drop=0.15, duplicate=0.15, delay=0.5, unrecorded=0.3)
        chance = random.Random(SEED)
        asked = await _people(made, repos, chance, range(3))
        await made.kill("serve")
        asked += await _people(made, repos, chance, range(3, 6))
        await made.start("serve")
        asked += await _people(made, repos, chance, range(6, PULLS))
        made.github.webhooks.faults.stop_random()
        await made.github.webhooks.idle()
        made.heard = made.heard_of(asked)
        await _recovered(made)
        assert len(made.github.webhooks.deliveries) >= 2000
        assert min(len(faults.dropped), len(faults.lost), len(faults.duplicated)) > 30
        _exactly_once(made)
        await _nothing_more_to_do(made)
        openapi.assert_valid(made.github.requests)


async def _repositories(made: Town) -> list[str]:
    """Repositories of two installations, each with one pull request for questions."""
    names = [f"{'octocat' if number % 2 else 'example'}/town-{number}" for number in range(REPOSITORIES)]
    for name in names:
        await made.github.repositories.add_repository(name, {"a.txt": "x\n"})
        made.github.repositories.set_permission(name, "octocat", "admin")
        await made.github.pushes.push_commit(name, "questions", {"q.txt": "?\n"})
        await made.github.pulls.open_pull(name, "questions", title="Questions")
    return names


async def _people(made: Town, repos: list[str], chance: random.Random, numbers: range) -> list[int]:
    """What people do in all repositories at once; the ids of their questions."""
    pulls = [_pull(made, repo, number, random.Random(chance.random())) for repo in repos for number in numbers]
    await asyncio.gather(*pulls)
    return [made.github.issues.add_comment(repo, 1, "/help").id for repo in repos]


async def _pull(made: Town, repo: str, number: int, chance: random.Random) -> None:
    """A branch and its pull request, much talked about; some are drafts at first, some get a second head, some are
    closed."""
    github, branch, draft = made.github, f"change-{number}", chance.random() < 0.2
    await github.pushes.push_commit(repo, branch, {f"{number}.txt": "1\n"})
    issue = await github.pulls.open_pull(repo, branch, title=branch, draft=draft)
    for remark in range(REMARKS):
        if remark % 4:
            github.issues.add_comment(repo, issue.number, f"Remark {remark}")
        else:
            github.issues.add_label(repo, issue.number, f"label-{remark}")
    if chance.random() < 0.3:
        await github.pushes.push_commit(repo, branch, {f"{number}.txt": "2\n"})
    if draft:
        github.pulls.set_draft(repo, issue.number, False)
    if chance.random() < 0.1:
        await github.pulls.close_pull(repo, issue.number)


async def _recovered(made: Town) -> None:
    """Returns once everything is as it should be; the schedules look as often as they must.

    A regular sweep may have asked for deliveries while the door was dead, and the next attempt is due later: so it is
    later at GitHub.
    """
    for _ in range(LOOKS):
        made.github.store.advance(LATER_S)
        await made.look()
        try:
            await made.github.store.wait_for(made.well, 20)
        except TimeoutError:
            continue
        return
    raise AssertionError(f"not recovered, seed {SEED}: {list(made.missing())}")


def _exactly_once(made: Town) -> None:
    for repo, issue, pull in made.open_pulls():
        runs = newest(repo, pull.head_sha)
        assert Counter(run.name for run in runs) == NAMES, f"{repo.full_name}#{issue.number}"
        assert Counter(run.status for run in runs) == {"completed": 9}
    for repo in made.github.store.repositories.values():
        for issue in repo.issues.values():
            _said_once(made, repo, issue)


def _said_once(made: Town, repo: Repository, issue: Issue) -> None:
    where, own = f"{repo.full_name}#{issue.number}", made.own_comments(issue)
    gate = [body for body in own if GATE_MARK in body]
    assert len(gate) == 1 or (issue.state == "closed" and not gate), where
    answers = Counter(body for body in own if GATE_MARK not in body)
    assert set(answers.values()) <= {1}, where
    arrived = [comment for comment in issue.comments if comment.id in made.heard]
    assert len(answers) == len(arrived), where
    for comment in issue.comments:
        assert [reaction.content for reaction in comment.reactions] == (["eyes"] if comment in arrived else []), where


async def _nothing_more_to_do(made: Town) -> None:
    """Another look finds nothing, and nothing is made."""
    await made.gates_ended()
    before = made.made()
    swept, counted = await made.look_closely()
    assert (swept.again, swept.waiting, swept.given_up) == (0, 0, 0)
    assert (counted.heads, counted.again, counted.failed) == (0, 0, 0)
    assert counted.repositories == REPOSITORIES
    await made.github.webhooks.idle()
    assert made.made() == before
