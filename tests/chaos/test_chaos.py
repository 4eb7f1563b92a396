"""One seed, through real processes. Many more: `make chaos`."""

from pathlib import Path

from tests.chaos.plan import SHORT, make_plan
from tests.chaos.run import run_plan

SEED = 9


async def test_nothing_is_lost_or_done_twice_or_left_behind(tmp_path: Path) -> None:
    await run_plan(make_plan(SEED, SHORT), tmp_path)
