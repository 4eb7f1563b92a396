"""Log files of every kind that a service may leave, read by the source as an incident does."""

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import polars as pl
import pytest

from activities.incident_logs.files import read_log_files
from activities.incidents.data import LogTable
from activities.incidents.deployment import IncidentDeployment, IncidentsFile
from activities.incidents.types import IncidentScope
from activities.sources import Fetched
from activities.sources.log_files import SOURCE

ONSET = 1_700_000_000.0
BEGIN, END = ONSET - 7200, ONSET + 600


async def fetched(pattern: Path | str, *, folder: str = "") -> Fetched[LogTable]:
    services = {"checkout": {"log_files": (str(pattern),)}, "quiet": {}}
    deployment = IncidentDeployment(IncidentsFile.model_validate({"services": services}))
    scope = IncidentScope("incident:test:1", "checkout", ("checkout", "quiet"), ONSET, BEGIN, END, folder=folder)
    assert SOURCE.logs is not None
    assert SOURCE.serves(deployment, scope)
    return await SOURCE.logs(deployment, scope)


async def lines_of(path: Path) -> pl.DataFrame:
    found = (await fetched(path)).found
    assert found is not None
    return found.lines


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def clf(at: float) -> str:
    return datetime.fromtimestamp(at, timezone(timedelta(hours=-7))).strftime("%d/%b/%Y:%H:%M:%S %z")


def plain(at: float, form: str) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(form)


FORMS = {
    "iso": f"{iso(ONSET)} ERROR boom",
    "offset": f"{datetime.fromtimestamp(ONSET, timezone(timedelta(hours=5, minutes=30))).isoformat()} ERROR boom",
    "log4j": plain(ONSET, "%Y-%m-%d %H:%M:%S,000") + " ERROR [main] c.e.App - boom",
    "python": plain(ONSET, "ERROR:%Y-%m-%d %H:%M:%S,000:app:boom"),
    "slashes": plain(ONSET, "%Y/%m/%d %H:%M:%S") + " [error] 12#12: boom",
    "nginx": f'10.0.0.1 - - [{clf(ONSET)}] "GET /boom HTTP/1.1" 502 12 "-" "curl/8"',
    "apache": plain(ONSET, "[%a %b %d %H:%M:%S.000000 %Y]") + " [core:error] [pid 7] boom",
    "syslog": plain(ONSET, "<11>%b %d %H:%M:%S") + " host app[12]: error: boom",
    "klog": plain(ONSET, "E%m%d %H:%M:%S.000000") + "       7 main.go:12] boom",
    "spark": plain(ONSET, "%y/%m/%d %H:%M:%S") + " ERROR boom",
    "hdfs": plain(ONSET, "%y%m%d %H%M%S") + " 12 ERROR boom",
    "tomcat": plain(ONSET, "%d-%b-%Y %H:%M:%S.000") + " SEVERE [main] boom",
    "seconds": f"{ONSET:.0f} ERROR boom",
    "fractions": f"[{ONSET:.3f}] ERROR boom",
    "milliseconds": f"{ONSET * 1000:.0f} ERROR boom",
    "nanoseconds": f"{ONSET:.0f}000000000 ERROR boom",
    "json": json.dumps({"level": "error", "msg": "boom", "time": iso(ONSET)}),
    "pino": json.dumps({"level": 50, "time": int(ONSET * 1000), "pid": 7, "msg": "boom"}),
    "docker": json.dumps({"log": "ERROR boom\n", "stream": "stderr", "time": iso(ONSET)}),
    "logfmt": f'ts={iso(ONSET)} level=error msg="boom"',
}


@pytest.mark.parametrize("form", FORMS)
async def test_usual_forms_of_lines_have_their_time_and_level(tmp_path: Path, form: str) -> None:
    (tmp_path / "app.log").write_text(FORMS[form] + "\n")
    lines = await lines_of(tmp_path / "app.log")
    assert lines["time"].to_list() == [ONSET]
    assert lines["level"].to_list() == ["error"]
    assert lines["service"].to_list() == ["checkout"]
    assert "boom" in lines["text"][0]


async def test_forms_may_be_mixed_and_the_window_alone_is_read(tmp_path: Path) -> None:
    outside = [f"{iso(BEGIN - 10)} INFO early", f"{iso(END + 10)} INFO late"]
    (tmp_path / "app.log").write_text("\r\n".join([outside[0], *FORMS.values(), outside[1]]))
    lines = await lines_of(tmp_path / "app.log")
    assert lines["time"].to_list() == [ONSET] * len(FORMS)


