"""Releases of flows in the console: published, asked for, taken back, compared and taken away, as by commands."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from middleware.pipeline.audit import entries
from tests.console import Seated, seated
from tests.integration.test_console_flow_editor import EDIT, FLOWS, TESTS, form_of, made, page, published, shop_of_flows
from tests.running import Running
from tests.scenarios.test_turns_again import GREETING, GREETING_TEMPLATE
from tests.stores import StoreServer

RELEASES = f"{FLOWS}/releases"
WARM = GREETING.replace("by name", "warmly")
BOLD = GREETING.replace("by name", "boldly")


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with a flow of the brand's own and a test of it."""
    async with shop_of_flows(store_server, tmp_path) as it:
        yield it


async def _released(it: Seated, source: str, **more: str) -> str:
    """What is said once a flow with this text became a release."""
    return await made(it, **await form_of(it, source=source, tests=TESTS, **more))


def _said(shop: Running) -> int:
    """The release that this process says."""
    return shop.here.editions.flows["glow"].release


async def _on_record(shop: Running) -> list[str]:
    return [each.what for each in reversed(await entries(shop.here.brands["glow"].store))]


async def test_from_a_flow_to_customers_and_back(shop: Running) -> None:
    """Made and published at once, published later with a note, gone back from, and back to the files; all on record."""
    async with seated(shop, "bob", "builder") as bob:
        assert "Release 1 is made and published" in await _released(bob, WARM, then="publish", note="warmer")
        assert _said(shop) == 1
        assert "Draft of" not in await page(bob, FLOWS)
        assert "Release 2 is made. No customer gets it" in await _released(bob, BOLD)
        assert _said(shop) == 1
        waits = await page(bob, RELEASES)
        assert 'Release 2 <span class="badge warn">not published' in waits
        assert "This draft is in release 2" in await page(bob, EDIT)
        await page(bob, f"{RELEASES}/publish", {"number": "2", "revision": "1", "note": "bolder"})
        assert _said(shop) == 2
        back = await page(bob, f"{RELEASES}/rollback", {"number": "", "revision": "2", "note": "too bold"})
        assert "Customers get the earlier flows again" in back
        assert ("too bold" in back, "warmer" in back, _said(shop)) == (True, True, 1)
        assert "boldly" in await page(bob, EDIT)
        await page(bob, f"{RELEASES}/rollback", {"number": "0", "revision": "3"})
        assert _said(shop) == 0
        assert "Customers get the flows of files" in await page(bob, RELEASES)
    acts = [what for what in await _on_record(shop) if what.startswith("flows.")]
    assert acts == [
        "flows.release_made", "flows.published", "flows.release_made", "flows.published", "flows.rolled_back",
        "flows.rolled_back",
    ]  # fmt: skip


async def test_refusals_are_those_of_the_core(shop: Running) -> None:
    """Somebody was quicker, it was made over another one, it is published already, it never was, it is not there."""
    async with seated(shop, "bob", "builder") as bob:
        await _released(bob, WARM)
        await published(shop, greeting=BOLD)
        quicker = await page(bob, f"{RELEASES}/publish", {"number": "1", "revision": "0"}, status=409)
        assert "somebody was quicker" in quicker
        assert "lee has published release 2" in quicker
        based = await page(bob, f"{RELEASES}/publish", {"number": "1", "revision": "1"}, status=409)
        assert "Release 1 was made over the flows of the files; lee has published release 2 since" in based
        assert "throughline flows" not in based
        assert "passed over" in based
        again = {"number": "2", "revision": "1"}
        assert "is published already" in await page(bob, f"{RELEASES}/publish", again, status=409)
        never = {"number": "1", "revision": "1"}
        assert "was never published" in await page(bob, f"{RELEASES}/rollback", never, status=409)
        for path, form, status in (
            ("publish", {"number": "9", "revision": "1"}, 404),
            ("publish", {"number": "x", "revision": "1"}, 400),
            ("publish", {}, 400),
            ("rollback", {"number": "-1", "revision": "1"}, 400),
            ("ask", {"number": "1" * 40}, 400),
        ):
            assert (await bob.post(f"{RELEASES}/{path}", form)).status == status, (path, form)
    assert _said(shop) == 2


