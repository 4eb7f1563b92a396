"""Where the Node that a repository asks for could not be had, no test fails for it."""

import json

from activities.languages.javascript.node_versions import wanted_node
from activities.languages.javascript.programs import own_node, with_wanted_node
from activities.model import TestCase, ToolReport
from tests.activities.tools.javascript.conftest import ReplayedProject

REPORT = ToolReport("jest", tests=(TestCase("a", "passed"), TestCase("b", "failed")))


def test_failures_with_another_node_only_inform(replayed: ReplayedProject) -> None:
    bench = replayed.bench({}, json.dumps({"engines": {"node": "^16"}}))
    report = with_wanted_node(REPORT, bench)
    assert [test.id for test in report.tests] == ["a"]
    assert "1 test failed with Node" in report.advice
    assert "Node `^16`" in report.advice
    broken = with_wanted_node(ToolReport("jest", completed=False, problem="It broke."), bench)
    assert (broken.completed, broken.problem, "It broke." in broken.advice) == (True, "", True)


def test_the_installed_node_is_used(replayed: ReplayedProject) -> None:
    bench = replayed.bench({}, json.dumps({"engines": {"node": "^16"}}))
    folder = replayed.root / "env/.node/node_modules" / wanted_node(bench.project).package.partition("@")[0]
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"version": "16.20.2"}')
    assert own_node(bench) == "16.20.2"
    assert with_wanted_node(REPORT, bench) == REPORT


def test_any_node_is_right_where_none_is_named(replayed: ReplayedProject) -> None:
    assert with_wanted_node(REPORT, replayed.bench({})) == REPORT
