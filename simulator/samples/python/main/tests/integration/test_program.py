import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration


def test_the_program_prints_balances(tmp_path: Path) -> None:
    (tmp_path / "entries.csv").write_text("cash,rent,800\nsalary,cash,2500\n")
    src = str(Path(__file__).parents[2] / "src")
    ran = subprocess.run(
        [sys.executable, "-m", "ledger", str(tmp_path / "entries.csv")],
        env={**os.environ, "PYTHONPATH": src},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == ["cash", "1700", "rent", "800", "salary", "-2500"]
