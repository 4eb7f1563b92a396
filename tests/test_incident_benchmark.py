"""The scorecard of incidents: generated data is whole and repeatable, and what it counts is counted rightly."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from activities.incidents.types import ConsensusResult, RankedCause
from benchmarks.incidents.cases import KINDS, NO_CHANGE, CaseAnswer, FaultKind
from benchmarks.incidents.generator import generated
from benchmarks.incidents.public_data import cases_in, public_cases
from benchmarks.incidents.scorecard import CaseOutcome, outcome, scorecard

SMALL = (5, 8)
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_is_the_same_for_the_same_seed(kind: FaultKind) -> None:
    one, again, other = (generated(kind, seed, SMALL, 400).data for seed in (3, 3, 4))
    assert one.metrics
    assert again.metrics
    assert one.metrics.values.tobytes() == again.metrics.values.tobytes()
    assert one.metrics.values.shape == (len(one.metrics.series), len(one.metrics.times))
    assert one.logs
    assert again.logs
    assert one.logs.lines.equals(again.logs.lines)
    assert one.changes == again.changes
    assert one.scope != other.scope


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_has_an_answer_that_its_data_can_show(kind: FaultKind) -> None:
    case = generated(kind, 7, SMALL, 400)
    assert case.answer.entities <= {*case.data.scope.services}
    assert case.answer.changes <= {one.id for one in case.data.changes or ()}
    assert not (kind in NO_CHANGE and case.answer.changes)
    if kind in NO_CHANGE:
        near = [one for one in case.data.changes or () if case.data.scope.onset - one.at <= 1800]
        assert near, "an innocent change is near"


def test_clear_faults_are_found_and_nobody_is_convicted_for_noise() -> None:
    """A few seeds of each; `docs/incident-benchmarks.md` has many."""
    clear: tuple[FaultKind, ...] = ("cpu", "latency", "error", "bad_deployment")
    found = [outcome(generated(kind, seed, (5, 12), 2000)) for kind in clear for seed in range(2)]
    assert scorecard(found).top_1 >= 0.75
    quiet = [outcome(generated("noise_only", seed, (5, 12), 2000)) for seed in range(3)]
    assert not any(one.said.act for one in quiet)


def test_what_counts_as_right_and_as_a_false_conviction() -> None:
    case = replace(generated("noise_only", 1, SMALL, 100), answer=CaseAnswer(frozenset({"pay"}), frozenset({"a"})))
    innocent = replace(case, answer=CaseAnswer(frozenset({"pay"})))

    def said(entity: str, change: str, *, act: bool = True) -> ConsensusResult:
        return ConsensusResult((RankedCause(entity, "code", 0.8, change),), act)

    right = CaseOutcome(case, (), said("pay/pay-1", "a"), 1.0)
    wrong_change = CaseOutcome(innocent, (), said("pay", "b"), 1.0)
    wrong_service = CaseOutcome(innocent, (), said("cart", ""), 1.0)
    silent = CaseOutcome(innocent, (), said("cart", "", act=False), 1.0)
    card = scorecard([right, wrong_change, wrong_service, silent])
    assert (card.top_1, card.coverage, card.culprits) == (0.5, 0.75, 1.0)
    assert card.precision == pytest.approx(1 / 3)
    assert card.false_convictions == pytest.approx(2 / 3)


def test_the_command_prints_a_table() -> None:
    command = [sys.executable, "-m", "benchmarks.incidents", "--seeds", "1", "--kind", "noise_only", "--no-speed"]
    ended = subprocess.run([*command, "--markdown"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert "| noise only | 1 |" in ended.stdout, ended.stderr
    assert ended.returncode == 1, "one quiet case meets no goal of precision"


def test_public_data_in_a_folder_for_each_issue(tmp_path: Path) -> None:
    """The usual samples are of another month, at another level; the callee is slow since the onset."""
    heads = "microservice,shop,store\nmetric,latency,latency\nstatistic,Average,Average\nunix_timestamp,,\n"
    usual = "".join(f"{100_000 + 300 * at},{5 + at % 3 / 10},{9 + at % 4 / 10}\n" for at in range(60))
    slow = "".join(f"{at * 300},{2 + late},{1 + late}\n" for at, late in enumerate((0, 0.1, 0, 8, 9, 8)))
    files = {
        "noissue/metrics.csv": heads + usual,
        "graph.csv": ",shop,store\nshop,0,1\nstore,0,0\n",
        "test/issue_0/metrics.csv": heads + slow,
        "test/issue_0/target.json": json.dumps({
            "target": {"node": "shop", "metric": "latency", "timestamp": 800}, "root_cause": {"node": "store"},
        }),
        "test/issue_1/target.json": "{}",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    [case] = public_cases(tmp_path)
    assert case.answer.entities == {"store"}
    assert case.data.calls
    assert [(one.caller, one.callee) for one in case.data.calls.edges] == [("shop", "store")]
    assert outcome(case).right_within(1)
    assert case.data.metrics
    assert abs(case.data.metrics.values[0][:60].mean() - 2) < 0.2


def test_public_data_with_a_time_of_injection(tmp_path: Path) -> None:
    folder = tmp_path / "carts_cpu" / "1"
    folder.mkdir(parents=True)
    (folder / "inject_time.txt").write_text("2000")
    busy = [f"{1400 + at},{0.2 + at % 7 / 100 + (0.7 if at >= 600 else 0)},{0.3 + at % 5 / 100}" for at in range(1200)]
    (folder / "data.csv").write_text("\n".join(["time,carts_cpu,orders_cpu", *busy]))
    [case] = public_cases(tmp_path)
    assert case.answer.entities == {"carts"}
    assert outcome(case).right_within(1)


def test_public_data_in_the_shape_of_train_ticket(tmp_path: Path) -> None:
    """The usual minute is moved to before the onset, spans of two pods are a call, and the name of a pod is a service's."""
    day, usual, pods = (
        tmp_path / "rca_data/2023-01-29",
        tmp_path / "construct_data/2023-01-29",
        ("shop-5f-a1", "store-6c-b2"),
    )
    for folder in (day / "metric", day / "log", day / "trace", usual / "log", usual / "trace"):
        folder.mkdir(parents=True)
    fault = {
        "inject_time": "2023-01-29 08:43:04",
        "inject_timestamp": "0",
        "inject_pod": pods[1],
        "inject_type": "exception",
    }
    (day / "2023-01-29-fault_list.json").write_text(json.dumps({"08": [fault]}))
    onset = 1674981784
    for pod in pods:
        rows = [f"t,{onset - 60 * at},{pod},{at % 3},{at % 4}" for at in range(-2, 40)]
        (day / f"metric/{pod}_metric.csv").write_text("\n".join(["Time,TimeStamp,PodName,CpuUsage(m),NodeCpu", *rows]))
    spans = "TraceID,SpanID,ParentID,PodName,Duration\n1,a,root,shop-5f-a1,{late}\n1,b,a,store-6c-b2,2000\n"
    (usual / "trace/08_50_trace.csv").write_text(spans.format(late=3000))
    (day / "trace/08_43_trace.csv").write_text(spans.format(late=9000))
    heads = "TimeUnixNano,PodName,Log\n"
    (usual / "log/08_50_log.csv").write_text(heads + '5000000000,shop-5f-a1,"{""log"":""INFO sold 3\\n""}"\n')
    (day / "log/08_43_log.csv").write_text(
        heads + f'{onset}000000000,store-6c-b2,"{{""log"":""ERROR no price\\n""}}"\n'
    )
    [case] = cases_in(tmp_path)
    assert case.kind == "exception"
    assert case.answer.entities == {"store"}
    assert case.data.calls
    assert [(one.caller, one.callee, one.client_ms) for one in case.data.calls.edges] == [("shop", "store", (3.0, 9.0))]
    assert case.data.metrics
    assert {one.metric for one in case.data.metrics.series} == {"CpuUsage(m)"}
    assert case.data.logs
    assert case.data.logs.lines.tail(1).select("service", "level", "text").rows() == [
        ("store", "error", "ERROR no price")
    ]
    assert case.data.logs.lines["time"][0] < onset
