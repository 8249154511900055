"""What browser tests share."""

from collections.abc import AsyncIterator

import pytest_asyncio


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def _one_browser() -> AsyncIterator[None]:
    """One browser for the tests of a file that run on the file's loop, with their fixtures.

    They are marked `pytest.mark.asyncio(loop_scope="module")`, and their fixtures are
    `pytest_asyncio.fixture(loop_scope="module")`. A browser belongs to the loop on which it was launched: tests on a
    loop of their own have a browser of their own.
    """
    from pages import keeping_one_browser  # noqa: PLC0415 - without playwright there are no tests, and nothing to keep

    async with keeping_one_browser():
        yield
