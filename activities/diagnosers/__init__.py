"""One diagnoser a file: it looks at one kind of data of an incident, and says what the cause may be.

The module defines one `Diagnoser`, named as the file. Its function is pure: from the data to a `Diagnosis`, the same
for the same data. What it cannot judge, for lack of data, it abstains from, with the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from activities.incidents.data import IncidentData
from activities.incidents.types import DataView, Diagnosis
from activities.plugins import load


@dataclass(frozen=True)
class Diagnoser:
    """`view` is the data that it looks at; two diagnosers of one view are one voice. `diagnose` takes seconds at most,
    and is called in a thread. `after_logs`: it also looks at the frames of errors that diagnosers of logs found."""

    name: str
    view: DataView
    diagnose: Callable[[IncidentData], Diagnosis]
    after_logs: bool = False


@cache
def registry() -> dict[str, Diagnoser]:
    """Every diagnoser by its name."""
    import activities.diagnosers as package

    return load(package, Diagnoser)
