"""Running the steps of one flow: what is said, what follows, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flows.engine.steps import AskEngine, Choice, HandOver, Say, SendCode, Step, Stop, TakeLink
from flows.templates import Reader, Template, render, shortfall
from flows.values import Values, with_link
from middleware.domain.context import LinkOffer
from middleware.domain.engines import EngineAsked, EngineTerms
from middleware.domain.fitting import fit
from middleware.domain.messages import Reply
from middleware.domain.turn import CodeRequested, Effect, HandedOver, LinkIssued


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same through all steps of one turn."""

    templates: Mapping[str, Template]
    offers: Mapping[str, LinkOffer]
    reader: Reader
    has_address: bool = False
    """A one-time code could go to the address in the message."""
    engines: Mapping[str, EngineTerms] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """How far a flow has come."""

    values: Values
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    why: tuple[str, ...] = ()
    stopped: bool = False

    def because(self, why: str) -> "Run":
        """The same, with one more reason."""
        return replace(self, why=(*self.why, why))


def run(steps: tuple[Step, ...], setting: Setting, so_far: Run) -> Run:
    """The run after these steps."""
    for step in steps:
        if so_far.stopped:
            break
        so_far = _after(step, setting, so_far)
    return so_far


def _after(step: Step, setting: Setting, so_far: Run) -> Run:  # noqa: PLR0911 - one for each kind of step
    match step:
        case Say(template=template):
            return _say(setting.templates[template], setting, so_far)
        case TakeLink(purpose=purpose):
            return _take_link(purpose, setting, so_far)
        case SendCode():
            return _send_code(setting, so_far)
        case AskEngine(engine=engine):
            within, locale = setting.engines[engine].within, setting.reader.locales[0]
            effects = (*so_far.effects, EngineAsked(engine=engine, within=within, locale=locale))
            return replace(so_far, effects=effects, stopped=True).because(f"engine {engine} is asked")
        case HandOver(reason=reason):
            effects = (*so_far.effects, HandedOver(reason=reason))
            return replace(so_far, effects=effects).because(f"handed over: {reason}")
        case Choice(condition=condition, then=then, otherwise=otherwise):
            holds = condition.holds(so_far.values, setting.reader.locality())
            answer = "holds" if holds else "does not hold"
            return run(then if holds else otherwise, setting, so_far.because(f"{condition.source} {answer}"))
        case Stop():
            return replace(so_far, stopped=True).because("stopped")


def _say(template: Template, setting: Setting, so_far: Run) -> Run:
    reply = render(template, setting.reader, so_far.values)
    fitted = fit(reply, setting.reader.channel)
    variant = f", variant {reply.variant}" if reply.variant else ""
    lacking = shortfall(template, setting.reader, so_far.values) if reply.fallback else None
    missing = f", its fallback: a value is missing ({lacking})" if lacking is not None else ""
    why = (f"template {template.name} ({reply.locale}){variant}{missing}", *fitted.notes)
    return replace(so_far, replies=(*so_far.replies, *fitted.replies), why=(*so_far.why, *why))


def _send_code(setting: Setting, so_far: Run) -> Run:
    if not setting.has_address:
        return so_far.because("no code to send: none can be, or the message names no address")
    return replace(so_far, effects=(*so_far.effects, CodeRequested())).because("a code was asked for")


def _take_link(purpose: str, setting: Setting, so_far: Run) -> Run:
    offer = setting.offers.get(purpose)
    values = with_link(so_far.values, purpose, offer.url) if offer else so_far.values
    if offer is None or values is so_far.values:
        return so_far.because(f"no personal link for {purpose} on offer")
    effects = (*so_far.effects, LinkIssued(id=offer.id, purpose=purpose))
    return replace(so_far, values=values, effects=effects).because(f"personal link for {purpose}")
