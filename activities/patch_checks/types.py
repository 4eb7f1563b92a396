"""Input and result of looking at a patch. Both are in histories, so what is found is limited to a few short rows."""

from dataclasses import dataclass
from typing import Literal, get_args

from activities.quality_gate.types import Workspace

PatchRule = Literal[
    "paths", "links", "sizes", "secrets", "protected-paths", "removed-tests", "skipped-tests", "weakened-tests",
    "loosened-configuration", "suppressed-findings", "hidden-text", "lock-files",
    "generated-files", "install-scripts", "dependencies",
]  # fmt: skip
"""What a patch is looked at for, by the name that a plan may allow."""
PATCH_RULES: tuple[PatchRule, ...] = get_args(PatchRule)

NEVER_ALLOWED: frozenset[PatchRule] = frozenset(("paths", "links", "secrets"))
"""Rules that no plan lifts."""


@dataclass(frozen=True)
class CheckPatchInput:
    """The change from the commit `before` to the commit `after`, both in the mirror of the workspace's host. `allowed`
    is what an approved plan says that it may do: names of rules, or globs of protected paths (`docs/**`).
    `protected_paths` are globs of the configuration, None for the default ones."""

    workspace: Workspace
    before: str
    after: str
    allowed: tuple[str, ...] = ()
    protected_paths: tuple[str, ...] | None = None


@dataclass(frozen=True)
class PatchProblem:
    """What is wrong with a patch, and where: `line` is 1-based in the new file (in the old one where the new has none),
    0 for the file as a whole. `sentence` says what, why, and what to do."""

    rule: PatchRule
    path: str
    line: int
    sentence: str


@dataclass(frozen=True)
class PatchVerdict:
    """`refused`: why the patch is not pushed. `notes`: what a reviewer should look at. `left_out` counts further
    rows, `lines` those that the patch adds and removes."""

    refused: tuple[PatchProblem, ...] = ()
    notes: tuple[PatchProblem, ...] = ()
    left_out: int = 0
    lines: int = 0
