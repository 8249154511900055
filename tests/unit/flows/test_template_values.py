"""The projection of a context into plain data: allow-listed, cleaned, bounded."""

from collections.abc import Iterator
from typing import Any

import pytest
from flow_examples import (
    NOON,
    a_context,
    an_order,
    cart_block,
    click_block,
    euros,
    offers,
    orders_block,
    product_block,
)
from schema_paths import paths

from flows.schema import ANSWERS, CONSENT_CHANNELS, DETAILS, SCHEMA, can_be_missing
from flows.values import Values, values_of, with_answers, with_link
from middleware.domain.commerce import LineItem
from middleware.domain.context import (
    Block,
    CartView,
    ConversationView,
    HistoryView,
    OrdersView,
    ProfileView,
    ProofView,
    TrackingView,
)
from middleware.domain.conversation import Owner, Window
from middleware.domain.identifiers import Level
from middleware.domain.known_views import (
    BrowsingView,
    ConsentsView,
    ConsentView,
    DetailsView,
    DetailView,
    MarketingView,
    SeenProductView,
    SupportView,
    TicketView,
)
from middleware.domain.recommendations import RecommendationsView, RecommendationView

TICKET = TicketView(id="7", state="open", subject="Broken jar", created_at=NOON, updated_at=NOON)


def consent_to(channel: str, state: str = "subscribed", purpose: str = "marketing") -> ConsentView:
    """What was said of one channel."""
    said = {"channel": channel, "purpose": purpose, "state": state, "source": "s", "as_of": NOON}
    return ConsentView.model_validate(said)


def values_with_consent(*said: ConsentView) -> Any:
    """What templates see of a consent block."""
    block = Block[ConsentsView](state="fresh", needs_level=Level.CHANNEL, value=ConsentsView(all=said))
    return values_of(a_context(consent=block), "").get("consent")


PLAIN = {str, int, float, bool}


