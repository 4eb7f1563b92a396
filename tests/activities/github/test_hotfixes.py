"""How many fixes of incidents were opened lately: the bot's own, by their branches, open or closed."""

from types import SimpleNamespace

from activities.github.pulls import CreatePullInput
from activities.incidents.acting import CountHotfixesInput
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME


async def test_only_the_bots_own_fixes_of_the_time_count(
    simulated: SimulatedGitHub, activities: SimpleNamespace, repo: RepoRef
) -> None:
    began = simulated.store.time()
    for branch in ("autobuild/incident-1", "autobuild/issue-2", "topic/two"):
        await simulated.pushes.push_commit(NAME, branch, {f"{branch[-1]}.txt": "x"})
    for branch in ("autobuild/incident-1", "autobuild/issue-2"):
        await activities.create_pull_request(CreatePullInput(repo, branch, "main", "A change"))
    await simulated.pushes.push_commit(NAME, "autobuild/incident-3", {"3.txt": "x"})
    await simulated.pulls.open_pull(NAME, "autobuild/incident-3", title="A person's")
    assert (await activities.count_hotfixes(CountHotfixesInput(repo, began - 10))).count == 1
    assert (await activities.count_hotfixes(CountHotfixesInput(repo, began + 3600))).count == 0
