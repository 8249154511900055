"""From a flow file to a flow: conditions compiled, every finding with its line."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.engine import model
from flows.engine.intents import Heard, Phrases, phrases_of
from flows.engine.noting import noted
from flows.engine.places import Place as PlaceInFlow
from flows.engine.places import flat, names_taken_twice, places_of
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
from flows.files import Document, Finding, Place, parse, read_document, refuse
from flows.language import Condition, LanguageError, compile_condition
from flows.templates.lint import condition_findings
from flows.templates.loading import language_findings
from middleware.domain.context import BLOCKS, ON_DEMAND, RECOMMENDATIONS


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow, ready to run."""

    name: str
    purpose: str
    file: str
    version: str
    """Of its file: it is another one as soon as anything in it is."""
    priority: int
    needs: frozenset[str]
    triggers: model.Triggers
    phrases: Phrases
    when: Condition | None
    steps: tuple[Step, ...]
    gather: bool
    """Whether a text that starts it waits a moment for what is written next."""
    promotes: bool
    places: Mapping[str, PlaceInFlow]
    """Where it can wait, by the name of the step."""
    findings: tuple[Finding, ...]
    looks_at: tuple[tuple[str, int], ...] = ()
    """The values of look-ups that its conditions read, each with its line."""

    def starts_with(self, text: str) -> bool:
        """Whether a text alone may start it."""
        return self.triggers.any_message or bool(self.phrases.standing_in(Heard(text)))

    def replies(self) -> tuple[Say, ...]:
        """All steps that reply with a template."""
        asks = (each for step in self.questions() for each in (step.say, step.again))
        return (*(step for step in flat(self.steps) if isinstance(step, Say)), *asks)

    def asks(self) -> tuple[AskEngine, ...]:
        """All steps that have an engine answer."""
        return tuple(step for step in flat(self.steps) if isinstance(step, AskEngine))

    def look_ups(self) -> tuple[LookUp, ...]:
        """All steps that look something up."""
        return tuple(step for step in flat(self.steps) if isinstance(step, LookUp))

    def looked_up(self) -> frozenset[str]:
        """The names of all that it looks up."""
        return frozenset(name for step in self.look_ups() for name in step.names)

    def recommends(self) -> bool:
        """Whether any of its steps recommends products."""
        return recommends(self.steps)

    def links(self) -> frozenset[str]:
        """The purposes of all personal links that it takes."""
        return frozenset(step.purpose for step in flat(self.steps) if isinstance(step, TakeLink))

    def questions(self) -> tuple[Ask, ...]:
        """All steps that ask something."""
        return tuple(step for step in flat(self.steps) if isinstance(step, Ask))

    def answers(self) -> frozenset[str]:
        """The names of all answers that it asks for."""
        return frozenset(step.into for step in self.questions())


def recommends(steps: tuple[Step, ...]) -> bool:
    """Whether any of these steps recommends products."""
    return any(isinstance(step, Recommend) for step in flat(steps))


def load_flow(text: str, file: str) -> Flow:
    """The flow in a YAML text; `file` is its name for messages. Raises FlowError with every error found."""
    document = read_document(text, file)
    written = parse(model.FlowFile, document)
    reading = _Reading(document, frozenset(written.needs))
    when = reading.condition(written.when, ("when",))
    steps = reading.steps(written.steps, ("steps",))
    reading.look_at_places(steps)
    refuse(reading.findings)
    return Flow(
        name=written.flow,
        purpose=written.purpose,
        file=file,
        version=hashlib.blake2b(text.encode(), digest_size=6).hexdigest(),
        priority=written.priority,
        needs=frozenset(written.needs),
        triggers=written.triggers,
        phrases=phrases_of(written.triggers.intent),
        when=when,
        steps=steps,
        gather=written.gather,
        promotes=written.promotes,
        places=places_of(steps),
        findings=tuple(sorted(reading.findings)),
        looks_at=tuple(reading.looks_at()),
    )


_OF_STEPS = frozenset({"answers", "lookups", RECOMMENDATIONS})
"""Groups of values that only a step of the flow fills."""


