"""Metrics, logs and calls from folders in the shapes of public fault data, and from folders that are none."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from activities.incident_folders.folder import open_folder
from activities.incidents.data import CallGraph, LogTable, MetricTable
from activities.incidents.deployment import IncidentDeployment, IncidentsFile
from activities.incidents.types import IncidentScope
from activities.sources import Fetched
from activities.sources.data_folder import DATA_FOLDER

ONSET = 1_700_000_000


def scope_of(folder: Path, onset: float = ONSET) -> IncidentScope:
    return IncidentScope("incident:x", "cart", ("cart",), onset, onset - 3600, onset + 900, folder=str(folder))


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


async def metrics_of(folder: Path, *services: str) -> Fetched[MetricTable]:
    deployment = IncidentDeployment(IncidentsFile.model_validate({"services": {name: {} for name in services}}))
    scope = scope_of(folder)
    assert DATA_FOLDER.serves(deployment, scope)
    assert DATA_FOLDER.metrics
    return await DATA_FOLDER.metrics(deployment, scope)


async def logs_of(folder: Path) -> Fetched[LogTable]:
    assert DATA_FOLDER.logs
    return await DATA_FOLDER.logs(IncidentDeployment(), scope_of(folder))


async def calls_of(folder: Path) -> Fetched[CallGraph]:
    assert DATA_FOLDER.calls
    return await DATA_FOLDER.calls(IncidentDeployment(), scope_of(folder))


def names(found: Fetched[MetricTable]) -> list[tuple[str, str, str]]:
    assert found.found, found.problem
    return [(one.service, one.metric, one.instance) for one in found.found.series]


def row(found: Fetched[MetricTable], metric: str) -> list[float | None]:
    assert found.found
    at = [one.metric for one in found.found.series].index(metric)
    return [None if np.isnan(value) else float(value) for value in found.found.values[at]]


def wide(times: str = "time", scale: float = 1.0) -> str:
    rows = [f"{int((ONSET + at) * scale)},{at},{at / 10},7" for at in range(-600, 300, 10)]
    return "\n".join([f"{times},cart_cpu,front-end_latency-90,my_shop_mem", *rows])


async def test_one_table_with_a_column_for_each_series(tmp_path: Path) -> None:
    found = await metrics_of(written(tmp_path, {"data.csv": wide(), "inject_time.txt": f"{ONSET}\n"}), "my_shop")
    assert names(found) == [("cart", "cpu", ""), ("front-end", "latency-90", ""), ("my_shop", "mem", "")]
    assert found.found
    assert found.found.times.tolist() == list(range(ONSET - 600, ONSET + 300, 10))
    assert row(found, "cpu") == list(range(-600, 300, 10))
    assert open_folder(str(tmp_path)).onset == ONSET


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6, 1e9], ids=["s", "ms", "us", "ns"])
async def test_times_in_every_unit(tmp_path: Path, scale: float) -> None:
    found = await metrics_of(written(tmp_path, {"metrics.csv": wide("TimeStamp", scale)}))
    assert found.found
    assert np.allclose(found.found.times, np.arange(ONSET - 600, ONSET + 300, 10), atol=0.01)


async def test_times_as_text(tmp_path: Path) -> None:
    text = "timestamp,cart_cpu\n2023-11-14T22:13:00Z,1\n2023-11-14 22:13:10 +0000 UTC m=+0.1,2\n"
    found = await metrics_of(written(tmp_path, {"metrics.csv": text}))
    assert found.found
    assert found.found.times.tolist() == [ONSET - 20, ONSET - 10]


async def test_samples_that_are_odd(tmp_path: Path) -> None:
    lines = ["time,cart_cpu,cart_gone,cart_cpu", f"{ONSET + 20},3,,9", f"{ONSET},1,x,9", f"{ONSET},2,,9"]
    lines += [f"{ONSET + 10},inf,NaN,9", f"{ONSET + 40},5,,9,9,9", "later,6,,9", ",7,,9", f"{ONSET + 30}"]
    found = await metrics_of(written(tmp_path, {"metrics.csv": "\n".join(lines)}))
    assert ("cart", "gone", "") not in names(found)
    assert row(found, "cpu") == [1.5, None, 3.0, None, 5.0]


async def test_counters_become_rates(tmp_path: Path) -> None:
    text = "time,cart_cpu-seconds-total\n" + "\n".join(f"{ONSET + at * 10},{at * 20}" for at in range(50))
    found = await metrics_of(written(tmp_path, {"metrics.csv": text}))
    assert set(row(found, "cpu-seconds-total")[1:]) == {2.0}


async def test_columns_that_several_rows_name(tmp_path: Path) -> None:
    head = "microservice,Site,Site,Pay_AWS::Lambda\nmetric,latency,latency,requests\nstatistic,Average,p90,Sum\n"
    head += "unix_timestamp,,,\n"
    usual = head + "\n".join(f"{ONSET - 900_000 + at * 300},0.1,0.2,{at}" for at in range(30))
    fault = head + "\n".join(f"{ONSET + at * 300 - 300},{0.9 if at else 0.3},,4" for at in range(3))
    target = {"target": {"node": "Site", "timestamp": ONSET}, "root_cause": {"node": "Pay_AWS::Lambda"}}
    graph = ",Site,Pay_AWS::Lambda\nSite,0.0,1.0\nPay_AWS::Lambda,0.0,0.0\n"
    written(tmp_path, {"noissue/metrics.csv": usual, "graph.csv": graph})
    issue = written(tmp_path / "test" / "issue_0", {"metrics.csv": fault, "target.json": json.dumps(target)})
    found = await metrics_of(issue)
    assert names(found)[0] == ("Site", "latency_Average", "")
    # The usual samples are moved to the level that there was before the onset.
    assert row(found, "latency_Average")[-4:] == pytest.approx([0.3, 0.3, 0.9, 0.9])
    assert "`noissue/metrics.csv`, measured at another time" in found.problem
    calls = await calls_of(issue)
    assert calls.found
    assert [(edge.caller, edge.callee) for edge in calls.found.edges] == [("Site", "Pay_AWS::Lambda")]
    folder = open_folder(str(issue))
    assert (folder.onset, folder.service) == (ONSET, "Site")


async def test_a_row_for_each_sample(tmp_path: Path) -> None:
    rows = [f"{ONSET + at},{name},{kpi},{at}" for at in (0, 60) for name in ("cart", "pay") for kpi in ("cpu", "mem")]
    found = await metrics_of(written(tmp_path, {"m.csv": "\n".join(["timestamp,service,metric,value", *rows])}))
    assert sorted(names(found)) == [("cart", "cpu", ""), ("cart", "mem", ""), ("pay", "cpu", ""), ("pay", "mem", "")]
    assert row(found, "mem") == [0.0, 60.0]


async def test_tables_of_pods(tmp_path: Path) -> None:
    pods = ("ts-cart-service-64469b5b48-25zj6", "redis-0")
    head = "Time,TimeStamp,PodName,CpuUsage(m),NodeCpuUsageRate(%)\n"
    lines = {
        f"metric/{pod}_metric.csv": head + "\n".join(f"x,{ONSET + at},{pod},{at},9" for at in range(0, 600, 60))
        for pod in pods
    }
    found = await metrics_of(written(tmp_path, lines))
    assert sorted(names(found)) == [
        ("redis", "CpuUsage(m)", "redis-0"), ("ts-cart-service", "CpuUsage(m)", "ts-cart-service-64469b5b48-25zj6"),
    ]  # fmt: skip


async def test_log_tables_and_plain_logs(tmp_path: Path) -> None:
    nested = '"{""log"":""12:00:00.1 ERROR no stock\\n"",""stream"":""stdout""}"'
    table = "\n".join(
        [
            "TimeUnixNano,Node,PodName,Log",
            f"{ONSET}000000000,10.0.0.1,cart-64469b5b48-25zj6,{nested}",
            f"{ONSET - 99999}000000000,10.0.0.1,cart-64469b5b48-25zj6,too old",
            f'{ONSET + 1}000000000,10.0.0.1,pay-0,"INFO paid\nin full"',
        ]
    )
    files = {"log/08_50_log.csv": table, "logs/mail.log": "2023-11-14T22:13:25Z WARN queue is long\n"}
    found = await logs_of(written(tmp_path, files))
    assert found.found, found.problem
    lines = found.found.lines.rows()
    assert [line[1:3] for line in lines] == [("cart", "error"), ("pay", "info"), ("mail", "warning")]
    assert lines[0][3].startswith("12:00:00.1 ERROR no stock")
    assert lines[0][0] == ONSET


def spans(client: tuple[int, int], server: tuple[int, int]) -> str:
    """Ten traces before and after: cart's span calls pay; all times in microseconds."""
    lines = ["traceID,spanID,parentSpanID,serviceName,startTime,duration,statusCode"]
    for at in range(-10, 10):
        start, later = (ONSET + at * 30) * 1_000_000, int(at >= 0)
        lines += [
            f"t{at},a,,cart,{start},{client[later] + 900},0",
            f"t{at},b,a,cart,{start},{client[later]},0",
            f"t{at},c,b,pay,{start},{server[later]},{2 if later else 0}",
        ]
    return "\n".join(lines)


