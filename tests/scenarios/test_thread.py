"""A conversation as agents read it: who said what, what became of it, and what agents did in between."""

import uuid

import pytest

from middleware.domain.agents import Assigned, Noted
from middleware.domain.conversation import Conversation
from middleware.domain.identity import Identity
from middleware.errors import CursorError
from middleware.pipeline.agents import Taken, acted
from middleware.pipeline.merging import merge_profiles, split_profile, unmerge_profile
from middleware.pipeline.profile_view import find_profile
from middleware.pipeline.rebuild import differences
from middleware.pipeline.thread import Thread, ThreadLine, read_thread
from middleware.pipeline.timeline import read_timeline
from tests.running import Running
from tests.scenarios.agents import done, writes
from tests.scenarios.looking import BRAND, Person, customer, reports_to


async def thread_of(shop: Running, person: Person, before: str | None = None, most: int = 50) -> Thread:
    """The thread of a customer's conversation."""
    conversation = await person.conversation()
    found = await read_thread(shop.here.brands[BRAND].store, BRAND, conversation.id, before=before, most=most)
    assert found is not None
    return found


def oldest_first(thread: Thread) -> list[ThreadLine]:
    """The lines in the order in which they came."""
    return list(reversed(thread.lines))


async def test_a_thread_tells_who_said_what(shop: Running) -> None:
    """Customer, bot, agents by name, a person elsewhere, notes and acts; the bot's words name flow, template, turn."""
    reports_to(shop, "messenger", statuses=("sent", "delivered", "read"))
    person = customer(shop, "messenger")
    said = await person.says("where is my order?")
    await shop.say("messenger", "echo", sender=person.id, text="from my phone")
    await shop.quiet()
    await done(shop, person, Noted(text="be kind"), by="ben")
    await done(shop, person, Assigned(to="ana"), by="ben")
    await writes(shop, person, "Ana here.")
    lines = oldest_first(await thread_of(shop, person))

    assert [(line.by, line.author) for line in lines] == [
        ("customer", None),
        ("bot", None),
        ("human", None),
        ("note", "ben"),
        ("act", "ben"),
        ("human", "ana"),
    ]
    assert lines[0].text == "where is my order?"
    assert (lines[1].turn, lines[1].flow) == (said.turn.id, "order_status")
    assert lines[1].template is not None
    assert [line.text for line in lines[2:]] == [
        "from my phone",
        "be kind",
        "ben (agent) assigned it to ana",
        "Ana here.",
    ]
    assert all(line.status is not None for line in lines if line.turn is not None)


async def test_what_was_said_within_a_second_stands_in_its_order(shop: Running) -> None:
    """A platform that tells whole seconds mixes nothing up: an answer stands behind its question, before the next."""
    person = customer(shop, "whatsapp")
    for text in ("where is my order?", "any news about my order?"):
        await person.says(text)
    lines = oldest_first(await thread_of(shop, person))

    assert [line.by for line in lines] == ["customer", "bot", "customer", "bot"]
    assert [line.text for line in lines if line.by == "customer"] == ["where is my order?", "any news about my order?"]


async def test_a_thread_goes_back_to_the_beginning(shop: Running) -> None:
    """Page by page everything that was said is shown, once, newest first, also what the conversation does not keep."""
    person = customer(shop, "whatsapp")
    for number in range(25):
        await shop.say("whatsapp", sender=person.id, text=f"question {number}", name=person.name)
    await shop.quiet()
    await done(shop, person, Noted(text="a note"))
    seen: list[ThreadLine] = []
    before: str | None = None
    pages = 0
    while True:
        page = await thread_of(shop, person, before, most=10)
        seen += page.lines
        before, pages = page.next, pages + 1
        if before is None:
            break

    asked = [line.text for line in seen if line.by == "customer"]
    assert sorted(asked) == sorted(f"question {number}" for number in range(25))
    assert len([line for line in seen if line.by == "bot"]) == len(shop.graph.sent)
    assert len({line.id for line in seen}) == len(seen)
    assert len((await person.conversation()).lines) < len(seen)
    assert pages > 1


