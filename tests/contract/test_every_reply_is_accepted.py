"""Whatever a flow or an engine decides: what fitting makes of it is accepted, on every channel."""

import json

import pytest
from hypothesis import given, settings
from replies import CHANNELS, known_for, replies, written

from connectors.testing.rules import read
from middleware.domain.fitting import fit
from middleware.domain.messages import Reply

CASES = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize("name", CHANNELS)
@CASES
@given(reply=replies())
def test_every_fitted_reply_is_accepted(name: str, reply: Reply) -> None:
    """The stand-in, which knows the documented limits by itself, takes each message of a fitted reply."""
    for fitted in fit(reply, CHANNELS[name].capabilities).replies:
        body = json.loads(json.dumps(written(name, fitted)))
        read(name, body, known_for(fitted))


@pytest.mark.parametrize("name", CHANNELS)
@CASES
@given(reply=replies())
def test_fitting_twice_is_fitting_once(name: str, reply: Reply) -> None:
    """What fits stays as it is, without a note; also for a channel that has to send it as one message."""
    channel = CHANNELS[name].capabilities
    for fitted in fit(reply, channel).replies:
        for alone in (False, True):
            again = fit(fitted, channel, alone=alone)
            assert (again.replies, again.notes) == ((fitted,), ())


@pytest.mark.parametrize("name", CHANNELS)
@CASES
@given(reply=replies())
def test_one_message_is_at_most_one(name: str, reply: Reply) -> None:
    """Fitted into one message, a reply is accepted all the same; a quote stands on the first of several only."""
    channel = CHANNELS[name].capabilities
    alone = fit(reply, channel, alone=True).replies
    assert len(alone) <= 1
    for fitted in alone:
        read(name, written(name, fitted), known_for(fitted))
    assert all(each.reply_to is None for each in fit(reply, channel).replies[1:])