async def test_two_persons(store_server: StoreServer, tmp_path: Path) -> None:
    """Nobody publishes their own: they ask, others see it in the list and publish; going back takes one."""
    async with (
        shop_of_flows(store_server, tmp_path, templates={"two_persons": True}) as shop,
        seated(shop, "bob", "builder") as bob,
    ):
        assert "nobody else may yet" in await page(bob, EDIT)
        async with seated(shop, "kim", "builder") as kim, seated(shop, "mia", "marketer"):
            assert "Somebody else publishes it: Kim." in await page(bob, EDIT)
            await _released(bob, WARM)
            refused = await page(bob, f"{RELEASES}/publish", {"number": "1", "revision": "0"}, status=409)
            assert "in this brand somebody else has to publish it" in refused
            assert "Asked" in await page(bob, f"{RELEASES}/ask", {"number": "1"})
            assert "Asked" in await page(bob, f"{RELEASES}/ask", {"number": "1"})
            assert "asks for publication of release" not in await page(bob, FLOWS)
            assert "bob asks for publication of release 1" in await page(kim, FLOWS)
            assert "waits for publication" in await page(kim, RELEASES)
            others = await page(kim, f"{RELEASES}/ask", {"number": "1"}, status=409)
            assert "nobody has to be asked" in others
            await page(kim, f"{RELEASES}/publish", {"number": "1", "revision": "0"})
            assert _said(shop) == 1
            assert "asks for publication" not in await page(kim, FLOWS)
            assert "others are asked to publish it" in await _released(bob, BOLD, then="ask")
            assert "by bob" in await page(kim, f"{RELEASES}")
            await page(bob, f"{RELEASES}/rollback", {"number": "0", "revision": "1"})
            assert _said(shop) == 0


async def test_two_are_compared_and_one_is_taken_away(shop: Running) -> None:
    """What differs by flow and line, by default from what customers get; the files byte for byte, also as release 0."""
    async with seated(shop, "bob", "builder") as bob:
        assert "There is no release" in await page(bob, f"{RELEASES}/difference")
        await _released(bob, WARM + "# <script>\r\n".replace("\r\n", "\n"))
        usual = await page(bob, f"{RELEASES}/difference")
        assert "purpose: Greets warmly" in usual
        assert "purpose: Greets by name" in usual
        assert '<dd class="mono">greeting</dd>' in usual
        assert "<script>\n" not in await (await bob.get(f"{RELEASES}/difference")).text()
        assert "No difference" in await page(bob, f"{RELEASES}/difference?one=1&other=1")
        for wrong in ("one=9&other=1", "one=1&other=99999"):
            assert (await bob.get(f"{RELEASES}/difference?{wrong}")).status == 404
        assert (await bob.get(f"{RELEASES}/difference?one=x&other=-1")).status == 200
        taken = await bob.get(f"{RELEASES}/1/export")
        assert taken.headers["Content-Disposition"] == 'attachment; filename="flows-glow-1.zip"'
        with zipfile.ZipFile(io.BytesIO(await taken.read())) as archive:
            assert archive.read("greeting.yaml").decode() == WARM + "# <script>\n"
            assert archive.read("tests/greeting.yaml").decode() == TESTS
        with zipfile.ZipFile(io.BytesIO(await (await bob.get(f"{RELEASES}/0/export")).read())) as archive:
            assert archive.read("greeting.yaml").decode() == GREETING
        assert [(await bob.get(f"{RELEASES}/{number}/export")).status for number in ("7", "x", "-1")] == [404] * 3
    assert (await _on_record(shop)).count("flows.exported") == 2


async def test_what_marketers_type_is_checked_against_what_is_published(shop: Running) -> None:
    """A template may read what the flows of the release need, as publishing it says, and not what those of files do."""
    path = "/console/glow/templates/greeting/typing"
    text = GREETING_TEMPLATE.replace("profile.name", "orders.latest.number")
    form = {"tab": "source", "source": text, "revision": "0"}
    async with seated(shop, "mia", "marketer") as mia:
        assert "write it under needs" in await page(mia, path, form)
        await published(shop, greeting=GREETING.replace("triggers:", "needs: [orders]\ntriggers:"))
        assert "write it under needs" not in await page(mia, path, form)
