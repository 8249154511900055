"""Stage 9, carry out: the consequences of the turn, all derived from it, so that doing it again gives the same.

The conversation's new state is written together with the claim of the first message (stage 10), in one command. What
has to be there before a customer can read the reply (a personal link in it) is written here.
"""

from middleware.domain.acting import acted
from middleware.domain.changes import decided, heard
from middleware.domain.engines import EngineAsked
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Edge, Identity, PersonalLink
from middleware.domain.timers import Timer
from middleware.domain.turn import CodeRequested, LinkIssued, Paired, Turn
from middleware.errors import StoreUnavailable
from middleware.identity.claims import claims_in
from middleware.identity.evidence import RULES
from middleware.pipeline.codes import ask_for_code
from middleware.pipeline.engines import ask_engine
from middleware.pipeline.noting import noted_event
from middleware.pipeline.pairing import heard_guess, pair
from middleware.pipeline.passage import Passage
from middleware.pipeline.profiles import read_profiles, roots
from middleware.ports import TRIES_TO_LAND, InboxEntry, Put, Stored


def hear(passage: Passage) -> None:
    """Let the conversation hear what the customer did. In memory: it is written with what follows from it."""
    event = passage.event
    # A code that was given names no order.
    typed = event.message.text if event.message is not None and passage.code is None else ""
    claims = claims_in(typed, event.occurred_at)
    conversation = heard(passage.conversation.record, event, claims)
    seat = (event.connector, event.account)
    here = {key for key, each in passage.identities.items() if not each.record.suspended and each.record.seat(*seat)}
    aliases = tuple(sorted({*conversation.aliases, *here}))
    called = passage.sender.record.fragment.name
    name = called.value if called is not None else conversation.name
    conversation = heard_guess(passage, conversation.model_copy(update={"aliases": aliases, "name": name}))
    passage.conversation = Stored(conversation, passage.conversation.version)


async def carry_out(passage: Passage) -> None:
    """Bring the conversation to the state after the turn, and write what the replies need."""
    turn = passage.turn.record
    for effect in turn.decision.effects:
        if isinstance(effect, LinkIssued) and not turn.done:
            await _issue(passage, turn, effect)
        elif isinstance(effect, CodeRequested) and not turn.done:
            await ask_for_code(passage, turn)
        elif isinstance(effect, Paired) and turn.id not in passage.conversation.record.applied:
            await pair(passage, turn, effect)
        elif isinstance(effect, EngineAsked):
            await ask_engine(passage, turn)
    if turn.id not in passage.conversation.record.applied:
        await _set_going(passage, turn)
    apply_turn(passage)


async def _set_going(passage: Passage, turn: Turn) -> None:
    """Write what goes on by itself: the timer of a flow that waits, and what is told of the customer."""
    timer, noted = Timer.of(turn, passage.event), noted_event(passage, turn)
    puts = [Put(timer)] if timer is not None else []
    puts += [Put(InboxEntry.of(noted))] if noted is not None else []
    if puts:
        await passage.write(*puts)


def apply_turn(passage: Passage) -> None:
    """The conversation as it is after the turn. In memory, like `hear`; applied twice it is the same."""
    turn = passage.turn.record
    change = decided if turn.act is None else acted
    conversation = change(passage.conversation.record, turn, passage.now())
    passage.conversation = Stored(conversation, passage.conversation.version)


async def _issue(passage: Passage, turn: Turn, effect: LinkIssued) -> None:
    """Write the personal link: an identifier of its own, tied to the sender it is given to by a carried edge."""
    key = Identifier(IdentifierKind.PERSONAL_LINK, "", effect.id).key
    rule = RULES["personal_link"]
    sender = passage.sender.record.id
    link = Identity(
        id=key,
        profile_id=passage.sender.record.profile_id or passage.profile_id,
        edges=(Edge(to=sender, evidence=rule.evidence, rule="personal_link", at=turn.decided_at),),
        link=PersonalLink(
            issued_to=sender,
            conversation_id=turn.conversation_id,
            purpose=effect.purpose,
            issued_at=turn.decided_at,
            expires_at=turn.decided_at + passage.brand.link_lifetime,
            unasked=turn.unasked,
        ),
    )
    profile = passage.profiles[passage.profile_id]
    for _ in range(TRIES_TO_LAND):
        # An engine can say one link in several answers: what the profile has of it stays as it was given out first.
        known = profile.record.member(key) is not None
        joined = profile.record if known else profile.record.with_member(link)
        # The link is written again in any case: a first try may have got as far as the profile only.
        _, landed = await passage.write(Put(link), profile.put(joined))
        if landed:
            passage.profile_id = joined.id
            passage.profiles[joined.id] = Stored(joined, profile.version + 1)
            return
        found = await read_profiles(passage.brand.store, {passage.profile_id})
        # Somebody may have merged it in the middle of this message.
        profile = found[roots(found)[passage.profile_id].id]
    raise StoreUnavailable("others keep changing the same profile")
