"""What was too old for the bot, in the console over HTTP: the queue, and how agents see to it."""

import re

from tests.console import Seated, seated
from tests.running import Running, minutes_ago, until
from tests.scenarios.looking import BRAND, customer

LIST = "/console/glow/conversations"


async def _page(it: Seated, path: str = "", **query: str) -> str:
    answer = await it.get(LIST + path, params=query)
    assert answer.status == 200, answer.status
    return await answer.text()


def _rows(page: str) -> set[str]:
    return set(re.findall(r'id="c-(\w+)"', page))


def _named(page: str) -> str:
    found = re.search(r'name="late" value="([0-9a-f ]+)"', page)
    assert found is not None
    return found[1]


def _until(page: str) -> str:
    found = re.search(r'name="until" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def _has(shop: Running, conversations: int) -> bool:
    board = shop.here.boards[BRAND]
    return board.loaded and len(board) == conversations


async def test_what_came_too_late_is_a_queue(shop: Running) -> None:
    """It lists who wrote what, how long ago, and what is left of the window, with a count; a reply of an agent, or the
    button, takes a conversation out of it, and what came in meanwhile stays.
    """
    ann, ben, cleo = (customer(shop, channel, 1) for channel in ("whatsapp", "messenger", "instagram"))
    await ann.says("where is my <b>order</b>?", at=minutes_ago(150))
    await ben.says("do you have this in red?", at=minutes_ago(60 * 25))
    await cleo.says("hello")
    async with seated(shop, "ana", "agent") as ana:
        await _page(ana)
        await until(lambda: _has(shop, 3), "the board")
        ids = [(await each.conversation()).id for each in (ann, ben)]
        page = await _page(ana, tab="late")
        assert _rows(page) == set(ids)
        assert "where is my &lt;b&gt;order&lt;/b&gt;?</bdi>" in page
        assert "written 2 h 30 min ago" in page
        assert "closes in 21 h" in page
        assert "The window is closed" in page
        assert "Too late for the bot <small>2</small>" in await _page(ana)
        assert "Nobody has answered it yet." in await _page(ana, f"/{ids[0]}")

        # What comes in while somebody looks is not seen to with what they see.
        seen = _named(await _page(ana, f"/{ids[1]}"))
        await ben.says("hello??", at=minutes_ago(60 * 24.5))
        form = {"nonce": "nonce-of-seen-to", "late": seen, "back": "late"}
        done = await ana.post(f"{LIST}/{ids[1]}/acts/seen-to", form)
        assert (done.status, done.headers["Location"]) == (303, f"{LIST}?tab=late")
        await ana.post(f"{LIST}/{ids[0]}/reply", {"nonce": "nonce-of-reply", "text": "Ana here"})
        await shop.quiet()
        assert [each.text for each in (await ben.conversation()).late] == ["hello??"]
        assert _rows(await _page(ana, tab="late")) == {ids[1]}
        for wrong in ("", "x", " ".join([seen] * 21)):
            again = {"nonce": "nonce-of-nothing", "late": wrong}
            assert (await ana.post(f"{LIST}/{ids[1]}/acts/seen-to", again)).status == 400
        last = {"nonce": "nonce-of-the-last", "late": _named(await _page(ana, f"/{ids[1]}"))}
        await ana.post(f"{LIST}/{ids[1]}/acts/seen-to", last)
        await shop.quiet()
        assert _rows(await _page(ana, tab="late")) == set()
        assert "has seen to what came too late for the bot" in await _page(ana, f"/{ids[1]}")


async def test_more_than_a_conversation_keeps_are_counted_and_found(shop: Running) -> None:
    """Sixty that came too late: the row says so and leads to the first, which the thread shows though it is far back;
    one that came in meanwhile stays when the others are seen to.
    """
    ann = customer(shop, "whatsapp", 1)
    for number in range(60):
        await ann.says(f"question {number}", at=minutes_ago(200 - number))
    conversation = await ann.conversation()
    async with seated(shop, "ana", "agent") as ana:
        await _page(ana)
        await until(lambda: _has(shop, 1), "the board")
        page = await _page(ana, tab="late")
        assert "60 messages, the first written 3 h 20 min ago" in page
        assert "and 57 more" in page
        href = re.search(r'id="c-\w+" href="([^"]+)#(l-\w+)"', page)
        assert href is not None
        thread = await (await ana.get(href[1].replace("&amp;", "&"))).text()
        assert re.search(rf'id="{href[2]}".*?question 0<', thread, re.DOTALL)
        assert f'id="{href[2]}"' not in await _page(ana, f"/{conversation.id}")
        assert "Read from the first one" in thread

        form = {"nonce": "nonce-of-seen-to", "late": _named(page), "until": _until(page)}
        await ann.says("hello??", at=minutes_ago(100))
        await ana.post(f"{LIST}/{conversation.id}/acts/seen-to", form)
        await shop.quiet()
        left = await ann.conversation()
        assert ([each.text for each in left.late], left.late_before) == (["hello??"], None)
        for wrong in ("yesterday", "2026-11-05T12:00:00"):
            again = {"nonce": "nonce-of-nothing", "late": "", "until": wrong}
            assert (await ana.post(f"{LIST}/{conversation.id}/acts/seen-to", again)).status == 400
