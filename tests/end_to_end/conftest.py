"""One stage for a test process; each test has a repository of its own on it.

At its end every request that the bot made, and every answer, is held to GitHub's own API description.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests import openapi
from tests.stage import Stage, make_stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with make_stage(tmp_path_factory.mktemp("stage")) as made:
        yield made
        openapi.assert_valid(made.github.requests)
