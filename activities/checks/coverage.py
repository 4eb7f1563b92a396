"""How much of the change, and of everything, the unit tests run."""

from typing import Annotated

from pydantic import Field

from activities.check_kinds import coverage
from activities.check_options import CheckOptions, CoverageCommand, Percent
from activities.checking import Check
from activities.defaults import COVERAGE_MINIMUM


class Coverage(CoverageCommand, CheckOptions):
    """How much of the change the tests run."""

    minimum: Annotated[Percent, Field(description="Percent of the changed lines that tests must run.")] = (
        COVERAGE_MINIMUM
    )
    total_minimum: Annotated[
        Percent, Field(description="Percent of all lines that tests must run; 0 for no minimum.")
    ] = 0.0


check = Check(
    name="coverage",
    nothing="The repository has no tests.",
    kind=coverage.KIND,
    options=Coverage,
    order=50,
    shares_run="unit_tests",
)
