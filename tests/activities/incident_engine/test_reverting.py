"""What is taken back for an incident, and what never is."""

from dataclasses import replace
from pathlib import Path

import pytest

from activities.errors import CommitsLost
from activities.incident_engine.guards import FixGuards
from activities.incident_engine.reverting import FixMaker
from activities.incidents import fix_texts
from activities.incidents.acting import GuardInput, IncidentRules
from activities.incidents.types import GeneratedFix, GenerateFixInput
from activities.workspace.git import git_line
from tests.activities.incident_engine.history import HOUR, IncidentSite, make_incident_site

LINES = "".join(f"line {number}\n" for number in range(1, 21))


@pytest.fixture
async def site(tmp_path: Path) -> IncidentSite:
    return await make_incident_site(tmp_path, {"a.py": LINES, "b.py": "b = 1\n"})


async def fix_of(site: IncidentSite, sha: str) -> GeneratedFix:
    maker = FixMaker(site.site.host, site.gate, site.store)
    return await maker.generate(GenerateFixInput(site.scope, await site.workspace(), sha))


async def refusal(site: IncidentSite, sha: str, hours: float = 1, fixes: int = 0, **rules: object) -> str:
    guards = FixGuards(site.site.host, site.gate, site.store)
    found = IncidentRules(**rules)  # type: ignore[arg-type]
    now = site.now + hours * HOUR
    return (await guards.check(GuardInput(site.scope, await site.workspace(), found, sha, now, fixes))).refusal


async def test_a_commit_is_taken_back_upon_the_head(site: IncidentSite) -> None:
    culprit = await site.commit("Break it (#12)", {"a.py": LINES.replace("line 3\n", "line three\n"), "new.py": "x\n"})
    await site.commit("Go on", {"a.py": LINES.replace("line 3\n", "line three\n").replace("line 18\n", "18\n")})
    made = await fix_of(site, culprit)
    assert made.reason == ""
    assert made.paths == ("a.py", "new.py")
    assert await site.file(made.sha, "a.py") == LINES.replace("line 18\n", "18\n")
    assert await site.file(made.sha, "new.py") is None
    mirror = site.site.host.workspaces.mirror(site.site.repo)
    message = await git_line(mirror, "log", "-1", "--format=%B", made.sha)
    assert message.startswith('Revert "Break it')
    assert f"This reverts commit {culprit}." in message
    assert await git_line(mirror, "rev-parse", f"{made.sha}^") == await site.run("rev-parse", "main")


async def test_made_again_it_is_the_same_commit(site: IncidentSite) -> None:
    culprit = await site.commit("Break it", {"a.py": "broken\n"})
    first = await fix_of(site, culprit)
    assert await fix_of(site, culprit) == first
    mirror = site.site.host.workspaces.mirror(site.site.repo)
    assert await git_line(mirror, "log", "-1", "--format=%at %ct", first.sha) == f"{site.now} {site.now}"


async def test_of_a_merge_all_is_taken_back(site: IncidentSite) -> None:
    await site.run("switch", "--quiet", "-c", "topic")
    inner = await site.commit("One", {"a.py": "one\n"})
    await site.commit("Two", {"b.py": "b = 2\n"})
    await site.run("switch", "--quiet", "main")
    await site.commit("Between", {"c.py": "c\n"})
    merge = await site.merge("topic", "Merge pull request #7 from octocat/topic\n\nBoth")
    await site.commit("After", {"d.py": "d\n"})
    of_merge, of_inner = await fix_of(site, merge), await fix_of(site, inner)
    assert of_merge == of_inner
    assert of_merge.paths == ("a.py", "b.py")
    assert await site.file(of_merge.sha, "a.py") == LINES
    assert await site.file(of_merge.sha, "c.py") == "c\n"
    assert await site.file(of_merge.sha, "d.py") == "d\n"


async def test_of_a_rebased_pull_request_all_is_taken_back(site: IncidentSite) -> None:
    base = await site.run("rev-parse", "main")
    first = await site.commit("One", {"a.py": "one\n"})
    last = await site.commit("Two", {"b.py": "b = 2\n"})
    await site.commit("After", {"d.py": "d\n"})
    await site.note(last, base=base, pull=9, title="Both")
    made = await fix_of(site, first)
    assert made.paths == ("a.py", "b.py")
    assert made == await fix_of(site, last)


