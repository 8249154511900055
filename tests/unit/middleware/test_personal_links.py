"""Giving out a personal link: it has to work by the time the customer reads it, whatever happened in between."""

from datetime import timedelta

import pytest

from middleware.domain.identity import Identity
from middleware.domain.messages import Reply
from middleware.domain.profile import Profile
from middleware.domain.turn import Decision, LinkIssued, OutboundMessage, Turn, message_key, turn_id
from middleware.errors import StoreUnavailable
from middleware.pipeline.carry_out import carry_out
from middleware.pipeline.passage import Passage
from middleware.ports import Delete, Put, Stored
from tests.unit.middleware.builders import START, bsuid, link_key, message
from tests.unit.middleware.memory_store import MemoryStore
from tests.unit.middleware.people import People

ANA = bsuid("ES.1")
LINK = "Zk3_mXq8-PwR71TbYc5LdA"


class HalfWritten(MemoryStore):
    """A server that dies in the middle of one write: of its changes only those of some kinds have landed."""

    landing: tuple[type, ...] | None = None

    async def write(self, *changes: Put | Delete) -> tuple[bool, ...]:
        """See `BrandStore.write`."""
        if self.landing is None:
            return await super().write(*changes)
        kinds, self.landing = self.landing, None
        for change in changes:
            if isinstance(change, Put) and isinstance(change.record, kinds):
                self._changed(change)
        raise StoreUnavailable


async def _turn_with_a_link(people: People) -> Passage:
    """Ana's message, decided: its reply holds a personal link."""
    event = message(ANA)
    passage = await people.hears(event)
    name = turn_id("glow", event)
    reply = Reply(text="here")
    passage.turn = Stored(
        Turn(
            id=name,
            event_key=event.key,
            conversation_id=passage.conversation.record.id,
            profile_id=passage.profile_id,
            channel="whatsapp",
            account="777",
            recipient=(ANA,),
            decided_at=START,
            sent_at=START,
            decision=Decision(replies=(reply,), effects=(LinkIssued(id=LINK, purpose="cart"),)),
            messages=(OutboundMessage(key=message_key(name, 0), reply=reply),),
        ),
        1,
    )
    return passage


def _is_given(people: People) -> bool:
    """Whether the link exists, on its own and in Ana's profile."""
    identity = people.store.all(Identity).get(link_key(LINK))
    shown = people.profile(ANA).member(link_key(LINK))
    return identity is not None and identity.link is not None and shown is not None and shown.link == identity.link


async def test_a_link_is_given_out() -> None:
    """It names to whom, in which conversation and until when, in an identity of its own and in the profile."""
    people = People()
    passage = await _turn_with_a_link(people)
    await carry_out(passage)
    assert _is_given(people)
    link = people.store.all(Identity)[link_key(LINK)].link
    assert link is not None
    assert (link.issued_to, link.conversation_id) == (ANA.key, passage.conversation.record.id)
    assert link.expires_at - link.issued_at == people.brand.link_lifetime


async def test_carrying_out_twice_changes_nothing() -> None:
    """The second time it is there already."""
    people = People()
    await carry_out(await _turn_with_a_link(people))
    before = (people.store.all(Identity)[link_key(LINK)], people.profile(ANA))
    await carry_out(await _turn_with_a_link(people))
    assert (people.store.all(Identity)[link_key(LINK)], people.profile(ANA)) == before


@pytest.mark.parametrize("landing", [(), (Identity,), (Profile,)], ids=["nothing", "the link", "the profile"])
async def test_a_link_is_whole_after_a_write_that_landed_by_half(landing: tuple[type, ...]) -> None:
    """Whichever of the two documents landed before the server died, carrying out again completes it."""
    store = HalfWritten()
    people = People(store)
    passage = await _turn_with_a_link(people)
    store.landing = landing
    with pytest.raises(StoreUnavailable):
        await carry_out(passage)
    await carry_out(await _turn_with_a_link(people))
    assert _is_given(people)


async def test_a_link_that_is_said_again_stays_as_it_was_given_out() -> None:
    """An engine says it in a later answer, too: it has one beginning and one end, in both documents."""
    people = People()
    await carry_out(await _turn_with_a_link(people))
    before = people.store.all(Identity)[link_key(LINK)].link
    again = await _turn_with_a_link(people)
    later = again.turn.record.model_copy(update={"id": "0" * 32, "decided_at": START + timedelta(minutes=5)})
    again.turn = Stored(later, 1)
    await carry_out(again)
    assert people.store.all(Identity)[link_key(LINK)].link == before
    assert _is_given(people)
