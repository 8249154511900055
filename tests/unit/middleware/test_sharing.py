"""Addresses and numbers that more people than one have."""

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import SHARED_BY_MANY, SHARED_FROM
from tests.unit.middleware.builders import SHOP, at, email, message, order, phone, record
from tests.unit.middleware.people import People

ANA = phone()


def _customer(number: int) -> str:
    return Identifier(IdentifierKind.SHOP_CUSTOMER, SHOP, str(number)).key


async def test_forms_take_nobodys_number() -> None:
    """Forms that others fill in with Ana's number and address suspend neither: she is told her order all the same."""
    it = People()
    await it.learns(order(contacts=(ANA.key, email().key)))
    await it.hears(message(ANA))
    for number in range(2 * SHARED_FROM):
        await it.told(record(str(number), source="leads", minutes=number, phone=ANA.value, email=email().value))
    assert it.identity(ANA).suspended is None
    assert it.identity(email()).suspended is None
    assert it.orders_seen_by(ANA) == ("#1001",)


async def test_what_many_have_ordered_with_is_nobodys() -> None:
    """A number on the orders of five customers of a shop tells nobody anything, and one fewer does."""
    it = People()
    await it.hears(message(ANA))
    for number in range(1, SHARED_FROM):
        await it.learns(order(1000 + number, created_at=at(-number), contacts=(ANA.key, _customer(number))))
    assert len(it.orders_seen_by(ANA)) == SHARED_FROM - 1
    await it.learns(order(1999, contacts=(ANA.key, _customer(SHARED_FROM))))
    assert it.identity(ANA).suspended == SHARED_BY_MANY
    assert it.orders_seen_by(ANA) == ()