async def test_a_conflict_says_which_file(site: IncidentSite) -> None:
    culprit = await site.commit("Break it", {"a.py": LINES.replace("line 3\n", "three\n")})
    await site.commit("Repair it", {"a.py": LINES.replace("line 3\n", "drei\n")})
    made = await fix_of(site, culprit)
    assert made == GeneratedFix(reason=fix_texts.conflicts(["a.py"]))
    assert "`a.py`" in made.reason


async def test_what_was_taken_back_already_is_said(site: IncidentSite) -> None:
    culprit = await site.commit("Break it", {"a.py": "broken\n"})
    await site.commit("Revert it", {"a.py": LINES})
    assert (await fix_of(site, culprit)).reason == fix_texts.TAKEN_BACK


async def test_protected_files_are_left_to_people(site: IncidentSite) -> None:
    culprit = await site.commit("Deploy", {".github/workflows/deploy.yml": "on: push\n", "a.py": "x\n"})
    assert (await fix_of(site, culprit)).reason == fix_texts.protected([".github/workflows/deploy.yml"])
    assert await refusal(site, culprit) == fix_texts.protected([".github/workflows/deploy.yml"])


async def test_a_submodule_is_left_to_people(site: IncidentSite) -> None:
    await site.run("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib")
    site.now += HOUR
    await site.run("commit", "--quiet", "-m", "Add the library")
    assert (await fix_of(site, await site.run("rev-parse", "HEAD"))).reason == fix_texts.SUBMODULE


@pytest.mark.parametrize("change", ["deployment:7", "release:v1", "", "HEAD", "--all", "f" * 40, "abc", "a" * 39])
async def test_what_is_no_commit_of_the_branch_is_refused(site: IncidentSite, change: str) -> None:
    await site.commit("Go on", {"b.py": "b = 2\n"})
    assert (await fix_of(site, change)).reason == fix_texts.no_commit(change)
    assert await refusal(site, change) == fix_texts.no_commit(change)


async def test_the_first_commit_has_no_way_back(site: IncidentSite) -> None:
    assert (await fix_of(site, site.site.sha)).reason == fix_texts.FIRST_COMMIT


async def test_a_head_of_another_host_is_lost(site: IncidentSite) -> None:
    workspace = await site.workspace()
    gone = replace(workspace, head=replace(workspace.head, sha="e" * 40))
    maker = FixMaker(site.site.host, site.gate, site.store)
    with pytest.raises(CommitsLost):
        await maker.generate(GenerateFixInput(site.scope, gone, workspace.head_sha))


async def test_guards_say_one_sentence_each(site: IncidentSite) -> None:
    culprit = await site.commit("Break it (#3)", {"a.py": "broken\n"})
    rules = IncidentRules()
    assert await refusal(site, culprit) == ""
    assert await refusal(site, culprit, hours=73) == fix_texts.too_old(rules)
    assert await refusal(site, culprit, fixes=4) == fix_texts.too_many_fixes(rules)
    assert "`incidents.fixes_per_day` is 0" in await refusal(site, culprit, fixes_per_day=0)
    await site.note(culprit, labels=("bug", "No-Revert"), base=f"{culprit}^")
    assert await refusal(site, culprit) == ""  # a base that is no commit of the branch is none
    site.changes.clear()
    await site.note(culprit, labels=("bug", "No-Revert"), base=site.site.sha)
    assert await refusal(site, culprit) == fix_texts.opted_out("no-revert", label=True)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Change it\n\nno-revert: true", "no-revert: true"), ("Change it\n\nNo-Revert:", "No-Revert:"),
        ("Change it\n\nNo-revert: false", ""), ("Change it\n\nThis is no no-revert: at all", ""),
    ],
)  # fmt: skip
async def test_a_line_of_the_message_opts_out(site: IncidentSite, message: str, line: str) -> None:
    culprit = await site.commit(message, {"a.py": "x\n"})
    assert await refusal(site, culprit) == (fix_texts.opted_out(line, label=False) if line else "")


async def test_data_migrations_are_left_to_people(site: IncidentSite) -> None:
    culprit = await site.commit("Drop it", {"a.py": "x\n", "app/migrations/0002_drop.py": "y\n"})
    assert await refusal(site, culprit) == fix_texts.migrates(["app/migrations/0002_drop.py"])
