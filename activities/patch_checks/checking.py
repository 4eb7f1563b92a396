"""All rules upon one patch, and the verdict: deterministic, and the same for a person's machine and a worker's."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from activities.globs import path_matches
from activities.patch_checks import loosened, packages, paths, protected_paths, secrets, suppressions, weakened
from activities.patch_checks.patch import Patch, read_patch
from activities.patch_checks.types import NEVER_ALLOWED, CheckPatchInput, PatchProblem, PatchVerdict
from activities.quality_gate.measurement import Host
from activities.reporting.markdown import one_line

_MOST_ROWS: Final = 20
_LONGEST_PATH: Final = 200


async def check_patch(host: Host, input: CheckPatchInput) -> PatchVerdict:
    """Both commits are in the mirror of the workspace's repository. Raises GitError where one is not."""
    patch = await read_patch(host.workspaces, input.workspace.repo, input.before, input.after)
    rows = await asyncio.to_thread(lambda: list(_rows(patch, input)))
    # What no plan can allow comes first: the rows are limited.
    rows = [*((problem, False) for problem in await secrets.problems(host, patch)), *rows]
    lines = sum(len(each.removed) + len(each.added) for each in patch.lines)
    return replace(verdict(rows, input.allowed), lines=lines)


def _rows(patch: Patch, input: CheckPatchInput) -> Iterator[tuple[PatchProblem, bool]]:
    yield from ((problem, False) for problem in paths.problems(patch))
    yield from ((problem, False) for problem in paths.sizes(patch))
    protected = list(protected_paths.problems(patch, input.protected_paths, input.allowed))
    yield from ((problem, False) for problem in protected)
    yield from weakened.problems(patch)
    yield from loosened.problems(patch)
    yield from ((problem, False) for problem in suppressions.problems(patch))
    yield from ((problem, False) for problem in suppressions.hidden_text(patch))
    yield from packages.problems(patch)


def verdict(rows: Sequence[tuple[PatchProblem, bool]], allowed: Sequence[str]) -> PatchVerdict:
    """(problem, whether it only is a note) as the verdict; what is allowed is a note too."""
    refused: list[PatchProblem] = []
    notes: list[PatchProblem] = []
    short = [(replace(each, path=one_line(each.path, _LONGEST_PATH)), is_note) for each, is_note in rows]
    for problem, is_note in dict.fromkeys(short):
        (notes if is_note or _is_allowed(problem, allowed) else refused).append(problem)
    left_out = max(0, len(refused) - _MOST_ROWS) + max(0, len(notes) - _MOST_ROWS)
    return PatchVerdict(tuple(refused[:_MOST_ROWS]), tuple(notes[:_MOST_ROWS]), left_out)


def _is_allowed(problem: PatchProblem, allowed: Sequence[str]) -> bool:
    """By the rule's name, or by a glob that names the path of a rule's problem (`weakened-tests:tests/**`)."""
    if problem.rule in NEVER_ALLOWED:
        return False
    globs = [each.partition(":")[2] for each in allowed if each.startswith(f"{problem.rule}:")]
    return problem.rule in allowed or bool(globs and path_matches(globs, problem.path))