async def test_traces_say_who_waits_for_whom(tmp_path: Path) -> None:
    found = await calls_of(written(tmp_path, {"traces.csv": spans((5_000, 90_000), (4_000, 5_000))}))
    assert found.found, found.problem
    (edge,) = found.found.edges
    assert (edge.caller, edge.callee) == ("cart", "pay")
    assert (edge.client_ms, edge.server_ms, edge.errors) == ((5.0, 90.0), (4.0, 5.0), (0.0, 1.0))
    assert found.found.source == "traces"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("topology.json", '{"cart": ["pay"], "pay": []}'),
        ("topology.json", '{"edges": [["cart", "pay"], {"source": "cart", "target": "pay"}]}'),
        ("topology.yml", "calls:\n  cart: [pay]\n"),
        ("topology.yaml", "services:\n  cart:\n    calls:\n      - pay\n"),
        ("dependency.csv", "Source,Target,Weight\ncart,pay,1\ncart,cart,1\n"),
    ],
)
async def test_files_that_say_who_calls_whom(tmp_path: Path, name: str, text: str) -> None:
    found = await calls_of(written(tmp_path, {name: text}))
    assert found.found, found.problem
    assert [(edge.caller, edge.callee) for edge in found.found.edges] == [("cart", "pay")]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no metrics, logs or traces"),
        ({"data.csv": "a,b\n1,2\n"}, "Expected is one of these"),
        ({"a/target.json": "{}", "b/target.json": "{}"}, "data of 2 incidents. Name one of them, such as `a`, `b`"),
        ({"metrics.csv": "time,cart_cpu\n1,1\n2,2\n"}, "None of its files has metrics with times"),
        ({"metrics.csv": "time,cart_cpu\n"}, "None of its files has metrics with times"),
        ({"metrics.csv": "time,cart_cpu\n1600000000,1\n"}, "are from 2020-09-13 12:26:40"),
        ({"logs.csv": "time,message\n1,a\n"}, "holds no metrics"),
        ({"metrics.csv": "time\0,\0\n" * 10}, "holds no metrics"),
    ],
)
async def test_without_metrics_it_is_said_why(tmp_path: Path, files: Mapping[str, str], said: str) -> None:
    found = await metrics_of(written(tmp_path, files))
    assert found.found is None
    assert said in found.problem


@pytest.mark.parametrize(
    ("text", "said"),
    [("[", "is not JSON"), ("7", "does not say who calls whom"), ('{"a": [1]}', "does not say"), ("[" * 9999, "JSON")],
)
async def test_topology_that_is_none(tmp_path: Path, text: str, said: str) -> None:
    found = await calls_of(written(tmp_path, {"topology.json": text}))
    assert found.found is None
    assert said in found.problem


async def test_no_folder_and_links(tmp_path: Path) -> None:
    outside = written(tmp_path / "outside", {"data.csv": wide()})
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "data.csv").symlink_to(outside / "data.csv")
    assert "holds no metrics" in (await metrics_of(tmp_path / "inside")).problem
    assert "is no folder" in (await metrics_of(tmp_path / "missing")).problem
    assert not DATA_FOLDER.serves(IncidentDeployment(), IncidentScope("i", "cart", ("cart",), 0, 0, 0))
