"""A conversation that is talked from its beginning each time is the one that was begun."""

import pytest

from flows.runner import Flows
from flows.trying.replaying import MOST_ACTS, Act, talked
from middleware.errors import FlowError

FLOWS = Flows.shipped()


def test_the_same_acts_bring_the_same() -> None:
    """Whether they are done one by one or all at once."""
    acts = (Act(does="says", what="xyzzy"), Act(does="presses", what="Meine Bestellung"), Act(does="waits", what="1h"))
    whole = talked(FLOWS, "ben", "messenger", acts)
    for number, exchange in enumerate(whole.exchanges, start=1):
        assert talked(FLOWS, "ben", "messenger", acts[:number]).exchanges[-1] == exchange
    assert whole.exchanges[1].shown == "Meine Bestellung"
    assert whole.exchanges[1].said[0].decision.flow == "order_status"
    assert whole.exchanges[2].at > whole.exchanges[1].at


def test_everything_that_a_customer_does_can_be_done() -> None:
    """An ad, a picture, a code, each with what comes of it."""
    acts = (
        Act(does="comes_by", what="Linen shirt"),
        Act(does="sends", what="image"),
        Act(does="code", what="right"),
    )
    found = talked(FLOWS, "ana", "whatsapp", acts, codes=True)
    assert [len(each.said) for each in found.exchanges] == [1, 1, 1]
    assert found.exchanges[1].said[0].decision.replies[0].template == "file_received"


@pytest.mark.parametrize(
    ("customer", "channel", "acts"),
    [
        ("nobody", "messenger", ()),
        ("ana", "pigeon", ()),
        ("ana", "messenger", (Act(does="sends", what="elephant"),)),
        ("ana", "messenger", (Act(does="waits", what="for ever"),)),
        ("ben", "messenger", (Act(does="code", what="right"),)),
        ("ana", "messenger", (Act(does="says", what="hi"),) * (MOST_ACTS + 1)),
    ],
)
def test_what_cannot_be_is_refused(customer: str, channel: str, acts: tuple[Act, ...]) -> None:
    """With what to do instead."""
    with pytest.raises(FlowError):
        talked(FLOWS, customer, channel, acts)
