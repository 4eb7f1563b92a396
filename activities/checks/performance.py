"""Benchmarks of head and base, in turns on the same machine."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from activities.check_kinds import benchmarks
from activities.check_options import BenchmarkCommand, CheckOptions, Required, Timeout
from activities.checking import Check
from activities.defaults import BENCHMARK_ROUNDS, REGRESSION_PERCENT


class Performance(BenchmarkCommand, CheckOptions):
    """Benchmarks of the change and its base, in turns."""

    tool_keys: ClassVar[tuple[str, ...]] = ("rounds",)

    # Never blocks unless asked to: a shared machine makes noise.
    required: Required = False
    timeout: Timeout = "30m"
    mode: Annotated[Literal["neutral", "fail"], Field(description="Whether a slower benchmark fails the check.")] = (
        "neutral"
    )
    regression: Annotated[
        float, Field(gt=0, le=1000, description="How many percent slower counts as a regression.")
    ] = REGRESSION_PERCENT
    rounds: Annotated[
        int, Field(ge=BENCHMARK_ROUNDS, le=50, description="How often both run; fewer than five can confirm nothing.")
    ] = BENCHMARK_ROUNDS


check = Check(
    name="performance",
    nothing="The repository has no benchmarks.",
    kind=benchmarks.KIND,
    options=Performance,
    order=60,
)
