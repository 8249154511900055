"""Trying templates out in one's own chat: pairing it, sending a test, and what is said of it; over HTTP."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from connectors.testing import api_error
from middleware.domain.agents import Tried
from middleware.domain.conversation import Conversation
from middleware.domain.messages import Reply
from middleware.domain.pairing import MOST_GUESSES
from middleware.pipeline.agents import Refused, acted
from middleware.pipeline.pairing import pairings_of
from middleware.pipeline.template_results import Asked, template_results
from tests.console import Seated, seated
from tests.integration.test_console_templates import draft_of, form_of
from tests.running import Running
from tests.scenarios.looking import BRAND, Person, customer

CHATS, TEMPLATES = "/console/glow/test-chats", "/console/glow/templates"
HTMX = {"HX-Request": "true"}
TYPED = "Hi {{ profile.name | default('you') }}, <b>new</b> words"


@pytest.fixture
async def mia(shop: Running) -> AsyncIterator[Seated]:
    """A marketer."""
    async with seated(shop, "mia", "marketer") as it:
        yield it


async def _code(it: Seated) -> str:
    answer = await it.post(f"{CHATS}/code")
    found = re.search(r'id="code">(TEST-\w{5}-\w{5})<', await answer.text())
    assert found is not None, answer.status
    return found[1]


async def _own(shop: Running) -> set[str]:
    """The conversations that are Mia's."""
    known = await pairings_of(shop.here.brands[BRAND].store, "mia")
    return {each.conversation for each in known.paired}


async def _paired(it: Seated, person: Person) -> str:
    """A conversation that was paired with whoever sits there."""
    assert (await person.says(await _code(it))).sent == []
    return (await person.conversation()).id


async def _test(it: Seated, to: str, number: int = 1, **more: str) -> aiohttp.ClientResponse:
    """Send what is typed as a test."""
    form = {**await form_of(it, "vip"), "text": TYPED, "fallback": "Hello", "customer": "ana", **more}
    answer = await it.post(
        f"{TEMPLATES}/vip/test", {**form, "test_to": to, "test_nonce": f"nonce-of-test-{number}"}, headers=HTMX
    )
    await it.shop.quiet()
    return answer


async def _watched(it: Seated, answer: aiohttp.ClientResponse) -> str:
    """What the page finds when it looks again."""
    found = re.search(r'hx-get="/console/glow/templates/vip/test/(\w+)"', await answer.text())
    assert found is not None, await answer.text()
    return await (await it.get(f"{TEMPLATES}/vip/test/{found[1]}", headers=HTMX)).text()


async def test_a_chat_is_paired_by_a_code_that_is_written_in_it(shop: Running, mia: Seated) -> None:
    """The code counts once, in whatever letters; the page and the account show the chat, and it can be taken back."""
    phone, other = customer(shop, "whatsapp", 1, "Mia"), customer(shop, "messenger", 2)
    code = await _code(mia)
    assert (await phone.says(f" {code.lower()}\n")).sent == []
    talk = (await phone.conversation()).id
    assert await _own(shop) == {talk}
    assert len((await other.says(code)).sent) == 1
    assert await _own(shop) == {talk}
    rows = await (await mia.get(f"{CHATS}/rows", params={"since": "none"}, headers=HTMX)).text()
    assert "Paired: tests can go there now." in rows
    account = await (await mia.get("/console/account")).text()
    assert f'value="{talk}"' in account
    assert "<bdi>Mia</bdi>" in account
    assert len((await phone.says("hello")).sent) == 1
    ended = await mia.post(f"{CHATS}/unpair", {"conversation": talk, "home": "account"})
    assert ended.headers["Location"].startswith("/console/account")
    assert await _own(shop) == set()


async def test_what_does_not_count_is_an_ordinary_message(shop: Running, mia: Seated) -> None:
    """A wrong code, one with words beside it, and one that another followed are answered as anything is; whoever wrote
    five wrong ones is not looked at any more, and even the right one is only a message.
    """
    person, guesser = customer(shop, "messenger", 1), customer(shop, "instagram", 2)
    first = await _code(mia)
    second = await _code(mia)
    for text in (first, f"{second} hello", f"my code is {second}"):
        assert len((await person.says(text)).sent) == 1, text
    for number in range(MOST_GUESSES):
        assert len((await guesser.says(f"TEST-AAAAA-{number:05}")).sent) == 1
    assert len((await guesser.conversation()).guesses) == MOST_GUESSES
    assert len((await guesser.says(second)).sent) == 1
    assert await _own(shop) == set()
    assert (await person.says(second)).sent == []
    assert await _own(shop) == {(await person.conversation()).id}
    for _ in range(8):
        await _code(mia)
    refused = await mia.post(f"{CHATS}/code")
    assert (refused.status, "ten codes within an hour" in await refused.text()) == (429, True)


async def test_of_two_who_write_one_code_at_once_one_is_paired(shop: Running, mia: Seated) -> None:
    """However close together they are."""
    code = await _code(mia)
    await asyncio.gather(*(customer(shop, "messenger", number).posts(code) for number in range(4)))
    await shop.quiet()
    assert len(await _own(shop)) == 1


