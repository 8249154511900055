"""Files of tests that have no flow of their name, in the editor: listed, checked, run and kept as flows are."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from middleware.pipeline.releases.drafting import draft_of
from tests.console import Seated, seated
from tests.integration.test_console_flow_editor import FLOWS, TESTS, form_of, made, page, published, shop_of_flows
from tests.running import Running
from tests.scenarios.test_turns_again import GREETING
from tests.stores import StoreServer

TOGETHER = f"{FLOWS}/edit/together.yaml"
WRONG = TESTS.replace("Good morning", "Good night")
ABOUT_VIP = f"about: What of vip is ours.\n{TESTS}"


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a release: a flow, tests of no flow, and tests of a shipped flow that is not the brand's."""
    async with shop_of_flows(store_server, tmp_path) as it:
        await published(it, **{"greeting": GREETING, "tests/together": TESTS, "tests/vip": ABOUT_VIP})
        yield it


@pytest.fixture
async def bob(shop: Running) -> AsyncIterator[Seated]:
    """A builder."""
    async with seated(shop, "bob", "builder") as it:
        yield it


async def _written(shop: Running, file: str) -> tuple[str, str]:
    """What stands in the draft of a file: its flow, and its tests."""
    draft = (await draft_of(shop.here.brands["glow"].store, file)).record.writing
    assert draft is not None
    return draft.source, draft.tests


async def test_they_are_listed_and_edited_without_a_flow(shop: Running, bob: Seated) -> None:
    """The list leads to each; mistakes stand on their line, just they are run, the draft is theirs and adds no flow."""
    listed = await page(bob, FLOWS)
    assert f'href="{TOGETHER}">tests/together.yaml' in listed
    assert "tests/greeting.yaml" not in listed
    text = await page(bob, TOGETHER)
    assert "Greets whoever greets" in text
    assert '<textarea id="source"' not in text
    form = await form_of(bob, TOGETHER, source="", tests=WRONG)
    assert "0 passed, 1 failed" in await page(bob, f"{TOGETHER}/tests", form)
    assert "1 passed" in await page(bob, f"{TOGETHER}/tests", {**form, "tests": TESTS})
    wrong = await page(bob, f"{TOGETHER}/typing", {**form, "tests": "tests:\n  - tst: x\n"})
    assert 'data-field="tests" data-line="2"' in wrong
    assert "Draft of bob" in await page(bob, f"{TOGETHER}/draft", form)
    assert await _written(shop, "together.yaml") == ("", WRONG)
    assert "tests/together.yaml</a> Draft of bob" in await page(bob, FLOWS)
    async with seated(shop, "kim", "builder") as kim:
        assert "bob has saved this flow meanwhile" in await page(
            kim, f"{TOGETHER}/draft", {**form, "tests": TESTS + "# mine\n"}, status=409
        )
    gone = await form_of(bob, TOGETHER, source="", tests="")
    assert "the file is not in the release any more" in await page(bob, f"{TOGETHER}/draft", gone)


async def test_they_are_in_releases(shop: Running, bob: Seated) -> None:
    """One that fails keeps a release from being made, and is named; one that holds is in it, and adds no flow."""
    wrong = await made(bob, TOGETHER, **await form_of(bob, TOGETHER, source="", tests=WRONG))
    assert ("No release was made" in wrong, "tests/together.yaml:4" in wrong) == (True, True)
    more = TESTS + "# more\n"
    told = await made(bob, TOGETHER, **await form_of(bob, TOGETHER, source="", tests=more, then="publish"))
    assert "Release 2 is made and published" in told
    assert shop.here.editions.flows["glow"].release == 2
    assert "# more" in await page(bob, TOGETHER)
    assert "Draft of" not in await page(bob, FLOWS)
    gone = await form_of(bob, TOGETHER, source="", tests="", then="publish")
    assert "Release 3 is made and published" in await made(bob, TOGETHER, **gone)
    assert "tests/together.yaml" not in await page(bob, FLOWS)


async def test_tests_of_a_shipped_flow_stay_beside_it(shop: Running, bob: Seated) -> None:
    """They are edited without making the flow the brand's own, unless somebody says so: then with these tests."""
    vip = f"{FLOWS}/edit/vip.yaml"
    alone, both = await page(bob, vip), await page(bob, f"{vip}?begin=flow")
    assert ("flow: vip" in alone, "What of vip is ours" in alone) == (False, True)
    assert ("flow: vip" in both, "What of vip is ours" in both) == (True, True)
    await page(bob, f"{vip}/draft", await form_of(bob, vip, source="", tests=ABOUT_VIP + "# more\n"))
    assert await _written(shop, "vip.yaml") == ("", ABOUT_VIP + "# more\n")
    both = await page(bob, f"{vip}?begin=flow")
    assert ("flow: vip" in both, "# more" in both) == (True, True)


async def test_tests_alone_are_begun(bob: Seated) -> None:
    """By a name, with a test that holds; a name that a flow has already leads to that flow."""
    begun = await page(bob, f"{FLOWS}/new", {"name": "all_of_it", "begin": "tests"})
    assert ("tests/all_of_it.yaml" in begun, "No error" in begun) == (True, True)
    path = f"{FLOWS}/edit/all_of_it.yaml"
    form = await form_of(bob, f"{path}?begin=tests", source="", tests="customer: ana\n" + TESTS)
    assert "1 passed" in await page(bob, f"{path}/tests", form)
    await page(bob, f"{path}/draft", form)
    assert '<textarea id="source"' not in await page(bob, path)
    assert "There is a flow of that name" in await page(bob, f"{FLOWS}/new", {"name": "greeting", "begin": "tests"})
