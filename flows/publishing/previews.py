"""What made-up customers would get, as text that two versions can be compared by."""

from collections.abc import Iterator, Sequence

from flows.preview.customers import Customer
from flows.templates import Template, render
from middleware.domain.capabilities import Capabilities
from middleware.domain.channels import CHANNELS
from middleware.domain.fitting import fit
from middleware.domain.forms import Approved, Ask, Button, Buttons, Cards, Choices, Form, Media
from middleware.domain.messages import Reply
from middleware.domain.template_versions import Preview

MOST_LOCALES = 20
"""Locales of one template that are shown; more than any has."""


def previews(
    template: Template, customers: Sequence[Customer], locales: Sequence[str] = (), channels: Sequence[str] = ()
) -> tuple[Preview, ...]:
    """What each customer would get in each of the locales (default: the template's) on each channel (default: all)."""
    return tuple(
        _preview(template, customer, locale, CHANNELS[channel])
        for customer in customers
        for locale in (locales or tuple(template.forms))[:MOST_LOCALES]
        for channel in channels or CHANNELS
    )


def _preview(template: Template, customer: Customer, locale: str, channel: Capabilities) -> Preview:
    reply = render(template, customer.reader(channel, locale=locale), customer.values_on(channel))
    fitted = fit(reply, channel)
    return Preview(
        customer=customer.name,
        locale=locale,
        channel=channel.name,
        messages=tuple(_written_out(each) for each in fitted.replies),
        fallback=reply.fallback,
        notes=fitted.notes,
    )


def _written_out(reply: Reply) -> str:
    """A message as lines: its text, then what can be tapped or seen under it."""
    quick = (f"( {each.title} )" for each in reply.quick_replies)
    lines = (reply.text, *quick, *_lines(reply.form))
    return "\n".join(line for line in lines if line)


def _lines(form: Form | None) -> Iterator[str]:
    match form:
        case Buttons(buttons=buttons):
            yield from _of_buttons(buttons)
        case Choices(button=button):
            yield f"[ {button} ]"
            yield from (f"- {row.title}{': ' + row.description if row.description else ''}" for row in form.rows())
        case Cards(cards=cards):
            for card in cards:
                yield f"# {card.title}{': ' + card.subtitle if card.subtitle else ''}"
                yield from _of_buttons(card.buttons)
        case Media(type=kind):
            yield f"<{kind}: {form.file or form.url}>"
        case Approved(name=name, body=body):
            yield f"<approved template {name}: {', '.join(body)}>"
        case Ask(what=what):
            yield f"<asks for {what}>"


def _of_buttons(buttons: Sequence[Button]) -> Iterator[str]:
    return (f"[ {each.title} ]" for each in buttons)
