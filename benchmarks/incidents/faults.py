"""What is wrong with which service since when, and what its own numbers do then; the simulation hands it on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

FaultForm = Literal["cpu", "memory", "slow", "network", "errors", "logs"]
"""How a fault shows at the service that has it."""

FaultOrigin = Literal["environment", "code", "configuration", "dependency"]


@dataclass(frozen=True)
class InjectedFault:
    """Times are seconds since 1970. It grows over `rise` seconds from `start`, and is over at `end`. `size` (about 1)
    scales its effects."""

    service: int
    form: FaultForm
    origin: FaultOrigin
    start: float
    rise: float
    end: float
    size: float
    one_instance: bool = False
    change: str = ""

    def envelope(self, times: "np.ndarray") -> "np.ndarray":
        """0 to 1 at each time."""
        import numpy as np

        grown = np.clip((times - self.start) / max(self.rise, 1.0), 0.0, 1.0)
        return np.where(times >= self.end, 0.0, grown)


def injected(
    rng: "np.random.Generator", service: int, form: FaultForm, origin: FaultOrigin, start: float, lasts: float
) -> InjectedFault:
    """With a random size and growth: memory is lost slowly, the rest appears within a minute or so."""
    rise = float(rng.uniform(600, 1500)) if form == "memory" else float(rng.choice((1, 20, 60, 180)))
    one = form in ("cpu", "memory") and origin == "environment" and rng.random() < 0.4
    return InjectedFault(service, form, origin, start, rise, start + lasts, float(rng.uniform(0.6, 1.6)), bool(one))
