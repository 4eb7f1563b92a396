"""The integration tests: a folder, a marker or a script of that name."""

from activities.check_kinds import tests
from activities.check_options import TestsOptions, Timeout
from activities.checking import Check


class IntegrationTests(TestsOptions):
    """Tests that are marked as integration tests."""

    timeout: Timeout = "30m"


check = Check(
    name="integration_tests",
    nothing="The repository has no integration tests.",
    kind=tests.kind("integration", coverage=False),
    options=IntegrationTests,
    order=20,
    needs_base_work=True,
)
