"""What a template would say to somebody, without saying it: for the forecast over customers who wrote lately."""

from dataclasses import replace

from flows.runner import Flows
from flows.templates import Template, render, shortfall
from flows.values import values_of, with_link
from middleware.domain.capabilities import Capabilities
from middleware.domain.context import Context
from middleware.domain.fitting import fit
from middleware.domain.forecast import Rendered


class Forecaster:
    """One template, said as the flows of a brand would say it."""

    def __init__(self, flows: Flows, template: Template) -> None:
        self._flows = flows
        self._template = template

    def __call__(self, context: Context, channel: Capabilities) -> Rendered:
        """What it says in this context, as if the customer wrote now: the window is open, all links are taken."""
        values = values_of(context, context.message.text if context.message is not None else "")
        for purpose, offer in context.links.items():
            values = with_link(values, purpose, offer.url)
        reader = replace(self._flows.reader_of(context, channel), window_open=True)
        reply = render(self._template, reader, values)
        fitted = fit(reply, channel)
        return Rendered(
            locale=reply.locale or "",
            variant=reply.variant,
            lacking=shortfall(self._template, reader, values) if reply.fallback else None,
            cut=any(" is cut to " in note for note in fitted.notes),
            messages=len(fitted.replies),
        )
