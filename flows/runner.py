"""The flows of a brand, loaded once: what the pipeline asks for a decision."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Self

from flows.deciding import FALLBACK, Deciding
from flows.engine import guess_locale
from flows.engine.choosing import asked
from flows.engine.resuming import though_nothing_was_said
from flows.engine.silence import is_only_files, reason_for_silence
from flows.files import Finding
from flows.readers import Readers
from flows.shelf import Shelf
from flows.templates import Reader, Template, render
from flows.values import Values, values_of, with_recommendations
from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState
from middleware.domain.engines import EngineTerms
from middleware.domain.events import UNASKED_KINDS, Event
from middleware.domain.fitting import fit
from middleware.domain.look_ups import LookUpTerms
from middleware.domain.messages import Reply
from middleware.domain.turn import Decision, HandedOver
from middleware.errors import NotReady

FILE_RECEIVED = "file_received"
"""The template that acknowledges a picture, a recording or a file."""

_FAILED = "the flow failed"
_FILE_CAME = "the customer sent a file"


class Flows:
    """Decides what the bot says. Holds no state: the same input gives the same decision."""

    def __init__(self, shelf: Shelf, default_locale: str = "en", time_zone: str | None = None) -> None:
        self.shelf = shelf
        """What it was made of."""
        self._flows = shelf.in_order()
        self._templates = shelf.templates
        self._at_once = tuple(flow for flow in self._flows if not flow.gather)
        self._readers = Readers(default_locale, time_zone)
        self.needs: frozenset[str] = shelf.needs()
        """The context blocks that any of its flows needs, or an engine gets that one asks."""
        self.told_of: frozenset[str] = frozenset().union(*(flow.triggers.news() for flow in self._flows))
        """The news that start any of its flows."""
        times = {each for flow in self._flows if (each := flow.triggers.cart_abandoned) is not None}
        self.abandoned_after: tuple[timedelta, ...] = tuple(sorted(times))
        """How long a cart must not have changed before a flow starts by that, shortest first; empty if none does."""

    @classmethod
    def shipped(cls, default_locale: str = "en", time_zone: str | None = None) -> Self:
        """The flows that come with Throughline."""
        return cls.load(default_locale=default_locale, time_zone=time_zone)

    @classmethod
    def load(
        cls,
        *folders: Traversable,
        default_locale: str = "en",
        time_zone: str | None = None,
        engines: Mapping[str, EngineTerms] | None = None,
        look_ups: Mapping[str, LookUpTerms] | None = None,
    ) -> Self:
        """The shipped flows, and over them those of the given folders: what has the same name is replaced.

        A folder (any pathlib.Path) holds flows as `*.yaml` and templates as `templates/*.yaml`. Raises
        FlowError with file, line and what to write instead. `time_zone` (IANA) is that of customers who have set none;
        `engines` are those that flows may ask, `look_ups` those that they may make.
        """
        shelf = Shelf.read(files("flows") / "library", *folders, engines=engines, look_ups=look_ups)
        return cls(shelf, default_locale, time_zone)

    def saying(self, templates: Mapping[str, Template]) -> "Flows":
        """The same flows with other templates: all that they say by name must be there."""
        return self.on(replace(self.shelf, templates=templates))

    def on(self, shelf: Shelf) -> "Flows":
        """What stands on another shelf, for the same brand."""
        return Flows(shelf, self._readers.default_locale, self._readers.time_zone)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The hints on all files: values without a fallback, missing locales, texts that may be cut."""
        of_flows = (finding for flow in self._flows for finding in flow.findings)
        of_templates = (finding for template in self._templates.values() for finding in template.findings)
        return (*of_flows, *of_templates)

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates, by name."""
        return self._templates

    def reader_of(self, context: Context, channel: Capabilities) -> Reader:
        """Who would read an answer in this context, if no phrase says which language they speak."""
        locale, _ = self._readers.locale(None, context)
        return self._readers.reader(locale, context, channel)

    def rendered(
        self, name: str, context: Context, channel: Capabilities, locale: str | None = None, *, window_open: bool
    ) -> Reply:
        """What a template says to whoever this context is of, in their locale if that is known; outside the window in
        its approved form, if it has one. No link of theirs is given out.

        Raises KeyError for a template that there is not, and NotCompiled for one that is not ready.
        """
        told = (locale, "the conversation") if locale else None
        reader = self._readers.reader(self._readers.locale(told, context)[0], context, channel)
        values = values_of(context, context.message.text if context.message is not None else "")
        return render(self._templates[name], replace(reader, window_open=window_open), values)

    def gathers(self, text: str) -> bool:
        """Whether a text waits a moment for what is written next: not where a flow that it may start says so."""
        return not any(each.starts_with(text) for each in self._at_once)

    def guess_locale(self, text: str) -> str | None:
        """A guess at the language of a text: `en`, `de`, `es`, or None when unsure."""
        return guess_locale(text)

    def decide(self, event: Event, state: FlowState | None, context: Context, channel: Capabilities) -> Decision:
        """Go on with the flow that waits, or choose one and run it; `next_state` is where one waits afterwards.

        A failure ends what waits, in the fallback template and with a person. Raises NotCompiled for a published
        template that is not ready, NotEnriched for a block on demand that the context lacks, and nothing else.
        """
        try:
            return self._decide(event, state, context, channel)
        except NotReady:
            raise
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the customer gets an answer
            if event.kind in UNASKED_KINDS:
                return Decision(effects=(HandedOver(reason=_FAILED),), why=(f"{_FAILED}: {type(error).__name__}",))
            return self._failed(error, context, channel)

    def _decide(self, event: Event, state: FlowState | None, context: Context, channel: Capabilities) -> Decision:
        if event.engine is not None:
            return self._deciding(event, context, channel, "").said_by(event.engine, state)
        silence = reason_for_silence(event)
        kept = though_nothing_was_said(self.shelf.flows, state)
        if silence:
            return Decision(next_state=kept, why=(silence,))
        text = event.message.text if event.message else ""
        values = values_of(context, text)
        if is_only_files(event.message) and not event.referral:
            return self._file_received(values, kept, context, channel)
        return self._deciding(event, context, channel, text).decision(state)

    def _deciding(self, event: Event, context: Context, channel: Capabilities, text: str) -> Deciding:
        values, question = with_recommendations(values_of(context, text), ()), asked(event, context, text)
        return Deciding(self.shelf, self._flows, self._readers, event, context, channel, question, values)

    def _file_received(
        self, values: Values, state: FlowState | None, context: Context, channel: Capabilities
    ) -> Decision:
        locale, reason = self._readers.locale(None, context)
        reply = render(self._templates[FILE_RECEIVED], self._readers.reader(locale, context, channel), values)
        fitted = fit(reply, channel)
        return Decision(
            replies=fitted.replies,
            effects=(HandedOver(reason=_FILE_CAME),),
            next_state=state,
            locale=reply.locale,
            why=("a file without words: only a person can look at it", reason, *fitted.notes),
        )

    def _failed(self, error: Exception, context: Context, channel: Capabilities) -> Decision:
        why = f"{_FAILED}: {type(error).__name__}"
        effects = (HandedOver(reason=_FAILED),)
        try:
            locale, _ = self._readers.locale(None, context)
            reply = render(self._templates[FALLBACK], self._readers.reader(locale, context, channel), {})
            fitted = fit(reply, channel)
        except NotReady:
            raise
        except Exception:  # noqa: BLE001 - a person is what is left
            return Decision(effects=effects, why=(why, "the fallback failed, too"))
        why_so = (why, *fitted.notes)
        return Decision(flow=FALLBACK, replies=fitted.replies, effects=effects, locale=reply.locale, why=why_so)