def leaves(value: Any) -> Iterator[Any]:
    """Everything in plain data that is no dict and no list."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        yield value
        return
    for inner in value:
        yield from leaves(inner)


RECOMMENDED = RecommendationView(
    title="Hat",
    url="https://shop.example/products/hat",
    image="https://shop.example/hat.jpg",
    price=euros(1),
    price_to=euros(2),
    available=True,
    why="bought_together",
    rests_on="order",
    because_of="Shirt",
    together=37,
    of=200,
)


def everything(text: str = "made order 1001") -> Values:
    """The values of a context that has every block and every field."""
    items = (LineItem(title="Shirt", quantity=2, price=euros(100)),)
    tracking = TrackingView(carrier="Correos", number="PQ7", url="https://tracking.example/PQ7")
    order = an_order(cancelled_at=NOON, items=items, refunded=euros(100), tracking=tracking)
    context = a_context(
        name="Ana",
        profile=ProfileView(name="Ana", locale="de_AT"),
        conversation=ConversationView(
            id="c",
            owner=Owner.BOT,
            window=Window(open=True, why="w"),
            first_message=True,
            tags=("regular",),
            intent="lead",
        ),
        orders=orders_block(order),
        cart=Block[CartView](
            state="fresh", needs_level=Level.CARRIED, value=CartView(items=items, total=euros(1), updated_at=NOON)
        ),
        product=product_block(
            "Shirt",
            variant="Blue",
            url="https://shop.example/products/shirt",
            price=euros(100),
            price_to=euros(200),
            available=True,
            description="Made for an order of 1001 shirts.",
        ),
        ad_click=click_block(product="Shirt", headline="Sale", ad_id="1", ref="r"),
        proof=ProofView(address=True, code="right"),
        history=Block[HistoryView](
            state="stale", needs_level=Level.CHANNEL, value=HistoryView(first_seen=NOON, lines=3)
        ),
        browsing=Block[BrowsingView](
            state="fresh",
            needs_level=Level.CARRIED,
            value=BrowsingView(products=(SeenProductView(title="Shirt", price=euros(1), at=NOON),), last_at=NOON),
        ),
        marketing=Block[MarketingView](
            state="fresh",
            needs_level=Level.LINKED,
            value=MarketingView(campaign="Spring", opened_at=NOON, clicked_at=NOON),
        ),
        support=Block[SupportView](
            state="fresh", needs_level=Level.LINKED, value=SupportView(open=(TICKET,), open_count=1, solved=TICKET)
        ),
        consent=Block[ConsentsView](
            state="fresh",
            needs_level=Level.CHANNEL,
            value=ConsentsView(all=tuple(consent_to(channel) for channel in CONSENT_CHANNELS)),
        ),
        details=Block[DetailsView](
            state="fresh",
            needs_level=Level.LINKED,
            value=DetailsView(
                fields={name: DetailView(value="x", source="hubspot:1", as_of=NOON) for name in DETAILS},
                tags=("vip",),
                segments=("regulars",),
            ),
        ),
        recommendations=Block[RecommendationsView](
            state="fresh",
            needs_level=Level.LINKED,
            value=RecommendationsView(items=(RECOMMENDED,)),
        ),
        links=offers("product", "cart"),
    )
    values = with_answers(values_of(context, text), dict.fromkeys(ANSWERS, "x"))
    return with_link(with_link(values, "product", "https://a.example/p"), "cart", "https://a.example/c")


def test_schema_and_values_agree() -> None:
    """Every path of the schema can be there, and nothing is there that the schema does not name."""
    assert set(paths(everything())) == set(SCHEMA)


def test_everything_is_plain_data() -> None:
    """Strings, numbers, booleans, lists and dicts, exactly: no models, no dates, no None."""
    assert {type(leaf) for leaf in leaves(everything())} <= PLAIN


def test_what_a_context_always_has_is_never_optional() -> None:
    """The paths that an empty context has are those that no template needs a fallback for."""
    there = set(paths(values_of(a_context(), "")))

    assert {path for path in there if can_be_missing(path, frozenset())} <= {
        "message.channel",
        "conversation.first_message",
        "conversation.window.open",
    }
    assert {"profile", "message", "conversation", "links"} <= there


@pytest.mark.parametrize("state", ["missing", "withheld", "error"])
def test_blocks_that_may_not_be_told_are_not_there(state: str) -> None:
    """Only fresh and stale blocks carry values, whatever stands in the others."""
    context = a_context(orders=orders_block(an_order(), state=state), cart=cart_block("Shirt", state=state))

    assert not {"orders", "cart"} & set(values_of(context, "1001"))


def test_stale_blocks_are_there_and_marked() -> None:
    """A stale block is told, and `fresh` is false."""
    values: Any = values_of(a_context(orders=orders_block(an_order(), state="stale")), "")

    assert values["orders"]["fresh"] is False
    assert values["orders"]["latest"]["number"] == "#1001"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("where is #1002?", "#1002"),
        ("order 1002 please", "#1002"),
        ("1001 or 1002", "#1001"),
        ("ab-7, please", "AB-7"),
        ("10025", None),
        ("x1002", None),
        ("", None),
        ("where is it", None),
    ],
)
def test_the_order_mentioned_is_one_the_customer_may_see(text: str, number: str | None) -> None:
    """A visible order whose number stands in the text as a word; no other number changes anything."""
    block = orders_block(an_order("#1001"), an_order("#1002"), an_order("AB-7"))
    orders: Any = values_of(a_context(orders=block), text)["orders"]

    assert orders.get("mentioned", {}).get("number") == number
    assert orders["asked"]["number"] == (number or "#1001")


def test_long_and_hostile_data_is_bounded() -> None:
    """Texts and lists are cut to what the schema promises, and cleaned."""
    items = tuple(LineItem(title=f"\u202e{{{{ 7 }}}} {'x' * 5000}") for _ in range(500))
    order = an_order("9" * 5000, items=items)
    value = OrdersView(latest=order, all=(order,) * 10, count=10)
    context = a_context(name="n" * 9999, orders=Block[OrdersView](state="fresh", needs_level=Level.LINKED, value=value))
    values: Any = values_of(context, "t" * 100_000)

    assert len(values["orders"]["latest"]["items"]) == 20
    assert len(values["profile"]["name"]) == SCHEMA["profile.name"].length
    assert len(values["message"]["text"]) == SCHEMA["message.text"].length
    assert len(values["orders"]["latest"]["number"]) == SCHEMA["orders.latest.number"].length
    title = values["orders"]["latest"]["items"][0]["title"]
    assert len(title) == SCHEMA["orders.latest.items.title"].length
    assert title.startswith("{{ 7 }}")


def test_empty_values_are_not_there() -> None:
    """An empty title, name or list is the same as none, so that a fallback can step in."""
    order = an_order(items=(LineItem(title=" \u200f"), LineItem(title="Hat")), total=None)
    values: Any = values_of(a_context(name="  ", orders=orders_block(order)), "")

    assert values["profile"] == {}
    assert [item["title"] for item in values["orders"]["latest"]["items"]] == ["Hat"]
    assert "total" not in values["orders"]["latest"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example/a b", "https://a.example/\u202e", "", "x" * 400]
)
def test_only_web_addresses_become_links(url: str) -> None:
    """What is no plain web address is not put into a reply."""
    assert with_link({"links": {}}, "cart", url) == {"links": {}}


def test_taking_a_link_changes_nothing_else() -> None:
    """The values before stay as they were."""
    before: Values = {"links": {"product": "https://a.example/p"}}
    after = with_link(before, "cart", "https://a.example/c")

    assert after == {"links": {"product": "https://a.example/p", "cart": "https://a.example/c"}}
    assert before == {"links": {"product": "https://a.example/p"}}


def test_a_stop_allows_no_marketing_either() -> None:
    """Who said STOP on a channel is not said to allow marketing there, whatever was allowed before."""
    assert values_with_consent(consent_to("whatsapp"), consent_to("email")) == {"whatsapp": True, "email": True}
    stopped = consent_to("whatsapp", "unsubscribed", "messages")
    assert values_with_consent(consent_to("whatsapp"), stopped) == {"whatsapp": False}
    assert values_with_consent(stopped) == {"whatsapp": False}
    assert values_with_consent(consent_to("sms", "pending")) == {"sms": False}


def test_who_bounced_or_left_is_not_reachable_by_email() -> None:
    """A bounce, a complaint and an unsubscription each make e-mail no way to reach somebody."""
    for field in ("bounced_at", "complained_at", "unsubscribed_at"):
        block = Block[MarketingView](
            state="fresh", needs_level=Level.LINKED, value=MarketingView.model_validate({field: NOON})
        )
        assert values_of(a_context(marketing=block), "")["marketing"] == {"reachable": False}
