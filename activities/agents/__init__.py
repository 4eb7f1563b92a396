"""One way to run agents a file: a backend, named as in the deployment's file.

The module defines one class derived from `AgentBackend` (`activities/agent_runs/backend.py`) and one object of it: it
is found by its type, and the built-in ones call it `backend`.
"""

from functools import cache

from activities.agent_runs.backend import AgentBackend
from activities.plugins import load


@cache
def registry() -> dict[str, AgentBackend]:
    """Every backend by its name."""
    import activities.agents as package

    return load(package, AgentBackend)  # type: ignore[type-abstract]
