"""Between flows: which of two answers to the same words, and what can never start because another one always does."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.checking.written import WrittenFlow
from flows.engine import Flow
from flows.engine.intents import Heard, Phrase
from flows.engine.model import Triggers
from flows.engine.steps import Choice, LookUp, Note, Recommend, SendCode, Step, TakeLink
from flows.files import Finding, Place

_SIGNS = tuple(name for name, field in Triggers.model_fields.items() if field.annotation is bool)
"""Triggers that are there or not: of several flows that always answer only the first can be started by one."""


def heard_phrases(flows: Iterable[Flow]) -> dict[str, Heard]:
    """The phrases of all flows, each as if it were a message."""
    return {text: Heard(text) for flow in flows for texts in flow.triggers.intent.values() for text in texts}


def between_findings(written: WrittenFlow, flows: Sequence[Flow], heard: Mapping[str, Heard]) -> Iterator[Finding]:
    """What other flows take from this one; `flows` are all of them, in the order in which they are tried."""
    others = [_Other(each, before=True) for each in _before(written.flow, flows)]
    behind = len(others) + 1
    others += [_Other(each, before=False) for each in flows[behind:]]
    longer = _longer_phrases(written.flow, others, heard)
    for locale, texts in written.flow.triggers.intent.items():
        for number, text in enumerate(texts):
            place = ("triggers", "intent", locale, number)
            found = next(_of_phrase(written, place, heard[text], text, others), None)
            if found is not None:
                yield found
            elif heard[text].words in longer:
                yield _longer(written, place, text, *longer[heard[text].words])
    yield from _of_payloads(written, others)
    yield from _of_signs(written, others)


@dataclass(frozen=True, slots=True)
class _Other:
    """Another flow, and whether it is tried before the one that is looked at."""

    flow: Flow
    before: bool

    @property
    def always_answers(self) -> bool:
        return self.flow.when is None and _answers(self.flow.steps)

    def takes(self, flow: Flow) -> bool:
        """Whether a phrase of both is a mistake: a condition and a higher priority together are meant."""
        return self.flow.priority == flow.priority or (self.flow.priority > flow.priority and self.flow.when is None)

    def why_first(self, than: Flow) -> str:
        """Why it is tried first, where it is."""
        return "its priority is higher" if self.flow.priority > than.priority else "it is read first"


def _before(flow: Flow, flows: Sequence[Flow]) -> Sequence[Flow]:
    names = [each.name for each in flows]
    return flows[: names.index(flow.name)] if flow.name in names else flows


def _answers(steps: tuple[Step, ...]) -> bool:
    """Whether something always comes of these steps, so that no other flow is tried."""
    for step in steps:
        match step:
            case TakeLink() | SendCode() | LookUp() | Recommend() | Note():
                continue
            case Choice(then=then, otherwise=otherwise):
                if _answers(then) and _answers(otherwise):
                    return True
            case _:
                return True
    return False


def _of_phrase(written: WrittenFlow, place: Place, heard: Heard, text: str, others: list[_Other]) -> Iterator[Finding]:
    """What of the others answers to this phrase instead."""
    flow, words = written.flow, heard.words
    for other in others:
        found = other.flow.phrases.standing_in(heard)
        same = next((each for each in found if each.words == words), None)
        if same is not None and other.takes(flow):
            yield written.hint(place, _same(flow, text, other, same), "same-phrase")
        elif found and other.flow.priority > flow.priority and other.always_answers:
            message = (
                f"{text!r} never starts {flow.name}: whoever writes it writes {found[0].text!r} too, and "
                f"{other.flow.name} has a higher priority; give {flow.name} a priority of {other.flow.priority} or more"
            )
            yield written.hint(place, message, "shadowed-phrase")


def _longer(written: WrittenFlow, place: Place, text: str, longer: str, other: Flow) -> Finding:
    message = (
        f"a message with {longer!r} starts {other.name}, not {written.flow.name}: that phrase has more words than "
        f"{text!r}; give this flow a higher priority if that is not meant"
    )
    return written.hint(place, message, "longer-phrase")


def _same(flow: Flow, text: str, other: _Other, same: Phrase) -> str:
    theirs = f"{other.flow.name} ({same.locale})"
    if not other.before:
        return f"{text!r} is a phrase of {theirs} too; {flow.name} answers, for it is tried first; take it out of one"
    if other.flow.when is not None:
        return (
            f"{text!r} is a phrase of {theirs} too, which is tried first ({other.why_first(flow)}): {flow.name} "
            f"answers only where {other.flow.when.source} does not hold; take it out of one if that is not meant"
        )
    return (
        f"{text!r} is a phrase of {theirs} too, which answers, for {other.why_first(flow)}; take it out of one, or "
        f"give {flow.name} a priority of {other.flow.priority + 1}"
    )


def _longer_phrases(
    flow: Flow, others: list[_Other], heard: Mapping[str, Heard]
) -> dict[tuple[str, ...], tuple[str, Flow]]:
    """Of the phrases of a flow those that stand in one of another flow with more words, each with one of these."""
    longer: dict[tuple[str, ...], tuple[str, Flow]] = {}
    for other in others:
        if other.flow.priority != flow.priority or other.flow.when is not None:
            continue
        for text in (each for texts in other.flow.triggers.intent.values() for each in texts):
            for phrase in flow.phrases.standing_in(heard[text]):
                if len(phrase.words) < len(heard[text].words):
                    longer.setdefault(phrase.words, (text, other.flow))
    return longer


def _of_payloads(written: WrittenFlow, others: list[_Other]) -> Iterator[Finding]:
    for number, payload in enumerate(written.flow.triggers.payload):
        for other in others:
            start = next((each for each in other.flow.triggers.payload if payload.startswith(each)), None)
            if start is not None and other.before and other.always_answers:
                message = (
                    f"never starts {written.flow.name}: {payload!r} begins with {start!r}, and {other.flow.name} takes "
                    "that first; choose another payload, or give this flow a higher priority"
                )
                yield written.hint(("triggers", "payload", number), message, "never-starts")
                break


def _of_signs(written: WrittenFlow, others: list[_Other]) -> Iterator[Finding]:
    flow = written.flow
    for sign in _SIGNS:
        if not getattr(flow.triggers, sign):
            continue
        taker = next(
            (each for each in others if each.before and getattr(each.flow.triggers, sign) and each.always_answers), None
        )
        if taker is not None:
            message = (
                f"{sign} never starts {flow.name}: {taker.flow.name} is tried first ({taker.why_first(flow)}) and "
                f"always answers; give this flow a higher priority, or name it {taker.flow.name} to replace that"
            )
            yield written.hint(("triggers", sign), message, "never-starts")
