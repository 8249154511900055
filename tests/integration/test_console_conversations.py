"""Conversations in the console over HTTP: the list, the stream, the thread, replies and acts."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from connectors.testing import ApprovedTemplate
from middleware.console.conversations import live
from middleware.domain.attachments import AttachmentPiece, Attachments, FileState, StoredFile
from middleware.domain.conversation import Conversation, Owner
from middleware.domain.users import AuditEntry
from middleware.pipeline import board as board_module
from middleware.ports import Put, Stored
from middleware.store.mongo import MongoBrandStore
from tests.console import Seated, seated
from tests.running import Running, running, until
from tests.scenarios.looking import BRAND, Person, customer, event_key
from tests.stores import StoreServer

HOSTILE = '"><script>alert(1)</script> \u202eevil {{ 7*7 }}'
APPROVED = """
name: ping
purpose: To say that we are back.
locales:
  en:
    text: "Hello {{ profile.name | default('you') }}"
    fallback: Hello
    approved: {name: ping, language: en, body: ["{{ profile.name | default('you') }}"]}
"""


@pytest.fixture
async def ana(shop: Running) -> AsyncIterator[Seated]:
    """An agent."""
    async with seated(shop, "ana", "agent") as it:
        yield it


async def _page(it: Seated, path: str = "", **query: str) -> str:
    answer = await it.get(f"/console/glow/conversations{path}", params=query)
    assert answer.status == 200, answer.status
    return await answer.text()


async def _changed(shop: Running, person: Person, **changes: object) -> Conversation:
    """A customer's conversation as if this had happened to it."""
    store, known = shop.here.brands[BRAND].store, await person.conversation()
    stored = (await store.get(Conversation, [known.id]))[known.id]
    assert await store.write(stored.put(stored.record.model_copy(update=changes))) == (True,)
    return await person.conversation()


async def _act(it: Seated, talk: str, what: str, key: str = "", **form: str) -> aiohttp.ClientResponse:
    path = f"/console/glow/conversations/{talk}/" + (what if what == "reply" else f"acts/{what}")
    return await it.post(path, {"nonce": key or f"nonce-of-{what}-{len(form)}", **form})


def _rows(page: str) -> list[str]:
    return re.findall(r'id="c-(\w+)"', page)


async def test_the_list_is_filtered_counted_and_paged(shop: Running, ana: Seated) -> None:
    """By state, channel, tag, name; counts stand on the tabs; a cursor leads on; what makes no sense is left out."""
    people = [customer(shop, "whatsapp", number, f"Person {number}") for number in range(3)]
    other = customer(shop, "messenger", 9)
    for each in (*people, other):
        await each.says("hello")
    await other.says(HOSTILE)
    await shop.quiet()
    await _page(ana)
    await until(lambda: _is(shop.here.boards[BRAND].loaded and len(shop.here.boards[BRAND]) == 4), "the board")
    ids = [(await each.conversation()).id for each in people]
    assert (await _act(ana, ids[0], "tag", tag="Gift")).status == 303
    assert (await _act(ana, ids[1], "assign", to="ana")).status == 303
    await shop.quiet()

    whole = await _page(ana)
    assert set(_rows(whole)) == {*ids, (await other.conversation()).id}
    assert "<script>alert" not in whole
    assert _rows(await _page(ana, tag="gift")) == [ids[0]]
    assert _rows(await _page(ana, tab="mine")) == [ids[1]]
    assert _rows(await _page(ana, channel="messenger")) == [(await other.conversation()).id]
    assert _rows(await _page(ana, name="person 2")) == [ids[2]]
    assert "No conversation fits the filter." in await _page(ana, vip="1")
    assert "Nothing came too late for the bot." in await _page(ana, tab="late")
    assert len(_rows(await _page(ana, tab="nonsense", channel="fax"))) == 4
    assert (await ana.get("/console/glow/conversations", params={"before": "?"})).status == 400


