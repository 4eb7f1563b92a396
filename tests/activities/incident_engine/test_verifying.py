"""What shows that a change is the culprit: the lines of an error, or the repository's own tests."""

from pathlib import Path

from activities.incident_engine.verifying import NO_TEST, CulpritVerifier, line_before
from activities.incidents.types import StackFrame, VerifyInput, VerifyResult
from tests.activities.incident_engine.history import IncidentSite, make_incident_site
from tests.end_to_end.planned import FILES

LINES = "".join(f"value_{number} = {number}\n" for number in range(1, 41))
TEST = "from a import total\n\n\ndef test_sum():\n    assert total() == 3\n"


async def verified(site: IncidentSite, change: str, *candidates: str) -> VerifyResult:
    verifier = CulpritVerifier(site.site.host, site.gate, site.store)
    return await verifier.verify(VerifyInput(site.scope, await site.workspace(), change, candidates))


async def test_the_lines_of_an_error_show_it(tmp_path: Path) -> None:
    site = await make_incident_site(tmp_path, {"src/a.py": LINES})
    broken = LINES.replace("value_20 = 20", "value_20 = 1 / 0")
    culprit = await site.commit("Break it", {"src/a.py": broken})
    other = await site.commit("Go on", {"src/a.py": "# new\n# lines\n" + broken, "src/b.py": "b = 1\n"})
    site.store.put(site.scope.incident, "frames", (StackFrame("/app/src/a.py", 22),))
    found = await verified(site, culprit, other)
    assert (found.culprit, found.problem) == (culprit, "")
    assert "`/app/src/a.py:22`" in found.verified


async def test_the_repositorys_tests_show_it(tmp_path: Path) -> None:
    site = await make_incident_site(
        tmp_path, {**FILES, "a.py": "def total():\n    return 1 + 2\n", "tests/test_a.py": TEST}
    )
    good = await site.commit("Good", {"b.py": "b = 1\n"})
    bad = await site.commit("Bad", {"a.py": "def total():\n    return 1 - 2\n"})
    last = await site.commit("Last", {"c.py": "c = 1\n"})
    found = await verified(site, last, good, bad)
    assert (found.culprit, found.problem) == (bad, "")
    assert any("test_sum" in name for name in found.tests)


async def test_where_all_tests_pass_nothing_is_shown(tmp_path: Path) -> None:
    site = await make_incident_site(
        tmp_path, {**FILES, "a.py": "def total():\n    return 3\n", "tests/test_a.py": TEST}
    )
    change = await site.commit("Good", {"b.py": "b = 1\n"})
    assert await verified(site, change) == VerifyResult(problem=NO_TEST)


async def test_what_is_no_commit_is_not_verified(tmp_path: Path) -> None:
    site = await make_incident_site(tmp_path, {"a.py": "a = 1\n"})
    assert "no commit" in (await verified(site, "deployment:3")).problem


def test_a_line_is_followed_back() -> None:
    parts = [(1, 2, b">a\n>b\n"), (10, 0, b"<x\n<y\n"), (20, 1, b"<x\n>y\n")]
    assert [line_before(parts, line) for line in (1, 3, 10, 11, 20, 21)] == [0, 1, 8, 11, 0, 21]