async def test_a_stack_trace_is_one_line(tmp_path: Path) -> None:
    trace = 'Traceback (most recent call last):\n  File "/app/x.py", line 3, in f\n    g()\nKeyError: 1'
    java = "java.lang.IllegalStateException: bad\n\tat com.example.A.b(A.java:3)\nCaused by: java.io.IOException\n\t... 7 more"
    text = f"{iso(ONSET)} ERROR a\n{trace}\n{iso(ONSET)} INFO b\nprinted\n{iso(ONSET)} ERROR c {java}\n{iso(ONSET)} INFO d\n"
    (tmp_path / "app.log").write_text(text)
    lines = await lines_of(tmp_path / "app.log")
    assert len(lines) == 5
    assert lines["text"][0].endswith("KeyError: 1")
    assert lines["text"][3].endswith("... 7 more")
    assert lines["time"].to_list() == [ONSET] * 5


async def test_rotated_and_compressed_files_are_read(tmp_path: Path) -> None:
    def line(name: str) -> bytes:
        return f"{iso(ONSET)} INFO {name}\n".encode()

    (tmp_path / "app.log").write_bytes(line("now"))
    (tmp_path / "app.log.1").write_bytes(line("one"))
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(line("two")))
    (tmp_path / "app.log-20231114.bz2").write_bytes(bz2.compress(line("three")))
    (tmp_path / "app.log.4.xz").write_bytes(lzma.compress(line("four")))
    (tmp_path / "app.log.bak.txt").write_bytes(line("other"))
    (tmp_path / "app.log.9").write_bytes(line("old"))
    os.utime(tmp_path / "app.log.9", (BEGIN - 1000, BEGIN - 1000))
    os.symlink("app.log", tmp_path / "app.log.5")
    lines = await lines_of(tmp_path / "app.log")
    assert sorted(text.split()[-1] for text in lines["text"]) == ["four", "now", "one", "three", "two"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (os.urandom(100_000), "it is not text"),
        (b"\x28\xb5\x2f\xfd" + b"0" * 100, "zstd" if sys.version_info < (3, 14) else "damaged"),
        (gzip.compress(f"{iso(ONSET)} INFO a\n".encode() * 100_000)[:-50], "it is damaged"),
        (b"\x1f\x8b" + b"x" * 100, "it is damaged"),
    ],
)
async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "app.log").write_bytes(content)
    read = await fetched(tmp_path / "app.log")
    assert "app.log of `checkout` was not read to its end" in read.problem
    assert problem in read.problem


async def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.log")
    assert "it is no file" in (await fetched(tmp_path / "app.log")).problem
    (tmp_path / "sub.log").mkdir()
    assert "sub.log" in (await fetched(tmp_path / "sub.log")).problem
    assert (await fetched(tmp_path / "none*.log")).problem == "`checkout` has no log files of this time."


async def test_odd_bytes_are_read_as_far_as_they_are_text(tmp_path: Path) -> None:
    begin = iso(ONSET).encode()
    content = (
        b"\0" * 50_000 + begin + b" INFO caf\xe9 \xff\xfe\n" + begin + b" ERROR nul\0led\n\n  \n" + begin + b" WARN end"
    )
    (tmp_path / "app.log").write_bytes(content)
    assert [text[25:] for text in (await lines_of(tmp_path / "app.log"))["text"]] == [
        "INFO caf\ufffd \ufffd\ufffd", "ERROR nulled", "WARN end",
    ]  # fmt: skip
    (tmp_path / "wide.log").write_bytes(f"{iso(ONSET)} ERROR wide\r\n".encode("utf-16"))
    assert (await lines_of(tmp_path / "wide.log"))["text"][0].endswith("ERROR wide")


