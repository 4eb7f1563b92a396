"""The kinds of checks: what each measures of head and base, and how it comes to a verdict that anybody can calculate.

- findings (linting, security, static_analysis, dependencies): 100 minus 40 for each new critical finding, 10 for
  each error, 3 for each warning, 1 for each notice; not below 0.
- tests: 100 x (passed + flaky / 2) / (passed + flaky + newly failed). What fails in the base too is not counted.
- coverage: 100 when the minimum of the changed lines is reached, else 100 x reached / minimum.
- benchmarks: 100 x benchmarks that are not slower / benchmarks compared, and only with `mode: fail`.

A check that timed out or could not look at everything scores 0; one that is neutral, skipped or cancelled has no score.
"""

import asyncio

from activities.checking import ComparedTree, Options, Reports


async def run_all(tree: ComparedTree, check: str, options: Options | None = None) -> Reports:
    """The reports of all tools that answer the check on this tree."""
    return tuple(await asyncio.gather(*(tree.run(each, options) for each in await tree.tool_runs(check))))
