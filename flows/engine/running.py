"""Running the steps of one flow: what is said, what follows, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from flows.engine.steps import (
    Ask,
    AskEngine,
    Choice,
    HandOver,
    LookUp,
    Note,
    Recommend,
    Say,
    SendCode,
    Step,
    Stop,
    TakeLink,
    Wait,
)
from flows.language import Locality
from flows.templates import Reader, Template, render, shortfall
from flows.values import Values, with_link, with_recommendations
from middleware.domain.context import RECOMMENDATIONS, Block, LinkOffer
from middleware.domain.engines import EngineAsked, EngineTerms
from middleware.domain.fitting import fit
from middleware.domain.messages import Reply
from middleware.domain.on_demand import name_of_look_up
from middleware.domain.recommendations import RecommendationsView
from middleware.domain.turn import CodeRequested, Effect, HandedOver, LinkIssued
from middleware.errors import NotEnriched


@dataclass(frozen=True)
class Setting:
    """What stays the same through all steps of one turn."""

    templates: Mapping[str, Template]
    offers: Mapping[str, LinkOffer]
    reader: Reader
    terms: Callable[[str], EngineTerms]
    """On which terms an engine is asked."""
    has_address: bool = False
    """A one-time code could go to the address in the message."""
    looked_up: Mapping[str, Block[Any]] = field(default_factory=dict)
    """What was looked up for this message so far, by the name of the look-up."""
    recommendations: Block[RecommendationsView] | None = None
    """What fits the customer, once a step has asked for it."""

    @cached_property
    def locality(self) -> Locality:
        """How conditions read numbers and times."""
        return self.reader.locality()


class Run(NamedTuple):
    """How far a flow has come."""

    values: Values
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    noted: tuple[Effect, ...] = ()
    """What is noted down, which is no answer by itself."""
    why: tuple[str, ...] = ()
    stopped: bool = False
    waits_at: Ask | Wait | None = None
    """The step at which it waits; it goes on with what follows there."""

    @property
    def has_answered(self) -> bool:
        """Whether anything came of it; if not, the next flow is tried."""
        return bool(self.replies or self.effects or self.stopped or self.waits_at)

    def because(self, why: str, noted: tuple[Effect, ...] = ()) -> "Run":
        """The same, with one more reason, and with what is noted down."""
        # Not `_replace`: most steps do nothing else, and it takes twice as long.
        values, replies, effects, known, whys, stopped, waits_at = self
        return Run(values, replies, effects, (*known, *noted) if noted else known, (*whys, why), stopped, waits_at)


def ask_again(step: Ask, setting: Setting, so_far: Run) -> Run:
    """The run after a question whose answer was none is asked once more."""
    return _say(setting.templates[step.again.template], setting, so_far)._replace(waits_at=step)


def run(steps: tuple[Step, ...], setting: Setting, so_far: Run) -> Run:
    """The run after these steps."""
    for step in steps:
        if so_far.stopped or so_far.waits_at:
            break
        so_far = _after(step, setting, so_far)
    return so_far


def _after(step: Step, setting: Setting, so_far: Run) -> Run:  # noqa: C901, PLR0911 - one for each kind of step
    match step:
        case Say(template=template):
            return _say(setting.templates[template], setting, so_far)
        case TakeLink(purpose=purpose):
            return _take_link(purpose, setting, so_far)
        case SendCode():
            return _send_code(setting, so_far)
        case AskEngine(engine=engine):
            return _ask_engine(engine, setting, so_far)
        case LookUp(names=names):
            return _look_up(names, setting, so_far)
        case Recommend():
            return _recommend(step, setting, so_far)
        case HandOver(reason=reason, to=to):
            effects = (*so_far.effects, HandedOver(reason=reason, to=to))
            return so_far._replace(effects=effects).because(f"handed over: {reason}")
        case Note(effects=noted, said=said):
            return so_far.because(said, noted)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            holds = condition.holds(so_far.values, setting.locality)
            answer = "holds" if holds else "does not hold"
            return run(then if holds else otherwise, setting, so_far.because(f"{condition.source} {answer}"))
        case Ask(name=name, say=say):
            asked = _say(setting.templates[say.template], setting, so_far)
            return asked._replace(waits_at=step).because(f"waits for an answer at {name}")
        case Wait(name=name):
            return so_far._replace(waits_at=step).because(f"waits at {name}")
        case Stop():
            return so_far._replace(stopped=True).because("stopped")


def _say(template: Template, setting: Setting, so_far: Run) -> Run:
    reply = render(template, setting.reader, so_far.values)
    fitted = fit(reply, setting.reader.channel)
    variant = f", variant {reply.variant}" if reply.variant else ""
    lacking = shortfall(template, setting.reader, so_far.values) if reply.fallback else None
    missing = f", its fallback: a value is missing ({lacking})" if lacking is not None else ""
    why = (f"template {template.name} ({reply.locale}){variant}{missing}", *fitted.notes)
    return so_far._replace(replies=(*so_far.replies, *fitted.replies), why=(*so_far.why, *why))


def _ask_engine(engine: str, setting: Setting, so_far: Run) -> Run:
    terms = setting.terms(engine)
    if RECOMMENDATIONS in terms.blocks and setting.recommendations is None:
        raise NotEnriched((RECOMMENDATIONS,))
    asked = EngineAsked(engine=engine, within=terms.within, locale=setting.reader.locales[0])
    return so_far._replace(effects=(*so_far.effects, asked), stopped=True).because(f"engine {engine} is asked")


def _look_up(names: tuple[str, ...], setting: Setting, so_far: Run) -> Run:
    """What was looked up is among the values already. Raises NotEnriched where it was not: then all is done again."""
    lacking = tuple(name_of_look_up(name) for name in names if name not in setting.looked_up)
    if lacking:
        raise NotEnriched(lacking, _answers(so_far.values))
    now = setting.reader.now
    return so_far._replace(why=(*so_far.why, *(what_came(name, setting.looked_up[name], now) for name in names)))


def _answers(values: Values) -> dict[str, str | int]:
    given = values.get("answers")
    return (
        {name: each for name, each in given.items() if isinstance(each, str | int)} if isinstance(given, dict) else {}
    )


def _recommend(step: Recommend, setting: Setting, so_far: Run) -> Run:
    """Take what fits. Raises NotEnriched where nobody has worked that out yet: then all is done again."""
    block = setting.recommendations
    if block is None:
        raise NotEnriched((RECOMMENDATIONS,))
    items = block.value.items if block.value is not None else ()
    chosen = tuple(item for item in items if item.why in step.whys)[: step.most]
    reasons = ", ".join(f"{item.why} ({item.rests_on})" for item in chosen)
    said = f"{len(chosen)} recommended: {reasons}" if chosen else f"nothing to recommend for {', '.join(step.whys)}"
    why = f"{said} ({block.why})" if block.why else said
    return so_far._replace(values=with_recommendations(so_far.values, chosen)).because(why)


def what_came(name: str, block: Block[Any], now: datetime | None) -> str:
    """What came of looking something up, for the reasons."""
    old = (now - block.as_of).total_seconds() if now is not None and block.as_of is not None else 0.0
    age = f", {old:.0f} s old" if old >= 1 else ""
    return f"look-up {name}: {block.state}{age}{f' ({block.why})' if block.why else ''}"


def _send_code(setting: Setting, so_far: Run) -> Run:
    if not setting.has_address:
        return so_far.because("no code to send: none can be, or the message names no address")
    return so_far._replace(effects=(*so_far.effects, CodeRequested())).because("a code was asked for")


def _take_link(purpose: str, setting: Setting, so_far: Run) -> Run:
    offer = setting.offers.get(purpose)
    values = with_link(so_far.values, purpose, offer.url) if offer else so_far.values
    if offer is None or values is so_far.values:
        return so_far.because(f"no personal link for {purpose} on offer")
    effects = (*so_far.effects, LinkIssued(id=offer.id, purpose=purpose))
    return so_far._replace(values=values, effects=effects).because(f"personal link for {purpose}")
