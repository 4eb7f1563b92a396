"""GitHub is unavailable for a while when a gate starts: the gate waits, and no check fails for it."""

import pytest

from simulator.github.rest.faults import Kind
from tests.end_to_end.repos import configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("kind", ["status", "secondary"])
async def test_token_refusal_is_waited_for(stack: Stack, kind: Kind) -> None:
    """Refused more often than an activity is retried."""
    repo = await stack.repository(configured(), name=f"example-{kind.replace('_', '-')}/unavailable")
    installation = stack.github.store.installation_of(stack.github.store.repository(repo))
    assert installation
    times = 3 if kind == "secondary" else 8
    refused = stack.github.faults.add("POST", f"/app/installations/{installation.id}/access_tokens", kind, times=times)
    sha = await stack.push(repo, {"a.txt": "x\n"}, login=repo.partition("/")[0])
    runs = await stack.verdict(repo, sha)
    assert refused.seen == times
    assert runs["gate"]["conclusion"] == "success"
