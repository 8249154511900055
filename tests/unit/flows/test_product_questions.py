"""Questions about a product: what the catalogue says is said, everything else goes to a person, nothing is invented."""

from typing import Any

import pytest
from flow_examples import CHANNELS, INSTAGRAM, a_context, an_event, cart_block, euros, offers, product_block
from hypothesis import given
from hypothesis import strategies as st

from flows.questions import question_in, sentence_with
from flows.runner import Flows
from flows.schema import SENTENCE_LENGTH
from middleware.domain.events import Referral
from middleware.domain.turn import Decision, HandedOver

DESCRIPTION = "Thrown by hand in Limoges.\nThe glaze is vegan. Dishwasher safe, but no microwave.\nHolds 0.3 litres."
SEE_DE = "Hier kannst du es dir ansehen: URL"
MUG: dict[str, Any] = {
    "url": "https://shop.example/products/mug",
    "price": euros(2490),
    "available": True,
    "description": DESCRIPTION,
}


def decided(flows: Flows, text: str, *, locale: str | None = None, **fields: Any) -> Decision:
    """What comes of a message about the mug; `fields` change what is known of it."""
    context = a_context(locale=locale, product=product_block("Stoneware mug", **{**MUG, **fields}))
    return flows.decide(an_event(text), None, context, INSTAGRAM)


def handed_over(decision: Decision) -> bool:
    """Whether a person was asked to look."""
    return any(isinstance(effect, HandedOver) for effect in decision.effects)


@pytest.mark.parametrize(
    ("text", "locale", "reply"),
    [
        ("is it vegan?", "en", "About Stoneware mug our shop says: “The glaze is vegan.”\nYou can see it here: URL"),
        ("Ist das vegan?", "de", "Über Stoneware mug sagt unser Shop: „The glaze is vegan.“\n" + SEE_DE),
        ("¿está apto para dishwasher?", "es", None),
        ("how much is it?", "en", "Stoneware mug costs €24.90.\nIt is in stock.\nYou can see it here: URL"),
        ("Was kostet die Stoneware mug?", "de", "Stoneware mug kostet 24,90\xa0€.\nEs ist auf Lager.\n" + SEE_DE),
        ("¿cuánto cuesta?", "es", "Stoneware mug cuesta 24,90\xa0€.\nEstá en stock.\nPuedes verlo aquí: URL"),
        ("is it in stock?", "en", "Stoneware mug costs €24.90.\nIt is in stock.\nYou can see it here: URL"),
    ],
)  # fmt: skip
def test_what_the_catalogue_says_is_said(shipped: Flows, text: str, locale: str, reply: str | None) -> None:
    """In the customer's language, with price, stock, link, or the very sentence of the description."""
    decision = decided(shipped, text, locale=locale)
    said = [each.text for each in decision.replies]
    if reply is None:
        assert handed_over(decision)
        return
    assert said == [reply.replace("URL", MUG["url"])]
    assert not handed_over(decision)
    assert decision.flow == "product_question"


@pytest.mark.parametrize(
    "text",
    [
        "does it contain lead?",
        "is it vegan and made of steel?",
        "is it gluten free?",
        "which sizes are there, and is it waterproof?",
    ],
)
def test_what_the_catalogue_does_not_say_goes_to_a_person(shipped: Flows, text: str) -> None:
    """All of a question has to stand in one sentence: else the reply promises a person, and nothing more."""
    decision = decided(shipped, text)
    (reply,) = decision.replies
    assert reply.template == "product_question_passed_on"
    assert "Stoneware mug" in reply.text
    assert handed_over(decision)
    assert "vegan" not in reply.text.casefold()


@pytest.mark.parametrize(
    ("text", "missing"), [("how much is it?", {"price": None}), ("is it in stock?", {"available": None})]
)
def test_what_is_not_sure_is_not_said(shipped: Flows, text: str, missing: dict[str, None]) -> None:
    """Without a price, or without knowing the stock, that question is a person's."""
    decision = decided(shipped, text, **missing)
    assert handed_over(decision)
    assert [each.template for each in decision.replies] == ["product_question_passed_on"]


def test_several_prices_are_a_range(shipped: Flows) -> None:
    """From the lowest to the highest; sold out is said as such."""
    decision = decided(shipped, "how much is it?", price_to=euros(3990), available=False)
    assert decision.replies[0].text.startswith("Stoneware mug costs €24.90 to €39.90.\nIt is sold out at the moment.")


