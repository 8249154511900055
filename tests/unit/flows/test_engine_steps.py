"""Flows that have a bot engine answer: what they ask, what they make of its answer, and what they say if it fails."""

from pathlib import Path
from typing import Any

import pytest
from flow_examples import INSTAGRAM, MESSENGER, a_context, an_event, an_order, offers, orders_block

from flows.engine_values import engine_values
from flows.runner import Flows
from middleware.domain.engines import FAILURES, EngineAnswer, EngineAsked, EngineOutcome, EngineReply, EngineTerms
from middleware.domain.events import Event, EventKind
from middleware.domain.forms import Buttons, ReplyButton, UrlButton
from middleware.domain.messages import Reply
from middleware.domain.turn import Decision, FieldSet, HandedOver, IntentNoted, LinkIssued, Tagged
from middleware.errors import FlowError

BOT = {"bot": EngineTerms(frozenset({"orders", "cart"}), 10.0)}

EVERYTHING = """flow: everything
purpose: The bot answers all.
triggers:
  any_message: true
steps:
  - ask_engine: bot
  - hand_over: never reached
"""


def flows_with(folder: Path, text: str = EVERYTHING, engines: dict[str, EngineTerms] | None = None) -> Flows:
    """The shipped flows with one more."""
    (folder / "everything.yaml").write_text(text, encoding="utf-8")
    return Flows.load(folder, engines=BOT if engines is None else engines)


@pytest.fixture
def flows(tmp_path: Path) -> Flows:
    """Flows in which an engine answers everything."""
    return flows_with(tmp_path)


def said(answer: EngineAnswer, locale: str = "", offers: dict[str, str] | None = None) -> Event:
    """What the engine said, as an event. `offers` are the ids of the links that it was offered."""
    reply = EngineReply(engine="bot", flow="everything", turn="t1", locale=locale, answer=answer, offers=offers or {})
    return an_event(kind=EventKind.ENGINE_REPLY).model_copy(update={"message": None, "engine": reply})


def decided(flows: Flows, answer: EngineAnswer, **context: Any) -> Decision:
    """What becomes of an answer."""
    return flows.decide(said(answer), None, a_context(**context), MESSENGER)


@pytest.mark.parametrize("text", ["where is my order?", "hi", "asdf", "order_status"])
def test_any_message_goes_to_the_engine(flows: Flows, text: str) -> None:
    """Whatever is written, before any other flow is looked at; nothing after the step is done."""
    decision = flows.decide(an_event(text), None, a_context(), INSTAGRAM)
    assert decision.flow == "everything"
    assert decision.effects == (EngineAsked(engine="bot", within=10.0, locale="en"),)
    assert decision.replies == ()
    assert decision.why[-1] == "engine bot is asked"


def test_the_blocks_of_an_engine_that_is_asked_are_needed(tmp_path: Path) -> None:
    """The context has what the engine gets; an engine that nobody asks needs nothing."""
    lonely = {**BOT, "other": EngineTerms(frozenset({"marketing"}), 5.0)}
    needs = flows_with(tmp_path, engines=lonely).needs
    assert {"orders", "cart"} <= needs
    assert "marketing" not in needs


def test_an_engine_that_there_is_not_is_found_when_flows_are_read(tmp_path: Path) -> None:
    """With file, line, and the name that was meant."""
    with pytest.raises(FlowError, match=r"everything.yaml:6: .*there is no engine 'bto' - did you mean bot\?"):
        flows_with(tmp_path, EVERYTHING.replace("ask_engine: bot", "ask_engine: bto"))
    with pytest.raises(FlowError, match=r"there is no engine 'bot'; write it into the brand's settings"):
        flows_with(tmp_path, engines={})


def test_an_answer_is_said_as_the_channel_can_show_it(flows: Flows) -> None:
    """Texts and forms are fitted to the channel, each word as the engine wrote it: it is no template."""
    many = Buttons(buttons=tuple(ReplyButton(title=f"Choice {number}", payload=str(number)) for number in range(5)))
    answer = EngineAnswer(
        outcome=EngineOutcome.ANSWERED,
        replies=(Reply(text="{{ profile.name }} {% if 1 %}"), Reply(text="Which one?", form=many)),
    )
    decision = decided(flows, answer, name="Ana")
    assert decision.flow == "everything"
    assert decision.replies[0].text == "{{ profile.name }} {% if 1 %}"
    assert len(decision.replies) >= 2
    assert decision.why[0] == "engine bot answered"
    assert decision.effects == ()


def test_an_engine_can_hand_over_and_can_say_nothing(flows: Flows) -> None:
    """A person is asked with the reason that it gives; without a message nothing is said."""
    handed = decided(flows, EngineAnswer(outcome=EngineOutcome.SILENT, hand_over="asks for a refund"))
    assert handed.effects == (HandedOver(reason="asks for a refund"),)
    assert handed.replies == ()
    silent = decided(flows, EngineAnswer(outcome=EngineOutcome.SILENT))
    assert (silent.effects, silent.replies) == ((), ())


NOTED = {"set": {"company": "Rose GmbH", "custom.size": "M"}, "tags": ("reseller",), "intent": "lead"}
EFFECTS = (
    Tagged(add=("reseller",)),
    FieldSet(field="company", value="Rose GmbH"),
    FieldSet(field="custom.size", value="M"),
    IntentNoted(intent="lead"),
)


