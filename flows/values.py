"""The context as templates see it: plain data, picked field by field, cleaned and bounded.

What is not named here cannot be said in a reply, whatever the context holds.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from flows import schema
from flows.language.limits import LIST_ITEMS
from flows.language.program import Value
from flows.questions import question_in, sentence_with
from middleware.domain.commerce import LineItem, Money
from middleware.domain.context import (
    RECOMMENDATIONS,
    AdClickView,
    Block,
    CartView,
    Context,
    HistoryView,
    LookedUp,
    LookUpView,
    OrdersView,
    OrderView,
    ProductView,
    ProofView,
    TrackingView,
)
from middleware.domain.known_views import (
    BrowsingView,
    ConsentsView,
    DetailsView,
    MarketingView,
    SupportView,
    TicketView,
)
from middleware.domain.look_ups import FRESH
from middleware.domain.recommendations import RecommendationsView, RecommendationView
from middleware.domain.text import cleaned

SCHEMA = schema.SCHEMA

_USABLE = frozenset({"fresh", "stale"})
_NUMBER = re.compile(r"[^\W_]+(?:[-_/.][^\W_]+)*")
_SAFE_LINK = re.compile(r"https?://[\x21-\x7e]+")

Values = dict[str, Value]


def values_of(context: Context, text: str) -> Values:
    """What templates and conditions may read for one message; `text` is what the customer wrote.

    Only blocks that are fresh or stale are there, and only fields that have a value. Texts are on one line,
    without control or direction characters, no longer than `SCHEMA` says; lists have at most 20 elements;
    times are RFC 3339.
    """
    message, conversation = context.message, context.conversation
    return _there(
        profile=_there(name=_text(context.profile.name, schema.NAME_LENGTH), locale=_text(context.profile.locale, 12)),
        message=_there(
            text=_text(text, schema.MESSAGE_LENGTH), channel=_text(message.channel if message else None, 20)
        ),
        conversation=_there(
            first_message=conversation.first_message if conversation else None,
            window=_there(open=conversation.window.open if conversation else None),
            tags=[tag for each in conversation.tags[:LIST_ITEMS] if (tag := _text(each, schema.NAME_LENGTH))]
            if conversation
            else None,
            intent=conversation.intent if conversation else None,
        ),
        orders=_orders(context.orders, text),
        cart=_cart(context.cart),
        ad_click=_ad_click(context.ad_click),
        product=_product(context.product, text),
        browsing=_browsing(context.browsing),
        marketing=_marketing(context.marketing),
        support=_support(context.support),
        consent=_consent(context.consent),
        details=_details(context.details),
        history=_history(context.history),
        proof=_proof(context.proof),
        recommendations=_recommendations(context.recommendations),
        lookups=_look_ups(context.lookups),
        answers={},
        links={},
    )


def with_answers(values: Values, answers: Mapping[str, Value]) -> Values:
    """The values of a flow that goes on, with what was answered to it so far."""
    return {**values, "answers": dict(answers)}


def with_link(values: Values, purpose: str, url: str) -> Values:
    """The values after a flow has taken a personal link. An address that is none leaves them as they are."""
    if _link(url) is None:
        return values
    links = values.get("links")
    return {**values, "links": {**(links if isinstance(links, dict) else {}), purpose: url}}


def with_recommendations(values: Values, chosen: Sequence[RecommendationView]) -> Values:
    """The values after a flow has taken some of the products that fit; where it is none, they are not there."""
    recommended = _recommended(chosen)
    if recommended is not None:
        return {**values, RECOMMENDATIONS: recommended}
    return {name: value for name, value in values.items() if name != RECOMMENDATIONS}


def _there(**fields: Value) -> Values:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _text(text: str | None, most: int) -> str | None:
    return cleaned(text, most) if text else None


def _link(url: str | None, most: int = schema.LINK_LENGTH) -> str | None:
    """A web address as it may be said: whole, or not at all."""
    return url if url and len(url) <= most and _SAFE_LINK.fullmatch(url) else None


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _money(money: Money | None) -> Value:
    if money is None:
        return None
    return {"amount": money.amount, "currency": money.currency, "exponent": money.exponent}


def _value(block: Block[Any] | None) -> Any:  # noqa: ANN401 - the value of any block
    return block.value if block and block.state in _USABLE else None


def _items(items: tuple[LineItem, ...]) -> list[Value]:
    titled = ((_text(item.title, schema.TITLE_LENGTH), item) for item in items)
    rows = (_there(title=title, quantity=item.quantity, price=_money(item.price)) for title, item in titled if title)
    return list(islice(rows, LIST_ITEMS))


def _order(order: OrderView) -> Values:
    return _there(
        number=_text(order.number, schema.NUMBER_LENGTH),
        state=order.state,
        total=_money(order.total),
        refunded=_money(order.refunded),
        items=_items(order.items),
        created_at=_time(order.created_at),
        shipped_at=_time(order.shipped_at),
        delivered=order.delivered,
        tracking=_tracking(order.tracking),
        cancelled_at=_time(order.cancelled_at),
    )


def _tracking(tracking: TrackingView | None) -> Value:
    if tracking is None:
        return None
    return (
        _there(
            url=_link(tracking.url, schema.TRACKING_LENGTH),
            number=_text(tracking.number, schema.NUMBER_LENGTH),
            carrier=_text(tracking.carrier, schema.CARRIER_LENGTH),
        )
        or None
    )


def _orders(block: Block[OrdersView] | None, text: str) -> Value:
    orders: OrdersView | None = _value(block)
    if block is None or orders is None:
        return None
    mentioned = _mentioned(orders, text)
    return _there(
        count=orders.count,
        fresh=block.state == "fresh",
        latest=_order(orders.latest),
        mentioned=_order(mentioned) if mentioned else None,
        asked=_order(mentioned or orders.latest),
        all=[_order(order) for order in orders.all[:LIST_ITEMS]],
    )


def _mentioned(orders: OrdersView, text: str) -> OrderView | None:
    """The newest order whose number stands in the text as a word of its own, with or without its sign."""
    words = set(_NUMBER.findall(text[: schema.MESSAGE_LENGTH].casefold()))
    return next((order for order in orders.all if _bare_number(order.number) in words), None)


def _bare_number(number: str) -> str | None:
    match = _NUMBER.search(number.casefold())
    return match.group() if match else None


def _cart(block: Block[CartView] | None) -> Value:
    cart: CartView | None = _value(block)
    if block is None or cart is None or not _items(cart.items):
        return None
    return _there(
        count=sum(item.quantity for item in cart.items),
        fresh=block.state == "fresh",
        items=_items(cart.items),
        total=_money(cart.total),
    )


def _ad_click(block: Block[AdClickView] | None) -> Value:
    click: AdClickView | None = _value(block)
    if click is None:
        return None
    return _there(
        product=_text(click.product, schema.TITLE_LENGTH),
        headline=_text(click.headline, schema.TITLE_LENGTH),
        ad_id=_text(click.ad_id, schema.ID_LENGTH),
        ref=_text(click.ref, schema.REF_LENGTH),
    )


def _product(block: Block[ProductView] | None, text: str) -> Value:
    product: ProductView | None = _value(block)
    if product is None:
        return None
    question = question_in(text, product.title)
    sentence = sentence_with(product.description or "", question.words)
    return _there(
        title=_text(product.title, schema.TITLE_LENGTH),
        variant=_text(product.variant, schema.TITLE_LENGTH),
        from_ad=product.why == "ad_click",
        url=_link(product.url),
        price=_money(product.price),
        price_to=_money(product.price_to),
        availability={True: "in_stock", False: "sold_out", None: None}[product.available],
        description=_text(product.description, schema.DESCRIPTION_LENGTH),
        asked=question.is_one,
        asks_price=question.price,
        asks_stock=question.stock,
        sentence=_text(sentence, schema.SENTENCE_LENGTH),
        unanswered=(question.price and product.price is None)
        or (question.stock and product.available is None)
        or (bool(question.words) and sentence is None),
    )


def _browsing(block: Block[BrowsingView] | None) -> Value:
    browsing: BrowsingView | None = _value(block)
    if block is None or browsing is None:
        return None
    titled = ((_text(each.title, schema.TITLE_LENGTH), each) for each in browsing.products)
    rows: list[Value] = [
        _there(title=title, price=_money(each.price), at=_time(each.at)) for title, each in titled if title
    ]
    return _there(fresh=block.state == "fresh", last_at=_time(browsing.last_at), products=rows[:LIST_ITEMS])


def _marketing(block: Block[MarketingView] | None) -> Value:
    marketing: MarketingView | None = _value(block)
    if marketing is None:
        return None
    return _there(
        campaign=_text(marketing.campaign, schema.TITLE_LENGTH),
        opened_at=_time(marketing.opened_at),
        clicked_at=_time(marketing.clicked_at),
        reachable=not (marketing.bounced_at or marketing.complained_at or marketing.unsubscribed_at),
    )


def _support(block: Block[SupportView] | None) -> Value:
    support: SupportView | None = _value(block)
    if block is None or support is None:
        return None
    rows: list[Value] = [_ticket(each) for each in support.open[:LIST_ITEMS]]
    return _there(
        fresh=block.state == "fresh",
        open_count=support.open_count,
        open=rows,
        latest=rows[0] if rows else None,
        solved=_ticket(support.solved) if support.solved is not None else None,
    )


def _ticket(ticket: TicketView) -> Values:
    return _there(
        number=_text(ticket.id, schema.NUMBER_LENGTH),
        state=ticket.state,
        subject=_text(ticket.subject, schema.TITLE_LENGTH),
        created_at=_time(ticket.created_at),
    )


def _consent(block: Block[ConsentsView] | None) -> Value:
    """Whether marketing is allowed, by channel. What nobody said anything of is not there."""
    consents: ConsentsView | None = _value(block)
    if consents is None:
        return None
    stopped = {each.channel for each in consents.all if each.purpose == "messages" and each.state != "subscribed"}
    said: Values = {each.channel: each.state == "subscribed" for each in consents.all if each.purpose == "marketing"}
    return {**said, **dict.fromkeys(stopped, False)} or None


def _details(block: Block[DetailsView] | None) -> Value:
    details: DetailsView | None = _value(block)
    if details is None:
        return None
    told = {name: details.fields[name].value for name in schema.DETAILS if name in details.fields}
    texts = {name: _text(value, schema.DETAIL_LENGTH) for name, value in told.items() if isinstance(value, str)}
    return _there(**texts, tags=list(details.tags[:LIST_ITEMS]), segments=list(details.segments[:LIST_ITEMS])) or None


def _look_ups(blocks: Mapping[str, Block[LookUpView]] | None) -> Value:
    """What was looked up, by the name of the look-up. Where nothing came of one, it is not there."""
    told = ((name, block, _value(block)) for name, block in (blocks or {}).items())
    return {
        name: {**_looked_up(view), FRESH: block.state == "fresh"} for name, block, view in told if view and view.fields
    }


def _looked_up(view: LookUpView) -> Values:
    return _there(**{name: _looked_up_value(value) for name, value in view.fields.items()})


def _looked_up_value(value: LookedUp) -> Value:
    match value:
        case Money():
            return _money(value)
        case str():
            return _text(value, schema.LOOKED_UP_LENGTH)
    return value


def _recommendations(block: Block[RecommendationsView] | None) -> Value:
    recommendations: RecommendationsView | None = _value(block)
    return _recommended(recommendations.items) if recommendations is not None else None


def _recommended(chosen: Sequence[RecommendationView]) -> Value:
    titled = ((_text(each.title, schema.TITLE_LENGTH), each) for each in chosen)
    rows: list[Value] = [_recommendation(title, each) for title, each in islice(titled, LIST_ITEMS) if title]
    return _there(count=len(rows), first=rows[0], items=rows) if rows else None


def _recommendation(title: str, each: RecommendationView) -> Values:
    return _there(
        title=title,
        url=_link(each.url),
        image=_link(each.image),
        price=_money(each.price),
        price_to=_money(each.price_to),
        availability={True: "in_stock", False: "sold_out", None: None}[each.available],
        why=each.why,
        rests_on=each.rests_on,
        because_of=_text(each.because_of, schema.TITLE_LENGTH),
        together=each.together,
        of=each.of,
    )


def _proof(proof: ProofView | None) -> Value:
    return _there(address=proof.address, code=proof.code) if proof is not None else None


def _history(block: Block[HistoryView] | None) -> Value:
    history: HistoryView | None = _value(block)
    if history is None:
        return None
    return _there(lines=history.lines, first_seen=_time(history.first_seen))
