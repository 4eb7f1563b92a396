"""The ids of a branch's and a gate's workflow, which activities name as well. `workflows/ids.py` has the others."""

import hashlib
import re
from dataclasses import dataclass

from activities.model import Head

TASK_QUEUE = "autonomous-coding-task-queue"

_BRANCH = re.compile(r"quality:(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)(@(?P<branch>.+)|#(?P<pull>\d+))", re.DOTALL)

_LONGEST_GROUP = 150
_PLAIN_GROUP = re.compile(r"[A-Za-z0-9_.:/#@+-]+")


@dataclass(frozen=True)
class BranchId:
    """What the id of a branch's workflow says: the `branch`, or the number of the fork's `pull`."""

    owner: str
    name: str
    branch: str = ""
    pull: int = 0


def quality(full_name: str, branch: str) -> str:
    """The one long-lived workflow of a head branch in the repository itself."""
    return f"quality:{full_name}@{branch}"


def quality_of_fork(full_name: str, pull: int) -> str:
    """A fork's pull request: its branch name is the fork's business, so its number is the key."""
    return f"quality:{full_name}#{pull}"


def branch_workflow(head: Head) -> str:
    """The long-lived workflow of the branch that a head is on."""
    name = head.repo.full_name
    return quality_of_fork(name, head.pull) if head.fork else quality(name, head.branch)


def baseline(full_name: str) -> str:
    """The one workflow that holds what is accepted in a repository."""
    return f"baseline:{full_name}"


def history(full_name: str) -> str:
    """The one workflow that holds what a repository's gates know of each other."""
    return f"history:{full_name}"


def budget(full_name: str) -> str:
    """The one workflow that holds what agents spent for a repository."""
    return f"budget:{full_name}"


def migration(full_name: str, number: int, recipe: str) -> str:
    """The migration that somebody asked for in an issue or pull request, 0 on a laptop."""
    return f"migration:{full_name}#{number}:{recipe}"


def incremental_patch(full_name: str, number: int) -> str:
    """What people ask for with `/patch` in one pull request."""
    return f"incremental-patch:{full_name}#{number}"


def quality_prefixes(full_name: str) -> tuple[str, str]:
    """What the ids of all branches of a repository begin with."""
    return f"quality:{full_name}@", f"quality:{full_name}#"


def parse_quality(workflow_id: str) -> BranchId | None:
    """None for an id that is no branch's."""
    found = _BRANCH.fullmatch(workflow_id)
    return BranchId(found["owner"], found["name"], found["branch"] or "", int(found["pull"] or 0)) if found else None


def quality_gate(full_name: str, sha: str) -> str:
    """The one gate of a head sha."""
    return f"quality-gate:{full_name}@{sha}"


def incident(source: str, group: str) -> str:
    """The incident of alerts with one group key. A key that is long, or holds more than plain characters, is replaced
    by its digest."""
    plain = len(group) <= _LONGEST_GROUP and _PLAIN_GROUP.fullmatch(group)
    return f"incident:{source}:{group if plain else digest(group)}"


def digest(text: str) -> str:
    """Stands for a text that is too long, or holds what an id must not."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
