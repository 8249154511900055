"""The shipped flows: what a customer reads, in three languages, on three channels."""

from typing import Any

import pytest
from flow_examples import (
    INSTAGRAM,
    NOON,
    a_context,
    an_event,
    an_order,
    cart_block,
    click_block,
    offers,
    orders_block,
)

from flows.runner import Flows
from middleware.domain.channels import CHANNELS
from middleware.domain.commerce import LineItem
from middleware.domain.context import Block, Context, ProofView
from middleware.domain.events import EventKind, Referral
from middleware.domain.fitting import fit
from middleware.domain.identifiers import Level
from middleware.domain.known_views import DetailsView, SupportView, TicketView
from middleware.domain.messages import Reply
from middleware.domain.policy import consent_word
from middleware.domain.turn import CodeRequested, HandedOver, IntentNoted, LinkIssued

LOCALES = ("en", "de", "es")
WHERE = {"en": "Where is my order?", "de": "Wo ist meine Bestellung?", "es": "¿Dónde está mi pedido?"}
EMOJI = "👩‍👩‍👧‍👦"


def reply_to(flows: Flows, text: str, context: Context, channel: str = "instagram", **event: Any) -> Reply:
    """The one reply to a message."""
    decision = flows.decide(an_event(text, **event), None, context, CHANNELS[channel])
    assert len(decision.replies) == 1
    return decision.replies[0]


def test_the_library_has_no_findings(shipped: Flows) -> None:
    """Every value guarded, every locale there, every text within every channel's limit."""
    assert shipped.findings == ()


def test_the_library_says_what_it_needs(shipped: Flows) -> None:
    """The context has to bring orders, cart, ad click, product, tickets and tags."""
    assert shipped.needs == {"orders", "cart", "ad_click", "product", "support", "details"}


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "Your order #1001 is on its way.\nIt left us on March 4, 2026.\nIn it: Linen shirt and Wool socks."),
        (
            "de",
            (
                "Deine Bestellung #1001 ist unterwegs.\nSie ging am 4. März 2026 auf die Reise.\n"
                "Darin: Linen shirt und Wool socks."
            ),
        ),
        (
            "es",
            "Tu pedido #1001 está en camino.\nSalió el 4 de marzo de 2026.\nContiene: Linen shirt y Wool socks.",
        ),
    ],
)
def test_a_known_order_is_told(shipped: Flows, locale: str, text: str) -> None:
    """Number, state in words, date and things, in the customer's language."""
    reply = reply_to(shipped, WHERE[locale], a_context(orders=orders_block(an_order())))

    assert reply.text == text
    assert reply.locale == locale
    assert not reply.fallback


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("state", ["open", "paid", "partly_shipped", "shipped", "cancelled", "refunded"])
def test_every_state_has_words_of_its_own(shipped: Flows, locale: str, state: str) -> None:
    """No state is said in its technical name, and no two alike."""
    states = ("open", "paid", "partly_shipped", "shipped", "cancelled", "refunded")
    texts = {
        one: reply_to(
            shipped, WHERE[locale], a_context(orders=orders_block(an_order(state=one, shipped_at=None, items=())))
        )
        for one in states
    }

    assert "_" not in texts[state].text
    assert not texts[state].fallback
    assert len({reply.text for reply in texts.values()}) == len(states)


def test_the_order_mentioned_is_the_one_told(shipped: Flows) -> None:
    """Who names an order of theirs hears of that one, else of the newest."""
    context = a_context(orders=orders_block(an_order("#1002"), an_order("#1001", state="cancelled")))

    assert "#1001 was cancelled" in reply_to(shipped, "where is my order 1001", context).text
    assert "#1002 is on its way" in reply_to(shipped, "where is my order", context).text
    assert "#1002 is on its way" in reply_to(shipped, "where is my order 4711", context).text


def test_a_stale_answer_says_so(shipped: Flows) -> None:
    """What may be out of date is marked as such."""
    context = a_context(orders=orders_block(an_order(), state="stale"))

    assert "out of date" in reply_to(shipped, WHERE["en"], context).text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_an_unknown_sender_learns_how_and_nothing_else(shipped: Flows, locale: str, channel: str) -> None:
    """The same words whatever was typed: an order number or address, real, wrong or somebody else's."""
    context = a_context(locale=locale, channel=channel)
    typed = ["", " 1001", " #1002", " 999999", " ana@example.com", " ana@example.com 1001 +49 170 1234567"]
    decisions = [shipped.decide(an_event(WHERE[locale] + more), None, context, CHANNELS[channel]) for more in typed]

    assert len({decision.model_dump_json() for decision in decisions}) == 1
    assert "WhatsApp" in decisions[0].replies[0].text
    assert not decisions[0].replies[0].fallback


