"""LCOV and Cobertura of real writers."""

from pathlib import Path
from subprocess import run

import pytest
from pycobertura import Cobertura

from activities.formats.cobertura import cobertura
from activities.formats.lcov import lcov
from activities.model import FileCoverage
from activities.reports import BadReport
from tests.activities.processes import program


def of_lcov(body: bytes) -> dict[str, tuple[set[int], set[int]]]:
    return {one.path: (set(one.covered), set(one.missing)) for one in lcov.read(body, "t", "coverage").coverage}


def of_cobertura(body: str) -> dict[str, tuple[set[int], set[int]]]:
    found: tuple[FileCoverage, ...] = cobertura.read(body.encode(), "t", "coverage").coverage
    return {one.path: (set(one.covered), set(one.missing)) for one in found}


@pytest.mark.parametrize("line", ["DA:0,1", "DA:x,1", "DA:", "BRDA:1,0,0,1", "FN:1,f", "LF:3"])
def test_lcov_line_without_coverage_is_ignored(line: str) -> None:
    assert of_lcov(f"TN:\nSF:a.ts\n{line}\nend_of_record\n".encode()) == {"a.ts": (set(), set())}


def test_lcov_joins_the_records_of_one_file() -> None:
    body = b"TN:\r\nSF:src/a.ts\r\nDA:1,2\r\nDA:2,0,abc==\r\nDA:3,-1\r\nend_of_record\nDA:9,1\nSF:src/a.ts\nDA:2,1\n"
    assert of_lcov(body) == {"src/a.ts": ({1, 2}, {3})}


def test_lcov_shows_a_path_that_is_not_utf8() -> None:
    assert of_lcov(b"SF:\xff.ts\nDA:1,=====\nend_of_record\n") == {"\\xff.ts": (set(), {1})}


def test_empty_lcov_has_no_files() -> None:
    assert of_lcov(b"\n") == {}
    with pytest.raises(BadReport, match="no SF"):
        of_lcov(b"all good\n")


def test_cobertura_of_coverage_py_equals_what_pycobertura_reads(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("def f(x):\n    if x:\n        return 1\n    return 2\n\nf(1)\n")
    (tmp_path / "pkg" / "never.py").write_text("x = 1\n")
    coverage = program("coverage")
    run([coverage, "run", "--source=pkg", "pkg/a.py"], cwd=tmp_path, check=True)
    run([coverage, "xml", "-q", "-o", "c.xml"], cwd=tmp_path, check=True)
    body = (tmp_path / "c.xml").read_text()
    found = of_cobertura(body)
    assert found == {"pkg/a.py": ({1, 2, 3, 6}, {4}), "pkg/never.py": (set(), {1})}
    assert f"{tmp_path}" in cobertura.read(body.encode(), "t", "coverage").roots
    oracle = Cobertura(str(tmp_path / "c.xml"))
    assert oracle.total_misses() == sum(len(missing) for _, missing in found.values())
    assert oracle.total_statements() == sum(len(hit | missing) for hit, missing in found.values())


@pytest.mark.parametrize(
    ("hits", "ran"),
    [("2806720497", True), ("18446744073709551615", True), ("9" * 400, True), ("1e3", True), ("3.0", True), ("0.5", True),
     ("0", False), ("0.0", False), ("-1", False), ("=====", False), ("", False), ("nan", False)],
)  # fmt: skip
def test_any_count_above_nought_says_that_a_line_ran(hits: str, ran: bool) -> None:
    expected = {"a.c": ({1}, set()) if ran else (set(), {1})}
    classes = f'<class filename="a.c"><lines><line number="1" hits="{hits}"/></lines></class>'
    assert of_cobertura(f"<coverage><packages>{classes}</packages></coverage>") == expected
    assert of_lcov(f"\ufeffSF:a.c\nDA:1,{hits}\nend_of_record\n".encode()) == expected


def test_a_backslash_separates_folders_whatever_follows_it() -> None:
    assert of_lcov(b"SF:C:\\x\\x86\\udp\\a.c\nDA:1,1\n") == {"C:/x/x86/udp/a.c": ({1}, set())}


def test_cobertura_classes_of_one_file_are_joined() -> None:
    body = """<!DOCTYPE coverage SYSTEM "http://example.invalid/coverage-04.dtd">
<coverage><sources><source>/a</source><source>/b</source></sources><packages><package><classes>
<class filename="x\\F.cs"><methods><method><lines><line number="1" hits="1"/></lines></method></methods></class>
<class filename="x/F.cs"><lines><line number="1" hits="0"/><line number="2" hits="0"/><line number="-3" hits="1"/></lines>
</class></classes></package></packages></coverage>"""
    assert of_cobertura(body) == {"x/F.cs": ({1}, {2})}
