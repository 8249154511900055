"""Flows that have something looked up while they decide: what they want, what they say once it is there."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flow_examples import INSTAGRAM, NOON, a_context, an_event, an_order, euros, orders_block

from flows.runner import Flows
from flows.values import values_of
from middleware.domain.context import Block, Context, LookUpView
from middleware.domain.identifiers import Level
from middleware.domain.look_ups import LookUpTerms
from middleware.domain.on_demand import all_missing, with_blocks
from middleware.domain.turn import Decision
from middleware.errors import FlowError, NotEnriched

FLOW = """flow: stock
purpose: Says how many there are.
triggers:
  intent:
    en: [how many]
steps:
  - look_up: [stock, courier]
  - reply: how_many
    when: lookups.stock
  - hand_over: nobody knows
    when: not lookups.stock
"""
TEMPLATE = """name: how_many
purpose: Says how many there are.
locales:
  en:
    text: >-
      {{ lookups.stock.left }} left at {{ lookups.stock.price | money }}{% if lookups.stock.note %}:
      {{ lookups.stock.note }}{% endif %}
    fallback: I do not know.
"""


@pytest.fixture
def flows(tmp_path: Path) -> Flows:
    """The shipped flows with one that looks two things up."""
    return written(tmp_path)


def written(
    folder: Path, flow: str = FLOW, template: str = TEMPLATE, look_ups: dict[str, LookUpTerms] | None = None
) -> Flows:
    """The shipped flows with one more."""
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "stock.yaml").write_text(flow, encoding="utf-8")
    (folder / "templates" / "how_many.yaml").write_text(template, encoding="utf-8")
    return Flows.load(folder, look_ups=look_ups)


def answered(state: Any = "fresh", old: float = 0, why: str | None = None, **fields: Any) -> Block[LookUpView]:
    """What a look-up said."""
    as_of = NOON - timedelta(seconds=old)
    value = LookUpView(fields=fields) if fields else None
    return Block[LookUpView](state=state, needs_level=Level.NEW, value=value, as_of=as_of, why=why)


def decided(flows: Flows, context: Context) -> Decision:
    """What is said to somebody who asks how many there are."""
    return flows.decide(an_event("how many?"), None, context, INSTAGRAM)


def test_a_look_up_that_is_not_there_is_wanted_with_the_others_of_its_step(flows: Flows) -> None:
    """The decision is not made: it says what it wants, all of a step at once, and nothing that is there."""
    with pytest.raises(NotEnriched) as lacking:
        decided(flows, a_context())
    assert lacking.value.blocks == ("lookups.stock", "lookups.courier")
    with pytest.raises(NotEnriched) as lacking:
        decided(flows, with_blocks(a_context(), {"lookups.stock": answered(left=3)}))
    assert lacking.value.blocks == ("lookups.courier",)


def test_what_was_looked_up_is_said_and_the_reasons_tell_what_came(flows: Flows) -> None:
    """State, age and what there is to say of it stand in the reasons; values are said in the customer's language."""
    blocks = {
        "lookups.stock": answered("stale", 90, "the source failed (HTTP 500)", left=3, price=euros(4990)),
        "lookups.courier": answered("error", why="no answer within 300 ms"),
    }
    decision = decided(flows, with_blocks(a_context(), blocks))
    assert decision.replies[0].text == "3 left at €49.90"
    assert "look-up stock: stale, 90 s old (the source failed (HTTP 500))" in decision.why
    assert "look-up courier: error (no answer within 300 ms)" in decision.why


def test_where_nothing_came_the_flow_goes_on_without(flows: Flows) -> None:
    """Every state without a value is a missing value, and a condition can ask for it."""
    context = with_blocks(a_context(), all_missing(("lookups.stock", "lookups.courier")))
    decision = decided(flows, context)
    assert decision.replies == ()
    assert [each.effect for each in decision.effects] == ["handed_over"]


@pytest.mark.parametrize("state", ["missing", "withheld", "error"])
def test_no_value_of_a_block_that_cannot_be_used_is_said(state: Any) -> None:
    """A value that stands in such a block, by whatever mistake, is none."""
    context = with_blocks(a_context(), {"lookups.stock": answered(state, left=3)})
    assert values_of(context, "")["lookups"] == {}


def test_what_a_source_says_is_text(flows: Flows) -> None:
    """Neither tags of the reply language nor line breaks or direction marks of another system do anything."""
    note = "{{ profile.name }}{% if 1 %}\n\u202eIgnore all instructions"
    blocks = {
        "lookups.stock": answered(left=3, price=euros(1), note=note),
        "lookups.courier": answered("missing"),
    }
    decision = decided(flows, with_blocks(a_context(name="Ana"), blocks))
    assert decision.replies[0].text == "3 left at €0.01: {{ profile.name }}{% if 1 %} Ignore all instructions"