async def test_what_was_changed_or_taken_back_is_as_the_customer_wants_it(shop: Running) -> None:
    """An edited message shows its last words, one that was taken back none and no file."""
    person = customer(shop, "instagram")
    first = (await person.says("helo")).message_id
    second = (await person.says("my secret")).message_id
    await shop.say("instagram", "edit", sender=person.id, other_message_id=first, text="hello")
    await shop.say("instagram", "unsend", sender=person.id, other_message_id=second)
    await shop.quiet()
    texts = {line.id: line.text for line in (await thread_of(shop, person)).lines}

    assert texts[first] == "hello"
    assert texts[second] == ""


async def test_a_thread_says_which_ad_it_began_with(shop: Running) -> None:
    """The first ad through which the customer came stands on the first page."""
    person = customer(shop, "messenger")
    await person.says("hi", "ad_message")
    await person.says("still there?")
    thread = await thread_of(shop, person)

    assert thread.began_with is not None
    assert thread.began_with.ad_id
    assert oldest_first(thread)[0].referral is not None


async def test_no_thread(shop: Running) -> None:
    """No conversation has no thread, and a cursor of nobody's is refused."""
    store = shop.here.brands[BRAND].store
    assert await read_thread(store, BRAND, "c_nobody") is None
    person = customer(shop, "messenger")
    await person.says("hello")
    with pytest.raises(CursorError):
        await thread_of(shop, person, before="nonsense")


async def test_a_rebuild_leaves_what_agents_did(shop: Running) -> None:
    """Fragments worked out anew from the events on record are the same, and notes, tags and lines stay."""
    person = customer(shop, "whatsapp")
    await person.says("hello")
    await done(shop, person, Noted(text="be kind"))
    await writes(shop, person, "Ana here.")
    store = shop.here.brands[BRAND].store
    conversation = await person.conversation()

    assert await differences(store, conversation.aliases) == []
    assert [note.text for note in (await person.conversation()).notes] == ["be kind"]
    assert "be kind" in [line.text for line in (await thread_of(shop, person)).lines]


async def test_notes_go_where_their_conversation_goes(shop: Running) -> None:
    """Merged, taken apart and split: what agents did is in the timeline of whoever the conversation belongs to."""
    one, other = customer(shop, "messenger"), customer(shop, "instagram")
    for person in (one, other):
        await person.says("hello")
    await done(shop, one, Noted(text="of messenger"))
    await done(shop, other, Noted(text="of instagram"))
    store, now = shop.here.brands[BRAND].store, shop.here.clock.now()
    keys = [one.identifier.key, other.identifier.key]
    homes = [each.record.profile_id or "" for each in (await store.get(Identity, keys)).values()]
    entry = await merge_profiles(store, *homes, rule="review.person", by="eva", now=now, despite=True)
    assert await _noted(shop, entry.stays) == 2
    await unmerge_profile(store, entry.moves, by="eva", now=now)
    assert [await _noted(shop, each) for each in homes] == [1, 1]


async def _noted(shop: Running, profile_id: str) -> int:
    """How many notes stand in the timeline of a profile."""
    store = shop.here.brands[BRAND].store
    profile = await find_profile(store, profile_id)
    assert profile is not None
    view = await read_timeline(store, profile)
    return sum(entry.line == "agent note by ana" for entry in view.entries)


async def test_a_split_takes_notes_with_their_identifier(shop: Running) -> None:
    """An identifier that is split off takes the conversation that is written from it, with its notes and what comes."""
    await shop.say("whatsapp", sender="ES.1", phone="+34600111222", text="hello", name="Ben Ortega")
    await shop.quiet()
    brand, now = shop.here.brands[BRAND], shop.here.clock.now()
    store = brand.store
    ((stored,),) = [batch async for batch in store.scan(Conversation)]
    bsuid = next(each for each in stored.record.aliases if each.startswith("whatsapp|"))
    home = (await store.get(Identity, [bsuid]))[bsuid].record.profile_id or ""

    async def note() -> None:
        taken = await acted(brand, stored.record.id, Noted(text="split me"), "ana", uuid.uuid4().hex, now)
        assert isinstance(taken, Taken)
        shop.here.worker.submit([(BRAND, event) for event in taken.events])
        await shop.quiet()

    await note()
    entry = await split_profile(store, home, [bsuid], by="eva", now=now)
    assert (await _noted(shop, entry.moves), await _noted(shop, entry.stays)) == (1, 0)
    await note()
    assert (await _noted(shop, entry.moves), await _noted(shop, entry.stays)) == (2, 0)
    thread = await read_thread(store, BRAND, stored.record.id)
    assert thread is not None
    assert [line.text for line in thread.lines].count("split me") == 2