async def test_a_test_is_what_is_typed_and_counts_nowhere(shop: Running, mia: Seated) -> None:
    """It goes to the chat once, for the customer that was chosen; nothing is saved; the thread and the trace call it a
    test, and the results of templates do not know it.
    """
    phone = customer(shop, "whatsapp", 1, "Mia")
    talk, before = await _paired(mia, phone), len(shop.graph.sent)
    answer = await _test(mia, talk)
    assert answer.status == 200
    await _test(mia, talk)
    assert [(each.text, each.recipient) for each in shop.graph.sent[before:]] == [
        ("Hi Ana Ruiz, <b>new</b> words", phone.id)
    ]
    seen = await _watched(mia, answer)
    assert "Hi Ana Ruiz, &lt;b&gt;new&lt;/b&gt; words" in seen
    assert '<span class="badge good">sent</span>' in seen
    assert await draft_of(shop, "vip") is None
    store, now = shop.here.brands[BRAND].store, shop.here.clock.now()
    results = await template_results(store, BRAND, Asked(now - timedelta(days=1)), now)
    assert [row for row in results.rows if row.template == "vip"] == []
    async with seated(shop, "bea", "agent") as bea:
        thread = await (await bea.get(f"/console/glow/conversations/{talk}")).text()
        assert '<span class="badge warn">Test</span>' in thread
        turn = re.search(r'templates/vip/test/(\w+)"', await answer.text())
        assert turn is not None
        trace = await (await bea.get(f"/console/glow/traces/{turn[1]}")).text()
        assert "mia tried the template vip out: a test, and no answer" in trace


async def test_tests_go_nowhere_else(shop: Running, mia: Seated) -> None:
    """Not to a customer, not to another user's chat, not to one that was taken back; not with errors in the text, not
    while the window is closed; and nobody sees the tests of others.
    """
    phone, person = customer(shop, "whatsapp", 1, "Mia"), customer(shop, "messenger", 2)
    await person.says("hello")
    talk, theirs = await _paired(mia, phone), (await person.conversation()).id
    answer, before = await _test(mia, talk, 9), len(shop.graph.sent)
    async with seated(shop, "max", "marketer") as other:
        for it, to in ((mia, theirs), (mia, "c_nothing"), (mia, ""), (other, talk)):
            refused = await _test(it, to)
            assert (refused.status, "not paired with you" in await refused.text()) == (409, True)
        path = re.search(r'hx-get="(/console/glow/templates/vip/test/\w+)"', await answer.text())
        assert path is not None
        assert (await other.get(path[1], headers=HTMX)).status == 404
    tried = Tried(template="vip", replies=(Reply(text="x"),))
    past_the_page = await acted(shop.here.brands[BRAND], theirs, tried, "mia", "nonce-of-no-page", datetime.now(UTC))
    assert past_the_page == Refused(("not_yours",))
    faulty = await _test(mia, talk, 2, text="{{ nonsense ")
    assert (faulty.status, "errors to mend" in await faulty.text()) == (409, True)
    store = shop.here.brands[BRAND].store
    stored = (await store.get(Conversation, [talk]))[talk]
    old = stored.record.model_copy(update={"last_inbound_at": datetime.now(UTC) - timedelta(days=2)})
    assert await store.write(stored.put(old)) == (True,)
    closed = await _test(mia, talk, 3)
    assert (closed.status, "too long ago" in await closed.text()) == (409, True)
    await mia.post(f"{CHATS}/unpair", {"conversation": talk})
    assert (await _test(mia, talk, 4)).status == 409
    assert len(shop.graph.sent) == before


async def test_what_the_platform_refuses_the_editor_shows(shop: Running, mia: Seated) -> None:
    """By itself, with the platform's code; nobody is asked to look after a conversation for it."""
    talk = await _paired(mia, customer(shop, "whatsapp", 1, "Mia"))
    shop.graph.behave(api_error(131009))
    seen = await _watched(mia, await _test(mia, talk))
    assert '<span class="badge bad">not sent</span>' in seen
    assert "131009" in seen
    assert "every 2s" not in seen
    stored = (await shop.here.brands[BRAND].store.get(Conversation, [talk]))[talk]
    assert stored.record.needs_person is None


async def test_whoever_is_disabled_has_no_chats_any_more(shop: Running, mia: Seated) -> None:
    """Nor a code that would give them one; enabled again they begin anew."""
    talk, code = await _paired(mia, customer(shop, "whatsapp", 1, "Mia")), await _code(mia)
    assert await _own(shop) == {talk}
    async with seated(shop, "ada", "admin") as ada:
        assert (await ada.post("/console/users/mia/disable")).status == 303
        assert await _own(shop) == set()
        assert len((await customer(shop, "messenger", 2).says(code)).sent) == 1
        await ada.post("/console/users/mia/disable")
    assert await _own(shop) == set()
