"""Programs of the environment that runs the tests."""

import sys
from pathlib import Path


def program(name: str) -> str:
    """Its path; the environment need not be active."""
    return str(Path(sys.prefix) / "bin" / name)
