"""What holds for every test."""

import os
from collections.abc import Iterator

import pytest

pytest_plugins = ("tests.model_server",)


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    """Commands of ours close their process's files to others; in a test, that process is everybody's."""
    os.umask(0o022)
    yield
    os.umask(0o022)
