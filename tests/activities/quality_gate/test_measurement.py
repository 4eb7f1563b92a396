"""What of a tool's report counts."""

from dataclasses import replace
from pathlib import Path

from activities.quality_gate.measurement import _with_missing_packages, _without_built_files
from activities.tools import registry
from tests.activities.check_kinds.cases import found, suite


def test_findings_in_built_files_are_dropped(tmp_path: Path) -> None:
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
    kept = _without_built_files(report, checkout, under)
    assert [one.path for one in kept.findings] == ["a.py", "", "gone.py"]
    assert kept.tests == report.tests
    assert _without_built_files(report, checkout, None) == report


def test_packages_that_were_not_installed_are_reported() -> None:
    missing = "Could not install example."
    clean = suite(path="", one="passed")
    audit, linter = registry()["pip-audit"], registry()["ruff"]
    assert _with_missing_packages(clean, "", audit) == clean
    assert _with_missing_packages(clean, missing, audit).advice == missing
    assert _with_missing_packages(clean, missing, linter) == clean
    broken = replace(clean, problem="It crashed.")
    assert _with_missing_packages(broken, missing, linter).problem == f"It crashed. {missing}"
