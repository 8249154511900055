"""Decisions: which flow answers, in which language, and what happens when something breaks."""

from pathlib import Path
from typing import Any

import pytest
from flow_examples import (
    INSTAGRAM,
    MESSENGER,
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
from middleware.domain.context import ClaimedValue, Context, ConversationView, ProfileView
from middleware.domain.conversation import FlowState, Line, Owner, Window
from middleware.domain.events import TURN_KINDS, Attachment, Event, EventKind, Referral
from middleware.domain.turn import Decision, HandedOver, LinkIssued

TRIGGERS = {
    "by_payload": "payload: [go]",
    "by_intent": "intent: {en: [big news], de: [neuigkeiten]}",
    "by_longer_intent": "intent: {en: [very big news]}",
    "by_referral": "ad_referral: true",
    "by_first": "first_message: true",
    "by_nothing": "unmatched: true",
    "fallback": "fallback: true",
}


def flow_text(name: str, triggers: str, more: str = "", steps: str = "- reply: said") -> str:
    """The YAML of a small flow."""
    return f"flow: {name}\npurpose: p\ntriggers:\n  {triggers}\n{more}steps:\n  {steps}\n"


@pytest.fixture(scope="module")
def brand_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One flow for each trigger, over the shipped ones; the shipped ones never match."""
    folder = tmp_path_factory.mktemp("brand")
    templates = folder / "templates"
    templates.mkdir()
    for name, trigger in TRIGGERS.items():
        (folder / f"{name}.yaml").write_text(flow_text(name, trigger), encoding="utf-8")
    for name in ("order_status", "continue_cart", "welcome_by_ad_click"):
        text = flow_text(name, "payload: [never]")
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (templates / "said.yaml").write_text(
        "name: said\npurpose: p\nlocales:\n  en: {text: yes it is, fallback: f}\n  de: {text: ja, fallback: f}\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def ordered(brand_folder: Path) -> Flows:
    """The flows of that folder."""
    return Flows.load(brand_folder)


def decide(flows: Flows, event: Event, context: Context | None = None) -> Decision:
    """A decision on Instagram."""
    return flows.decide(event, None, context or a_context(), INSTAGRAM)


def first_contact(**fields: Any) -> Context:
    """A context in which nothing was said before."""
    conversation = ConversationView(id="c", owner=Owner.BOT, window=Window(open=True, why="w"), first_message=True)
    return a_context(conversation=conversation, **fields)


@pytest.mark.parametrize(
    ("event", "context", "flow"),
    [
        (an_event("big news", payload="go:1", referral=Referral()), first_contact(), "by_payload"),
        (an_event("some big news!", referral=Referral()), first_contact(), "by_intent"),
        (an_event("very big news", referral=Referral()), first_contact(), "by_longer_intent"),
        (an_event("hm", referral=Referral()), first_contact(), "by_referral"),
        (an_event("hm"), first_contact(), "by_first"),
        (an_event("hm"), a_context(), "by_nothing"),
        (an_event("big news", payload="other"), a_context(), "by_intent"),
        (an_event("Go", kind=EventKind.POSTBACK, payload="go"), a_context(), "by_payload"),
        (
            Event.model_validate(
                an_event("x").model_dump() | {"kind": "referral", "message": None, "referral": {"ref": "r"}}
            ),
            a_context(),
            "by_referral",
        ),
    ],
)
def test_triggers_have_an_order(ordered: Flows, event: Event, context: Context, flow: str) -> None:
    """Payload before intent before referral before first message before unmatched."""
    assert decide(ordered, event, context).flow == flow


def test_priority_goes_before_the_length_of_a_phrase(tmp_path: Path) -> None:
    """A flow that a builder put first is tried first."""
    urgent = flow_text("urgent", "intent: {en: [order]}", "priority: 5\n", "- hand_over: urgent")
    (tmp_path / "urgent.yaml").write_text(urgent, encoding="utf-8")

    assert decide(Flows.load(tmp_path), an_event("where is my order")).flow == "urgent"


def test_a_flow_that_says_nothing_lets_the_next_one_try(tmp_path: Path) -> None:
    """A condition that does not hold, or steps that all fall away, pass the message on."""
    silent = flow_text("silent", "intent: {en: [hello]}", "", "- reply: fallback\n    when: profile.name")
    (tmp_path / "silent.yaml").write_text(silent, encoding="utf-8")
    decision = decide(Flows.load(tmp_path), an_event("hello"))

    assert decision.flow == "fallback"
    assert any("silent" in why for why in decision.why)
    assert any("profile.name does not hold" in why for why in decision.why)


def test_stop_is_an_answer(tmp_path: Path) -> None:
    """`stop` ends the flow, and no other flow speaks in its place."""
    quiet = flow_text("quiet", "intent: {en: [hush]}", "", "- stop\n  - reply: fallback")
    (tmp_path / "quiet.yaml").write_text(quiet, encoding="utf-8")
    decision = decide(Flows.load(tmp_path), an_event("hush"))

    assert (decision.flow, decision.replies, decision.effects) == ("quiet", (), ())


@pytest.mark.parametrize(
    ("text", "guess", "profile", "default", "locale"),
    [
        ("neuigkeiten", "en", "en", "en", "de"),
        ("hm", "de", "en", "en", "de"),
        ("hm", None, "de_AT", "en", "de"),
        ("hm", None, None, "de", "de"),
        ("hm", None, "fr_FR", "de", "de"),
        ("hm", None, "fr_FR", "en", "en"),
    ],
)
def test_the_locale_of_the_answer(
    brand_folder: Path, text: str, guess: str | None, profile: str | None, default: str, locale: str
) -> None:
    """The matched phrase, then the guess, then the profile, then the default; said as what is spoken in the end."""
    flows = Flows.load(brand_folder, default_locale=default)
    context = a_context(locale=guess, profile=ProfileView(locale=profile))
    decision = decide(flows, an_event(text), context)

    assert decision.locale == locale
    assert decision.replies[0].locale == locale


@pytest.mark.parametrize(
    ("guess", "earlier", "told", "last", "locale"),
    [
        (None, (), "de_DE", "en", "de"),
        ("es", (), "de_DE", "en", "es"),
        (None, ("¿dónde está mi pedido?",), "de_DE", "en", "es"),
        (None, ("¿dónde está mi pedido?", "where is my order?"), "de_DE", None, "en"),
        (None, ("👍",), "de_DE", "es", "de"),
        (None, ("¿dónde está mi pedido?",), None, "de", "de"),
        (None, (), "fr_FR", None, "en"),
        (None, (), "xx_YY", None, "en"),
    ],
)
def test_the_language_that_is_set_on_the_platform_is_a_hint(
    shipped: Flows, guess: str | None, earlier: tuple[str, ...], told: str | None, last: str | None, locale: str
) -> None:
    """It counts after the customer's own words, in this message or an earlier one, and before the last reply's."""
    claimed = {"locale": ClaimedValue(value=told, as_of=NOON)} if told else {}
    lines = tuple(Line(id=text, by="customer", text=text, at=NOON) for text in earlier)
    talk = ConversationView(
        id="c", owner=Owner.BOT, window=Window(open=True, why="w"), first_message=False, lines=lines
    )
    context = a_context(locale=guess, profile=ProfileView(locale=last, claimed=claimed), conversation=talk)

    assert decide(shipped, an_event("hm"), context).locale == locale


def test_a_phrase_of_several_languages_follows_the_message(shipped: Flows) -> None:
    """`checkout` is said in all three languages: the guess decides."""
    context = a_context(locale="es", cart=cart_block("Shirt"))

    assert decide(shipped, an_event("checkout"), context).locale == "es"


@pytest.mark.parametrize("kind", sorted(set(EventKind) - TURN_KINDS))
def test_other_events_are_not_answered(shipped: Flows, kind: EventKind) -> None:
    """Echoes, receipts, reactions and the like trigger nothing."""
    decision = decide(shipped, an_event("where is my order", kind=kind))

    assert (decision.replies, decision.effects, decision.flow) == ((), (), None)
    assert decision.why


@pytest.mark.parametrize("kind", ["sticker", "story_mention", "share", "unsupported", "location", "contacts", "other"])
def test_wordless_messages_get_no_answer(shipped: Flows, kind: str) -> None:
    """A sticker or a story mention asks nothing: silence, with the reason."""
    decision = decide(shipped, an_event("", kind=EventKind.MESSAGE).model_copy(update={"message": wordless(kind)}))

    assert (decision.replies, decision.effects) == ((), ())
    assert decision.why == (f"{kind} without words asks nothing",)


def wordless(kind: str, *attachments: str) -> Any:
    """A message of a kind, without words."""
    message = an_event("").message
    assert message is not None
    files = tuple(Attachment(kind=attachment) for attachment in attachments)
    return message.model_copy(update={"kind": kind, "attachments": files})


@pytest.mark.parametrize(
    ("kind", "attachment"),
    [("image", "image"), ("video", "video"), ("audio", "audio"), ("file", "file"), ("other", "image")],
)
@pytest.mark.parametrize(("locale", "words"), [("en", "Thank you"), ("de", "Danke"), ("es", "Gracias")])
def test_files_go_to_a_person(shipped: Flows, kind: str, attachment: str, locale: str, words: str) -> None:
    """A picture or recording is acknowledged in a few words and passed on."""
    event = an_event("").model_copy(update={"message": wordless(kind, attachment)})
    decision = decide(shipped, event, a_context(locale=locale))

    assert decision.effects == (HandedOver(reason="the customer sent a file"),)
    assert words in decision.replies[0].text
    assert decision.locale == locale


def test_a_picture_with_words_is_read(shipped: Flows) -> None:
    """The caption counts as the message."""
    decision = decide(shipped, an_event("where is my order?", kind=EventKind.MESSAGE))

    assert decision.flow == "order_status"


def test_groups_are_left_alone(shipped: Flows) -> None:
    """Nothing is answered or disclosed in a group."""
    decision = decide(shipped, an_event("where is my order?", group="g"), a_context(orders=orders_block(an_order())))

    assert (decision.replies, decision.effects) == ((), ())


def test_deciding_is_pure(shipped: Flows) -> None:
    """The same event and context give the same decision, however often, and change nothing."""
    context = a_context(name="Ana", orders=orders_block(an_order()), cart=cart_block("Hat"), links=offers("cart"))
    before = context.model_dump()
    state = FlowState(flow="x", since=context.at)
    decisions = {
        shipped.decide(an_event(text), state, context, MESSENGER).model_dump_json()
        for _ in range(3)
        for text in ("where is my order",)
    }

    assert len(decisions) == 1
    assert context.model_dump() == before
    assert decide(Flows.shipped(), an_event("hm"), context) == decide(shipped, an_event("hm"), context)


def test_why_never_quotes_the_customer(shipped: Flows) -> None:
    """Reasons are for logs and traces: none of the customer's words, names or numbers."""
    context = a_context(
        name="Zebedee", orders=orders_block(an_order("#77123")), cart=cart_block("Secret hat"), links=offers("cart"),
        ad_click=click_block(product="Secret hat", headline="Hush"),
    )  # fmt: skip
    for text in ("where is my order #77123 zanzibar", "zanzibar", "my cart zanzibar"):
        for referral in (None, Referral(ref="zanzibar", headline="Hush")):
            why = " ".join(decide(shipped, an_event(text, referral=referral), context).why).casefold()
            assert why
            assert not any(word in why for word in ("zanzibar", "77123", "zebedee", "secret", "hush"))


def test_a_link_comes_into_being_only_if_it_is_used(shipped: Flows) -> None:
    """The offer becomes an effect in the flow that takes it, and nowhere else."""
    context = a_context(cart=cart_block("Hat"), orders=orders_block(an_order()), links=offers("cart", "product"))

    assert decide(shipped, an_event("my cart"), context).effects == (LinkIssued(id="id-cart", purpose="cart"),)
    assert decide(shipped, an_event("where is my order"), context).effects == ()


class Broken:
    """A context that cannot be read."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_a_failure_ends_in_the_fallback(shipped: Flows) -> None:
    """Whatever breaks inside, the customer gets an answer and a person is called."""
    context = a_context(locale="de").model_copy(update={"orders": Broken()})
    decision = decide(shipped, an_event("wo ist meine bestellung"), context)

    assert decision.replies[0].template == "fallback"
    assert decision.replies[0].locale == "de"
    assert decision.effects == (HandedOver(reason="the flow failed"),)
    assert decision.why == ("the flow failed: RuntimeError",)


def test_a_failure_of_the_fallback_ends_with_a_person(shipped: Flows) -> None:
    """When nothing can be said at all, a person is called."""
    broken: Any = Broken()
    decision = shipped.decide(an_event("x"), None, broken, INSTAGRAM)

    assert decision.replies == ()
    assert decision.effects == (HandedOver(reason="the flow failed"),)
