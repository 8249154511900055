"""Filters of numbers and money."""

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_currency

from flows.language.errors import UnfitValue
from flows.language.filters.values import Amount, amount_of, number_of
from flows.language.locality import Locality

_LARGEST = Decimal(10) ** 15
"""No amount and no number grows past this, so that nothing said gets long."""
_HUNDRED = Decimal(100)


def money(locality: Locality, value: object) -> str:
    """An amount as the locale writes it, with its currency."""
    amount = amount_of(value)
    return format_currency(amount.value, amount.currency, locale=locality.locale)


def times(_: Locality, value: object, factor: float) -> object:
    """A number or an amount, so many times."""
    return _scaled(value, Decimal(str(factor)))


def percent_off(_: Locality, value: object, percent: float) -> object:
    """A number or an amount, less so many per cent."""
    return _scaled(value, (_HUNDRED - Decimal(str(percent))) / _HUNDRED)


def _scaled(value: object, factor: Decimal) -> object:
    if isinstance(value, dict):
        return _told(_rounded(amount_of(value), factor))
    scaled = _bounded(Decimal(str(number_of(value))) * factor)
    return int(scaled) if scaled == scaled.to_integral_value() else float(scaled)


def _rounded(amount: Amount, factor: Decimal) -> Amount:
    step = Decimal(1).scaleb(-amount.exponent)
    return amount._replace(value=_bounded(amount.value * factor).quantize(step, ROUND_HALF_UP))


def _told(amount: Amount) -> dict[str, object]:
    whole = int(amount.value.scaleb(amount.exponent))
    return {"amount": whole, "currency": amount.currency, "exponent": amount.exponent}


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) >= _LARGEST:
        raise UnfitValue("the number grew too large")
    return value
