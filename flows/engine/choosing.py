"""Which flow answers: one table of triggers, best first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from flows.engine.intents import Heard, Phrase
from flows.engine.loading import Flow
from middleware.domain.context import Context
from middleware.domain.events import Event, NewsKind


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks, in the shape that triggers look at."""

    heard: Heard
    payload: str | None
    is_code: bool
    has_address: bool
    is_referral: bool
    is_first: bool
    locale: str | None
    news: NewsKind | None = None
    """Nobody asks anything: something happened that a source told of."""
    after: timedelta | None = None
    """Of a cart that was left: for how long it has not changed. None: for as long as anybody wants."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A flow that a trigger named, and why (without a word of the customer).

    `locale` is told by `told_by`.
    """

    flow: Flow
    why: str
    locale: str | None = None
    told_by: str = "the phrase that matched"


def asked(event: Event, context: Context, text: str) -> Asked:
    """What an event asks."""
    proof = context.proof
    return Asked(
        heard=Heard(text),
        payload=event.message.payload if event.message else None,
        is_code=proof is not None and proof.code is not None,
        has_address=proof is not None and proof.address,
        is_referral=event.referral is not None,
        is_first=context.conversation.first_message if context.conversation else False,
        locale=context.message.locale if context.message else None,
        news=event.news.what if event.news else None,
        after=timedelta(seconds=event.news.after) if event.news and event.news.after else None,
    )


def candidates(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    """The flows that could answer, best first; `flows` are in the order of priority and file."""
    if question.news is not None:
        return _by_news(flows, question.news, question.after)
    return chain.from_iterable(trigger(flows, question) for trigger in _ORDER)


def fallbacks(flows: tuple[Flow, ...], locale: str | None = None) -> Iterator[Candidate]:
    """The flows that answer when nothing else can; `locale` is that of what was asked before."""
    why = "what was asked"
    return (Candidate(flow, f"{flow.name}: fallback", locale, why) for flow in flows if flow.triggers.fallback)


def _by_news(flows: tuple[Flow, ...], news: NewsKind, after: timedelta | None) -> Iterator[Candidate]:
    for flow in flows:
        if news in flow.triggers.news() and after in {None, flow.triggers.cart_abandoned}:
            yield Candidate(flow, f"{flow.name}: {news}")


def certain(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    """The flows that were asked for by a button or a code, best first."""
    return chain(_by_payload(flows, question), _by_code(flows, question))


def named(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    """The flows that were asked for in as many words, best first."""
    return _by_intent(flows, question)


def _by_payload(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    for flow in flows:
        prefix = next((start for start in flow.triggers.payload if _starts(question.payload, start)), None)
        if prefix:
            yield Candidate(flow, f"{flow.name}: the payload begins with {prefix!r}")


def _by_any_message(flows: tuple[Flow, ...], _: Asked) -> Iterator[Candidate]:
    return (Candidate(flow, f"{flow.name}: any message") for flow in flows if flow.triggers.any_message)


def _by_code(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    for flow in flows:
        if question.is_code and flow.triggers.code:
            yield Candidate(flow, f"{flow.name}: a one-time code was given")


def _starts(payload: str | None, prefix: str) -> bool:
    return payload is not None and payload.startswith(prefix)


def _by_intent(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    """Of flows of one priority, the one whose phrase has most words: "finish my order" before "my order"."""
    found = [(flow, flow.phrases.standing_in(question.heard)) for flow in flows]
    matched = [(flow, phrases) for flow, phrases in found if phrases]
    for flow, phrases in sorted(matched, key=lambda pair: (-pair[0].priority, -len(pair[1][0].words))):
        phrase = _of_language(phrases, question.locale)
        yield Candidate(flow, f"{flow.name}: intent {phrase.text!r} ({phrase.locale})", phrase.locale)


def _of_language(found: list[Phrase], locale: str | None) -> Phrase:
    """The first phrase in the language that the message seems to be in, else the one with most words."""
    return next((phrase for phrase in found if phrase.locale == locale), found[0])


def _by_address(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    for flow in flows:
        if question.has_address and flow.triggers.address:
            yield Candidate(flow, f"{flow.name}: names an e-mail address")


def _by_referral(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    for flow in flows:
        if question.is_referral and flow.triggers.ad_referral:
            yield Candidate(flow, f"{flow.name}: came through an ad or a link")


def _by_first_message(flows: tuple[Flow, ...], question: Asked) -> Iterator[Candidate]:
    for flow in flows:
        if question.is_first and flow.triggers.first_message:
            yield Candidate(flow, f"{flow.name}: first message of the conversation")


def _unmatched(flows: tuple[Flow, ...], _: Asked) -> Iterator[Candidate]:
    return (Candidate(flow, f"{flow.name}: nothing else matched") for flow in flows if flow.triggers.unmatched)


def _fallback(flows: tuple[Flow, ...], _: Asked) -> Iterator[Candidate]:
    return fallbacks(flows)


_ORDER: tuple[Callable[[tuple[Flow, ...], Asked], Iterator[Candidate]], ...] = (
    _by_code,  # it answers what we asked for
    _by_any_message,
    _by_payload,  # a pressed button leaves nothing to guess
    _by_intent,  # what the customer says beats how they came
    _by_address,
    _by_referral,
    _by_first_message,
    _unmatched,
    _fallback,
)