@pytest.mark.parametrize("state", ["withheld", "missing", "error"])
def test_withheld_orders_sound_like_none(shipped: Flows, state: str) -> None:
    """An order that exists but may not be told changes neither wording nor effects nor reasons."""
    hidden = a_context(orders=orders_block(an_order("#1001"), state=state))

    for text in ("where is my order", "where is my order 1001"):
        assert shipped.decide(an_event(text), None, hidden, INSTAGRAM) == shipped.decide(
            an_event(text), None, a_context(), INSTAGRAM
        )


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        (
            "en",
            (
                "Your cart is still waiting for you, Ana: Shirt and Hat.\nAltogether €79.80.\n"
                "This link takes you right back to it: https://shop.example/l/cart"
            ),
        ),
        (
            "de",
            (
                "Dein Warenkorb wartet noch auf dich, Ana: Shirt und Hat.\nZusammen 79,80\xa0€.\n"
                "Mit diesem Link kommst du direkt zurück: https://shop.example/l/cart"
            ),
        ),
        (
            "es",
            (
                "Tu carrito te sigue esperando, Ana: Shirt y Hat.\nEn total, 79,80\xa0€.\n"
                "Con este enlace vuelves directamente a él: https://shop.example/l/cart"
            ),
        ),
    ],
)
def test_an_open_cart_is_named_with_its_link(shipped: Flows, locale: str, text: str) -> None:
    """The things, the total and the fresh link, also when nothing else matched."""
    context = a_context(locale=locale, name="Ana Li", cart=cart_block("Shirt", "Hat"), links=offers("cart"))
    decision = shipped.decide(an_event("zzz"), None, context, INSTAGRAM)

    assert decision.flow == "offer_cart"
    assert decision.replies[0].text == text
    assert decision.effects == (LinkIssued(id="id-cart", purpose="cart"),)


@pytest.mark.parametrize(
    "text", ["my cart", "checkout", "finish my order", "mein Warenkorb", "zur Kasse", "mi carrito"]
)
def test_cart_words_lead_to_the_cart(shipped: Flows, text: str) -> None:
    """Cart words win over "my order" inside them; without a link on offer the reply still makes sense."""
    decision = shipped.decide(an_event(text), None, a_context(cart=cart_block("Hat")), INSTAGRAM)

    assert decision.flow == "continue_cart"
    assert decision.effects == ()
    assert "http" not in decision.replies[0].text
    assert not decision.replies[0].fallback


def test_without_a_cart_nothing_is_said_of_one(shipped: Flows) -> None:
    """A cart that is not open here, or not this person's, is not spoken of."""
    decision = shipped.decide(an_event("my cart"), None, a_context(), INSTAGRAM)

    assert decision.flow == "fallback"


@pytest.mark.parametrize(
    ("locale", "product", "headline"),
    [
        ("en", "Great that you like Blue shirt.", "Great that “Summer sale” brought you here."),
        ("de", "Schön, dass dir Blue shirt gefällt.", "Schön, dass dich „Summer sale“ zu uns geführt hat."),
        ("es", "Qué bien que te guste Blue shirt.", "Qué bien que «Summer sale» te haya traído aquí."),
    ],
)
def test_an_ad_click_is_greeted_by_what_was_clicked(shipped: Flows, locale: str, product: str, headline: str) -> None:
    """By the product, else by the headline; the link to the product if there is one."""
    links = offers("product")
    both = a_context(locale=locale, links=links, ad_click=click_block(product="Blue shirt", headline="Summer sale"))
    title = a_context(locale=locale, ad_click=click_block(headline="Summer sale"))
    greeted = shipped.decide(an_event("hi", referral=Referral()), None, both, INSTAGRAM)

    assert product in greeted.replies[0].text
    assert "https://shop.example/l/product" in greeted.replies[0].text
    assert greeted.effects == (LinkIssued(id="id-product", purpose="product"),)
    assert headline in reply_to(shipped, "hi", title, referral=Referral()).text