async def test_the_list_says_how_far_it_is_loaded(shop: Running, ana: Seated, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the conversations of before are read, the page shows those that are here, and how many there will be."""
    for number in range(3):
        await customer(shop, "whatsapp", number).says("hello")
    await shop.quiet()
    reads, goes_on = 0, asyncio.Event()
    outlines = MongoBrandStore.outlines

    async def slow(*given: Any, **named: Any) -> list[Stored[Conversation]]:
        nonlocal reads
        reads += 1
        if reads == 3:
            await goes_on.wait()
        return await outlines(*given, **named)

    monkeypatch.setattr(MongoBrandStore, "outlines", slow)
    monkeypatch.setattr(board_module, "_READ_AT_ONCE", 1)
    monkeypatch.setattr(board_module, "LOOKS_EVERY", 600.0)
    assert "Older conversations are still being loaded." in await _page(ana)
    await until(lambda: _is(reads == 3), "the third read")
    page = await _page(ana)
    assert "Older conversations are still being loaded: 2 of 3." in page
    assert len(_rows(page)) == 2
    goes_on.set()
    await until(lambda: _is(shop.here.boards[BRAND].loaded), "the board")
    page = await _page(ana)
    assert "being loaded" not in page
    assert len(_rows(page)) == 3


async def _is(value: bool) -> bool:  # noqa: FBT001 - a tiny adapter
    return value


class Stream:
    """What comes out of a stream, event by event."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self) -> dict[str, str] | None:
        """The next event or comment as its fields; None once it has ended."""
        found: dict[str, str] = {}
        while line := (await self._answer.content.readline()).decode():
            if line == "\n" and "event" in found:
                return found
            name, _, value = line.strip().partition(": ")
            found[name] = value
        return None


def _listen(it: Seated, **query: str) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
    last = query.pop("last", "")
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
    return it.http.get(f"{it.shop.url}/console/glow/conversations/live", params=query, headers=headers)


async def test_the_stream_tells_what_changed_and_goes_on_where_it_was_cut(shop: Running, ana: Seated) -> None:
    """Each change is told by the conversation's id; what was missed while cut off is told to whoever comes back; an id
    of another life means that all has to be loaded again; without the stream's type there is none.
    """
    one, two = customer(shop, "whatsapp", 1), customer(shop, "whatsapp", 2)
    await one.says("hello")
    await _page(ana)
    await until(lambda: _is(shop.here.boards[BRAND].loaded), "the board")
    mark = shop.here.boards[BRAND].mark
    async with _listen(ana, after=mark) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        await one.says("still there?")
        heard = await Stream(answer).next()
    assert heard is not None
    assert (heard["event"], json.loads(heard["data"])) == ("changed", [(await one.conversation()).id])
    await two.says("me too")
    async with _listen(ana, last=heard["id"]) as answer:
        missed = await Stream(answer).next()
    assert missed is not None
    assert (await two.conversation()).id in json.loads(missed["data"])
    async with _listen(ana, last="abcdef01-7") as answer:
        anew = await Stream(answer).next()
    assert anew is not None
    assert anew["event"] == "reload"
    assert (await ana.get("/console/glow/conversations/live")).status == 406


async def test_the_stream_ends_with_its_session(ana: Seated, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever signs out, or may not any more, hears nothing from then on."""
    monkeypatch.setattr(live, "BEATS_EVERY", 0.05)
    async with _listen(ana) as answer:
        assert (await answer.content.readline()).startswith(b"retry:")
        assert (await ana.post("/console/sign-out")).status == 303
        assert await Stream(answer).next() is None
    async with _listen(ana) as answer:
        assert answer.status == 401


async def test_the_stream_ends_when_the_process_does(store_server: StoreServer, tmp_path: Path) -> None:
    """An open stream holds no process up."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with running(store_server, tmp_path) as shop, seated(shop, "ana", "agent") as it:
            cookies = it.http.cookie_jar.filter_cookies(aiohttp.client.URL(shop.url))
            answer = await http.get(
                f"{shop.url}/console/glow/conversations/live",
                headers={"Accept": "text/event-stream"},
                cookies={name: each.value for name, each in cookies.items()},
            )
            assert answer.status == 200
        assert await Stream(answer).next() is None


async def test_a_stream_brings_the_next_secret_along(ana: Seated) -> None:
    """A session that is renewed by the stream goes on: its cookies stand in the answer's head."""
    ana.http.cookie_jar.clear(lambda cookie: cookie.key.endswith("tl_session"))
    async with _listen(ana) as answer:
        assert answer.status == 200
        assert {name.removeprefix("__Host-") for name in answer.cookies} >= {"tl_session", "tl_renew"}
    assert (await ana.get("/console/account")).status == 200


async def test_a_thread_tells_who_said_what(shop: Running, ana: Seated) -> None:
    """Lines by day, the bot's with its trace, notes as internal, acts in the reader's words; reading is on record."""
    person = customer(shop, "whatsapp", name="\u05d3\u05e0\u05d4")
    said = await person.says(f"where is my order? {HOSTILE}")
    talk = (await person.conversation()).id
    await _act(ana, talk, "note", text="be kind")
    await _act(ana, talk, "assign", to="ana")
    await shop.quiet()
    answer = await ana.get(f"/console/glow/conversations/{talk}", headers={"Accept-Language": "de"})
    page = await answer.text()

    assert f"/console/glow/traces/{said.turn.id}" in page
    assert "<script>alert" not in page
    assert "hat es zugewiesen: ana" in page
    assert "Interne Notiz" in page
    assert "<bdi>\u05d3\u05e0\u05d4</bdi>" in page
    assert all("be kind" not in sent.text for sent in shop.graph.sent)
    entries = [each.record async for some in shop.here.brands[BRAND].store.scan(AuditEntry) for each in some]
    assert ("ana", "conversation.read", talk) in [(each.by, each.what, each.about) for each in entries]
    assert (await ana.get("/console/glow/conversations/c_nothing")).status == 404


async def test_pictures_are_shown_and_drawings_only_saved(shop: Running, ana: Seated) -> None:
    """A picture comes as one; SVG and all else only as a file that runs nothing, whatever its name; another
    conversation's file is not there.
    """
    person, other = customer(shop, "messenger"), customer(shop, "whatsapp", 2)
    said = await person.says("look")
    await other.says("hello")
    talk, key = (await person.conversation()).id, event_key("messenger", said.message_id)
    picture, drawing = b"\x89PNG\r\n\x1a\n....", b"<svg onload='alert(1)'/>"
    files = [
        StoredFile(
            position=place, kind="image", state=FileState.FETCHED, type=kind, name=name, size=len(content),
            sha256=sha256(content).hexdigest(), pieces=1, at=datetime.now(UTC),
        )
        for place, (content, kind, name) in enumerate(
            [(picture, "image/png", "a.png"), (drawing, "image/svg+xml", '\u202egpj."><b>.svg')]
        )
    ]  # fmt: skip
    await shop.here.brands[BRAND].store.write(
        Put(Attachments(id=key, files=tuple(files))),
        Put(AttachmentPiece(id=f"{key}/0/0", data=picture)),
        Put(AttachmentPiece(id=f"{key}/1/0", data=drawing)),
    )
    there = f"/console/glow/conversations/{talk}/files/{quote(key, safe='')}%2F"
    shown, saved = await ana.get(f"{there}0"), await ana.get(f"{there}1")

    assert (shown.status, shown.headers["Content-Type"], await shown.read()) == (200, "image/png", picture)
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert (saved.status, saved.headers["Content-Type"], await saved.read()) == (
        200,
        "application/octet-stream",
        drawing,
    )
    assert saved.headers["Content-Disposition"].startswith("attachment; filename=")
    assert saved.headers["Content-Disposition"].isascii()
    for each in (shown, saved):
        assert each.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert each.headers["X-Content-Type-Options"] == "nosniff"
    elsewhere = there.replace(talk, (await other.conversation()).id)
    assert [(await ana.get(path)).status for path in (f"{elsewhere}0", f"{there}7", f"{there}x")] == [404] * 3
    page = await _page(ana, f"/{talk}")
    assert page.count("<img") - page.count('alt=""') == 0


async def test_a_reply_that_is_sent_twice_is_one_message(shop: Running, ana: Seated) -> None:
    """The same form at once and again later: one message; a form of another page is another one; on record."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    talk, before = (await person.conversation()).id, len(shop.graph.sent)
    both = await asyncio.gather(*(_act(ana, talk, "reply", "nonce-number-1", text="Ana\r\nhere") for _ in range(2)))
    again = await _act(ana, talk, "reply", "nonce-number-1", text="Ana\r\nhere")
    await _act(ana, talk, "reply", "nonce-number-2", text="Ana again")
    await shop.quiet()
    assert [each.status for each in (*both, again)] == [303] * 3
    assert [each.text for each in shop.graph.sent[before:]] == ["Ana\nhere", "Ana again"]
    assert "A person has it until" in await _page(ana, f"/{talk}")


async def test_a_reply_that_is_refused_keeps_its_text(shop: Running, ana: Seated) -> None:
    """After a STOP nothing goes: the page says why in the reader's words and keeps what was written; so does a part."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    await person.says("STOP")
    talk, before = (await person.conversation()).id, len(shop.graph.sent)
    answer = await _act(ana, talk, "reply", text="a long <b>answer</b>")
    part = await ana.post(
        f"/console/glow/conversations/{talk}/reply",
        {"nonce": "nonce-number-3", "text": "a long <b>answer</b>"},
        headers={"HX-Request": "true", "Accept-Language": "es"},
    )
    for each, why in ((answer, "The customer has said STOP."), (part, "El cliente ha dicho STOP.")):
        text = await each.text()
        assert (each.status, why in text) == (409, True)
        assert "a long &lt;b&gt;answer&lt;/b&gt;</textarea>" in text
    assert (await _act(ana, talk, "reply", "?", text="x")).status == 400
    assert len(shop.graph.sent) == before


async def test_outside_the_window_only_what_is_allowed_goes(store_server: StoreServer, tmp_path: Path) -> None:
    """On WhatsApp approved templates, filled in for the customer; on Messenger a person's answer for a week, tagged."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "ping.yaml").write_text(APPROVED)
    async with running(store_server, tmp_path, brands={BRAND: {"flows": str(tmp_path)}}) as shop:
        shop.graph._templates = (ApprovedTemplate("ping", "en", body=1),)
        async with seated(shop, "ana", "agent") as ana:
            on_whatsapp, on_messenger = customer(shop, "whatsapp"), customer(shop, "messenger")
            for each in (on_whatsapp, on_messenger):
                await each.says("hello")
                await _changed(shop, each, last_inbound_at=datetime.now(UTC) - timedelta(days=2))
            before = len(shop.graph.sent)
            talk, other = (await on_whatsapp.conversation()).id, (await on_messenger.conversation()).id
            page, there = await _page(ana, f"/{talk}"), await _page(ana, f"/{other}")
            refused = await _act(ana, talk, "reply", text="free text")
            sent = await _act(ana, talk, "reply", template="ping")
            await _act(ana, other, "reply", text="Ana here")
            await shop.quiet()
            messages = shop.graph.sent[before:]

    assert "approved templates only" in page
    assert "Hello Ben Ortega" in page
    assert 'id="text"' not in page
    assert "As a person you may still answer for 4 d 23 h" in there
    assert (refused.status, sent.status) == (409, 303)
    assert messages[0].body["template"]["name"] == "ping"
    assert messages[1].body["tag"] == "HUMAN_AGENT"


async def test_templates_become_replies(shop: Running, ana: Seated) -> None:
    """A search finds templates by name or words, as this customer would get them; what lacks a value is left out."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    talk = (await person.conversation()).id
    found = await _page(ana, f"/{talk}/snippets", q="support")
    assert "I have told our team" in found
    assert "No template fits" in await _page(ana, f"/{talk}/snippets", q="no-such-word")
    assert "order_status" not in re.findall(
        r'class="mono">(\w+)<', await _page(ana, f"/{talk}/snippets", q="order_status")
    )


async def test_agents_hand_a_conversation_on(shop: Running, ana: Seated) -> None:
    """Take over, pause, give back, close, reopen, assign, tag: each changes how it stands, and the page says so."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    talk = (await person.conversation()).id

    async def now(what: str, **form: str) -> tuple[Conversation, str]:
        answer = await _act(ana, talk, what, **form)
        assert answer.status == 303, (what, answer.status)
        await shop.quiet()
        return await person.conversation(), await _page(ana, f"/{talk}/standing")

    taken, page = await now("take-over")
    assert (taken.owner, taken.assignee, "You have it until" in page) == (Owner.HUMAN, "ana", True)
    paused, page = await now("pause", minutes="30")
    assert (paused.owner, "The bot is paused until" in page) == (Owner.PAUSED, True)
    assert paused.owner_until is not None
    given, page = await now("release")
    assert (given.owner, "The bot answers" in page) == (Owner.BOT, True)
    closed, page = await now("close")
    assert (closed.closed_at is not None, "Reopen" in page) == (True, True)
    assert (await now("reopen"))[0].closed_at is None
    assert (await now("assign", to=""))[0].assignee is None
    assert (await now("tag", tag="Big Fish"))[0].tags == ("big-fish",)
    assert (await now("untag", tag="big-fish"))[0].tags == ()
    wrong = [
        (await _act(ana, talk, what, **form)).status
        for what, form in (
            ("tag", {"tag": "!"}),
            ("note", {"text": " "}),
            ("note", {"text": "x" * 4_001}),
            ("assign", {"to": "nobody-of-us"}),
            ("dance", {}),
        )
    ]
    assert wrong == [409, 409, 409, 400, 404]