def test_a_question_with_two_parts_gets_both(shipped: Flows) -> None:
    """The price, and the sentence that holds the other word."""
    decision = decided(shipped, "how much is it, and is it vegan?")
    assert [each.template for each in decision.replies] == ["product_question", "product_price"]
    assert not handed_over(decision)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_first_message_through_an_ad_is_answered_by_its_question(shipped: Flows, channel: str) -> None:
    """The product of the ad, and a personal link, although the map knows no more than its title."""
    context = a_context(product=product_block("Glow Skincare Bundle", source="settings"), links=offers("product"))
    event = an_event("is it vegan?", referral=Referral(ad_id="1"))
    decision = shipped.decide(event, None, context, CHANNELS[channel])
    (reply,) = decision.replies
    assert "Glow Skincare Bundle" in reply.text
    assert "https://shop.example/l/product" in reply.text
    assert handed_over(decision)


@pytest.mark.parametrize("text", ["hi", "hello there!", "where is it?", "thanks", "where is my order?", "STOP it", ""])
def test_what_asks_nothing_about_it_is_not_taken_for_a_question(shipped: Flows, text: str) -> None:
    """Then other flows answer."""
    assert decided(shipped, text).flow != "product_question"


def test_an_order_is_asked_for_before_a_product(shipped: Flows) -> None:
    """Words of the order status win over a product that happens to be known."""
    assert decided(shipped, "where is my order? is it shipped?").flow == "order_status"


def test_without_a_product_there_is_no_answer_about_one(shipped: Flows) -> None:
    """A question about nothing that is known goes the way that it always went."""
    decision = shipped.decide(an_event("is it vegan?"), None, a_context(), INSTAGRAM)
    assert decision.flow == "fallback"


def test_an_open_cart_is_told_before_a_stray_question(shipped: Flows) -> None:
    """Nothing of the product's words: the cart is what is open."""
    context = a_context(cart=cart_block("Shirt"), product=product_block("Stoneware mug", **MUG), links=offers("cart"))
    decision = shipped.decide(an_event("hi, I'm back"), None, context, INSTAGRAM)
    assert decision.flow == "offer_cart"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("is it vegan?", "The glaze is vegan."),
        ("is it microwave safe?", "Dishwasher safe, but no microwave."),
        ("what about 0.3 litres?", "Holds 0.3 litres."),
        ("what about 0.5 litres?", None),
        ("is the mug vegan?", "The glaze is vegan."),
        ("is it vegan and thrown by hand?", None),
        ("is it handmade?", None),
        ("hello?", None),
    ],
)
def test_a_sentence_answers_only_what_it_holds(text: str, sentence: str | None) -> None:
    """Every word that was asked for stands in it; a number is no sentence's end."""
    assert sentence_with(DESCRIPTION, question_in(text, "Stoneware mug").words) == sentence


def test_a_sentence_too_long_to_quote_is_none() -> None:
    """Half a sentence may say the opposite of the whole."""
    long = "Vegan " + "and free of many things " * 10
    assert len(long) > SENTENCE_LENGTH
    assert sentence_with(long, ("vegan",)) is None


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=400))
def test_what_is_quoted_stands_in_the_description(text: str, title: str, description: str) -> None:
    """Whatever is asked about whatever: a quotation is one, letter by letter."""
    sentence = sentence_with(description, question_in(text, title).words)
    assert sentence is None or sentence in description


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (
            {"tracking": {"carrier": "Correos", "number": "PQ7", "url": "https://t.example/PQ7"}},
            "You can follow it here: https://t.example/PQ7",
        ),
        ({"tracking": {"carrier": "Correos", "number": "PQ7"}}, "Tracking number: PQ7 (Correos)\n"),
        ({"tracking": {"number": "PQ7", "url": "javascript:x"}}, "Tracking number: PQ7\n"),
        ({"delivered": True, "tracking": {"url": "https://t.example/PQ7"}}, "was delivered."),
        ({"refunded": {"amount": 490, "currency": "EUR", "exponent": 2}}, "We have refunded €4.90."),
    ],
)
def test_an_order_says_where_it_can_be_followed(shipped: Flows, order: dict[str, Any], words: str) -> None:
    """The link, else the number; delivered and refunded are said. Nothing that is no link is one."""
    known = {"state": "shipped", "number": "#1001", "created_at": "2026-03-04T12:00:00Z", **order}
    block = {"state": "fresh", "needs_level": "linked", "value": {"latest": known, "all": [known], "count": 1}}
    decision = shipped.decide(an_event("where is my order?"), None, a_context(orders=block), INSTAGRAM)
    assert words in decision.replies[0].text + "\n"
    assert "javascript" not in decision.replies[0].text
    assert ("follow it" in decision.replies[0].text) == ("follow it" in words)
