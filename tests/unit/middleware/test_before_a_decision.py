"""What somebody sees before they decide on a candidate: how fields agree, and whom a merge would let know more."""

import pytest

from middleware.domain.candidates import SideBySide
from middleware.domain.fragment import Fragment
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind, Level
from middleware.domain.profile import Profile
from middleware.identity.alike import alike
from middleware.identity.graph import graph_of
from middleware.identity.opening import newly_disclosed
from middleware.identity.preview import of_merge
from tests.unit.middleware.builders import START, bsuid, edge, email, member, order, phone, profile


@pytest.mark.parametrize(
    ("field", "one", "other", "expected"),
    [
        ("first_name", "Ana", "ANA", "equal"), ("first_name", "Ana", "Ana María", "similar"),
        ("first_name", "Ana", "Bernardo", "different"), ("first_name", "Ana", "", "one_side"),
        ("last_name", "Quintanilla", "Quintanila", "similar"), ("email", "a@x.example", "a@x.example", "equal"),
        ("email", "ana.q@x.example", "ben@y.example", "different"), ("phone", "+34600111222", "0034600111222", "equal"),
        ("city", "Sevilla", "Kiel", "different"), ("postcode", "41001", "41002", "similar"),
        ("birth_date", "1980-05-12", "1980-05-13", "similar"), ("birth_date", "1980-05-12", "1950-01-02", "different"),
        ("country", "ES", "Spain", "equal"), ("personal_id", "12345678Z", "98765432X", "different"),
    ],
)  # fmt: skip
def test_fields_are_equal_similar_or_different(field: str, one: str, other: str, expected: str) -> None:
    """By the rules by which records are matched, not letter by letter; whichever side is named first."""
    rows = [SideBySide(field="source", one="a:1", other="b:1"), SideBySide(field=field, one=one, other=other)]
    turned = [SideBySide(field=field, one=other, other=one)]
    assert alike(rows) == {field: expected}
    assert alike(turned) == {field: expected}


def _of_chat() -> Profile:
    wrote = Fragment(first_seen=START)
    return profile(member(bsuid("ES.1").key, edge(phone().key), fragment=wrote), member(phone().key))


def test_an_order_with_the_senders_number_would_be_told() -> None:
    """It stands in the other profile: once both are one the sender is told of it. The sender is masked."""
    bought = Fragment(orders=(order(contacts=(phone().key,)),))
    key = Identifier(IdentifierKind.SHOP_ORDER, "s", "1").key
    other = profile(member(key, fragment=bought), profile_id="p_2")
    (opening,) = newly_disclosed(_of_chat(), other, START)
    assert (opening.sender, opening.orders, opening.before, opening.after) == (
        "whatsapp:….1", 1, Level.LINKED, Level.LINKED,
    )  # fmt: skip


def test_whoever_previews_a_merge_is_told_what_it_discloses() -> None:
    """On the command line as on pages: in words, and then nothing says that what may be told stays as it is."""
    bought = Fragment(orders=(order(contacts=(phone().key,)),))
    other = profile(member(Identifier(IdentifierKind.SHOP_ORDER, "s", "1").key, fragment=bought), profile_id="p_2")
    opens = of_merge(_of_chat(), other, START)
    assert opens.looks == ("whatsapp:….1 would be told more than now (linked, then linked): 1 orders",)
    nothing = of_merge(_of_chat(), profile(member(email().key), profile_id="p_2"), START)
    assert nothing.openings == ()
    assert nothing.looks == ("what a sender may be told stays as it is: a merge is no proof",)


def test_an_edge_that_led_out_raises_the_level() -> None:
    """A proof of an address that stands in the other profile counts once both are one."""
    key = bsuid("ES.1").key
    one = profile(
        member(key, edge(email().key, Evidence.PROVEN, "site.signed_token"), fragment=Fragment(first_seen=START))
    )
    (opening,) = newly_disclosed(one, profile(member(email().key), profile_id="p_2"), START)
    assert (opening.before, opening.after, opening.identifiers) == (Level.CHANNEL, Level.VERIFIED, 1)


def test_what_nothing_leads_to_stays_untold() -> None:
    """An order with another number opens nothing, nor does anything open to an identifier that has never written."""
    bought = Fragment(orders=(order(contacts=(phone("+34600999888").key,)),))
    key = Identifier(IdentifierKind.SHOP_ORDER, "s", "1").key
    assert newly_disclosed(_of_chat(), profile(member(key, fragment=bought), profile_id="p_2"), START) == ()
    silent = profile(member(bsuid("ES.1").key, edge(phone().key)), member(phone().key))
    ours = Fragment(orders=(order(contacts=(phone().key,)),))
    assert newly_disclosed(silent, profile(member(key, fragment=ours), profile_id="p_2"), START) == ()


def test_a_graph_keeps_what_is_tied_and_counts_the_rest() -> None:
    """Of many identifiers those stay that are tied; one tie told by both sides is one; what leads out is counted."""
    key, other = bsuid("ES.1").key, phone().key
    lone = [member(email(f"{number}@x.example").key) for number in range(5)]
    graph = graph_of(profile(*lone, member(key, edge(other), edge("email||out")), member(other, edge(key))), most=3)
    assert {(node.kind, node.end) for node in graph.nodes} >= {("whatsapp", ".1"), ("phone", "22")}
    assert (len(graph.nodes), graph.more, len(graph.ties), graph.more_ties, graph.outside) == (3, 4, 1, 0, 1)
    assert {graph.ties[0].one, graph.ties[0].other} == {
        place for place, node in enumerate(graph.nodes) if node.kind != "email"
    }
