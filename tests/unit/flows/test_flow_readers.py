"""Who reads what a flow says: by whose clock, in which variant, and what goes out once the window is closed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flow_examples import WHATSAPP, a_context, an_event, an_order, orders_block

from flows.runner import Flows
from middleware.domain.context import ClaimedValue, ConversationView, ProfileView
from middleware.domain.conversation import Owner, Window
from middleware.domain.forms import Approved

_FLOW = """\
flow: clock
purpose: p
needs: [orders]
triggers: {unmatched: true}
steps: [{reply: clock}]
"""
_TEMPLATE = """\
name: clock
purpose: p
variants: {base: 1, other: 1}
locales:
  en:
    text: '{% if orders.latest %}{{ orders.latest.created_at | date_time("short") }}{% endif %}'
    fallback: f
    outside_window: {name: back, language: en, body: [there]}
    variants:
      other:
        text: 'Other {% if orders.latest %}{{ orders.latest.created_at | date_time("short") }}{% endif %}'
"""
LATE = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A brand with one flow that says when the latest order was placed."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "clock.yaml").write_text(_FLOW)
    (tmp_path / "templates" / "clock.yaml").write_text(_TEMPLATE)
    return tmp_path


def said(flows: Flows, zone: str | None, conversation: str = "c", *, is_open: bool = True) -> tuple[str, object]:
    """The text and the form of the reply to somebody with this zone in this conversation, and why."""
    claimed = {"time_zone": ClaimedValue(value=zone, as_of=LATE)} if zone else {}
    talk = ConversationView(id=conversation, owner=Owner.BOT, window=Window(open=is_open, why="w"), first_message=False)
    context = a_context(
        profile=ProfileView(claimed=claimed), orders=orders_block(an_order(created_at=LATE)), conversation=talk
    )
    (reply,) = flows.decide(an_event("xyzzy"), None, context, WHATSAPP).replies
    return reply.text.replace("\u202f", " ").removeprefix("Other "), reply.form


@pytest.mark.parametrize(
    ("zone", "brand", "expected"),
    [
        (None, None, "3/4/26, 11:30 PM"),
        (None, "Europe/Madrid", "3/5/26, 12:30 AM"),
        ("America/Mexico_City", "Europe/Madrid", "3/4/26, 5:30 PM"),
        ("UTC+05:30", "Europe/Madrid", "3/5/26, 5:00 AM"),
        ("nowhere", None, "3/4/26, 11:30 PM"),
    ],
)
def test_times_are_said_by_the_customers_clock(
    folder: Path, zone: str | None, brand: str | None, expected: str
) -> None:
    """The zone that the customer has set on the platform, else the brand's, else Greenwich."""
    assert said(Flows.load(folder, time_zone=brand), zone)[0] == expected


def test_each_conversation_keeps_its_variant(folder: Path) -> None:
    """The split goes by conversation: each keeps its variant, and there are both among many."""
    flows = Flows.load(folder)

    def variant(number: int) -> str | None:
        talk = ConversationView(id=str(number), owner=Owner.BOT, window=Window(open=True, why="w"), first_message=False)
        context = a_context(orders=orders_block(an_order()), conversation=talk)
        decision = flows.decide(an_event("xyzzy"), None, context, WHATSAPP)
        return decision.replies[0].variant

    first, again = [variant(number) for number in range(40)], [variant(number) for number in range(40)]

    assert first == again
    assert set(first) == {"base", "other"}


def test_outside_of_the_window_only_the_approved_template_goes_out(folder: Path) -> None:
    """A reply that is decided after the window has closed is the approved template, not the text."""
    flows = Flows.load(folder)

    assert said(flows, None, is_open=False)[1] == Approved(name="back", language="en", body=("there",))
    assert said(flows, None)[1] is None
