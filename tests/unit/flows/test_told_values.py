"""Values for tools that can only show text: their names, and how they are written."""

import pytest

from flows.runner import Flows
from flows.said import PATHS, Tellers
from flows.schema import SCHEMA
from middleware.domain.commerce import LineItem, Money
from middleware.domain.context import Block, ClaimedValue, Context, OrdersView, OrderView, ProfileView
from middleware.domain.identifiers import Level
from tests.unit.flows.flow_examples import NOON, a_context


def ordered(*, locale: str = "en", zone: str | None = None, state: str = "fresh") -> Context:
    """A customer with two orders, who reads in this locale and zone."""
    claimed = {"time_zone": ClaimedValue(value=zone, as_of=NOON)} if zone else {}
    items = (LineItem(title="Mug", quantity=2, price=Money(amount=1250, currency="EUR", exponent=2)),)
    latest = OrderView(
        number="#1002",
        state="paid",
        created_at=NOON,
        total=Money(amount=123450, currency="EUR", exponent=2),
        items=items,
    )
    before = OrderView(number="#1001", state="shipped", created_at=NOON)
    value = OrdersView(latest=latest, all=(latest, before), count=2)
    return a_context(
        orders=Block[OrdersView](state=state, needs_level=Level.LINKED, value=value),
        profile=ProfileView(name="Ana", locale=locale, claimed=claimed),
    )


@pytest.fixture(scope="module")
def tellers() -> Tellers:
    """Those of a brand with the shipped flows."""
    return Tellers({"glow": Flows.shipped()})


def test_every_name_stands_for_one_value() -> None:
    """Names with `_` for `.` are unique, and only groups and what belongs to one message have none."""
    known = set(PATHS.values())
    assert len(known) == len(PATHS)
    assert all(name == path.replace(".", "_") for name, path in PATHS.items())
    left_out = {path for path in SCHEMA if path not in known}
    groups = {path for path in left_out if SCHEMA[path].sort == "group"}
    of_a_message = {path for path in left_out - groups if path.partition(".")[0] in {"message", "proof", "links"}}
    assert left_out - groups - of_a_message == {"orders.all", "support.open"}


def test_every_path_can_be_told_of_any_context(tellers: Tellers) -> None:
    """Each value of the schema is told of somebody with orders, and of somebody with nothing, without an error."""
    for context in (ordered(), a_context()):
        told = tellers.of("glow").told(context, PATHS.values(), "messenger")
        assert set(told) == set(PATHS.values())
        assert all(value is None or isinstance(value, str | int | float | bool) for value in told.values())


@pytest.mark.parametrize(
    ("locale", "total", "items", "numbers"),
    [
        ("en", "€1,234.50", "2 \N{MULTIPLICATION SIGN} Mug", "#1002, #1001"),
        ("de", "1.234,50\N{NO-BREAK SPACE}€", "2 \N{MULTIPLICATION SIGN} Mug", "#1002 und #1001"),
        ("es", "1.234,50\N{NO-BREAK SPACE}€", "2 \N{MULTIPLICATION SIGN} Mug", "#1002 y #1001"),
    ],
)
def test_values_are_written_for_the_reader(tellers: Tellers, locale: str, total: str, items: str, numbers: str) -> None:
    """Money and lists are written as the customer's language writes them."""
    paths = ("orders.latest.total", "orders.latest.items", "orders.all.number")
    told = tellers.of("glow").told(ordered(locale=locale), paths, "messenger")
    assert told["orders.latest.total"] == total
    assert told["orders.latest.items"] == items
    assert str(told["orders.all.number"]).replace(" and ", ", ") == numbers


def test_dates_are_those_of_the_customers_zone(tellers: Tellers) -> None:
    """A day is the day where the customer lives."""
    path = "orders.latest.created_at"
    days = {
        zone: tellers.of("glow").told(ordered(zone=zone), [path], "messenger")[path]
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    }
    assert len(set(days.values())) == 2


def test_what_is_not_for_the_sender_is_null(tellers: Tellers) -> None:
    """A block that is withheld tells nothing, whatever it holds."""
    assert tellers.of("glow").told(ordered(state="withheld"), ["orders.count"], "messenger") == {"orders.count": None}


def test_the_order_in_the_message_is_told(tellers: Tellers) -> None:
    """What the customer wrote says which order is meant."""
    paths = ("orders.asked.number", "orders.mentioned.number")
    told = tellers.of("glow").told(ordered(), paths, "messenger", "what about 1001?")
    assert set(told.values()) == {"#1001"}


@pytest.mark.parametrize("path", ["", "orders", "orders.latest", "support.open", "message.text", "x" * 5_000, "\u202e"])
def test_what_cannot_be_told_is_said(tellers: Tellers, path: str) -> None:
    """A path that cannot be told has a mistake, short and printable; the others have none."""
    mistake = tellers.mistake(path)
    assert mistake
    assert len(mistake) < 250
    assert mistake.isprintable()
    assert not any(tellers.mistake(known) for known in PATHS.values())
