"""Inputs and results of the activities that deploy."""

from dataclasses import dataclass

from activities.model import RepoRef


@dataclass(frozen=True)
class DeployInput:
    """Deploys the commit `sha`, and waits at most `minutes` for its end. One `key` ("" for the sha) is one
    deployment."""

    repo: RepoRef
    sha: str
    environment: str = "staging"
    minutes: int = 30
    key: str = ""


@dataclass(frozen=True)
class RollbackInput:
    """Deploys once more what was in `environment` before `deployment_id`. One `key` ("" for that id) is one
    deployment. `deployed_as` is the key of the deployment that is rolled back, where its id is not known (0)."""

    repo: RepoRef
    environment: str
    deployment_id: int
    key: str = ""
    minutes: int = 30
    deployed_as: str = ""


@dataclass(frozen=True)
class DeployResult:
    """`deployed`: it ended as `success`. `text` is a sentence for a person, `state` GitHub's own word ("" before any
    status). `url` is where the environment is, as its status says. `deployment_id` 0: there is no deployment."""

    deployed: bool
    text: str
    deployment_id: int = 0
    sha: str = ""
    state: str = ""
    url: str = ""
