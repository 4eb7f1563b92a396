"""Licences that the project may not use."""

from typing import Annotated

from pydantic import Field

from activities.check_kinds import findings
from activities.check_options import FindingsOptions, Timeout
from activities.checking import Check


class Licences(FindingsOptions):
    """Licences that the project may not use."""

    timeout: Timeout = "1m"
    families: Annotated[int, Field(ge=1, description="How many families of licences are known.")] = 3


check = Check("licences", nothing="The repository names no licences.", kind=findings.KIND, options=Licences)
