"""What is known of deployments."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.github.entities import User


@dataclass
class DeploymentStatus:
    """`state` is error, failure, inactive, in_progress, queued, pending or success."""

    id: int
    state: str
    description: str
    environment: str
    log_url: str
    creator: "User"
    created_at: str
    environment_url: str = ""


@dataclass
class Deployment:
    """Of the commit `sha`, which `ref` named. `statuses` are the oldest first."""

    id: int
    sha: str
    ref: str
    task: str
    environment: str
    description: str | None
    payload: Any
    creator: "User"
    created_at: str
    production: bool = False
    transient: bool = False
    statuses: list[DeploymentStatus] = field(default_factory=list)
