"""Stage 7, enrich: the context for this message, from what is already joined. What a flow asks for only while it
decides comes then (`enriching.py`).

`assemble` is also what the pull API and the command line call, so that everybody sees the same context.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from middleware.domain.attachments import with_ids
from middleware.domain.commerce import Cart
from middleware.domain.context import (
    BLOCKS,
    Block,
    ClaimedValue,
    Context,
    ConversationView,
    HistoryView,
    IdentityView,
    LinkOffer,
    MessageView,
    Policy,
    ProfileView,
    Reason,
)
from middleware.domain.conversation import Conversation
from middleware.domain.events import UNASKED_KINDS, Event
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Identifier, Level
from middleware.domain.policy import ANOTHER_BOT, may_send
from middleware.domain.profile import Profile
from middleware.identity.disclosure import Sight
from middleware.identity.proving import Checked
from middleware.pipeline.codes import proof_view
from middleware.pipeline.known_view import (
    browsing_block,
    consent_block,
    details_block,
    marketing_block,
    support_block,
)
from middleware.pipeline.left_carts import silence
from middleware.pipeline.parts import Brand
from middleware.pipeline.passage import Passage
from middleware.pipeline.products import (
    Found,
    permalink,
    product_block,
    product_link,
    product_of_click,
    product_of_message,
)
from middleware.pipeline.profiles import signed_in_browsers
from middleware.pipeline.shopping_view import ad_click_block, cart_block, orders_block
from middleware.ports import Channel


async def enrich(passage: Passage) -> None:
    """Fill in the context of a message that may be answered."""
    passage.flows = passage.brand.flows.held()
    passage.signed_in = await signed_in_browsers(passage.brand.store, passage.profile)
    known = assemble(
        passage.brand,
        passage.process.channels[passage.event.connector],
        passage.profile,
        passage.sender.record.id,
        passage.conversation.record,
        now=passage.now(),
        blocks=passage.flows.needs,
        event=passage.whole,
        offers=(passage.process.new_id(), passage.process.new_id()),
        code=passage.code,
        signed_in=passage.signed_in,
    )
    why = await silence(passage)
    passage.context = known if why is None else known.model_copy(update={"policy": _forbidden(known.policy, why)})


def _forbidden(policy: Policy, why: str) -> Policy:
    return policy.model_copy(update={"may_reply": False, "may_promote": False, "reasons": (*policy.reasons, why)})


def assemble(
    brand: Brand,
    channel: Channel,
    profile: Profile | None,
    sender: str,
    conversation: Conversation | None,
    *,
    now: datetime,
    blocks: Collection[str] = BLOCKS,
    event: Event | None = None,
    offers: tuple[str, str] | None = None,
    code: Checked | None = None,
    signed_in: Collection[str] = frozenset(),
) -> Context:
    """The context of one sender, with the named blocks and nothing beyond what they may be told.

    `offers` are two fresh ids under which personal links (product, cart) can be offered; `code` is what came of the
    message as a one-time code; `signed_in` are the browsers of `signed_in_browsers`.
    """
    sight = Sight(profile, sender, now, signed_in) if profile is not None else None
    group = event is not None and event.message is not None and event.message.group is not None
    if group:
        sight, offers = None, None
    cart, withheld = sight.cart(now) if sight is not None else (None, False)
    clicks = sight.clicks() if sight is not None else None
    last = clicks[1] if clicks is not None else None
    about = product_of_message(brand, event, last, now) if not group else None
    linked = about or (product_of_click(brand, last) if last is not None else None)
    shown = Context(
        schema="throughline.context/1",
        trace_id=event.key if event is not None else f"{conversation.id if conversation else sender}",
        at=now,
        message=_message(brand, event) if event is not None else None,
        conversation=_conversation(conversation, now) if conversation is not None else None,
        identity=_identity(profile, sight, conversation),
        profile=_profile(profile, sender, conversation),
        orders=orders_block(sight, now),
        browsing=browsing_block(sight, now) if "browsing" in blocks else None,
        marketing=marketing_block(sight, now) if "marketing" in blocks else None,
        support=support_block(sight, now) if "support" in blocks else None,
        consent=consent_block(sight, conversation if not group else None) if "consent" in blocks else None,
        details=details_block(sight, brand.ownership) if "details" in blocks else None,
        cart=cart_block(cart, now, withheld=withheld),
        ad_click=ad_click_block(brand, clicks, now),
        product=product_block(brand, about),
        history=_history(profile, sender, conversation),
        policy=_policy(brand, channel, conversation, event, now, group=group),
        proof=proof_view(brand, event, code) if not group else None,
        links=_links(brand, cart, linked, offers),
    )
    return shown.model_copy(update={block: None for block in BLOCKS if block not in blocks})


def _message(brand: Brand, event: Event) -> MessageView | None:
    message = event.message
    if message is None:
        return None
    return MessageView(
        id=message.id,
        channel=event.connector,
        account=event.account,
        kind=message.kind,
        text=message.text,
        payload=message.payload,
        attachments=with_ids(event),
        reply_to=message.reply_to,
        sent_at=event.occurred_at,
        locale=brand.flows.guess_locale(message.text),
    )


def _conversation(conversation: Conversation, now: datetime) -> ConversationView:
    return ConversationView(
        id=conversation.id,
        owner=conversation.owner,
        window=conversation.window(now),
        first_message=not any(line.by != "customer" for line in conversation.lines) and len(conversation.lines) <= 1,
        lines=conversation.lines[-10:],
        flow=conversation.flow_state.flow if conversation.flow_state else None,
        tags=conversation.tags,
        intent=conversation.intent,
    )


def _identity(profile: Profile | None, sight: Sight | None, conversation: Conversation | None) -> IdentityView:
    claims = conversation.claims if conversation is not None else ()
    if profile is None or sight is None:
        return IdentityView(level=Level.NEW, claims=claims)
    reached = sorted(sight.levels)
    return IdentityView(
        profile_id=profile.id,
        level=sight.level(),
        identifiers=tuple(Identifier.from_key(key).masked() for key in reached),
        why=tuple(
            Reason(
                identifier=Identifier.from_key(key).masked(),
                evidence=edge.evidence,
                rule=edge.rule,
                at=edge.at,
            )
            for key, edge in sorted(sight.edges.items())
        ),
        claims=claims,
    )


def _profile(profile: Profile | None, sender: str, conversation: Conversation | None) -> ProfileView:
    member = profile.member(sender) if profile is not None else None
    fragment = member.fragment if member is not None else Fragment()
    values = fragment.claimed().items()
    claimed = {what: ClaimedValue(value=each.value, source=each.source, as_of=each.at) for what, each in values}
    name = claimed["name"].value if "name" in claimed else None
    return ProfileView(name=name, locale=conversation.locale if conversation is not None else None, claimed=claimed)


def _history(profile: Profile | None, sender: str, conversation: Conversation | None) -> Block[HistoryView]:
    if conversation is None:
        return Block[HistoryView](state="missing", needs_level=Level.CHANNEL)
    member = profile.member(sender) if profile is not None else None
    first_seen = member.fragment.first_seen if member is not None else None
    return Block[HistoryView](
        state="fresh",
        needs_level=Level.CHANNEL,
        value=HistoryView(first_seen=first_seen, lines=len(conversation.lines)),
        source=conversation.channel,
        as_of=conversation.last_inbound_at,
    )


def _policy(
    brand: Brand,
    channel: Channel,
    conversation: Conversation | None,
    event: Event | None,
    now: datetime,
    *,
    group: bool,
) -> Policy:
    limits = channel.capabilities.for_builder()
    if conversation is None:
        return Policy(may_reply=False, may_promote=False, reasons=("no_conversation",), limits=limits)
    if event is not None and brand.has_other_bot(event.connector, event.account):
        # Only on the path of a message: whoever asks for the context, that bot above all, is told what may be said.
        return Policy(may_reply=False, may_promote=False, reasons=(ANOTHER_BOT,), limits=limits)
    asked_at = event.occurred_at if event is not None else conversation.last_inbound_at or now
    max_age = brand.reply_max_age if event is not None else timedelta.max
    unasked = event is not None and event.kind in UNASKED_KINDS
    permission = may_send(conversation, asked_at=asked_at, now=now, max_age=max_age, group=group, unasked=unasked)
    return Policy(**permission.model_dump(), limits=limits)


def _links(
    brand: Brand, cart: Cart | None, found: Found | None, offers: tuple[str, str] | None
) -> dict[str, LinkOffer]:
    """Fresh personal links that a flow may use. A link comes into being only when the flow uses it."""
    if offers is None:
        return {}
    product_id, cart_id = offers
    links: dict[str, LinkOffer] = {}
    product = product_link(brand, found, product_id)
    if product is not None:
        links["product"] = product
    storefront = brand.storefront(cart.shop) if cart is not None else None
    if cart is not None and storefront is not None and all(item.variant_id for item in cart.items):
        links["cart"] = LinkOffer(id=cart_id, url=permalink(storefront, cart.items, cart_id))
    return links
