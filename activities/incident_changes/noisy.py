"""Which of several changes broke the tests, found by running them between the changes although they may be flaky.

Every run is evidence, never a proof: the next one is where it says most, and one that surprises is repeated,
since that is again where most is to be learned.
"""

from collections.abc import Sequence

FLAKE = 0.05
"""How often the failing tests fail although nothing broke them yet."""
MISS = 0.02
"""How often they pass although something broke them."""


def prior(weights: Sequence[float]) -> tuple[float, ...]:
    """Probabilities of the changes, the oldest first, and of none of them at the end, which counts as one in ten."""
    total = sum(weights) or 1.0
    return (*(0.9 * weight / total for weight in weights), 0.1)


def after_run(belief: Sequence[float], at: int, *, failed: bool) -> tuple[float, ...]:
    """What is believed after a run of the tests with the changes up to `at`, that one included."""
    weights = []
    for index, share in enumerate(belief):
        broken = index <= at and index < len(belief) - 1
        fails = 1 - MISS if broken else FLAKE
        weights.append(share * (fails if failed else 1 - fails))
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def next_run(belief: Sequence[float]) -> int:
    """Up to which change the next run goes: half of what is believed lies before it."""
    halves = []
    before = 0.0
    for share in belief[:-1]:
        before += share
        halves.append(abs(before - 0.5))
    return min(range(len(halves)), key=lambda index: (halves[index], index))


def likeliest(belief: Sequence[float]) -> tuple[int, float]:
    """The likeliest change, and how sure it is; the index of the last entry means none."""
    best = max(range(len(belief)), key=lambda index: belief[index])
    return best, belief[best]