def test_a_click_without_words_is_greeted_all_the_same(shipped: Flows) -> None:
    """Who opens the chat through a link that says nothing is greeted, not told that a person was called."""
    event = an_event("", kind=EventKind.REFERRAL, referral=Referral(ref="x")).model_copy(update={"message": None})
    decision = shipped.decide(event, None, a_context(name="Ana Li"), INSTAGRAM)

    assert decision.replies[0].text.startswith("Hi Ana! Great that you are here.")
    assert decision.effects == ()


@pytest.mark.parametrize(("locale", "word"), [("en", "team"), ("de", "Team"), ("es", "equipo")])
def test_what_nobody_understood_goes_to_a_person(shipped: Flows, locale: str, word: str) -> None:
    """Friendly words, what the bot can do, and a person is called."""
    decision = shipped.decide(an_event("zzz"), None, a_context(locale=locale, name="Ana Li"), INSTAGRAM)

    assert word in decision.replies[0].text
    assert "Ana" in decision.replies[0].text
    assert decision.replies[0].quick_replies[0].payload == "order_status"
    assert decision.effects == (HandedOver(reason="no flow had an answer"),)


def worst_context(locale: str, channel: str) -> Context:
    """Every text as long as it can be, and of many bytes."""
    long = (EMOJI + "ü") * 100
    order = an_order("№" * 100, items=tuple(LineItem(title=long) for _ in range(30)))
    return a_context(
        locale=locale, channel=channel, name=long, orders=orders_block(order, state="stale"),
        cart=cart_block(*[long] * 30), links=offers("cart", "product"),
        ad_click=click_block(product=long, headline=long),
    )  # fmt: skip


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("text", ["where is my order", "my cart", "zzz", "ad"])
def test_the_longest_replies_fit_every_channel(shipped: Flows, channel: str, locale: str, text: str) -> None:
    """Even the worst data gives a reply that the channel takes, links whole."""
    capabilities = CHANNELS[channel]
    referral = Referral() if text == "ad" else None
    decision = shipped.decide(an_event(text, referral=referral), None, worst_context(locale, channel), capabilities)
    reply = decision.replies[0]

    assert capabilities.text.size.holds(reply.text)
    assert not reply.fallback
    assert fit(reply, capabilities).replies == decision.replies == (reply,)
    for effect in decision.effects:
        assert not isinstance(effect, LinkIssued) or f"https://shop.example/l/{effect.purpose}" in reply.text


@pytest.mark.parametrize("locale", LOCALES)
def test_quick_replies_lead_somewhere(shipped: Flows, locale: str) -> None:
    """What a button carries is understood when it comes back, and its title fits uncut."""
    reply = reply_to(shipped, "zzz", a_context(locale=locale))
    for button in reply.quick_replies:
        answer = shipped.decide(an_event("…", payload=button.payload), None, a_context(), INSTAGRAM)
        assert answer.flow == button.payload
        assert not button.title.endswith("…")


def test_hostile_names_stay_words(shipped: Flows) -> None:
    """Template signs, control and direction characters in data come out harmless."""
    context = a_context(
        name="{{7+7}}\u202e{%if%} x", cart=cart_block("\u202e{{ self }}\x00\nevil"), links=offers("cart")
    )
    text = reply_to(shipped, "my cart", context).text

    assert "{{ self }} evil" in text
    assert "{{7+7}}{%if%}" in text
    assert "\u202e" not in text
    assert "\x00" not in text


