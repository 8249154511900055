"""Proof by one-time code on the path of a message: a code that is given is looked at before anything is linked, and one
that a turn asks for is asked for when it is carried out.

A message that is no code costs no command. What is read and written is the same whether an address is known or not.
"""

from datetime import timedelta

from middleware.domain.agents import ProofAsked
from middleware.domain.context import ProofView
from middleware.domain.conversation import Conversation
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.domain.policy import may_send
from middleware.domain.profile import Profile
from middleware.domain.proof import CheckOutcome
from middleware.domain.turn import Turn, turn_id
from middleware.identity.claims import address_in
from middleware.identity.proof import code_in, is_known
from middleware.identity.proving import Asking, Checked, check_code, request_code
from middleware.pipeline.order import is_answered
from middleware.pipeline.parts import Brand
from middleware.pipeline.passage import Passage
from middleware.pipeline.profiles import read_profiles
from middleware.pipeline.proofs import address_meant
from middleware.ports import Recorded, Stored


def address_of(brand: Brand, event: Event) -> Identifier | None:
    """The address in a message that a code could go to. It is a claim, and stays one."""
    typed = address_in(event.message.text) if event.message is not None else None
    return brand.codes.email(typed) if typed is not None and brand.codes is not None else None


def proof_view(brand: Brand, event: Event | None, code: Checked | None) -> ProofView | None:
    """What a message brings to a proof by code; None where the brand sends no codes."""
    if brand.codes is None or event is None:
        return None
    outcome = None if code is None else "right" if code.outcome is CheckOutcome.PROVEN else "wrong"
    return ProofView(address=address_of(brand, event) is not None, code=outcome)


async def ask_for_code(passage: Passage, turn: Turn) -> None:
    """Have a code sent to the address in the message, or to the one that an agent wants to be proven. Done again for
    the same event it changes nothing.
    """
    event, codes = passage.event, passage.brand.codes
    did = event.agent.act if event.agent is not None else None
    asked = isinstance(did, ProofAsked)
    target = await _address_said(passage, did) if isinstance(did, ProofAsked) else address_of(passage.brand, event)
    if codes is None or target is None or event.anchor is None:
        return
    await passage.keep_lane()
    known = passage.conversation.record.locale if asked else turn.decision.locale
    locale = known or passage.brand.locale
    asking = Asking(event.anchor, target, event.key, event.connector, event.account, locale)
    await request_code(passage.brand.store, asking, codes.key, passage.now())


async def _address_said(passage: Passage, asked: ProofAsked) -> Identifier | None:
    """The address that an agent wants to be proven. None where nothing may be said to the customer any more: who cannot
    be asked for a code gets none.
    """
    conversation, now, codes = passage.conversation.record, passage.now(), passage.brand.codes
    may = may_send(conversation, asked_at=now, now=now, max_age=timedelta(0), reply=asked.replies[0], by_person=True)
    if not may.may_reply or codes is None:
        return None
    found = (await passage.brand.store.get(Recorded, [asked.said_in])).get(asked.said_in)
    typed = address_meant(found.record.event, asked.masked) if found is not None else None
    return codes.email(typed) if typed is not None else None


async def look_at_code(
    passage: Passage,
    stored: dict[str, Stored[Identity]],
    profiles: dict[str, Stored[Profile]],
    conversation: Stored[Conversation] | None,
) -> None:
    """Fill in what came of the message as a code. What it proves is read into `stored` and `profiles`, to be linked."""
    given = await _given(passage, stored, conversation)
    if given is None or given.outcome is CheckOutcome.NO_CODE:
        return
    passage.code = given
    if given.edge is None:
        return
    found = await passage.brand.store.get(Identity, [given.edge.to])
    target = found.get(given.edge.to)
    if target is None or not is_known(target.record):
        # Nothing stands at it any more, or more people than one have it by now.
        passage.code = Checked(CheckOutcome.WRONG)
        return
    stored |= found
    if target.record.profile_id is not None:
        profiles |= await read_profiles(passage.brand.store, {target.record.profile_id})


async def _given(
    passage: Passage, stored: dict[str, Stored[Identity]], conversation: Stored[Conversation] | None
) -> Checked | None:
    """What came of the message as a code of its sender's; None if it cannot be one."""
    event, codes = passage.event, passage.brand.codes
    if codes is None or event.anchor is None or event.message is None or not is_answered(event):
        return None
    sender = stored.get(event.anchor.key)
    if code_in(event.message.text) is None or sender is None or sender.record.suspended is not None:
        return None
    if conversation is not None and turn_id(passage.brand.name, event) in conversation.record.applied:
        return None
    return await check_code(passage.brand.store, event.anchor, event.message.text, event.key, codes.key, passage.now())