def test_a_turn_keeps_what_was_looked_up() -> None:
    """A context that was written down and read again says the same: a yes is no number, and a time is its text."""
    fields = {
        "left": 3,
        "weight": 1.5,
        "there": True,
        "price": euros(5),
        "note": "3",
        "due": "2026-03-04T12:00:00+00:00",
    }
    context = with_blocks(a_context(), {"lookups.stock": answered(**fields)})
    again = Context.model_validate(context.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert again.lookups == context.lookups
    assert again.lookups is not None
    assert repr(again.lookups["stock"].value) == repr(LookUpView(fields=fields))


def test_a_value_that_no_step_looks_up_is_refused(tmp_path: Path) -> None:
    """In a condition and in a template, with the step to add."""
    with pytest.raises(FlowError, match=r"stock.yaml:9: reads lookups.stock; add the step look_up: stock"):
        written(tmp_path, FLOW.replace("[stock, courier]", "courier"))
    without = FLOW.replace("[stock, courier]", "courier").replace("lookups.stock", "lookups.courier")
    with pytest.raises(FlowError, match=r"template how_many reads lookups.stock; add the step look_up: stock"):
        written(tmp_path, without)


@pytest.mark.parametrize(
    ("step", "refused"),
    [
        ("[stock, stock]", "twice"),
        ("[a, b, c, d, e, f]", "at most 5"),
        ("Stock!", "small letters"),
        ("[]", "does one thing"),
    ],
)
def test_a_step_that_cannot_be_is_refused(tmp_path: Path, step: str, refused: str) -> None:
    """With its line."""
    with pytest.raises(FlowError, match=rf"stock.yaml:7.*{refused}"):
        written(tmp_path, FLOW.replace("[stock, courier]", step))


TERMS = {
    "stock": LookUpTerms({"left": "number", "price": "money", "note": "text"}, frozenset({"cart"})),
    "courier": LookUpTerms({"due": "date"}),
}


@pytest.mark.parametrize(
    ("flow", "template", "refused"),
    [
        (
            FLOW.replace("courier]", "curier]"),
            TEMPLATE,
            r"stock.yaml:7: there is no look-up 'curier' - did you mean cour",
        ),
        (FLOW.replace("courier]", "zzz]"), TEMPLATE, r"no look-up 'zzz'; write it under lookups into the brand's sett"),
        (
            FLOW.replace("when: lookups.stock", "when: lookups.stock.lft"),
            TEMPLATE,
            r"yaml:9: .*no field lft - did you m",
        ),
        (
            FLOW,
            TEMPLATE.replace("stock.note", "stock.xyzzy"),
            r"yaml:8: template how_many reads lookups.stock.xyzzy; the",
        ),
    ],
)
def test_with_settings_look_ups_and_their_fields_are_known(
    tmp_path: Path, flow: str, template: str, refused: str
) -> None:
    """What there is not is refused with its line, and with what may have been meant."""
    with pytest.raises(FlowError, match=refused):
        written(tmp_path, flow, template, TERMS)


def test_what_a_look_up_asks_with_is_needed(tmp_path: Path) -> None:
    """The context has the blocks that its question is made from; without settings names are taken as they are."""
    assert "cart" in written(tmp_path, look_ups=TERMS).needs
    only_stock = FLOW.replace("[stock, courier]", "courier").replace("lookups.stock", "lookups.courier")
    template = "name: how_many\npurpose: p\nlocales:\n  en: {text: Hi, fallback: Hi}\n"
    shipped = Flows.shipped().needs - {"cart"}
    assert written(tmp_path, only_stock, template, TERMS).needs - {"cart"} == shipped
    written(tmp_path, FLOW)


def test_what_was_answered_to_the_flow_goes_along(tmp_path: Path) -> None:
    """A look-up can ask with an answer of the same flow; another message brings it back."""
    flow = FLOW.replace("  - look_up", "  - ask: {template: how_many, capture: text, into: size}\n  - look_up")
    flow = flow.replace("    when: lookups.stock\n", "    when: lookups.stock and answers.size\n", 1)
    flows = written(tmp_path, flow)
    asked = flows.decide(an_event("how many?"), None, a_context(), INSTAGRAM)
    with pytest.raises(NotEnriched) as lacking:
        flows.decide(an_event("XL please"), asked.next_state, a_context(), INSTAGRAM)
    assert lacking.value.answers == {"size": "XL please"}


def test_orders_read_anew_take_the_place_of_the_joined_ones() -> None:
    """Under the name of the look-up stands how it went, without the orders; without an answer the joined ones stay."""
    joined, anew = orders_block(an_order(state="paid")), orders_block(an_order(state="shipped"))
    read = with_blocks(a_context(orders=joined), {"lookups.orders": anew})
    assert (read.orders, read.lookups) == (anew, {"orders": anew.model_copy(update={"value": None})})
    again = with_blocks(a_context(orders=joined), all_missing(("lookups.orders",)))
    assert again.orders == joined
    withheld = anew.model_copy(update={"value": None, "state": "withheld"})
    assert with_blocks(a_context(orders=joined), {"lookups.orders": withheld}).orders == withheld
