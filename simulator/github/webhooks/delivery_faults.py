"""Bad weather for the post: losses, doubles and delays by chance, and the same ones again for the same seed."""

import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DeliveryPlan:
    """What happens to one delivery. Each copy that arrives waits for one of `delays`, in seconds."""

    lost: bool
    recorded: bool
    delays: tuple[float, ...]


@dataclass
class DeliveryFaults:
    """`drop` and `duplicate` are shares of all deliveries; `delay` is the longest wait: they overtake one another.

    Of those dropped, the share `forgotten` is not even in the log. The n-th delivery has the same fate for the same
    seed, whatever it is. `dropped`, `lost` (dropped and forgotten) and `doubled` are the GUIDs of what was hit.
    """

    seed: int
    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    forgotten: float = 0.0
    redeliveries: bool = False
    dropped: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311

    def strike(self, guid: str) -> DeliveryPlan:
        """Decides for the next delivery; always draws the same number of times."""
        dropped, forgotten, doubled = (self._random.random() for _ in range(3))
        waits = tuple(self._random.random() * self.delay for _ in range(2))
        if dropped < self.drop:
            (self.lost if forgotten < self.forgotten else self.dropped).append(guid)
            return DeliveryPlan(True, forgotten >= self.forgotten, ())
        if doubled < self.duplicate:
            self.doubled.append(guid)
            return DeliveryPlan(False, True, waits)
        return DeliveryPlan(False, True, waits[:1])
