"""What of a tool's report counts."""

from dataclasses import replace
from pathlib import Path

from activities.measuring import _of_the_tree
from tests.activities.judging.cases import found, suite


def test_what_a_build_made_has_no_findings(tmp_path: Path) -> None:
    checkout, under = tmp_path / "checkout", tmp_path / "under"
    for folder, name in ((checkout, "a.py"), (under, "a.py"), (under, "pkg/_version.py")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    report = replace(suite(path="pkg/_version.py", one="passed"), findings=(
        *found("error", path="a.py").findings,
        *found("error", "warning", path="pkg/_version.py").findings,
        *found("error", path="").findings,
        *found("error", path="gone.py").findings,
    ))  # fmt: skip
    kept = _of_the_tree(report, checkout, under)
    assert [one.path for one in kept.findings] == ["a.py", "", "gone.py"]
    assert kept.tests == report.tests
    assert _of_the_tree(report, checkout, None) == report
