"""Permission to write: every reason for silence, alone and together, at its very edge."""

import unicodedata
from datetime import timedelta
from typing import Any

import pytest

from middleware.domain.conversation import Consent, Owner
from middleware.domain.policy import (
    GROUP,
    HUMAN_OWNER,
    MARKETING_STOPPED,
    NOT_AGREED,
    PAUSED,
    START_WORDS,
    STOP_WORDS,
    STOPPED,
    TOO_OLD,
    UNREACHABLE,
    WINDOW_CLOSED,
    Permission,
    consent_word,
    may_send,
    owned_by_bot,
)
from tests.unit.middleware.builders import START, at, conversation

QUARTER = timedelta(minutes=15)


def permission(minutes: float = 1, asked: float = 0, *, group: bool = False, **state: Any) -> Permission:
    """What is permitted some minutes after the start, to what was asked then."""
    return may_send(conversation(**state), asked_at=at(asked), now=at(minutes), max_age=QUARTER, group=group)


@pytest.mark.parametrize("word", sorted(STOP_WORDS))
def test_every_stop_word_stops(word: str) -> None:
    """As it stands, in capitals, with punctuation and space around it."""
    for said in (word, word.upper(), f" {word}! ", f"«{word}».", f"\n{word}\t"):
        assert consent_word(said) is False


@pytest.mark.parametrize("word", sorted(START_WORDS))
def test_every_start_word_starts(word: str) -> None:
    """A START takes a STOP back."""
    for said in (word, word.upper(), f" {word}! "):
        assert consent_word(said) is True


@pytest.mark.parametrize(
    "said",
    [
        "",
        "hello",
        "please stop sending the wrong size",
        "stop it",
        "don't stop",
        "nonstop",
        "when does it start?",
        "...",
    ],
)
def test_a_word_inside_a_sentence_does_not_count(said: str) -> None:
    """Only the whole message is a word about consent."""
    assert consent_word(said) is None


@pytest.mark.parametrize("word", sorted(word for word in STOP_WORDS if unicodedata.normalize("NFD", word) != word))
def test_accents_may_be_written_either_way(word: str) -> None:
    """A STOP counts whether a keyboard writes an accent with its letter or after it."""
    assert consent_word(unicodedata.normalize("NFD", word)) is False


def test_no_word_means_both() -> None:
    """A word either stops or starts."""
    assert STOP_WORDS.isdisjoint(START_WORDS)


def test_a_fresh_conversation_may_be_answered() -> None:
    """Nothing speaks against it, nor against a promotion."""
    assert permission() == Permission(may_reply=True, may_promote=True, reasons=())


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"consent": Consent(granted=False, at=START)}, STOPPED),
        ({"owner": Owner.HUMAN, "owner_until": at(2)}, HUMAN_OWNER),
        ({"owner": Owner.HUMAN}, HUMAN_OWNER),
        ({"owner": Owner.PAUSED}, PAUSED),
        ({"owner": Owner.PAUSED, "owner_until": at(2)}, PAUSED),
        ({"last_inbound_at": None}, WINDOW_CLOSED),
        ({"last_inbound_at": at(1 - 24 * 60)}, WINDOW_CLOSED),
        ({"unreachable": "400/131026"}, UNREACHABLE),
    ],
)
def test_each_reason_for_silence(state: dict[str, Any], reason: str) -> None:
    """Each of them alone is enough for neither reply nor promotion."""
    assert permission(**state) == Permission(may_reply=False, may_promote=False, reasons=(reason,))


def test_a_group_is_never_answered() -> None:
    """Nothing is said where others read along."""
    assert permission(group=True).reasons == (GROUP,)


def test_all_reasons_are_named() -> None:
    """Whoever asks why hears every reason, the refused promotion last."""
    said_no = Consent(granted=False, at=START)
    refused = permission(
        minutes=60 * 25,
        group=True,
        consent=said_no,
        marketing=said_no,
        owner=Owner.PAUSED,
        unreachable="gone",
    )
    assert refused.reasons == (GROUP, STOPPED, PAUSED, TOO_OLD, WINDOW_CLOSED, UNREACHABLE, MARKETING_STOPPED)


@pytest.mark.parametrize(("minutes", "allowed"), [(14.99, True), (15, True), (15.01, False)])
def test_a_message_is_answered_up_to_its_greatest_age(minutes: float, allowed: bool) -> None:  # noqa: FBT001 - a case
    """Exactly as old as allowed is not too old."""
    assert permission(minutes).may_reply is allowed
    assert permission(minutes).reasons == (() if allowed else (TOO_OLD,))


def test_a_message_from_the_future_is_answered() -> None:
    """The platform's clock may be ahead of ours."""
    assert permission(minutes=0, asked=2).may_reply


@pytest.mark.parametrize(("minutes", "open_"), [(24 * 60 - 0.01, True), (24 * 60, False)])
def test_the_window_closes_after_24_hours(minutes: float, open_: bool) -> None:  # noqa: FBT001 - a case
    """At the very moment it is closed already."""
    assert conversation().window(at(minutes)).open is open_
    assert conversation().window(at(minutes)).closes_at == at(24 * 60)


def test_a_person_holds_a_conversation_until_their_time_is_over() -> None:
    """At that very moment the bot has it back, with nobody doing anything."""
    held = conversation(owner=Owner.HUMAN, owner_until=at(30))
    assert not owned_by_bot(held, at(29.99))
    assert owned_by_bot(held, at(30))


def test_start_takes_a_stop_back() -> None:
    """The latest word counts."""
    assert permission(consent=Consent(granted=True, at=START)).may_reply


def test_a_marketing_stop_forbids_promotion_only() -> None:
    """Whoever wants no offers is still answered."""
    refused = permission(marketing=Consent(granted=False, at=START))
    assert refused == Permission(may_reply=True, may_promote=False, reasons=(MARKETING_STOPPED,))


@pytest.mark.parametrize(
    ("word", "may_promote", "reasons"),
    [(None, False, (NOT_AGREED,)), (True, True, ()), (False, False, (MARKETING_STOPPED,))],
)
def test_promotion_that_nobody_asked_for_needs_a_word(
    *,
    word: bool | None,
    may_promote: bool,
    reasons: tuple[str, ...],
) -> None:
    """Where a timer began it, only whoever agreed may get promotion; any other reply goes out."""
    marketing = Consent(granted=word, at=START) if word is not None else None
    here = conversation(marketing=marketing)
    out = may_send(here, asked_at=at(0), now=at(1), max_age=QUARTER, unasked=True)
    assert (out.may_reply, out.may_promote, out.reasons) == (True, may_promote, reasons)
