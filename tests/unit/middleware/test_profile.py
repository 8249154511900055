"""The copy of an identity inside a profile."""

from datetime import UTC, datetime

from middleware.domain.fragment import Fragment, Name
from middleware.domain.identity import Identity
from middleware.domain.profile import Member, Profile

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
EMPTY = Profile(id="p_1", created_at=NOW)


def identity(name: str, facts: int) -> Identity:
    """One that was changed so many times."""
    return Identity(
        id="phone||+34600111222",
        fragment=Fragment().with_name(Name(value=name, at=NOW, event="e", source="whatsapp")),
        facts=facts,
    )


def test_a_newer_state_replaces_the_copy_and_an_older_one_does_not() -> None:
    """Whoever read early and writes late takes nothing back."""
    profile = EMPTY.with_member(identity("Ana", 1)).with_member(identity("Ana María", 2))
    assert profile.members == (Member.of(identity("Ana María", 2)),)
    assert profile.with_member(identity("Ana", 1)) is profile


def test_of_two_states_with_one_count_the_identitys_counts() -> None:
    """Two writers counted to the same number, and the copy is of the one whose identity did not land."""
    profile = EMPTY.with_member(identity("Ana", 1))
    assert profile.with_member(identity("Bea", 1)).members == (Member.of(identity("Bea", 1)),)


def test_the_same_state_changes_nothing() -> None:
    """Nothing is written for it."""
    profile = EMPTY.with_member(identity("Ana", 1))
    assert profile.with_member(identity("Ana", 1)) is profile
