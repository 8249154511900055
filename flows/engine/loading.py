"""From a flow file to a flow: conditions compiled, every finding with its line."""

from collections.abc import Iterator
from dataclasses import dataclass

from flows.engine import model
from flows.engine.intents import Phrases, phrases_of
from flows.engine.steps import Choice, HandOver, Say, SendCode, Step, Stop, TakeLink
from flows.files import Document, Finding, Place, parse, read_document, refuse
from flows.language import Condition, LanguageError, compile_condition
from flows.templates.lint import condition_findings
from flows.templates.loading import language_findings
from middleware.domain.context import BLOCKS


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow, ready to run."""

    name: str
    purpose: str
    file: str
    priority: int
    needs: frozenset[str]
    triggers: model.Triggers
    phrases: Phrases
    when: Condition | None
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]

    def replies(self) -> tuple[Say, ...]:
        """All steps that reply with a template."""
        return tuple(step for step in _flat(self.steps) if isinstance(step, Say))

    def links(self) -> frozenset[str]:
        """The purposes of all personal links that it takes."""
        return frozenset(step.purpose for step in _flat(self.steps) if isinstance(step, TakeLink))


def _flat(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        if isinstance(step, Choice):
            yield from _flat(step.then + step.otherwise)


def load_flow(text: str, file: str) -> Flow:
    """The flow in a YAML text; `file` is its name for messages. Raises FlowError with every error found."""
    document = read_document(text, file)
    written = parse(model.FlowFile, document)
    reading = _Reading(document, frozenset(written.needs))
    when = reading.condition(written.when, ("when",))
    steps = reading.steps(written.steps, ("steps",))
    refuse(reading.findings)
    return Flow(
        name=written.flow,
        purpose=written.purpose,
        file=file,
        priority=written.priority,
        needs=frozenset(written.needs),
        triggers=written.triggers,
        phrases=phrases_of(written.triggers.intent),
        when=when,
        steps=steps,
        findings=tuple(sorted(reading.findings)),
    )


class _Reading:
    """Compiles the parts of one file and gathers what is wrong with them."""

    def __init__(self, document: Document, needs: frozenset[str]) -> None:
        self._document = document
        self._needs = needs
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
        return condition

    def _undeclared(self, condition: Condition, place: Place) -> Iterator[Finding]:
        for block in sorted({name.partition(".")[0] for name in condition.names} & set(BLOCKS) - self._needs):
            yield self._document.error(place, f"reads {block}; write it under needs")

    def steps(self, written: tuple[model.Step, ...], place: Place) -> tuple[Step, ...]:
        if len(place) > 2 * model.DEEPEST_STEPS:
            self.findings.append(self._document.error(place, "steps are too deep inside each other"))
            return ()
        return tuple(step for index, one in enumerate(written) for step in self._step(one, (*place, index)))

    def _step(self, written: model.Step, place: Place) -> Iterator[Step]:
        step = self._action(written, place)
        condition = self.condition(written.when, (*place, "when"))
        if step is not None:
            yield Choice(condition, (step,), ()) if condition else step

    def _action(self, written: model.Step, place: Place) -> Step | None:
        match written:
            case model.Step(reply=str(template)):
                return Say(template, self._document.line((*place, "reply")))
            case model.Step(personal_link=str(purpose)):
                return TakeLink(purpose)
            case model.Step(send_code=True):
                return SendCode()
            case model.Step(hand_over=str(reason)):
                return HandOver(reason)
            case model.Step(if_=str(source)):
                return self._choice(source, written, place)
        return Stop()

    def _choice(self, source: str, written: model.Step, place: Place) -> Step | None:
        condition = self.condition(source, (*place, "if"))
        then = self.steps(written.then, (*place, "then"))
        otherwise = self.steps(written.else_, (*place, "else"))
        return Choice(condition, then, otherwise) if condition else None
