"""One stack for a test process; each test has a repository of its own on it.

At its end every request that the bot made, and every answer, is checked against GitHub's API description.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests import openapi
from tests.stack import Stack, make_stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with make_stack(tmp_path_factory.mktemp("stack")) as made:
        yield made
        openapi.assert_valid(made.github.requests)


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    shared_stack.begin_test()
    return shared_stack
