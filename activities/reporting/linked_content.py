"""What is said of content that a commit only names: submodules and files of Git LFS. Plain text, no Markdown."""

from collections.abc import Sequence

from activities.model import QualityGateResult
from activities.reporting.markdown import escape_markdown, one_line
from activities.reporting.wording import plural

_SHOWN = 3


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


def only_pointers(paths: Sequence[str], *, local: bool) -> str:
    """Files of which only the pointer is there."""
    shown = ", ".join(_named(path) for path in paths[:_SHOWN])
    more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
    advice = "Run `git lfs pull` and try again." if local else "Tests that read them may fail."
    return f"The content of Git LFS files is not there, only their pointers: {shown}{more}. {advice}"


def lacking_lines(result: QualityGateResult) -> list[str]:
    """Markdown; nothing where the checks had everything."""
    lines = [f"- {escape_markdown(sentence, 600)}" for sentence in result.lacking]
    return [*lines, ""] if lines else []
