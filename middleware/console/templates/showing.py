"""Previews: a template on all channels, as somebody real or made up would get it, and how long it gets at worst."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flows.preview.customers import CUSTOMERS, Customer
from flows.preview.showing import Shown
from flows.preview.showing import shown as shown_to
from flows.schema import SCHEMA
from flows.templates import Template, render, shortfall
from flows.templates.fields import Spot
from flows.templates.parts import room_of
from middleware.domain.capabilities import Capabilities, Size
from middleware.domain.channels import CHANNELS
from middleware.domain.messages import Reply

WORST = ("everything_missing", "very_long")
"""The two made-up customers that are the worst that can come."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How long a text is, of what a channel takes in `size`'s own count."""

    length: int
    size: Size

    @property
    def over(self) -> bool:
        """Whether it is too long."""
        return self.length > self.size.most


@dataclass(frozen=True, slots=True)
class Worst(Measured):
    """The longest that the text gets for anybody who is made up, and for whom."""

    customer: str


@dataclass(frozen=True, slots=True)
class OnChannel:
    """What one channel would show.

    `lacks` is the value for want of which the fallback is said, `why` another reason for it.
    """

    shown: Shown
    messages: tuple[tuple[Reply, Measured | None], ...]
    worst: Worst
    lacks: str
    why: str

    @property
    def channel(self) -> str:
        """Its name."""
        return self.shown.channel.name


def on_all_channels(template: Template, customer: Customer, spot: Spot) -> list[OnChannel]:
    """A template for one customer in the language and variant of a spot, on each channel. Never raises."""
    chosen = of_variant(template, spot.variant)
    return [_on(chosen, customer, spot.locale, channel) for channel in CHANNELS.values()]


def of_variant(template: Template, variant: str) -> Template:
    """The template as if everybody got this variant."""
    return replace(template, weights={variant: 1}) if template.weights and variant else template


def _on(template: Template, customer: Customer, locale: str, channel: Capabilities) -> OnChannel:
    reader = customer.reader(channel, locale=locale or None)
    values = customer.values_on(channel)
    outcome = shown_to(template, reader, values)
    lack = shortfall(template, reader, values) if outcome.reply.fallback else None
    known = lack is not None and lack in SCHEMA
    return OnChannel(
        outcome,
        tuple((message, _measured(message, channel)) for message in outcome.fitted.replies),
        max(_lengths(template, locale, channel), key=lambda each: each.length / each.size.most),
        lacks=(lack or "") if known else "",
        why="" if known else (outcome.why or ""),
    )


def _measured(message: Reply, channel: Capabilities) -> Measured | None:
    room = room_of(message.form, channel)
    return Measured(room.length(message.text), room) if message.text else None


def _lengths(template: Template, locale: str, channel: Capabilities) -> Iterator[Worst]:
    for customer in CUSTOMERS.values():
        reply = render(template, customer.reader(channel, locale=locale or None), customer.values_on(channel))
        room = room_of(reply.form, channel)
        yield Worst(room.length(reply.text), room, customer.name)
