"""Which branches are the repository's own word: the default branch, and those that GitHub protects.

Anybody with write access can push to, create and delete any other branch, so nothing in one decides how a change is
judged. Where GitHub does not say that a branch is protected, it is not.
"""

import asyncio
from typing import TYPE_CHECKING

from activities.github.errors import Forbidden, NotFound
from activities.github.urls import url_values
from activities.model import BranchTrust, Head, RepoRef

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

# The rules of a ruleset that keep a person with write access from pushing what they like. GitHub calls a branch
# protected under any ruleset, also one for all branches that only forbids force pushes or sets a form for messages.
_RESTRICTING = frozenset({"update", "pull_request", "required_status_checks", "merge_queue"})

_MERGE_GROUPS = "gh-readonly-queue/"
"""GitHub makes these branches of changes that are not merged yet."""


class ProtectedBranches:
    """Asks GitHub at that moment; unchanged answers cost nothing."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    async def trust(self, head: Head) -> BranchTrust:
        """Whose configuration judges this head: of a pull request, the branch that it goes into; of a push, the branch
        itself; and the default branch, where that one is not protected.

        Raises `GitHubError` where GitHub cannot be asked: a guess could be wrong in either direction.
        """
        api = await self._github.for_gate(head.repo, {"contents": "read"})
        default = await default_branch(api, head.repo)
        own = "" if head.fork or head.branch.startswith(_MERGE_GROUPS) else head.branch
        names = [name for name in dict.fromkeys((own, head.base_ref)) if name and name != default]
        answers = await asyncio.gather(*(is_protected(api, head.repo, name) for name in names))
        trusted = {default, *(name for name, protected in zip(names, answers, strict=True) if protected)}
        deciding = (head.base_ref,) if head.pull else (own, head.base_ref)
        return BranchTrust(
            config_branch=next((name for name in deciding if name in trusted), default),
            protected_head=own in trusted,
            protected_base=(head.base_ref or default) in trusted,
        )


async def default_branch(api: "API", repo: RepoRef) -> str:
    """Its name now."""
    return str((await api.getitem("/repos/{owner}/{repo}", url_values(repo)))["default_branch"])


async def is_protected(api: "API", repo: RepoRef, branch: str) -> bool:
    """Whether a classic protection holds for the branch, or rules of a ruleset that restrict who changes it and how.
    What a classic protection requires is not shown to an App, so any will do."""
    where = url_values(repo, branch=branch)
    try:
        found = await api.getitem("/repos/{owner}/{repo}/branches/{branch}", where)
        if found.get("name") != branch:  # a renamed branch answers to its former name
            return False
        classic = found.get("protection") or {}
        # Of a ruleset alone, GitHub says `protected` and not `enabled`; an older Enterprise Server has no `enabled`.
        if found.get("protected") is True and classic.get("enabled", True) is True:
            return True
        rules = api.getiter("/repos/{owner}/{repo}/rules/branches/{branch}?per_page=100", where)
        return any([str(rule.get("type")) in _RESTRICTING async for rule in rules])
    except (NotFound, Forbidden):  # no such branch, or a plan or an older Enterprise Server without rulesets
        return False
