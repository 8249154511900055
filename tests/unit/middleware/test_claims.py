"""Claims: what customers type about themselves, masked before anybody keeps it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.identity.claims import claims_in
from tests.unit.middleware.builders import START


def found(text: str) -> list[tuple[str, str]]:
    """Kind and masked value of each claim."""
    return [(claim.kind, claim.masked) for claim in claims_in(text, START)]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("I am ana.ruiz@example.com", [("email", "a…@….com")]),
        ("ana+shop@mail.example.co.uk, please", [("email", "a…@….uk")]),
        ("call +34 600 111 222", [("phone", "…22")]),
        ("(600) 111-222 is mine", [("phone", "…22")]),
        ("my order #1001", [("order_number", "…01")]),
        ("where is 1001?", [("order_number", "…01")]),
        ("order 1001, ana@example.com", [("email", "a…@….com"), ("order_number", "…01")]),
        ("hello", []),
        ("100%", []),
        ("", []),
        ("@ @@ a@b #12", []),
    ],
)
def test_claims_are_found_and_masked(text: str, claims: list[tuple[str, str]]) -> None:
    """Each kind is masked in its own way; ordinary words are no claims."""
    assert found(text) == claims


def test_a_part_of_a_phone_number_is_no_order_number() -> None:
    """What was read as a phone number is not read again."""
    assert found("0049 (170) 123-4567 is mine") == [("phone", "…67")]


def test_claims_bear_the_time_of_the_message() -> None:
    """When it was said is kept with it."""
    assert [claim.at for claim in claims_in("ana@example.com", START)] == [START]


def test_at_most_five_claims_are_kept() -> None:
    """A list of a hundred order numbers is no help to an agent."""
    assert len(found(" ".join(f"#{number}" for number in range(1000, 1100)))) == 5


_LOCAL = st.from_regex(r"[a-z]{2,20}[0-9]{0,6}", fullmatch=True)
_DOMAIN = st.from_regex(r"[a-z]{2,20}\.(com|es|co\.uk)", fullmatch=True)
_DIGITS = st.from_regex(r"[1-9][0-9]{8,14}", fullmatch=True)
_NUMBER = st.from_regex(r"#?[1-9][0-9]{3,5}", fullmatch=True)
_WORDS = st.sampled_from([" and ", ", ", "\n", "; my "])


@given(_LOCAL, _DOMAIN, _DIGITS, _NUMBER, _WORDS)
def test_what_was_typed_never_appears_whole(local: str, domain: str, digits: str, number: str, between: str) -> None:
    """No masked value contains an address, its mailbox, its domain, a phone or an order number as it was typed."""
    claims = found(between.join((f"{local}@{domain}", f"+{digits}", number)))
    assert {kind for kind, _ in claims} == {"email", "phone", "order_number"}
    for _, masked in claims:
        for typed in (f"{local}@{domain}", local, domain, digits, number):
            assert typed not in masked


@pytest.mark.parametrize(
    "text", ["ana@shop.34600111222", "ana@shop.4111111111111111", "x@y.my-very-own-secret-password"]
)
def test_the_end_of_an_odd_domain_is_not_shown(text: str) -> None:
    """Only what can be the end of a domain is shown, never a number or a word that someone typed after a dot."""
    typed = text.rpartition(".")[2]
    assert all(typed not in masked for _, masked in found(text))


@given(st.text(alphabet="0123456789@.+-#() a", max_size=300))
def test_no_masked_value_is_long(text: str) -> None:
    """Whatever is typed, a masked value shows a few characters only."""
    assert all(len(masked) <= 12 for _, masked in found(text))


@pytest.mark.parametrize("unit", ["1", "@", "a@", "1 ", "#1", "+1-", "a.", "a@b.", "0(", "\u0661"])
def test_64_kib_are_read_only_in_part(unit: str) -> None:
    """However long a message is, only its beginning is searched: what stands far behind is not found."""
    text = (unit * 65_536)[:65_536]
    assert claims_in(text + " ana@example.com", START) == claims_in(text[:2_000], START)


def test_a_claim_behind_the_limit_is_not_read() -> None:
    """The 2,000 characters that are searched end in the middle of nothing."""
    assert found(" " * 2_000 + "ana@example.com") == []
    assert found(" " * 1_900 + "ana@example.com") == [("email", "a…@….com")]
