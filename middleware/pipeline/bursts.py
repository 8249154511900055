"""Bursts: "hi", "where is", "my order?" are answered together.

A plain text is held for a moment after it came in, in memory and before anything is read for it. What is written on the
same lane meanwhile makes it a part: it is heard and answered by nothing, and the last part is decided on with the words
of all of them. What they said is looked up in the conversation, so that what was edited or taken back counts as it is.
"""

from datetime import datetime, timedelta

from middleware.domain.conversation import Conversation
from middleware.domain.events import Event, EventKind
from middleware.domain.pairing import pairing_code_in
from middleware.domain.policy import consent_word
from middleware.identity.proof import code_in
from middleware.pipeline.order import is_awaited
from middleware.pipeline.parts import Brand
from middleware.pipeline.passage import Passage
from middleware.ports import InboxEntry

LONGEST = timedelta(seconds=6)
"""From the first part: whoever goes on writing is answered all the same."""

_LOOKED_AT = 3


def held_for(brand: Brand, event: Event, now: datetime) -> float:
    """Seconds for which an event is not begun yet."""
    if not may_be_part(brand, event):
        return 0.0
    return max(0.0, (event.received_at + brand.gather - now).total_seconds())


def may_be_part(brand: Brand, event: Event) -> bool:
    """Whether an event may be a part of a burst: a plain text that no flow wants to answer at once."""
    message, account = event.message, brand.accounts.get((event.connector, event.account))
    if account is not None and account.pass_to is not None:
        # A bot of the brand's own waits for the context.
        return False
    if not brand.gather or event.kind is not EventKind.MESSAGE or event.referral is not None:
        return False
    if message is None or message.kind != "text" or message.group or message.payload or not message.text.strip():
        return False
    codes = (code_in(message.text), pairing_code_in(message.text))
    has_a_word_of_its_own = consent_word(message.text) is not None or any(each is not None for each in codes)
    return not has_a_word_of_its_own and brand.flows.gathers(message.text)


async def gather(passage: Passage) -> None:
    """Fill in what is decided on: the event with the parts before it; and whether a part comes behind it."""
    conversation = passage.conversation.record
    passage.whole = _with_parts(passage.event, conversation)
    began_at = conversation.parts[0].at if conversation.parts else passage.event.received_at
    # Where a flow waits for an answer, each text may be it.
    alone = not passage.behind or conversation.flow_state is not None
    if alone or passage.now() - began_at >= LONGEST or not may_be_part(passage.brand, passage.event):
        return
    keys = passage.behind[:_LOOKED_AT]
    found = await passage.brand.store.get(InboxEntry, keys)
    following = next((found[key].record.event for key in keys if key in found), None)
    passage.goes_on = (
        following is not None
        and may_be_part(passage.brand, following)
        and following.received_at - passage.event.received_at <= passage.brand.gather
    )


def _with_parts(event: Event, conversation: Conversation) -> Event:
    """The event with the words of the parts before it in front of its own."""
    if not conversation.parts or event.message is None or is_awaited(event):
        return event
    said = {line.id: line.text for line in conversation.lines}
    words = [said.get(part.message_id, "") for part in conversation.parts]
    text = "\n".join(filter(None, [*words, event.message.text]))
    return event.model_copy(update={"message": event.message.model_copy(update={"text": text})})
