"""Small repositories whose checks are shell commands: quick, and the same everywhere."""

from collections.abc import Mapping

from activities.checks import registry

CHECKS = tuple(registry())
LINT = "cat lint.txt"


def configured(checks: Mapping[str, str] | None = None, **more: str) -> dict[str, str]:
    """Files of a repository that answers `linting` with the lines of lint.txt, and what else is given. Tests write
    JUnit, everything else plain lines."""
    lines = ["version: 1", "checks:"]
    for name, command in {"linting": LINT, **(checks or {})}.items():
        form = "junit" if name.endswith("tests") else "text"
        lines += [f"  {name}:", f"    command: {command!r}", f"    format: {form}"]
    return {".github/autobuild.yml": "\n".join(lines) + "\n", "lint.txt": "", **more}
