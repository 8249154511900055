"""From a template and values to a reply within the limits of its channel."""

from collections.abc import Iterable, Iterator, Mapping

from flows.language import RenderFailure
from flows.language.program import Value
from flows.templates.loading import Form, Template
from flows.text import fitted
from middleware.domain.messages import ChannelLimits, QuickReply, Reply

LAST_LOCALE = "en"


def locale_chain(wanted: str | None, default: str) -> tuple[str, ...]:
    """The locales to try, best first: as wanted, its language alone, the brand's default, English."""
    names = (name.replace("-", "_") for name in (wanted, default, LAST_LOCALE) if name)
    return tuple(dict.fromkeys(tag for name in names for tag in (name, name.partition("_")[0])))


def render(template: Template, chain: Iterable[str], values: Mapping[str, Value], limits: ChannelLimits) -> Reply:
    """The reply in the first locale of the chain that the template has, cut to what the channel carries.

    Where a value is missing or unfit, the fallback text of that locale is said instead, and `fallback` is
    true: never a half-filled sentence. Never raises.
    """
    locale, form, region = _choose(template, tuple(chain))
    try:
        text, fallback = form.program.render(values, region).strip(), False
    except RenderFailure:
        text, fallback = "", True
    if not text:
        text, fallback = form.fallback, True
    return Reply(
        text=fitted(text, limits.text, in_bytes=limits.text_in_bytes),
        quick_replies=tuple(_within(form.quick_replies, limits)),
        template=template.name,
        locale=locale,
        fallback=fallback,
    )


def _choose(template: Template, chain: tuple[str, ...]) -> tuple[str, Form, str]:
    """The locale, its form, and the locale by which numbers and dates are written (the wanted region, if
    any).
    """
    locale = next((name for name in chain if name in template.forms), next(iter(template.forms)))
    region = next((name for name in chain if name.startswith(locale + "_")), locale)
    return locale, template.forms[locale], region


def _within(quick_replies: tuple[QuickReply, ...], limits: ChannelLimits) -> Iterator[QuickReply]:
    """As many as the channel shows, titles cut.

    One whose payload does not fit is left out: cut, it means nothing.
    """
    carried = (reply for reply in quick_replies if len(reply.payload) <= limits.quick_reply_payload)
    for reply, _ in zip(carried, range(limits.quick_replies), strict=False):
        yield reply.model_copy(update={"title": fitted(reply.title, limits.quick_reply_title)})
