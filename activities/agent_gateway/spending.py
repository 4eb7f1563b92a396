"""What the calls of one run cost, over all of its attempts, and the answers that were paid for."""

import asyncio
import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from activities.agent_gateway.providers import Json
from activities.agent_runs.backend import AgentBench
from activities.agent_runs.meter import MOST_REPEATS, LimitReached
from activities.agent_runs.prices import TokenUse, dollars, is_priced, worst_price
from activities.agent_runs.records import RecordedAnswer, RunCheckpoint

_OF_ONE_SESSION = frozenset(("metadata", "user", "prompt_cache_key", "safety_identifier", "client_metadata"))


@dataclass(frozen=True)
class KeptAnswer:
    """An answer as it came: its type of content and its bytes."""

    content_type: str
    body: bytes


class RunSpending:
    """Of one run. What earlier attempts of it cost counts; a request that they made already costs nothing again.

    `reached` is the limit that ended it, once one did.
    """

    def __init__(self, bench: AgentBench) -> None:
        self._bench = bench
        self._reserved = 0.0
        self._repeats: Counter[str] = Counter()
        self.reached: LimitReached | None = None
        self.limit = asyncio.Event()

    def before_call(self, size: int, longest_answer: int) -> float:
        """Reserves what a request of this size may cost at most, and gives it: calls at the same time cannot pass a
        limit together. Raises LimitReached."""
        model = self._bench.model.model_copy(update={"max_output_tokens": longest_answer})
        at_most = worst_price(model, size // 3)
        try:
            self._bench.meter.before_call(self._reserved + at_most)
        except LimitReached as reached:
            self._reach(reached)
            raise
        self._reserved += at_most
        return at_most

    def after_call(self, reserved: float, use: TokenUse) -> float:
        """Counts it, also where it failed. Gives the dollars."""
        model = self._bench.model
        self._reserved -= reserved
        cost = dollars(model, use) or 0.0
        meter = self._bench.meter
        meter.after_call(self._bench.model_name, use.input, use.output, cost, priced=is_priced(model))
        self._bench.records.put_checkpoint(RunCheckpoint(meter=meter.state))
        return cost

    def repeated(self, request: str) -> None:
        """A request that was answered before is answered again. Raises LimitReached where that happens too often in one
        attempt."""
        self._repeats[request] += 1
        if self._repeats[request] >= MOST_REPEATS:
            self._reach(LimitReached("stuck", f"It asked the model for the same thing {MOST_REPEATS} times."))
            assert self.reached
            raise self.reached

    def kept(self, request: str) -> KeptAnswer | None:
        """What was paid for already."""
        found = self._bench.records.get(request)
        if found is None:
            return None
        content_type, _, body = found.body.partition("\n")
        return KeptAnswer(content_type, base64.b64decode(body))

    def keep(self, request: str, answer: KeptAnswer, use: TokenUse) -> None:
        body = f"{answer.content_type}\n{base64.b64encode(answer.body).decode()}"
        cost = dollars(self._bench.model, use) or 0.0
        self._bench.records.put(request, RecordedAnswer(body, use.input, use.output, cost))

    def _reach(self, reached: LimitReached) -> None:
        self.reached = self.reached or reached
        self.limit.set()


def request_name(path: str, body: Mapping[str, object]) -> str:
    """The same for the same question of any attempt: without what names a session."""
    asked: Json = {name: value for name, value in body.items() if name not in _OF_ONE_SESSION}
    return hashlib.sha256(json.dumps([path, asked], sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