SENT = {
    "en": "If we know this address, a code is on its way.",
    "de": "Wenn wir diese Adresse kennen, ist ein Code unterwegs.",
    "es": "Si conocemos esta dirección, un código está en camino.",
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("text", ["ana@example.com", "{asked} ana@example.com"])
def test_an_address_asks_for_a_code(shipped: Flows, locale: str, text: str) -> None:
    """Alone or beside the question; the words are the same, and the address is in no part of the decision."""
    context = a_context(proof=ProofView(address=True), locale=locale)
    decision = shipped.decide(an_event(text.format(asked=WHERE[locale])), None, context, INSTAGRAM)
    assert decision.effects == (CodeRequested(),)
    assert decision.replies[0].text is not None
    assert decision.replies[0].text.startswith(SENT[locale])
    assert "example.com" not in decision.model_dump_json()


def test_codes_are_offered_only_where_there_are_some(shipped: Flows) -> None:
    """Without proof in the settings neither an address nor an order says a word of codes, or asks for one."""
    for text in (WHERE["en"], "ana@example.com", "new code", "123456"):
        decision = shipped.decide(an_event(text), None, a_context(), INSTAGRAM)
        assert not any(isinstance(each, CodeRequested) for each in decision.effects)
        assert "code" not in (decision.replies[0].text or "")
    offered = reply_to(shipped, WHERE["en"], a_context(proof=ProofView()))
    assert "I will send a code there" in (offered.text or "")


@pytest.mark.parametrize("locale", LOCALES)
def test_what_came_of_a_code(shipped: Flows, locale: str) -> None:
    """Right: the order is told at once, or that there is none; wrong: how to go on, whatever stands beside."""
    orders = orders_block(an_order())
    said = [
        reply_to(shipped, "123456", a_context(proof=ProofView(code=code), locale=locale, **fields)).text or ""
        for code, fields in (("right", {"orders": orders}), ("right", {}), ("wrong", {}), ("wrong", {"orders": orders}))
    ]
    assert ["#1001" in text for text in said] == [True, False, False, False]
    assert said[2] == said[3]
    assert said[1] != said[2]


PERSON = {
    "en": "I want to talk to a person",
    "de": "Ich will mit einem Menschen sprechen",
    "es": "quiero hablar con alguien",
}
NO_MORE = {"en": "please no more messages", "de": "keine Werbung mehr bitte", "es": "quiero darme de baja de esto"}
BACK = {"en": "Start", "de": "WEITER", "es": "alta"}


def a_ticket(**fields: Any) -> Block[SupportView]:
    """The support block with one open ticket."""
    ticket = TicketView(id="7", state="open", created_at=NOON, updated_at=NOON, **fields)
    value = SupportView(open=(ticket,), open_count=1)
    return Block[SupportView](state="fresh", needs_level=Level.LINKED, value=value)


@pytest.mark.parametrize("locale", LOCALES)
def test_who_wants_a_person_gets_one(shipped: Flows, locale: str) -> None:
    """Whoever wants a person is passed on; with an open ticket that is named, so that nothing is explained twice."""
    said = shipped.decide(an_event(PERSON[locale]), None, a_context(locale=locale), INSTAGRAM)
    assert (said.flow, said.locale) == ("support", locale)
    assert said.effects == (HandedOver(reason="wants a person"), IntentNoted(intent="support_issue"))

    known = a_context(locale=locale, support=a_ticket(subject="The jar arrived broken"))
    told = shipped.decide(an_event(PERSON[locale]), None, known, INSTAGRAM)
    (reply,) = told.replies
    assert "7" in reply.text
    assert "The jar arrived broken" in reply.text
    assert not reply.fallback
    assert told.effects[0] == HandedOver(reason="wants a person; a ticket is open")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("where", ["on record", "in the conversation"])
def test_special_customers_go_to_those_who_look_after_them(shipped: Flows, locale: str, where: str) -> None:
    """The tag vip leads to another person, wherever it is from; without it nobody is special."""
    context = a_context(locale=locale, name="Ana Li")
    details = Block[DetailsView](state="fresh", needs_level=Level.LINKED, value=DetailsView(tags=("vip",)))
    assert context.conversation is not None
    tagged = context.conversation.model_copy(update={"tags": ("vip",)})
    known = {"details": details} if where == "on record" else {"conversation": tagged}
    said = shipped.decide(an_event(PERSON[locale]), None, context.model_copy(update=known), INSTAGRAM)
    assert (said.flow, said.locale) == ("vip", locale)
    assert "Ana" in said.replies[0].text
    assert said.effects[0] == HandedOver(reason="a special customer wants a person", to="vip")


@pytest.mark.parametrize("locale", LOCALES)
def test_whoever_wants_no_more_is_told_the_word(shipped: Flows, locale: str) -> None:
    """In a sentence it stops nothing, so the word is named and can be tapped: it is one that stops."""
    reply = reply_to(shipped, NO_MORE[locale], a_context(locale=locale))
    assert reply.template == "opt_in_out"
    (button,) = reply.quick_replies
    assert consent_word(button.title) is False
    assert button.title in reply.text


@pytest.mark.parametrize("locale", LOCALES)
def test_whoever_comes_back_is_welcome(shipped: Flows, locale: str) -> None:
    """A word that takes a STOP back is confirmed where it stands alone; inside a sentence it is any word."""
    assert consent_word(BACK[locale]) is True
    assert reply_to(shipped, BACK[locale], a_context(locale=locale)).template == "opt_in"
    decision = shipped.decide(an_event(f"{BACK[locale]} zzz"), None, a_context(locale=locale), INSTAGRAM)
    assert decision.flow == "fallback"
