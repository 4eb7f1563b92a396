"""Many seeds, one after the other: `python -m tests.chaos [--short] [SEED | FIRST-LAST] …`, without seeds new ones for ever."""

import asyncio
import itertools
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.plan import LONG, SHORT, make_plan
from tests.chaos.run import ChaosFailed, run_plan


def main(arguments: list[str]) -> int:
    """Ends at the first seed that fails."""
    short = "--short" in arguments
    size, again = (SHORT, "ARGS=--short ") if short else (LONG, "")
    for seed in _seeds([one for one in arguments if one != "--short"]):
        print(f"seed {seed}", flush=True)
        start = time.monotonic()
        folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
        try:
            asyncio.run(run_plan(make_plan(seed, size), folder))
        except ChaosFailed as error:
            print(f"{error}\nThe logs are in {folder}.\nFAILED: again by `make chaos {again}SEEDS={seed}`", flush=True)
            return 1
        shutil.rmtree(folder, ignore_errors=True)
        print(f"seed {seed} passed in {time.monotonic() - start:.0f} s", flush=True)
    return 0


def _seeds(named: list[str]) -> Iterator[int]:
    if not named:
        yield from (random.randrange(1 << 20) for _ in itertools.count())
    for one in named:
        first, _, last = one.partition("-")
        yield from range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