def test_what_an_engine_notes_are_the_effects_of_the_steps(flows: Flows) -> None:
    """As by `tag`, `set` and `intent`; the trace tells how many, in no word of the engine. Also where it failed."""
    answer = EngineAnswer(outcome=EngineOutcome.ANSWERED, replies=(Reply(text="Hi"),), hand_over="why", **NOTED)
    decision = decided(flows, answer)
    assert decision.effects == (HandedOver(reason="why"), *EFFECTS)
    assert decision.why[-1] == "noted: 1 tag, 2 fields, intent lead"
    failed = decided(flows, EngineAnswer(outcome=EngineOutcome.REFUSED, detail="it said nothing", **NOTED))
    assert failed.flow == "fallback"
    assert failed.effects[-4:] == EFFECTS
    assert "Rose" not in " ".join((*decision.why, *failed.why))


URL = "https://shop.example/cart/441:1?attributes%5Bthroughline%5D={}"
OFFERED = {"cart": "Zk3_mXq8-PwR71TbYc5LdA", "product": "Ab3_mXq8-PwR71TbYc5LdA"}


@pytest.mark.parametrize(
    ("reply", "issued"),
    [
        (Reply(text=f"Here: {URL.format(OFFERED['cart'])} - ok?"), ["cart"]),
        (Reply(text="Here", form=Buttons(buttons=(UrlButton(title="A", url=URL.format(OFFERED["product"])),))),
         ["product"]),
        (Reply(text=URL.format(OFFERED["cart"]).replace("%5B", "[").replace("%5D", "]") + "&x=1"), ["cart"]),
        (Reply(text=" ".join(map(URL.format, OFFERED.values()))), ["cart", "product"]),
        (Reply(text=URL.format("zz3_mXq8-PwR71TbYc5LdA")), []),
        (Reply(text="https://shop.example/cart/441:1"), []),
    ],
)  # fmt: skip
def test_a_link_on_offer_that_is_said_comes_into_being(flows: Flows, reply: Reply, issued: list[str]) -> None:
    """In a text or behind a button, by its id; a link that was not offered is just text. The asking turn's ids count,
    not those that are on offer now.
    """
    answer = EngineAnswer(outcome=EngineOutcome.ANSWERED, replies=(reply,))
    now = a_context(links=offers("cart", "product"))
    decision = flows.decide(said(answer, offers=OFFERED), None, now, MESSENGER)
    assert decision.effects == tuple(LinkIssued(id=OFFERED[purpose], purpose=purpose) for purpose in issued)
    assert len(decision.replies) == 1


def test_a_link_that_the_channel_cannot_show_any_more_is_not_given_out(flows: Flows) -> None:
    """Only what is sent counts: a button beyond what fits says nothing."""
    many = (ReplyButton(title=f"Choice {number}", payload=str(number)) for number in range(19))
    form = Buttons(buttons=(*many, UrlButton(title="A", url=URL.format(OFFERED["cart"]))))
    decision = flows.decide(
        said(EngineAnswer(outcome=EngineOutcome.ANSWERED, replies=(Reply(text="?", form=form),)), offers=OFFERED),
        None, a_context(), MESSENGER,
    )  # fmt: skip
    sent = OFFERED["cart"] in "".join(reply.model_dump_json() for reply in decision.replies)
    assert bool(decision.effects) == sent


@pytest.mark.parametrize("outcome", sorted(FAILURES))
@pytest.mark.parametrize("locale", ["en", "de", "es"])
def test_a_failing_engine_leaves_nobody_in_silence(flows: Flows, outcome: EngineOutcome, locale: str) -> None:
    """The fallback flow answers, in the customer's language, and a person is asked."""
    decision = flows.decide(said(EngineAnswer(outcome=outcome, detail="500"), locale), None, a_context(), MESSENGER)
    assert decision.flow == "fallback"
    assert [reply.template for reply in decision.replies] == ["fallback"]
    assert decision.locale == locale
    assert any(isinstance(effect, HandedOver) for effect in decision.effects)
    assert decision.why[0] == f"engine bot {outcome}: 500"


def test_values_are_said_as_the_reader_reads_them(flows: Flows) -> None:
    """By the reply language; what is missing is left out, not empty."""
    sources = {
        "order": "{{ orders.latest.number }}",
        "total": "{{ orders.latest.total | money }}",
        "cart": "{{ cart.count }}",
    }
    values = engine_values("bot", sources, frozenset({"orders", "cart"}))
    context = a_context(orders=orders_block(an_order()), locale="de")
    assert values.of(context, flows.reader_of(context, MESSENGER)) == {"order": "#1001", "total": "49,90\u00a0€"}


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("{{ orders.latest.numbr }}", "engines.bot.values.order: there is no value orders.latest.numbr"),
        ("{{ cart.count }}", "engines.bot.values.order: reads cart, which this engine does not get"),
        ("{{ x.__class__ }}", "engines.bot.values.order: "),
        ("{% set a = 1 %}", "engines.bot.values.order: "),
    ],
)
def test_values_that_cannot_be_had_are_refused_at_the_start(source: str, wrong: str) -> None:
    """With the key of the settings, and what to write."""
    with pytest.raises(FlowError) as refused:
        engine_values("bot", {"order": source}, frozenset({"orders"}))
    assert str(refused.value).startswith(wrong)
