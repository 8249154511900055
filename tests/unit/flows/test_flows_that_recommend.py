"""Flows that recommend: what they want, what templates read of it, and the cards that are made of it."""

from pathlib import Path
from typing import Any

import pytest
from flow_examples import INSTAGRAM, NOON, a_context, an_event, euros

from flows.engine_values import engine_values
from flows.runner import Flows
from flows.templates import Reader
from flows.templates.product_cards import product_cards
from middleware.domain.channels import CHANNELS
from middleware.domain.context import RECOMMENDATIONS, Block, Context
from middleware.domain.engines import EngineTerms
from middleware.domain.forms import Cards
from middleware.domain.identifiers import Level
from middleware.domain.on_demand import all_missing, with_blocks
from middleware.domain.recommendations import RecommendationsView, RecommendationView
from middleware.domain.turn import Decision
from middleware.errors import FlowError, NotEnriched

FLOW = """flow: advice
purpose: Recommends.
triggers:
  intent:
    en: [advise me]
steps:
  - recommend: 2
  - reply: advice
    when: recommendations.first
  - hand_over: nothing fits
    when: not recommendations
"""
TEMPLATE = """name: advice
purpose: Recommends.
locales:
  en:
    text: '{{ recommendations.count }}: {{ recommendations.items | list("title") }} ({{ recommendations.first.why }})'
    fallback: Nothing.
    products: {button: Look}
"""


def written(folder: Path, flow: str = FLOW, template: str = TEMPLATE, **loading: Any) -> Flows:
    """The shipped flows with one more."""
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "advice.yaml").write_text(flow, encoding="utf-8")
    (folder / "templates" / "advice.yaml").write_text(template, encoding="utf-8")
    return Flows.load(folder, **loading)


def item(title: str = "Straw hat", **parts: Any) -> RecommendationView:
    """One product that fits."""
    known: dict[str, Any] = {"why": "accessory", "rests_on": "order", "because_of": "Linen shirt"}
    return RecommendationView(title=title, **{**known, **parts})


def recommended(*items: RecommendationView, state: Any = "fresh", why: str | None = None) -> Context:
    """A context in which these fit."""
    value = RecommendationsView(items=items) if items else None
    block = Block[RecommendationsView](state=state, needs_level=Level.LINKED, value=value, as_of=NOON, why=why)
    return with_blocks(a_context(), {RECOMMENDATIONS: block})


def decided(flows: Flows, context: Context) -> Decision:
    """What is said to somebody who wants advice."""
    return flows.decide(an_event("advise me"), None, context, INSTAGRAM)


def test_what_fits_is_wanted_only_by_who_recommends(tmp_path: Path) -> None:
    """The step says what it lacks; no flow that does not recommend costs anything."""
    flows = written(tmp_path)
    with pytest.raises(NotEnriched) as lacking:
        decided(flows, a_context())
    assert lacking.value.blocks == (RECOMMENDATIONS,)
    assert RECOMMENDATIONS not in flows.needs
    assert flows.decide(an_event("Hello"), None, a_context(), INSTAGRAM).flow == "fallback"


def test_at_most_so_many_are_said_and_the_reasons_stand_in_the_trace(tmp_path: Path) -> None:
    """The first ones, in their order; the reasons say why, without a word of what was bought."""
    context = recommended(item("Hat"), item("Scarf", why="viewed", rests_on="view"), item("Belt"))
    decision = decided(written(tmp_path), context)
    assert decision.replies[0].text.startswith("2: Hat and Scarf (accessory)")
    assert "2 recommended: accessory (order), viewed (view)" in decision.why


def test_a_step_may_want_only_some_reasons(tmp_path: Path) -> None:
    """What fits for another reason is not there for the templates after it."""
    flows = written(tmp_path, FLOW.replace("recommend: 2", "recommend: {most: 5, why: viewed}"))
    decision = decided(flows, recommended(item("Hat"), item("Scarf", why="viewed", rests_on="view")))
    assert decision.replies[0].text.startswith("1: Scarf (viewed)")
    nothing = decided(flows, recommended(item("Hat")))
    assert nothing.replies == ()
    assert "nothing to recommend for viewed" in nothing.why


@pytest.mark.parametrize("state", ["missing", "withheld", "error"])
def test_where_there_is_nothing_the_flow_goes_on(tmp_path: Path, state: Any) -> None:
    """The values are missing; a person can be asked. What came in the way stands in the reasons."""
    decision = decided(written(tmp_path), recommended(state=state, why="no answer within 300 ms"))
    assert [each.effect for each in decision.effects] == ["handed_over"]
    assert any("(no answer within 300 ms)" in why for why in decision.why)


def test_where_nobody_is_asked_the_flow_goes_on(tmp_path: Path) -> None:
    """A turn that is decided again without the block."""
    context = with_blocks(a_context(), all_missing((RECOMMENDATIONS,)))
    assert decided(written(tmp_path), context).replies == ()


