"""The test suite, without its integration tests; failures that the base has too are known."""

from activities.check_kinds import tests
from activities.check_options import TestsOptions
from activities.checking import Check


class UnitTests(TestsOptions):
    """The test suite without its integration tests."""


check = Check(
    name="unit_tests",
    nothing="The repository has no tests.",
    kind=tests.kind("unit", coverage=True),
    options=UnitTests,
    order=10,
    needs_base_work=True,
)
