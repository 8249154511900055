"""The tests of a file share a browser, and nothing in it."""

import pytest

pytest.importorskip("playwright.async_api")

from pages import CHROMIUM, a_browser, keeping_one_browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; .ci/run installs it")

WHERE = "https://glow.example"


async def test_what_one_leaves_the_next_one_does_not_find() -> None:
    """It is the same browser; cookies are gone, and pages that were left open are closed."""
    async with keeping_one_browser():
        async with a_browser() as first:
            left = await first.new_context()
            await left.add_cookies([{"name": "session", "value": "of somebody", "url": WHERE}])
            page = await left.new_page()
        assert page.is_closed()
        async with a_browser() as second:
            assert second is first
            assert await (await second.new_context()).cookies(WHERE) == []
    assert not first.is_connected()


async def test_one_that_is_gone_is_launched_again() -> None:
    """A test whose browser crashed does not fail those after it."""
    async with keeping_one_browser():
        async with a_browser() as first:
            await first.close()
        async with a_browser() as second:
            assert await second.new_page()
