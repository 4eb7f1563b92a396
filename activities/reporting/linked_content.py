"""What is said of content that a commit only names: submodules and files of Git LFS. Plain text, no Markdown."""

from collections.abc import Sequence
from typing import Literal

from activities.model import QualityGateResult
from activities.reporting.markdown import escape_markdown, one_line
from activities.reporting.wording import plural

LfsProblem = Literal["absent", "submodule", "large", "refused", "wrong", "elsewhere", "failed"]
"""Why the content of a Git LFS file is not there."""

_SHOWN = 3
_WHY: dict[LfsProblem, str] = {
    "absent": "Run `git lfs pull` and try again.",
    "submodule": "Those of submodules are not fetched; tests that read them may fail.",
    "large": "A file may have 100 MiB, and those of a commit 500 MiB in all; tests that read them may fail.",
    "refused": "GitHub does not have them, or the account has used up what it may transfer of Git LFS.",
    "wrong": "What was sent for them is not what the pointers name: push them again with `git lfs push --all`.",
    "elsewhere": "GitHub named an address for them that is not public or not encrypted, so it was not asked.",
    "failed": "They could not be downloaded: `/retest` tries again.",
}


def _named(path: str) -> str:
    return one_line(repr(path), 100)


def refused_address(path: str) -> str:
    """A submodule that is not in a repository of the same GitHub."""
    return (
        f"The submodule {_named(path)} was not fetched: its address in .gitmodules is not that of a repository "
        "on this GitHub server."
    )


def not_fetched(path: str, repository: str, sha: str) -> str:
    """A submodule whose repository or commit this App cannot read."""
    return (
        f"The submodule {_named(path)} was not fetched: {repository} is not public and this App is not installed "
        f"there, or it has no commit {sha[:12]}. A private one has to be in .gitmodules of the base too."
    )


def not_here(path: str) -> str:
    """A submodule that is not checked out in a folder."""
    return f"The submodule {_named(path)} is empty in the checks: run `git submodule update --init` and try again."


def too_many(count: int) -> str:
    """More submodules than anybody needs."""
    return f"{plural(count, 'submodule')} more were not fetched."


def only_pointers(paths: Sequence[str], problem: LfsProblem) -> str:
    """Files of which only the pointer is there."""
    shown = ", ".join(_named(path) for path in paths[:_SHOWN])
    more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
    return f"The content of Git LFS files is not there, only their pointers: {shown}{more}. {_WHY[problem]}"


def lacking_lines(result: QualityGateResult) -> list[str]:
    """Markdown; nothing where the checks had everything."""
    lines = [f"- {escape_markdown(sentence, 600)}" for sentence in result.lacking]
    return [*lines, ""] if lines else []
