"""The post-mortem on GitHub: in the repository's own form, as an issue and a file, once however often it is tried."""

from dataclasses import replace
from types import SimpleNamespace

from temporalio.testing import ActivityEnvironment

from activities.github.branches import CreateBranchInput
from activities.incidents.acting import IncidentView, PublishPostmortemInput, PublishPostmortemResult
from activities.incidents.types import Alert, FetchResult, IncidentInput, IncidentScope
from activities.model import RepoRef
from simulator.github import git
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME

AT = 1_800_000_000.0
BRANCH = "autobuild/postmortem-7"
PATH = "postmortems/2027-01-15-pay-7.md"


def wanted(repo: RepoRef) -> PublishPostmortemInput:
    scope = IncidentScope("incident:x", "pay", ("pay",), AT, AT - 9000, AT + 900, repo)
    alert = Alert("alertmanager", "g", "HighErrors", "pay", summary="Half of the calls fail.")
    view = IncidentView(
        IncidentInput(alert), scope, "writing", AT, AT + 60, issue=7, fetched={"logs": FetchResult(0, "Loki is down.")}
    )
    return PublishPostmortemInput(view, "It is over.", "main", "both")


async def publish(activities: SimpleNamespace, input: PublishPostmortemInput) -> PublishPostmortemResult:
    made: PublishPostmortemResult = await ActivityEnvironment().run(activities.create_postmortem, input)
    return made


async def file(simulated: SimulatedGitHub) -> str:
    return (await git.git(simulated.store.repository(NAME).path, "cat-file", "blob", f"{BRANCH}:{PATH}")).decode()


async def test_issue_file_and_action_items_are_made_once(
    simulated: SimulatedGitHub, activities: SimpleNamespace, repo: RepoRef
) -> None:
    form = "# Review\n\n## What happened\n\n## Next steps\n"
    await simulated.pushes.push_commit(NAME, "main", {".github/postmortem.md": form})
    made = await publish(activities, wanted(repo))
    assert await publish(activities, wanted(repo)) == made
    text = simulated.store.issue(NAME, made.issue).body or ""
    assert (
        text.index("# Review") < text.index("## What happened") < text.index("HighErrors") < text.index("## Next steps")
    )
    assert "Loki is down" in (simulated.store.issue(NAME, made.actions[0]).body or "")
    assert len(made.actions) == 1
    assert "## Next steps" in await file(simulated)


async def test_a_branch_without_the_file_gets_it(
    simulated: SimulatedGitHub, activities: SimpleNamespace, repo: RepoRef
) -> None:
    head = await simulated.pushes.push_commit(NAME, "main", {"more.txt": "x"})
    await activities.create_branch(CreateBranchInput(repo, BRANCH, head))
    await simulated.pushes.push_commit(NAME, "main", {"later.txt": "x"})
    made = await publish(activities, replace(wanted(repo), where="file"))
    assert made.pull
    assert "It is over." in await file(simulated)
