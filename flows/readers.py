"""Who reads an answer: in which language, by whose clock, on which channel."""

from dataclasses import dataclass

from flows.engine import guess_locale
from flows.templates import Reader, locale_chain
from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers of one brand: `time_zone` (IANA) is that of customers who have set none."""

    default_locale: str
    time_zone: str | None = None

    def reader(self, locale: str, context: Context, channel: Capabilities) -> Reader:
        """Who reads the answer: their zone is that which they have set on the platform, else the brand's."""
        zone = context.profile.claimed.get("time_zone")
        conversation = context.conversation
        return Reader(
            locales=locale_chain(locale, self.default_locale),
            channel=channel,
            zone=zone.value if zone is not None else self.time_zone,
            now=context.at,
            key=conversation.id if conversation is not None else "",
            window_open=conversation is None or conversation.window.open,
        )

    def locale(self, told: tuple[str | None, str] | None, context: Context) -> tuple[str, str]:
        """The locale of the answer, and how it was found; what was `told`, with how, counts most."""
        guessed = context.message.locale if context.message else None
        found = (
            *((told,) if told is not None else ()),
            (guessed, "the message"),
            *_hinted(context),
            (context.profile.locale, "the profile"),
        )
        for locale, source in found:
            if locale:
                return locale, f"locale {locale}: by {source}"
        return self.default_locale, f"locale {self.default_locale}: by default"


def _hinted(context: Context) -> tuple[tuple[str | None, str], ...]:
    """What the customer has set on the platform, unless their own earlier words say better."""
    told = context.profile.claimed.get("locale")
    if told is None:
        return ()
    lines = context.conversation.lines if context.conversation else ()
    guesses = (guess_locale(line.text) for line in reversed(lines) if line.by == "customer")
    earlier = next((locale for locale in guesses if locale), None)
    return (earlier, "an earlier message"), (told.value, "what the customer has set on the platform")
