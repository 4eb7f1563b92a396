"""Small repositories whose checks are shell commands: quick, and the same everywhere."""

from collections.abc import Mapping

EIGHT = (
    "unit_tests", "integration_tests", "linting", "security", "coverage", "performance", "dependencies",
    "static_analysis",
)  # fmt: skip
LINT = "cat lint.txt"


def configured(checks: Mapping[str, str] | None = None, **more: str) -> dict[str, str]:
    """Files of a repository that answers `linting` with the lines of lint.txt, and what else is given."""
    lines = ["version: 1", "checks:"]
    for name, command in {"linting": LINT, **(checks or {})}.items():
        lines += [f"  {name}:", f"    command: {command!r}", f"    format: {'text' if name == 'linting' else 'junit'}"]
    return {".github/autobuild.yml": "\n".join(lines) + "\n", "lint.txt": "", **more}
