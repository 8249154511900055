"""Real customers, to be shown a template: out of a context, or out of a plain object of values."""

from datetime import UTC, datetime

from pydantic import ValidationError

from flows.preview.customers import Customer
from flows.preview.picking import picked
from flows.values import values_of, with_link
from middleware.domain.context import SCHEMA, Context
from middleware.errors import FlowError

_MISTAKES = 5
"""Mistakes of a context that are told of at once."""
_LOCALE = "en"


def customer_of(data: object) -> Customer:
    """The customer of a JSON document: a context (`"schema": "throughline.context/1"`), or values as templates name
    them.

    Raises FlowError that names what is wrong in it.
    """
    if isinstance(data, dict) and "schema" in data:
        return customer_in(_context(data))
    values = picked(data)
    profile = values["profile"]
    locale = profile.get("locale") if isinstance(profile, dict) else None
    locale = locale if isinstance(locale, str) else _LOCALE
    return Customer("values", "the values of a file", values, locale, None, datetime.now(UTC))


def customer_in(
    context: Context, name: str = "context", default_locale: str = _LOCALE, default_zone: str | None = None
) -> Customer:
    """The sender of a context, with each personal link on offer taken. The defaults are those of the brand."""
    message, claimed = context.message, context.profile.claimed
    values = values_of(context, message.text if message is not None else "")
    for purpose, offer in context.links.items():
        values = with_link(values, purpose, offer.url)
    told = claimed["locale"].value if "locale" in claimed else None
    locale = (message.locale if message is not None else None) or told or context.profile.locale or default_locale
    zone = claimed["time_zone"].value if "time_zone" in claimed else default_zone
    return Customer(name, f"as known on {context.at:%Y-%m-%d}", values, locale, zone, context.at, default_locale)


def _context(data: dict[str, object]) -> Context:
    if data["schema"] != SCHEMA:
        raise FlowError(f"schema: this reads {SCHEMA}, and no other")
    try:
        return Context.model_validate(data)
    except ValidationError as error:
        mistakes = error.errors(include_input=False, include_url=False)
        said = [f"{'.'.join(map(str, each['loc'])) or 'context'}: {each['msg']}" for each in mistakes[:_MISTAKES]]
        more = [f"and {len(mistakes) - _MISTAKES} more"] if len(mistakes) > _MISTAKES else []
        raise FlowError("\n".join([*said, *more])) from None
