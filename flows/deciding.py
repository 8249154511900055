"""One decision: the flow that waits goes on, or the first one answers that has something to say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.engine.answers import handed_over, links_said, noted_by, reasons_of
from flows.engine.captures import Answer
from flows.engine.choosing import Asked, Candidate, candidates, certain, fallbacks, named
from flows.engine.loading import Flow
from flows.engine.resuming import AsksAgain, Ends, GoesOn, Moment, NoAnswer, Resumption, WaitsOn, place_of, resumed
from flows.engine.running import Run, Setting, ask_again, run
from flows.engine.steps import Ask, HandOver, Say
from flows.engine.waiting import state_of
from flows.readers import Readers
from flows.shelf import Shelf
from flows.values import Values, with_answers
from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState
from middleware.domain.engines import FAILURES, EngineReply
from middleware.domain.events import UNASKED_KINDS, Event, EventKind
from middleware.domain.fitting import fit
from middleware.domain.turn import Decision, HandedOver, NameClaimed

FALLBACK = "fallback"
"""The template that is said when a flow fails, or gets no answer and does not say what to do then."""

_NOT_AGREED = "silent: it would promote, and the customer has not agreed to that"
_OVER = "what this timer was set for is over"


@dataclass(frozen=True, slots=True)
class Deciding:
    """What one decision is made of. `flows` are in the order in which they are tried."""

    shelf: Shelf
    flows: tuple[Flow, ...]
    readers: Readers
    event: Event
    context: Context
    channel: Capabilities
    question: Asked
    values: Values

    def decision(self, state: FlowState | None) -> Decision:
        """What is said, where a flow waits (`state`) or none does."""
        if self.event.kind is EventKind.NEWS:
            # What waits is about something else, and waits on.
            decision = self._anew(()) if self.event.news is not None else Decision(why=("no news",))
            return decision.model_copy(update={"next_state": decision.next_state or state})
        if state is None:
            return Decision(why=(_OVER,)) if self._by_timer else self._anew(())
        return self._with(state, self._resumed(state))

    def _with(self, state: FlowState, outcome: Resumption) -> Decision:
        """What is said where a flow waited, by what becomes of it."""
        why = (outcome.why,)
        match outcome:
            case GoesOn():
                return self._going_on(outcome)
            case AsksAgain():
                return self._asked_again(outcome, state)
            case NoAnswer():
                return self._passed_on(outcome)
            case WaitsOn():
                decision = Decision(why=why) if self._by_timer else self._anew(why)
                return decision.model_copy(update={"next_state": decision.next_state or state})
            case Ends():
                return Decision(why=why) if self._by_timer else self._anew(why)

    def said_by(self, reply: EngineReply, state: FlowState | None) -> Decision:
        """What an engine says, as the channel can show it; where it failed, what the fallback flow says.

        A flow that waits goes on waiting: nobody wrote.
        """
        answer = reply.answer
        said = f"engine {reply.engine} {answer.outcome}{f': {answer.detail}' if answer.detail else ''}"
        if answer.outcome in FAILURES:
            fallen = self._fallen_back(said, reply.locale or None)
            return fallen.model_copy(
                update={
                    "next_state": state,
                    "effects": (*fallen.effects, *noted_by(answer)),
                    "why": (*fallen.why, *reasons_of(answer, ())),
                }
            )
        fitted = [fit(each, self.channel) for each in answer.replies]
        replies = tuple(each for some in fitted for each in some.replies)
        links = links_said(replies, reply.offers)
        return Decision(
            flow=reply.flow,
            replies=replies,
            effects=(*links, *handed_over(answer), *noted_by(answer)),
            next_state=state,
            why=(said, *(note for each in fitted for note in each.notes), *reasons_of(answer, links)),
        )

    def _fallen_back(self, why: str, locale: str | None) -> Decision:
        so_far = Run(self.values, why=(why,))
        for candidate in fallbacks(self.flows, locale):
            so_far = self._tried(candidate, so_far.because(candidate.why))
            if so_far.replies or so_far.effects:
                return self._decided(candidate.flow, so_far)
        return Decision(effects=(HandedOver(reason=why),), why=(*so_far.why, "a person is asked"))

    @property
    def _by_timer(self) -> bool:
        """Nobody wrote: only what a timer was set for is said, if anything."""
        return self.event.kind is EventKind.TIMER

    def _anew(self, why: tuple[str, ...]) -> Decision:
        """What the first flow says that has an answer."""
        so_far = Run(self.values, why=why)
        for candidate in candidates(self.flows, self.question):
            after = self._tried(candidate, so_far.because(candidate.why))
            if after.has_answered:
                return self._decided(candidate.flow, after)
            # What was noted stands, though nothing was said.
            so_far = so_far._replace(why=after.why, noted=after.noted)
        return Decision(effects=so_far.noted, why=(*so_far.why, "no flow has an answer"))

    def _tried(self, candidate: Candidate, so_far: Run) -> Run:
        """The run of a flow whose condition holds; of one whose condition does not, only the reason."""
        setting, begun = self._set((candidate.locale, candidate.told_by), so_far)
        when = candidate.flow.when
        if when and not when.holds(so_far.values, setting.locality):
            return so_far.because(f"{candidate.flow.name}: {when.source} does not hold")
        if self.event.kind in UNASKED_KINDS and self._would_promote(candidate.flow):
            return so_far.because(f"{candidate.flow.name}: {_NOT_AGREED}")
        return run(candidate.flow.steps, setting, begun)

    def _set(self, told: tuple[str | None, str] | None, so_far: Run) -> tuple[Setting, Run]:
        """The setting of a flow's steps, and the run with the reason for its language."""
        locale, reason = self.readers.locale(told, self.context)
        has_address = self.context.proof is not None and self.context.proof.address
        reader = self.readers.reader(locale, self.context, self.channel)
        setting = Setting(
            templates=self.shelf.templates,
            offers=self.context.links,
            reader=reader,
            terms=self.shelf.terms,
            has_address=has_address,
            looked_up=self.context.lookups or {},
            recommendations=self.context.recommendations,
        )
        return setting, so_far.because(reason)

    def _resumed(self, state: FlowState) -> Resumption:
        """What becomes of the flow that waits. One whose step is gone from its file ends."""
        found = place_of(self.shelf.flows, state)
        if found is None:
            return Ends(f"{state.flow} waited at {state.step}, which is no longer there")
        flow, place = found
        step = place.step
        moment = Moment(
            event=self.event,
            now=self.context.at,
            certain=self._open(certain(self.flows, self.question)),
            named=self._open(named(self.flows, self.question)),
            choices=self.shelf.templates[step.say.template].choices() if isinstance(step, Ask) else (),
        )
        return resumed(flow, place, state, moment)

    def _open(self, asked_for: Iterable[Candidate]) -> tuple[Candidate, ...]:
        """Those of the flows whose condition holds."""
        locale, _ = self.readers.locale(None, self.context)
        locality = self.readers.reader(locale, self.context, self.channel).locality()
        whens = ((each, each.flow.when) for each in asked_for)
        return tuple(each for each, when in whens if when is None or when.holds(self.values, locality))

    def _asked_again(self, outcome: AsksAgain, state: FlowState) -> Decision:
        so_far = Run(with_answers(self.values, state.answers), why=(outcome.why,))
        setting, begun = self._set(None, so_far)
        return self._decided(outcome.flow, ask_again(outcome.step, setting, begun), state.answers, outcome.tries)

    def _passed_on(self, outcome: NoAnswer) -> Decision:
        setting, begun = self._set(None, Run(self.values, why=(outcome.why,)))
        steps = (Say(FALLBACK, 0), HandOver(outcome.why))
        return self._decided(outcome.flow, run(steps, setting, begun))

    def _going_on(self, outcome: GoesOn) -> Decision:
        """What a flow says that goes on. Where nothing comes of that, a customer is answered by another one."""
        so_far = Run(with_answers(self.values, outcome.answers), why=(outcome.why,))
        if self._by_timer and self._would_promote(outcome.flow):
            return Decision(why=so_far.because(_NOT_AGREED).why)
        setting, begun = self._set(None, so_far)
        after = run(outcome.steps, setting, begun)
        if after.has_answered or self._by_timer:
            decision = self._decided(outcome.flow, after, outcome.answers)
        else:
            decision = self._anew((*after.why, f"{outcome.flow.name} has nothing more to say"))
        if outcome.name is None:
            return decision
        claimed = NameClaimed(masked=f"{outcome.name[:1]}…")
        return decision.model_copy(update={"effects": (claimed, *decision.effects)})

    def _would_promote(self, flow: Flow) -> bool:
        """Whether it would say what the customer has not agreed to; looked at where they have not written."""
        return flow.promotes and not self.context.policy.may_promote

    def _decided(
        self, flow: Flow, so_far: Run, answers: Mapping[str, Answer] | None = None, tries: int = 0
    ) -> Decision:
        at = so_far.waits_at
        return Decision(
            flow=flow.name,
            replies=so_far.replies,
            effects=(*so_far.effects, *so_far.noted),
            next_state=state_of(flow, at, self.context.at, answers or {}, tries) if at is not None else None,
            locale=next((reply.locale for reply in so_far.replies), None),
            why=so_far.why,
        )
