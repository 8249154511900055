"""Lines of the timeline as people read them."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from middleware.console.language import LOCALES, Language
from middleware.console.people.happened import happened
from middleware.domain.agents import Act
from middleware.domain.commerce import OrderState
from middleware.domain.events import EventKind
from middleware.domain.signals import TicketState
from middleware.domain.timeline import Entry

_ACTS = [each.model_fields["what"].default for each in get_args(get_args(Act)[0])]


def _told(kind: EventKind, line: str, locale: str = "en") -> str:
    at = datetime(2026, 11, 29, 18, tzinfo=UTC)
    return str(happened(Entry(at=at, event="e", kind=kind, connector="shopify", line=line), Language(locale)))


@pytest.mark.parametrize(
    ("kind", "line", "told"),
    [
        (EventKind.AGENT, "agent take over by amy", "<bdi>amy took the conversation over</bdi>"),
        (EventKind.MESSAGE, "message text", ""),
        (EventKind.MESSAGE, "message story reply", "<bdi>to a story</bdi>"),
        (EventKind.ORDER, "order 7 refunded 24.90 EUR", "<bdi>7</bdi> <bdi>refunded</bdi> <bdi>€24.90</bdi>"),
        (EventKind.ORDER, "order #1001 paid", "<bdi>#1001</bdi> <bdi>paid</bdi>"),
        (EventKind.SHIPMENT, "shipment failed", "<bdi>did not arrive</bdi>"),
        (EventKind.TICKET, "ticket 77 on_hold", "<bdi>77</bdi> <bdi>on hold</bdi>"),
        (EventKind.CART, "cart 2 lines", '<bdi lang="en">2 lines</bdi>'),
        (EventKind.ORDER, "order <b> x", '<bdi lang="en">&lt;b&gt; x</bdi>'),
    ],
)  # fmt: skip
def test_a_line_is_told_in_plain_words(kind: EventKind, line: str, told: str) -> None:
    """By its form; one of no known form as it was kept, marked as English."""
    assert _told(kind, line) == told


@pytest.mark.parametrize("locale", LOCALES)
def test_every_act_and_state_has_its_words(locale: str) -> None:
    """Nothing that an agent can do and no state of an order or a ticket is told in the words of the code."""
    for what in _ACTS:
        assert 'lang="en"' not in _told(EventKind.AGENT, f"agent {what.replace('_', ' ')} by amy", locale)
    for state in get_args(OrderState):
        assert 'lang="en"' not in _told(EventKind.ORDER, f"order #1 {state}", locale)
    for state in get_args(TicketState):
        assert 'lang="en"' not in _told(EventKind.TICKET, f"ticket 1 {state}", locale)