async def test_lines_without_any_time_have_none(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("ERROR a\nERROR b\n")
    lines = await lines_of(tmp_path / "app.log")
    assert lines["time"].to_list() == [None, None]


@pytest.mark.parametrize(("zone", "form"), [(2.0, "%Y-%m-%d %H:%M:%S"), (-3.5, "%b %d %H:%M:%S")])
async def test_a_time_zone_that_is_not_named_is_known_by_the_last_write(tmp_path: Path, zone: float, form: str) -> None:
    local = [plain(at + zone * 3600, form) for at in (ONSET - 60, ONSET)]
    (tmp_path / "app.log").write_text("".join(f"{each} host INFO x\n" for each in local))
    os.utime(tmp_path / "app.log", (ONSET, ONSET))
    assert (await lines_of(tmp_path / "app.log"))["time"].to_list() == [ONSET - 60, ONSET]


async def test_a_clock_that_is_ahead_is_set_back(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(f"{iso(ONSET)} INFO x\n{iso(ONSET + 420)} INFO y\n")
    os.utime(tmp_path / "app.log", (ONSET, ONSET))
    assert (await lines_of(tmp_path / "app.log"))["time"].to_list() == [ONSET - 420, ONSET]


def test_too_many_lines_are_left_out_evenly_and_counted(tmp_path: Path) -> None:
    for name, rate in (("busy", 20), ("calm", 1)):
        every = [f"{iso(BEGIN + at / rate)} INFO {at}" for at in range(7000 * rate)]
        (tmp_path / f"{name}.log").write_text("\n".join(every) + "\n")
    globs = {name: (str(tmp_path / f"{name}.log"),) for name in ("busy", "calm")}
    found = read_log_files(globs, BEGIN, END, most=10_000).found
    assert found is not None
    assert 5_000 <= len(found.lines) <= 10_000
    assert len(found.lines) + found.left_out == 147_000
    busy = found.lines.filter(pl.col("service") == "busy")
    assert len(busy) / len(found.lines) == pytest.approx(20 / 21, abs=0.01)
    halves = busy.filter(pl.col("time") < BEGIN + 3500)
    assert len(halves) / len(busy) == pytest.approx(0.5, abs=0.01)


MEASURED = """
import json, resource, sys, time
from activities.incident_logs.files import read_log_files
import polars
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.process_time()
read = read_log_files({"checkout": (sys.argv[1],)}, float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
lines = read.found.lines if read.found else None
print(json.dumps({"mb": (peak - before) / 1024, "lines": len(lines), "left_out": read.found.left_out,
                  "longest": lines["text"].str.len_chars().max(), "problems": read.problems,
                  "first": lines["time"].min(), "last": lines["time"].max(), "cpu": time.process_time() - begin}))
"""


def measured(path: Path, begin: float, end: float, most: int) -> dict[str, float]:
    """By a process of its own, since the most that one has ever used is all that can be asked."""
    command = [sys.executable, "-c", MEASURED, str(path), str(begin), str(end), str(most)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, float] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 MB of three days in order, and a line of 50 MB in their midst, at the onset."""
    path = tmp_path_factory.mktemp("large") / "app.log"
    lines, length = 3_000, 1_000
    with path.open("wb") as file:
        for minute in range(1000):
            at = ONSET - 2 * 86400 + minute * 259
            rest = b" INFO order placed " + b"x" * 70 + b"\n"
            file.write(b"".join(iso(at + each * 259 / lines).encode() + rest for each in range(0, lines)))
            if minute == 667:
                file.write(iso(at + 259).encode() + b" ERROR " + b"y" * 50 * 1024**2 + b"\n")
        assert file.tell() > 300 * 1000**2 + length
    return path


def test_a_large_file_is_read_in_little_memory(large: Path) -> None:
    """All of it: more lines than are kept, and one of 50 MB."""
    found = measured(large, ONSET - 3 * 86400, ONSET + 3 * 86400, 100_000)
    assert found["mb"] < 250
    assert found["lines"] <= 100_000
    assert found["lines"] + found["left_out"] == 3_000_001
    assert found["longest"] <= 4096


def test_only_the_window_of_a_large_file_is_read(large: Path) -> None:
    begin, end = ONSET - 7200, ONSET + 600
    found = measured(large, begin, end, 2_000_000)
    assert found["lines"] == pytest.approx(7800 / 259 * 3000, abs=20)
    assert begin <= found["first"] < begin + 1
    assert end - 1 < found["last"] <= end
    assert found["left_out"] == 0
    assert found["mb"] < 250


async def test_a_folder_with_data_takes_the_place_of_files(tmp_path: Path) -> None:
    scope = IncidentScope("incident:test:1", "checkout", ("checkout",), ONSET, BEGIN, END, folder=str(tmp_path))
    services = {"checkout": {"log_files": ("/var/log/app.log",)}}
    assert not SOURCE.serves(IncidentDeployment(IncidentsFile.model_validate({"services": services})), scope)
