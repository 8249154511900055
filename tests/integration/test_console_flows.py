"""Flows in the console: what the brand says now, drawn and as text, checked and tested."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console import seated
from tests.running import Running, running
from tests.scenarios.test_turns_again import write_flows
from tests.stores import StoreServer

FLOWS = "/console/glow/flows"
TESTS = """tests:
  - test: Greets whoever greets
    turns:
      - says: good morning
        replies: {contains: "Good morning"}
  - test: Says <b>more</b>
    turns:
      - says: good morning
        replies: {contains: "Good evening"}
"""


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a flow of its own, which has tests: one that holds, one that does not."""
    write_flows(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "greeting.yaml").write_text(TESTS, encoding="utf-8")
    async with running(store_server, tmp_path, brands={"glow": {"flows": str(tmp_path)}}) as it:
        yield it


async def test_all_flows_are_listed(shop: Running) -> None:
    """The brand's own and the shipped ones, each with where it is from, what starts it and what it says."""
    async with seated(shop, "bob", "builder") as it:
        text = await (await it.get(FLOWS)).text()
    assert text.count("<tr>") == len(shop.here.flows["glow"].shelf.flows) + 1
    assert text.count("the brand&#39;s own</span>") == 1
    assert '<span class="foreign">good morning</span>' in text
    assert "no other flow has answered" in text
    assert f"{FLOWS}/flow/order_status" in text


async def test_one_flow_is_shown_whole(shop: Running) -> None:
    """Its text as it stands in the file, and every step with where it goes on; one that there is not is not found."""
    async with seated(shop, "bob", "builder") as it:
        text = await (await it.get(f"{FLOWS}/flow/greeting")).text()
        assert "triggers: {intent: {en: [good morning]}}" in text
        assert 'id="step-2"' in text
        for path in ("", "/diagram", "/findings", "/tests"):
            assert (await it.get(f"{FLOWS}/flow/none{path}")).status == 404


async def test_a_diagram_is_an_image_that_runs_nothing(shop: Running) -> None:
    """SVG under a policy of its own; no other page lets an inline style in."""
    async with seated(shop, "bob", "builder") as it:
        answer = await it.get(f"{FLOWS}/flow/order_status/diagram")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
        assert answer.content_type == "image/svg+xml"
        assert (await answer.text()).startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        page = await it.get(f"{FLOWS}/flow/order_status")
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


async def test_tests_are_run(shop: Running) -> None:
    """What holds and what does not, with both sides of the difference; names are text."""
    async with seated(shop, "bob", "builder") as it:
        text = await (await it.get(f"{FLOWS}/flow/greeting/tests")).text()
        assert "1 passed, 1 failed" in text
        assert "Says &lt;b&gt;more&lt;/b&gt;" in text
        assert ("Good evening" in text, "Good morning" in text) == (True, True)
        shipped = await it.get(f"{FLOWS}/flow/fallback/tests", headers={"HX-Request": "true"})
        assert "failed" not in await shipped.text()


async def test_a_broken_file_of_tests_says_so(store_server: StoreServer, tmp_path: Path) -> None:
    """Where and why, in place of results: of the tests and of the check."""
    write_flows(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "greeting.yaml").write_text("tests: [", encoding="utf-8")
    async with (
        running(store_server, tmp_path, brands={"glow": {"flows": str(tmp_path)}}) as shop,
        seated(shop, "bob", "builder") as it,
    ):
        for path in ("tests", "findings"):
            answer = await it.get(f"{FLOWS}/flow/greeting/{path}")
            assert (answer.status, "is no YAML" in await answer.text()) == (200, True)


async def test_findings_are_those_of_the_check(shop: Running) -> None:
    """Of its template, which speaks one language only, and of nothing else."""
    async with seated(shop, "bob", "builder") as it:
        text = await (await it.get(f"{FLOWS}/flow/greeting/findings")).text()
    assert "templates/greeting.yaml" in text
    assert "order_status.yaml" not in text
    assert "3 files checked" in text
