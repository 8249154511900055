"""What of a person's contacts who sees: nothing that is hidden comes through, whatever stands around it."""

from collections.abc import Iterable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.console.language import Language
from middleware.console.people.masking import GONE, REVEALABLE, Eyes, revealed_of
from middleware.console.people.panel import rule_key
from middleware.domain.commerce import OrderState
from middleware.domain.context import BLOCKS, BlockState
from middleware.domain.conversation import Intent
from middleware.domain.customer import ConsentState
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind, Level
from middleware.domain.journal import JournalKind
from middleware.domain.signals import TicketState
from middleware.identity.evidence import RULES
from middleware.pipeline.editing import EDITABLE
from middleware.pipeline.finding import How

AGENT, MARKETER = Eyes(sees_masked=True, reveals=True), Eyes(sees_masked=False)
REVEALED = Eyes(sees_masked=True, reveals=True, revealed=frozenset({"contacts"}))
PHONE = Identifier(IdentifierKind.PHONE, "", "+34600111222")
EMAIL = Identifier(IdentifierKind.EMAIL, "", "ana@example.com")


def test_identifiers_are_masked_hidden_or_shown() -> None:
    """An agent sees an end of them, a marketer nothing, and who has revealed them all."""
    assert (AGENT.contact(PHONE.key), AGENT.contact(EMAIL.key)) == ("…22", "a…@….com")
    assert (MARKETER.contact(PHONE.key), REVEALED.contact(EMAIL.key)) == (None, "ana@example.com")


@pytest.mark.parametrize("kind", list(IdentifierKind))
def test_no_kind_of_identifier_is_an_exception(kind: IdentifierKind) -> None:
    """Also an account's name may be an address."""
    key = Identifier(kind, "x", "ana.ruiz@example.com").key
    assert ("ruiz" in str(AGENT.contact(key)), MARKETER.contact(key)) == (False, None)


@given(before=st.text(max_size=30), after=st.text(max_size=30))
def test_contacts_in_texts_are_masked(before: str, after: str) -> None:
    """Whatever a customer wrote around an address and a number."""
    text = f"{before} ana.ruiz@example.com, +34 600 111 222 {after}"
    for eyes in (AGENT, MARKETER):
        shown = eyes.text(text)
        assert ("ana.ruiz@" in shown, "600 111" in shown) == (False, False)
    assert REVEALED.text(text) == text


@pytest.mark.parametrize("text", ["Born 2026-11-29", "2026.11.29", "order 1001", "size 42", "", "3/4"])
def test_what_is_no_contact_stays(text: str) -> None:
    """Dates, numbers of orders and sizes are read as they were written."""
    assert (AGENT.text(text), MARKETER.text(text)) == (text, text)


def test_places_and_birth_dates_are_revealed_each_by_itself() -> None:
    """Letters begin what is masked, digits do not; revealing one shows no other."""
    assert AGENT.private("street", "Calle Mayor 5") == f"C{GONE} M{GONE} {GONE}"
    assert (AGENT.private("birth_date", "1990-12-31"), MARKETER.private("city", "Madrid")) == (GONE, None)
    one = Eyes(sees_masked=True, reveals=True, revealed=frozenset({"birth_date"}))
    assert (one.private("birth_date", "1990-12-31"), one.private("city", "Madrid")) == ("1990-12-31", f"M{GONE}")
    assert one.contact(PHONE.key) == "…22"


def test_a_text_without_an_end_is_cut_where_it_is_no_longer_looked_at() -> None:
    """What nobody has looked through for contacts is not shown."""
    shown = AGENT.text("x" * 5_000 + " ana@example.com")
    assert ("ana@" in shown, shown.endswith(GONE)) == (False, True)


def test_only_what_there_is_can_be_asked_for() -> None:
    """Anything else reveals nothing."""
    assert revealed_of(["contacts", "everything"]) == {"contacts"}
    assert revealed_of(REVEALABLE) == set(REVEALABLE)


def test_every_word_out_of_data_has_a_text() -> None:
    """Levels, states, rules, kinds, blocks: what the panel names by what stands in the data."""
    by_prefix: dict[str, Iterable[str]] = {
        "levels": (each.name.lower() for each in Level),
        "level_says": (each.name.lower() for each in Level),
        "evidence": Evidence,
        "idkind": {*IdentifierKind} - {IdentifierKind.SHOP_PRODUCT},
        "rule": {rule_key(each) for each in (*RULES, "hubspot.record", "member")},
        "block": BLOCKS,
        "state_name": get_args(BlockState),
        "state": {*get_args(BlockState), "too_low"},
        "order": get_args(OrderState),
        "ticket": get_args(TicketState),
        "consent": get_args(ConsentState),
        "intent": get_args(Intent),
        "field": EDITABLE,
        "journal": get_args(JournalKind),
        "found_by": get_args(How),
        "reveal": REVEALABLE,
    }
    english = Language("en")
    wanted = {f"people.{prefix}.{word}" for prefix, every in by_prefix.items() for word in every}
    assert {key for key in wanted if not english.has(key)} == set()
