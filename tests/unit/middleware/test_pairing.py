"""Codes for pairing: how they are told from what people write, and when they count."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.events import Event, EventKind, Message
from middleware.domain.pairing import (
    GUESSES_COUNT_FOR,
    LIVES,
    MADE_COUNT_FOR,
    MOST_GUESSES,
    MOST_MADE,
    MOST_PAIRED,
    Pairing,
    PairingCode,
    Pairings,
    code_id,
    may_guess,
    new_pairing_code,
    pairing_code_in,
    pairing_code_of,
    with_guess,
)
from tests.unit.middleware.builders import at, phone


@given(st.lists(st.integers(0, 31), min_size=10, max_size=10))
def test_every_code_is_read_as_it_was_made(drawn: list[int]) -> None:
    """Whatever is drawn, in small letters and with space around it as well."""
    signs = iter(drawn)
    code = new_pairing_code(lambda _: next(signs))
    assert pairing_code_in(f"  {code.lower()}\n") == code


@pytest.mark.parametrize(
    "text",
    [
        "", "TEST", "test", "TEST-12345-6789", "TEST-12345-678901", "TEST-ILOU1-12345", "TEST 12345 67890",
        "TEST-12345-67890 please", "is TEST-12345-67890 right?", "TEST-12345-6789\u0660", "ﬅTEST-12345-67890", "123456",
    ],
)  # fmt: skip
def test_what_is_not_exactly_a_code_is_none(text: str) -> None:
    """A message with anything beside it is a message."""
    assert pairing_code_in(text) is None


def test_only_plain_texts_of_their_own_are_codes() -> None:
    """In a group, under a picture, or as a pressed button it is none."""

    def event(what: EventKind = EventKind.MESSAGE, **changes: object) -> Event:
        message = Message(id="m", kind="text", text="TEST-12345-67890").model_copy(update=changes)
        return Event(
            key="k", kind=what, connector="whatsapp", account="777", occurred_at=at(0), received_at=at(0),
            anchor=phone(), message=message,
        )  # fmt: skip

    assert pairing_code_of(event()) == "TEST-12345-67890"
    assert pairing_code_of(event(group="g")) is None
    assert pairing_code_of(event(EventKind.POSTBACK)) is None
    assert pairing_code_of(event(kind="image")) is None


def test_a_code_counts_once_and_for_a_while() -> None:
    """In the conversation in which it was used it goes on counting: its message may be worked on again."""
    code = PairingCode(id=code_id("TEST-12345-67890"), login="mia", expires_at=at(0) + LIVES)
    assert code.counts_in("c_1", at(9))
    assert not code.counts_in("c_1", at(10))
    used = code.model_copy(update={"used_in": "c_1"})
    assert (used.counts_in("c_1", at(9)), used.counts_in("c_2", at(9))) == (True, False)
    assert (code.is_over(at(60)), code.is_over(at(71))) == (False, True)


def test_guesses_are_counted_once_and_forgotten() -> None:
    """After so many within an hour none is looked at; the same one told again is one."""
    guesses: tuple[datetime, ...] = ()
    for number in range(MOST_GUESSES):
        assert may_guess(guesses, at(number))
        guesses = with_guess(with_guess(guesses, at(number)), at(number))
    assert not may_guess(guesses, at(MOST_GUESSES))
    assert may_guess(guesses, at(0) + GUESSES_COUNT_FOR)
    assert len(with_guess(guesses, at(30))) == MOST_GUESSES


def test_a_user_has_so_many_chats_and_codes() -> None:
    """The oldest chat gives way; paired anew it is the latest, and still one."""
    known = Pairings(id="mia")
    for number in range(MOST_PAIRED + 1):
        known = known.with_pairing(
            Pairing(conversation=f"c_{number}", channel="whatsapp", account="7", since=at(number))
        )
    assert known.of("c_0") is None
    again = known.with_pairing(Pairing(conversation="c_1", channel="whatsapp", account="7", since=at(99)))
    assert (len(again.paired), again.paired[-1].conversation) == (MOST_PAIRED, "c_1")
    assert again.without("c_1").of("c_1") is None
    for _ in range(MOST_MADE):
        assert known.has_room(at(0))
        known = known.with_code("x", at(0))
    assert not known.has_room(at(1))
    assert known.has_room(at(0) + MADE_COUNT_FOR + timedelta(seconds=1))