def test_a_value_before_the_step_is_not_there(tmp_path: Path) -> None:
    """Whether another flow has asked already makes no difference to what a flow reads before its own step."""
    flow = FLOW.replace("  - recommend: 2\n", "  - hand_over: too early\n    when: recommendations\n  - recommend: 2\n")
    decision = decided(written(tmp_path, flow), recommended(item()))
    assert [each.effect for each in decision.effects] == []


def test_cards_are_made_of_what_is_recommended(tmp_path: Path) -> None:
    """Name, price as the language writes it, picture and page."""
    context = recommended(
        item("Hat", url="https://a.example/hat", image="https://a.example/h.jpg", price=euros(100), price_to=euros(250))
    )
    decision = written(tmp_path).decide(an_event("advise me"), None, context, CHANNELS["messenger"])
    (form,) = [each.form for each in decision.replies if each.form is not None]
    assert isinstance(form, Cards)
    (hat,) = form.cards
    assert (hat.title, hat.subtitle, hat.image_url) == ("Hat", "€1.00 \N{EN DASH} €2.50", "https://a.example/h.jpg")
    assert hat.buttons[0].model_dump() == {"kind": "url", "title": "Look", "url": "https://a.example/hat"}


def test_an_address_that_is_none_is_on_no_card() -> None:
    """A card without a page has no button; a channel that shows no such card gets lines."""
    values = {
        "recommendations": {"items": [{"title": "Belt", "url": "javascript:alert(1)", "image": "https:///x.jpg"}]}
    }
    cards = product_cards(values, "Look", Reader(("en",), INSTAGRAM).locality())  # type: ignore[arg-type]
    assert cards is not None
    (belt,) = cards.cards
    assert (belt.title, belt.subtitle, belt.image_url, belt.buttons) == ("Belt", None, None, ())
    assert product_cards({}, "Look", Reader(("en",), INSTAGRAM).locality()) is None


def test_what_a_shop_calls_its_products_is_text(tmp_path: Path) -> None:
    """Neither tags of the reply language nor line breaks do anything."""
    decision = decided(written(tmp_path), recommended(item("{{ orders }}{% if 1 %}\n\u202eHat")))
    assert decision.replies[0].text.startswith("1: {{ orders }}{% if 1 %} Hat (accessory)")


def test_a_value_that_no_step_takes_is_refused(tmp_path: Path) -> None:
    """In a condition, in a template and for its cards, with the step to add; `needs` cannot name the block."""
    without = FLOW.replace("  - recommend: 2\n", "")
    with pytest.raises(FlowError, match=r"advice.yaml:8: reads recommendations.first; add the step recommend: 3"):
        written(tmp_path, without)
    bare = "flow: advice\npurpose: x\ntriggers: {intent: {en: [advise me]}}\nsteps: [{reply: advice}]\n"
    for template in (
        TEMPLATE,
        TEMPLATE.replace("recommendations.count", "1").replace("    products: {button: Look}\n", ""),
    ):
        with pytest.raises(FlowError, match=r"template advice reads recommendations; add the step recommend: 3"):
            written(tmp_path, bare, template)
    only_cards = "name: advice\npurpose: x\nlocales: {en: {text: Hi, fallback: Hi, products: {button: Look}}}\n"
    with pytest.raises(FlowError, match=r"template advice reads recommendations; add the step recommend: 3"):
        written(tmp_path, bare, only_cards)
    with pytest.raises(FlowError, match="needs"):
        written(tmp_path, FLOW.replace("triggers:", "needs: [recommendations]\ntriggers:"))


@pytest.mark.parametrize("step", ["0", "11", "true", "{most: 2, why: []}", "{why: [bestseller]}", "{count: 2}", "many"])
def test_a_step_that_cannot_be_is_refused(tmp_path: Path, step: str) -> None:
    """With its line."""
    with pytest.raises(FlowError, match=r"advice.yaml:7"):
        written(tmp_path, FLOW.replace("recommend: 2", f"recommend: {step}"))


def test_an_engine_that_gets_them_has_them_worked_out_when_it_is_asked(tmp_path: Path) -> None:
    """Not before, and not for an engine that does not get them."""
    flow = FLOW[: FLOW.index("steps:")] + "steps: [{ask_engine: bot}]\n"
    terms = {"bot": EngineTerms(frozenset({RECOMMENDATIONS, "orders"}), 1.0)}
    flows = written(tmp_path, flow, engines=terms)
    assert flows.needs >= {"orders"}
    assert RECOMMENDATIONS not in flows.needs
    with pytest.raises(NotEnriched):
        decided(flows, a_context())
    assert [each.effect for each in decided(flows, recommended(item())).effects] == ["engine_asked"]


def test_a_value_for_an_engine_can_be_of_them() -> None:
    """By its name, where the engine gets the block; in words that the customer reads."""
    values = engine_values("bot", {"fits": "{{ recommendations.first.title }}"}, frozenset({RECOMMENDATIONS}))
    assert values.of(recommended(item("Hat")), Reader(("en",), INSTAGRAM)) == {"fits": "Hat"}
