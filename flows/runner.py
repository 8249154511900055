"""The flows of a brand, loaded once: what the pipeline asks for a decision."""

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Self

from flows.engine import guess_locale
from flows.engine.choosing import Candidate, asked, candidates
from flows.engine.running import Run, Setting, run
from flows.engine.silence import is_only_files, reason_for_silence
from flows.files import Finding
from flows.shelf import Shelf
from flows.templates import Reader, Template, locale_chain, render
from flows.values import Values, values_of
from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context
from middleware.domain.conversation import FlowState
from middleware.domain.events import Event
from middleware.domain.fitting import fit
from middleware.domain.turn import Decision, HandedOver
from middleware.errors import NotCompiled

FALLBACK = "fallback"
"""The template that is said when a flow fails."""
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
        self._default_locale = default_locale
        self._time_zone = time_zone
        self.needs: frozenset[str] = frozenset().union(*(flow.needs for flow in self._flows))
        """The context blocks that any of its flows needs."""

    @classmethod
    def shipped(cls, default_locale: str = "en", time_zone: str | None = None) -> Self:
        """The flows that come with Throughline."""
        return cls.load(default_locale=default_locale, time_zone=time_zone)

    @classmethod
    def load(cls, *folders: Traversable, default_locale: str = "en", time_zone: str | None = None) -> Self:
        """The shipped flows, and over them those of the given folders: what has the same name is replaced.

        A folder (any pathlib.Path) holds flows as `*.yaml` and templates as `templates/*.yaml`. Raises
        FlowError with file, line and what to write instead. `time_zone` (IANA) is that of customers who have set none.
        """
        return cls(Shelf.read(files("flows") / "library", *folders), default_locale, time_zone)

    def saying(self, templates: Mapping[str, Template]) -> "Flows":
        """The same flows with other templates: all that they say by name must be there."""
        return Flows(replace(self.shelf, templates=templates), self._default_locale, self._time_zone)

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
        locale, _ = self._locale(None, context)
        return self._reader(locale, context, channel)

    def guess_locale(self, text: str) -> str | None:
        """A guess at the language of a text: `en`, `de`, `es`, or None when unsure."""
        return guess_locale(text)

    def decide(self, event: Event, state: FlowState | None, context: Context, channel: Capabilities) -> Decision:
        """Choose a flow and run it: a failure ends in the fallback template and with a person.

        Raises NotCompiled for a published template that is not ready, and nothing else. `state` has no reader yet: no
        flow spans messages so far.
        """
        del state
        try:
            return self._decide(event, context, channel)
        except NotCompiled:
            raise
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the customer gets an answer
            return self._failed(error, context, channel)

    def _decide(self, event: Event, context: Context, channel: Capabilities) -> Decision:
        silence = reason_for_silence(event)
        if silence:
            return Decision(why=(silence,))
        text = event.message.text if event.message else ""
        values = values_of(context, text)
        if is_only_files(event.message) and not event.referral:
            return self._file_received(values, context, channel)
        why: tuple[str, ...] = ()
        for candidate in candidates(self._flows, asked(event, context, text)):
            so_far = self._tried(candidate, Run(values, why=(*why, candidate.why)), context, channel)
            if so_far.replies or so_far.effects or so_far.stopped:
                return _decision(candidate.flow.name, so_far)
            why = so_far.why
        return Decision(why=(*why, "no flow has an answer"))

    def _tried(self, candidate: Candidate, so_far: Run, context: Context, channel: Capabilities) -> Run:
        """The run of a flow whose condition holds; of one whose condition does not, only the reason."""
        locale, reason = self._locale(candidate.locale, context)
        reader = self._reader(locale, context, channel)
        when = candidate.flow.when
        if when and not when.holds(so_far.values, reader.locality()):
            return so_far.because(f"{candidate.flow.name}: {when.source} does not hold")
        has_address = context.proof is not None and context.proof.address
        setting = Setting(self._templates, context.links, reader, has_address)
        return run(candidate.flow.steps, setting, so_far.because(reason))

    def _reader(self, locale: str, context: Context, channel: Capabilities) -> Reader:
        """Who reads the answer: their zone is that which they have set on the platform, else the brand's."""
        zone = context.profile.claimed.get("time_zone")
        conversation = context.conversation
        return Reader(
            locales=locale_chain(locale, self._default_locale),
            channel=channel,
            zone=zone.value if zone is not None else self._time_zone,
            now=context.at,
            key=conversation.id if conversation is not None else "",
            window_open=conversation is None or conversation.window.open,
        )

    def _locale(self, of_phrase: str | None, context: Context) -> tuple[str, str]:
        """The locale of the answer, and how it was found."""
        guessed = context.message.locale if context.message else None
        found = (
            (of_phrase, "the phrase that matched"),
            (guessed, "the message"),
            *self._hinted(context),
            (context.profile.locale, "the profile"),
        )
        for locale, source in found:
            if locale:
                return locale, f"locale {locale}: by {source}"
        return self._default_locale, f"locale {self._default_locale}: by default"

    def _hinted(self, context: Context) -> tuple[tuple[str | None, str], ...]:
        """What the customer has set on the platform, unless their own earlier words say better."""
        told = context.profile.claimed.get("locale")
        if told is None:
            return ()
        lines = context.conversation.lines if context.conversation else ()
        guesses = (guess_locale(line.text) for line in reversed(lines) if line.by == "customer")
        earlier = next((locale for locale in guesses if locale), None)
        return (earlier, "an earlier message"), (told.value, "what the customer has set on the platform")

    def _file_received(self, values: Values, context: Context, channel: Capabilities) -> Decision:
        locale, reason = self._locale(None, context)
        reply = render(self._templates[FILE_RECEIVED], self._reader(locale, context, channel), values)
        fitted = fit(reply, channel)
        return Decision(
            replies=fitted.replies,
            effects=(HandedOver(reason=_FILE_CAME),),
            locale=reply.locale,
            why=("a file without words: only a person can look at it", reason, *fitted.notes),
        )

    def _failed(self, error: Exception, context: Context, channel: Capabilities) -> Decision:
        why = f"{_FAILED}: {type(error).__name__}"
        effects = (HandedOver(reason=_FAILED),)
        try:
            locale, _ = self._locale(None, context)
            reply = render(self._templates[FALLBACK], self._reader(locale, context, channel), {})
            fitted = fit(reply, channel)
        except NotCompiled:
            raise
        except Exception:  # noqa: BLE001 - a person is what is left
            return Decision(effects=effects, why=(why, "the fallback failed, too"))
        why_so = (why, *fitted.notes)
        return Decision(flow=FALLBACK, replies=fitted.replies, effects=effects, locale=reply.locale, why=why_so)


def _decision(flow: str, so_far: Run) -> Decision:
    locale = next((reply.locale for reply in so_far.replies), None)
    return Decision(flow=flow, replies=so_far.replies, effects=so_far.effects, locale=locale, why=so_far.why)