class _Reading:
    """Compiles the parts of one file and gathers what is wrong with them."""

    def __init__(self, document: Document, needs: frozenset[str]) -> None:
        self._document = document
        self._needs = needs
        self._read: list[tuple[Place, str]] = []
        """The answers, look-ups and recommendations that conditions read, and where."""
        self.findings: list[Finding] = []

    def condition(self, source: str | None, place: Place) -> Condition | None:
        if source is None:
            return None
        try:
            condition = compile_condition(source)
        except LanguageError as error:
            self.findings += language_findings(self._document, place, error)
            return None
        self.findings += condition_findings(self._document, place, condition)
        self.findings += self._undeclared(condition, place)
        self._read += [(place, name) for name in condition.names if name.partition(".")[0] in _OF_STEPS]
        return condition

    def _undeclared(self, condition: Condition, place: Place) -> Iterator[Finding]:
        for block in sorted(
            {name.partition(".")[0] for name in condition.names} & set(BLOCKS) - ON_DEMAND - self._needs
        ):
            yield self._document.error(place, f"reads {block}; write it under needs")

    def looks_at(self) -> Iterator[tuple[str, int]]:
        """The values of look-ups that conditions read, each with its line."""
        return ((name, self._document.line(place)) for place, name in self._read if name.startswith("lookups."))

    def look_at_places(self, steps: tuple[Step, ...]) -> None:
        """What is wrong between the steps: two that wait under one name, an answer that nobody is asked for, what
        nobody looks up.
        """
        asked = {f"answers.{step.into}" for step in flat(steps) if isinstance(step, Ask)}
        looked_up = {name for step in flat(steps) if isinstance(step, LookUp) for name in step.names}
        for place, name in self._read:
            group, _, own = name.partition(".")
            own = own.partition(".")[0]
            if group == RECOMMENDATIONS and not recommends(steps):
                self.findings.append(self._document.error(place, f"reads {name}; add the step recommend: 3"))
            elif group == "lookups" and own and own not in looked_up:
                self.findings.append(self._document.error(place, f"reads {name}; add the step look_up: {own}"))
            elif group == "answers" and own and name not in asked:
                message = f"reads {name}; add an ask with into: {own}"
                self.findings.append(self._document.error(place, message))
        for name in names_taken_twice(steps):
            message = f"two steps wait under the name {name}; give each a name of its own, such as name: {name}_again"
            self.findings.append(self._document.error(("steps",), message))

    def steps(self, written: tuple[model.Step, ...], place: Place) -> tuple[Step, ...]:
        if sum(isinstance(part, int) for part in place) >= model.DEEPEST_STEPS:
            self.findings.append(self._document.error(place, "steps are too deep inside each other"))
            return ()
        return tuple(step for index, one in enumerate(written) for step in self._step(one, (*place, index)))

    def _step(self, written: model.Step, place: Place) -> Iterator[Step]:
        step = self._action(written, place)
        condition = self.condition(written.when, (*place, "when"))
        if step is not None:
            yield Choice(condition, (step,), ()) if condition else step

    def _action(self, written: model.Step, place: Place) -> Step | None:  # noqa: C901, PLR0911 - one for each kind of step
        match written:
            case model.Step(reply=str(template)):
                return Say(template, self._document.line((*place, "reply")))
            case model.Step(ask_engine=str(engine)):
                return AskEngine(engine, self._document.line((*place, "ask_engine")))
            case model.Step(look_up=(_, *_) as names):
                return LookUp(names, self._document.line((*place, "look_up")))
            case model.Step(recommend=model.RecommendFile(most=most, why=whys)):
                return Recommend(most, whys)
            case model.Step(personal_link=str(purpose)):
                return TakeLink(purpose)
            case model.Step(send_code=True):
                return SendCode()
            case model.Step(hand_over=str(reason)):
                return HandOver(reason)
            case model.Step(hand_over=model.HandOverFile(reason=reason, to=to)):
                return HandOver(reason, to)
            case model.Step(if_=str(source)):
                return self._choice(source, written, place)
            case model.Step(ask=model.AskFile() as asked):
                return self._ask(asked, written.name, (*place, "ask"))
            case model.Step(wait=model.WaitFile() as waiting):
                return _wait(waiting, written.name)
            case model.Step(stop=False):
                return _note(written)
        return Stop()

    def _choice(self, source: str, written: model.Step, place: Place) -> Step | None:
        condition = self.condition(source, (*place, "if"))
        then = self.steps(written.then, (*place, "then"))
        otherwise = self.steps(written.else_, (*place, "else"))
        return Choice(condition, then, otherwise) if condition else None

    def _ask(self, written: model.AskFile, name: str | None, place: Place) -> Step:
        into = written.into or written.capture
        line = self._document.line((*place, "template"))
        return Ask(
            name=name or f"ask_{into}",
            say=Say(written.template, line),
            again=Say(written.again or written.template, line),
            capture=written.capture,
            into=into,
            tries=written.tries,
            within=written.within,
            otherwise=self.steps(written.otherwise, (*place, "otherwise")),
        )


def _wait(written: model.WaitFile, name: str | None) -> Step:
    length = f"{written.for_.total_seconds():.0f}s" if written.for_ is not None else written.until
    return Wait(
        name=name or f"wait_{length}",
        after=written.for_,
        until_written=written.until is not None,
        though_written=written.though_written,
    )


def _note(written: model.Step) -> Note:
    """A step that notes something down, and says nothing."""
    said = [f"tag {tag}" for tag in written.tag] + [f"no tag {tag}" for tag in written.untag]
    said += [f"{field} = {value}" for field, value in written.set.items()]
    if written.intent is not None:
        said.append(f"intent {written.intent}")
    effects = noted(written.tag, written.untag, written.set, written.intent)
    return Note(effects, f"noted: {', '.join(said)}")
