"""Known vulnerabilities in what the repository depends on."""

from typing import Annotated

from pydantic import Field

from activities.check_kinds import findings
from activities.check_options import FailOn, FindingsOptions, Timeout
from activities.checking import Check
from activities.defaults import CRITICAL_VULNERABILITIES


class Dependencies(FindingsOptions):
    """Known vulnerabilities in what the repository depends on."""

    timeout: Timeout = "5m"
    fail_on: FailOn = "error"
    critical_allowed: Annotated[
        int, Field(ge=0, le=1000, description="How many new critical vulnerabilities are allowed.")
    ] = CRITICAL_VULNERABILITIES


check = Check(
    name="dependencies",
    nothing="The repository declares no dependencies.",
    kind=findings.KIND,
    options=Dependencies,
    order=70,
)
