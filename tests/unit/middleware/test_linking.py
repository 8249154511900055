"""Who belongs together: by attestation alone, step by step as the events come in."""

from datetime import timedelta

import pytest

from middleware.domain.candidates import Candidate
from middleware.domain.identifiers import Evidence, Identifier, IdentifierKind
from middleware.domain.identity import Edge, Identity, profile_id_of
from middleware.domain.profile import Member, Profile
from middleware.identity.candidates import attested_both
from middleware.identity.disclosure import Sight
from middleware.identity.linking import NUMBER_HAS_NEW_OWNER, ONLY_PROPOSES, Linked, link
from middleware.identity.mailboxes import MAY_HAVE_NEW_OWNER
from middleware.identity.proof import proven_edge
from middleware.pipeline.absorb import absorb
from middleware.pipeline.passage import LaneBusy
from middleware.pipeline.rules import count_merge, count_unmerge
from middleware.ports import Put
from tests.unit.middleware.builders import NUMBER, START, at, bsuid, change, email, identity, message, order, phone
from tests.unit.middleware.people import People

ANA, ANAS_NEW_ID, LATEST_ID, STRANGER = bsuid("ES.1"), bsuid("ES.2"), bsuid("ES.3"), bsuid("ES.9")
PHONE, OTHER_PHONE = phone("+34600111222"), phone("+34600999888")


async def test_phone_and_scoped_id_of_one_message_become_one_profile() -> None:
    """What WhatsApp names together is one person: one profile, joined by an attested edge."""
    people = People()
    await people.hears(message(ANA, PHONE))
    assert people.profile(PHONE) == people.profile(ANA)
    assert people.profile(ANA).id == profile_id_of(ANA)
    assert [each.identifier for each in people.profile(ANA).members] == [PHONE.key, ANA.key]
    assert people.identity(PHONE).edges == (
        Edge(to=ANA.key, evidence=Evidence.ATTESTED, rule="whatsapp.sender", at=START),
    )


async def test_a_second_message_changes_no_edge() -> None:
    """The earliest report of an edge stays; hearing it again says nothing new."""
    people = People()
    await people.hears(message(ANA, PHONE), message(ANA, PHONE, minutes=5))
    assert [edge.at for edge in people.identity(PHONE).edges] == [START]


async def test_the_earliest_report_of_an_edge_counts_in_any_order() -> None:
    """A late report of an edge moves its time back, not forth."""
    people = People()
    await people.hears(message(ANA, PHONE, minutes=5), message(ANA, PHONE))
    assert [edge.at for edge in people.identity(PHONE).edges] == [START]


async def test_strangers_stay_apart() -> None:
    """Two people that share nothing have a profile each."""
    people = People()
    await people.hears(message(ANA, PHONE), message(STRANGER, OTHER_PHONE))
    assert people.profile(ANA).id != people.profile(STRANGER).id


async def test_a_number_under_another_id_is_seen_by_neither() -> None:
    """A phone that turns up with another id may have a new owner: neither the old nor the new one sees its orders."""
    people = People()
    await people.learns(order(1001, contacts=(PHONE.key,)))
    await people.hears(message(ANA, PHONE))
    assert people.orders_seen_by(ANA) == ("#1001",)

    await people.hears(message(STRANGER, PHONE, minutes=1))

    assert people.identity(PHONE).suspended == NUMBER_HAS_NEW_OWNER
    assert people.profile(STRANGER).id != people.profile(ANA).id
    assert people.orders_seen_by(ANA) == ()
    assert people.orders_seen_by(STRANGER) == ()
    assert people.orders_seen_by(PHONE) == ()


async def test_a_suspended_number_stays_in_the_old_profile() -> None:
    """It was the old holder's until now, and it will be shown there again if it is set free."""
    people = People()
    await people.hears(message(ANA, PHONE), message(STRANGER, PHONE, minutes=1))
    assert people.profile(PHONE) == people.profile(ANA)
    kept = people.profile(ANA).member(PHONE.key)
    assert kept is not None
    assert kept.suspended == NUMBER_HAS_NEW_OWNER
    assert people.profile(STRANGER).member(PHONE.key) is None


async def test_orders_that_come_while_a_number_is_suspended_are_seen_by_neither() -> None:
    """A suspended number goes on collecting its orders, for whoever it turns out to belong to."""
    people = People()
    await people.hears(message(ANA, PHONE), message(STRANGER, PHONE, minutes=1))
    await people.learns(order(1002, contacts=(PHONE.key,)))
    assert people.orders_seen_by(ANA) == people.orders_seen_by(STRANGER) == ()
    await people.hears(change(ANA, STRANGER, minutes=2))
    assert people.orders_seen_by(STRANGER) == ("#1002",)


async def test_the_old_holder_alone_does_not_set_a_number_free() -> None:
    """Writing again from the suspended number proves nothing about who else has it."""
    people = People()
    await people.hears(message(ANA, PHONE), message(STRANGER, PHONE, minutes=1), message(ANA, PHONE, minutes=2))
    assert people.identity(PHONE).suspended == NUMBER_HAS_NEW_OWNER


async def test_a_change_of_id_sets_the_number_free() -> None:
    """When WhatsApp says that the old id became the new one, it was one person all along: all of it is theirs."""
    people = People()
    await people.learns(order(1001, contacts=(PHONE.key,)))
    await people.hears(message(ANA, PHONE), message(ANAS_NEW_ID, PHONE, minutes=1))
    assert people.orders_seen_by(ANAS_NEW_ID) == ()

    await people.hears(change(ANA, ANAS_NEW_ID, minutes=2))

    assert people.identity(PHONE).suspended is None
    assert people.profile(ANAS_NEW_ID) == people.profile(ANA) == people.profile(PHONE)
    assert people.orders_seen_by(ANAS_NEW_ID) == ("#1001",)
    assert people.orders_seen_by(ANA) == ("#1001",)


async def test_a_change_that_is_known_beforehand_suspends_nothing() -> None:
    """An update that comes before the first message under the new id keeps the number where it is."""
    people = People()
    await people.hears(message(ANA, PHONE), change(ANA, ANAS_NEW_ID, minutes=1))
    await people.hears(message(ANAS_NEW_ID, PHONE, minutes=2))
    assert people.identity(PHONE).suspended is None
    assert people.profile(ANAS_NEW_ID).id == profile_id_of(ANA)


async def test_a_change_of_somebody_else_sets_nothing_free() -> None:
    """Only a change between the two ids that hold the number ends the doubt."""
    people = People()
    await people.hears(message(ANA, PHONE), message(STRANGER, PHONE, minutes=1))
    await people.hears(change(ANA, ANAS_NEW_ID, minutes=2))
    assert people.identity(PHONE).suspended == NUMBER_HAS_NEW_OWNER


@pytest.mark.parametrize("first", ["earlier change", "later change"])
async def test_a_chain_of_changes_is_one_person(first: str) -> None:
    """A became B became C: all three are one profile, the oldest, whichever change is heard first."""
    people = People()
    await people.hears(message(ANA, PHONE))
    changes = [change(ANA, ANAS_NEW_ID, minutes=1), change(ANAS_NEW_ID, LATEST_ID, minutes=2)]
    await people.hears(*(changes if first == "earlier change" else reversed(changes)))
    profile = people.profile(LATEST_ID)
    assert profile.id == profile_id_of(ANA)
    assert [each.identifier for each in profile.members] == [PHONE.key, ANA.key, ANAS_NEW_ID.key, LATEST_ID.key]
    await people.hears(message(LATEST_ID, PHONE, minutes=3))
    assert people.identity(PHONE).suspended is None
    assert people.profile(LATEST_ID).id == profile_id_of(ANA)


@pytest.mark.parametrize("first", ["earlier change", "later change"])
async def test_a_chain_of_changes_sets_a_number_free(first: str) -> None:
    """A number in doubt between the two ends of a chain is free once the whole chain is known."""
    people = People()
    await people.hears(message(ANA, PHONE), message(LATEST_ID, PHONE, minutes=1))
    assert people.identity(PHONE).suspended == NUMBER_HAS_NEW_OWNER
    changes = [change(ANA, ANAS_NEW_ID, minutes=1), change(ANAS_NEW_ID, LATEST_ID, minutes=2)]
    await people.hears(*(changes if first == "earlier change" else reversed(changes)))
    assert people.identity(PHONE).suspended is None
    assert people.profile(LATEST_ID) == people.profile(PHONE)


async def test_two_profiles_that_come_to_share_a_number_are_merged() -> None:
    """The younger profile points to the older one; the older one shows everybody."""
    people = People()
    await people.hears(message(PHONE), message(ANA, minutes=1))
    assert people.profile(PHONE).id != people.profile(ANA).id

    await people.hears(message(ANA, PHONE, minutes=2))

    younger = people.store.all(Profile)[profile_id_of(ANA)]
    assert (younger.merged_into, younger.merged_by) == (profile_id_of(PHONE), "whatsapp.sender")
    assert people.profile(ANA).id == profile_id_of(PHONE)
    assert [each.identifier for each in people.profile(ANA).members] == [PHONE.key, ANA.key]


async def test_the_old_id_of_a_merged_profile_keeps_resolving() -> None:
    """Identities of the younger profile still name it, so that clearing the pointer takes the two apart again."""
    people = People()
    await people.hears(message(PHONE), message(ANA, minutes=1), message(ANA, PHONE, minutes=2))
    assert people.identity(ANA).profile_id == profile_id_of(ANA)
    younger = people.store.all(Profile)[profile_id_of(ANA)]
    assert [each.identifier for each in younger.members] == [ANA.key]
    passage = await people.hears(message(ANA, minutes=3))
    assert passage.profile_id == profile_id_of(PHONE)


async def test_of_two_profiles_the_one_that_began_earlier_stays() -> None:
    """Which one is older is told by when people wrote, not by which event was worked on first."""
    people = People()
    await people.hears(message(ANA, minutes=1), message(PHONE, minutes=0), message(ANA, PHONE, minutes=2))
    assert people.profile(ANA).id == profile_id_of(PHONE)


async def test_a_profile_begins_with_the_earliest_message() -> None:
    """A message that was written earlier but comes later makes the profile as old as it is."""
    people = People()
    await people.hears(message(ANA, minutes=5), message(ANA, minutes=1))
    assert people.profile(ANA).created_at == at(1)


async def test_facts_reach_a_profile_that_was_merged_twice() -> None:
    """An order for an identifier two mergers away shows where its person is shown now."""
    people = People()
    first, second, third = phone("+34600000001"), ANA, OTHER_PHONE
    # Three profiles, the oldest first. The two younger ones are merged, then both go into the oldest.
    await people.hears(message(first, minutes=0), message(second, minutes=1), message(third, minutes=2))
    await people.hears(message(second, third, minutes=3))
    await people.hears(message(second, first, minutes=4))
    assert people.profile(third).id == profile_id_of(first)

    await people.learns(order(1001, version=10, contacts=(third.key,)))
    assert people.orders_seen_by(second) == ("#1001",)

    await people.learns(order(1001, version=11, contacts=("email||else@example.com",)))
    assert people.orders_seen_by(second) == ()


async def test_a_number_that_became_another_stays_with_its_person() -> None:
    """WhatsApp says that the customer changed numbers: the new number sees what the old one brought."""
    people = People()
    await people.learns(order(1001, contacts=(PHONE.key,)))
    await people.hears(message(PHONE), change(PHONE, OTHER_PHONE, minutes=1), message(OTHER_PHONE, minutes=2))
    assert people.orders_seen_by(OTHER_PHONE) == ("#1001",)


async def test_a_number_that_was_given_up_tells_its_next_owner_nothing() -> None:
    """After WhatsApp said that a number became another one, whoever writes from the old number is somebody else."""
    people = People()
    await people.learns(order(1001, contacts=(OTHER_PHONE.key,)))
    await people.hears(message(PHONE), change(PHONE, OTHER_PHONE, minutes=1), message(OTHER_PHONE, minutes=2))
    passage = await people.hears(message(STRANGER, PHONE, minutes=3))
    assert Sight(passage.profile, STRANGER.key, START).orders(now=at(10)) == ()


async def test_a_suspended_number_that_writes_alone_is_a_person_of_its_own() -> None:
    """A message from a suspended number without an id belongs to nobody known: it is shown nothing of either."""
    people = People()
    await people.learns(order(1001, contacts=(PHONE.key,)))
    await people.hears(message(ANA, PHONE), message(STRANGER, PHONE, minutes=1))
    passage = await people.hears(message(PHONE, minutes=2))
    assert Sight(passage.profile, PHONE.key, START).orders(now=at(10)) == ()
    assert passage.conversation.record.aliases == ()


async def test_a_suspended_number_can_write_more_than_once() -> None:
    """The second message of a suspended number goes through like the first."""
    people = People()
    await people.hears(message(ANA, PHONE), message(STRANGER, PHONE, minutes=1))
    await people.hears(message(PHONE, minutes=2))
    await people.hears(message(PHONE, minutes=3))


async def test_a_suspended_number_that_founded_the_profile_wipes_nothing() -> None:
    """A message from a suspended number leaves the profile that it once founded as it is."""
    people = People()
    await people.hears(message(PHONE), message(ANA, PHONE, minutes=1), message(STRANGER, PHONE, minutes=2))
    before = people.profile(ANA)
    assert before.id == profile_id_of(PHONE)
    await people.hears(message(PHONE, minutes=3))
    assert [each.identifier for each in people.profile(ANA).members] == [each.identifier for each in before.members]


async def test_a_suspended_number_does_not_enter_the_old_holders_conversation() -> None:
    """Whoever writes from a number in doubt begins a conversation of their own, also where the number began one."""
    people = People()
    founding = await people.hears(message(PHONE))
    await people.hears(message(ANA, PHONE, minutes=1), message(STRANGER, PHONE, minutes=2))
    passage = await people.hears(message(PHONE, minutes=3))
    assert passage.conversation.record.id != founding.conversation.record.id


async def test_a_new_id_with_a_suspended_number_has_its_own_conversation() -> None:
    """The new holder of a number does not enter the conversation of the old one."""
    people = People()
    old = await people.hears(message(ANA, PHONE))
    new = await people.hears(message(STRANGER, PHONE, minutes=1))
    assert old.conversation.record.id != new.conversation.record.id
    assert new.conversation.record.aliases == (STRANGER.key,)


async def test_a_new_id_of_the_same_person_keeps_the_conversation() -> None:
    """It stays the same conversation when the id changes."""
    people = People()
    old = await people.hears(message(ANA, PHONE))
    await people.hears(change(ANA, ANAS_NEW_ID, minutes=1))
    new = await people.hears(message(ANAS_NEW_ID, minutes=2))
    assert new.conversation.record.id == old.conversation.record.id


def test_the_same_number_in_two_portfolios_is_one_person() -> None:
    """Business-scoped ids differ by portfolio: one id in each says nothing against the other."""
    here, there = bsuid("ES.1", "portfolio-1"), bsuid("ES.5", "portfolio-2")
    first = link(message(here, PHONE), {}, {})
    second = link(message(there, PHONE), {PHONE.key: first.identities[PHONE.key]}, first.profiles)
    assert second.identities[PHONE.key].suspended is None
    assert second.profile_id == first.profile_id


def test_linking_twice_is_linking_once() -> None:
    """The same event over its own result changes nothing: a crash in between costs nothing."""
    event = message(ANA, PHONE)
    once = link(event, {}, {})
    twice = link(event, once.identities, once.profiles)
    assert twice == once


def test_an_identity_without_profile_joins_the_senders() -> None:
    """A number that only a shop knew becomes the sender's with everything it brought."""
    known = identity(PHONE, facts=3).with_fragment(Identity(id="x").fragment.with_order(order(1001)))
    linked = link(message(ANA, PHONE), {PHONE.key: known}, {})
    joined = linked.profiles[linked.profile_id].member(PHONE.key)
    assert joined is not None
    assert [each.number for each in joined.fragment.orders] == ["#1001"]


def test_a_merge_takes_all_members_along() -> None:
    """The older profile shows the members of the younger one beside its own, the newest copy of each."""
    older = Profile(id="p_a", created_at=at(0), members=(Member(identifier=ANA.key, facts=1),))
    younger = Profile(
        id="p_b",
        created_at=at(1),
        members=(Member(identifier=ANA.key, facts=2), Member(identifier=PHONE.key, facts=1)),
    )
    known = {
        ANA.key: identity(ANA, profile_id="p_a", facts=2),
        PHONE.key: identity(PHONE, profile_id="p_b", facts=1),
    }
    linked = link(message(ANA, PHONE, minutes=9), known, {"p_a": older, "p_b": younger})
    assert linked.profile_id == "p_a"
    assert [(each.identifier, each.facts) for each in linked.profiles["p_a"].members] == [
        (PHONE.key, 2),  # counted up by the edge of this very message
        (ANA.key, 2),
    ]


def test_a_seat_is_given_for_the_account_that_was_written_to() -> None:
    """Each identifier of the message finds the conversation again, on this account alone."""
    linked = link(message(ANA, PHONE), {}, {})
    for key in (ANA.key, PHONE.key):
        assert linked.identities[key].seat("whatsapp", NUMBER) == linked.conversation_id
        assert linked.identities[key].seat("whatsapp", "another number") is None


def test_unknown_identifiers_are_made() -> None:
    """Every identifier that an event names exists afterwards."""
    named: list[Identifier] = [ANA, PHONE]
    assert sorted(link(message(ANA, PHONE), {}, {}).identities) == sorted(each.key for each in named)


async def test_an_order_in_the_middle_of_a_first_message_is_no_obstacle() -> None:
    """The shop tells of an order between reading and writing the sender: the message is begun again, and ends."""
    people = People()
    passage = await people.resolves(message(ANA, PHONE))
    await people.learns(order(1001, contacts=(PHONE.key,)))
    with pytest.raises(LaneBusy):
        await absorb(passage)
    await people.hears(message(ANA, PHONE))
    assert people.orders_seen_by(ANA) == ("#1001",)


async def test_an_order_in_the_middle_of_a_lone_numbers_first_message_is_no_obstacle() -> None:
    """The same where the number itself is the sender."""
    people = People()
    passage = await people.resolves(message(PHONE))
    await people.learns(order(1001, contacts=(PHONE.key,)))
    with pytest.raises(LaneBusy):
        await absorb(passage)
    await people.hears(message(PHONE))
    assert people.orders_seen_by(PHONE) == ("#1001",)


async def test_an_order_in_the_middle_of_a_suspension_is_no_obstacle() -> None:
    """The same where the message puts the number in doubt."""
    people = People()
    await people.hears(message(ANA, PHONE))
    passage = await people.resolves(message(STRANGER, PHONE, minutes=1))
    await people.learns(order(1001, contacts=(PHONE.key,)))
    with pytest.raises(LaneBusy):
        await absorb(passage)
    await people.hears(message(STRANGER, PHONE, minutes=1))
    assert people.orders_seen_by(ANA) == people.orders_seen_by(STRANGER) == ()


async def test_an_order_in_the_middle_of_a_given_up_numbers_message_is_no_obstacle() -> None:
    """The same where the number was given up before somebody wrote from it alone."""
    people = People()
    await people.hears(message(PHONE), change(PHONE, OTHER_PHONE, minutes=1))
    passage = await people.resolves(message(PHONE, minutes=3))
    await people.learns(order(1001, contacts=(PHONE.key,)))
    with pytest.raises(LaneBusy):
        await absorb(passage)
    await people.hears(message(PHONE, minutes=3))


async def test_an_order_in_the_middle_of_a_merge_is_no_obstacle() -> None:
    """The same where two profiles are being merged: nothing of either is lost."""
    people = People()
    await people.hears(message(PHONE), message(ANA, minutes=1))
    passage = await people.resolves(message(ANA, PHONE, minutes=2))
    await people.learns(order(1001, contacts=(PHONE.key,)))
    with pytest.raises(LaneBusy):
        await absorb(passage)
    await people.hears(message(ANA, PHONE, minutes=2))
    assert people.profile(ANA).id == profile_id_of(PHONE)
    assert people.orders_seen_by(ANA) == ("#1001",)


async def test_two_workers_on_one_first_message_end_with_one_profile() -> None:
    """Both resolved it before either wrote: one is told to wait, and then goes on from what the other wrote."""
    people = People()
    event = message(ANA, PHONE)
    one, other = await people.resolves(event), await people.resolves(event)
    await absorb(one)
    with pytest.raises(LaneBusy):
        await absorb(other)
    await people.hears(event)
    assert list(people.store.all(Profile)) == [profile_id_of(ANA)]


async def test_a_customer_who_takes_the_old_number_back_is_not_in_doubt() -> None:
    """The latest change counts: from one number to another and back again."""
    people = People()
    await people.learns(order(1001, contacts=(PHONE.key,)))
    await people.hears(message(PHONE), change(PHONE, OTHER_PHONE, minutes=1), change(OTHER_PHONE, PHONE, minutes=2))
    await people.hears(message(PHONE, minutes=3))
    assert people.orders_seen_by(PHONE) == ("#1001",)


OLD = Identifier(IdentifierKind.MESSENGER, "1001", "7301")
ADDRESS, ACCOUNTS = email(), [Identifier(IdentifierKind.SITE_ACCOUNT, "glow", number) for number in ("1", "2")]


def proving(target: Identity, *roots: Profile) -> Linked:
    """What a right code of Ana's makes of an address."""
    known = {ANA.key: Identity(id=ANA.key, profile_id="p_ana"), ADDRESS.key: target}
    by_id = {each.id: each for each in roots}
    return link(message(ANA, minutes=9), known, by_id, proven=proven_edge(ANA, ADDRESS, at(9)))


def someone(name: str, *identities: Identity, minutes: float = 0) -> Profile:
    """A profile of these identities."""
    return Profile(id=name, created_at=at(minutes), members=tuple(Member.of(each) for each in identities))


def test_a_proven_address_becomes_the_senders() -> None:
    """The edge stands at the sender, the address in their profile; it has no part in the conversation."""
    linked = proving(Identity(id=ADDRESS.key), someone("p_ana"))
    assert linked.identities[ANA.key].edges == (proven_edge(ANA, ADDRESS, at(9)),)
    assert linked.identities[ADDRESS.key].profile_id == "p_ana"
    assert linked.identities[ADDRESS.key].seats == ()
    assert [each.identifier for each in linked.profiles["p_ana"].members] == sorted([ADDRESS.key, ANA.key])


def proven_by_old(days_ago: float) -> tuple[Identity, Profile]:
    """The address in the profile of Old, who proved it so many days before Ana does."""
    theirs = Identity(id=ADDRESS.key, profile_id="p_old")
    old = Identity(id=OLD.key, profile_id="p_old", edges=(proven_edge(OLD, ADDRESS, at(9) - timedelta(days=days_ago)),))
    return theirs, someone("p_old", theirs, old, minutes=-60 * 24 * 365)


def test_a_proven_address_of_another_profile_merges_by_its_rule() -> None:
    """Whoever proved it lately is the same person: the older profile stays."""
    theirs, old = proven_by_old(days_ago=29)
    linked = proving(theirs, someone("p_ana", minutes=5), old)
    assert [(each.older, each.younger, each.rule) for each in linked.merged] == [("p_old", "p_ana", "proof.email_code")]


def test_a_mailbox_that_was_proven_long_ago_may_have_a_new_owner() -> None:
    """After a month nothing is merged and nothing of the other is seen; a person is asked, and so every time again."""
    theirs, old = proven_by_old(days_ago=31)
    linked = proving(theirs, someone("p_ana", minutes=5), old)
    assert (linked.profile_id, linked.merged) == ("p_ana", ())
    assert set(Sight(linked.profiles["p_ana"], ANA.key, at(9)).levels) == {ANA.key}
    assert [(each.one, each.other, each.why) for each in linked.refused] == [("p_ana", "p_old", MAY_HAVE_NEW_OWNER)]

    again = proving(linked.identities[ADDRESS.key], linked.profiles["p_ana"], linked.profiles["p_old"])
    assert (again.merged, len(again.refused)) == ((), 1)


async def test_a_site_that_signs_for_an_old_mailbox_is_asked_about_it_as_well() -> None:
    """A visitor whom the site signs in with an address that somebody proved long ago begins a profile of their own,
    and has it still when they come again.
    """
    people, visitor = People(), Identifier(IdentifierKind.VISITOR, "glow", "visitor-1")
    theirs, old = proven_by_old(days_ago=31)
    await people.store.write(Put(theirs), Put(old))
    await people.learns(order(1001, contacts=(ADDRESS.key,)))
    for minutes in (9, 14):
        await people.hears(message(visitor, ACCOUNTS[0], ADDRESS, minutes=minutes, connector="webchat"))
        assert people.profile(visitor).id == profile_id_of(visitor)
        assert people.profile(ADDRESS).id == "p_old"
        assert people.orders_seen_by(visitor) == ()
    (asked,) = people.store.all(Candidate).values()
    assert asked.conflicts == (MAY_HAVE_NEW_OWNER,)


@pytest.mark.parametrize("has_written", [False, True])
async def test_two_accounts_of_one_site_with_one_address_stay_two(has_written: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A visitor whom the site signs in to another account with the same address joins nobody, new or not, and a person
    is asked: the site's word for the account says that they are two.
    """
    people = People()
    first, second = (Identifier(IdentifierKind.VISITOR, "glow", f"visitor-{number}") for number in (1, 2))
    await people.learns(order(1001, contacts=(ADDRESS.key,)))
    await people.hears(message(first, ACCOUNTS[0], ADDRESS, minutes=9, connector="webchat"))
    assert people.orders_seen_by(first) == ("#1001",)
    if has_written:
        await people.hears(message(second, minutes=10, connector="webchat"))

    for minutes in (11, 12):
        await people.hears(message(second, ACCOUNTS[1], ADDRESS, minutes=minutes, connector="webchat"))
        assert people.profile(second).id == people.profile(ACCOUNTS[1]).id == profile_id_of(second)
        assert people.profile(first).id == people.profile(ADDRESS).id == profile_id_of(first)
        assert people.orders_seen_by(second) == ()
    (asked,) = people.store.all(Candidate).values()
    assert asked.conflicts == ("two different records of glow (site_account), where a person has one",)


async def test_a_rule_that_is_undone_too_often_only_asks() -> None:
    """Once too many merges of a rule were undone it merges nobody by itself on the path of a message either: the two
    stay two, and the queue has the question with the reason.
    """
    people = People()
    theirs, old = proven_by_old(days_ago=1)
    await people.store.write(Put(theirs), Put(old))
    visitor = Identifier(IdentifierKind.VISITOR, "glow", "visitor-1")
    await people.hears(message(visitor, minutes=8, connector="webchat"))
    for _ in range(20):
        await count_merge(people.store, "site.signed_token", at(8))
        await count_unmerge(people.store, "site.signed_token", at(8))

    await people.hears(message(visitor, ACCOUNTS[0], ADDRESS, minutes=9, connector="webchat"))
    assert people.profile(visitor).id == people.profile(ACCOUNTS[0]).id == profile_id_of(visitor)
    assert people.profile(ADDRESS).id == "p_old"
    (asked,) = people.store.all(Candidate).values()
    assert asked.conflicts == (ONLY_PROPOSES,)


def test_a_proof_against_other_ids_is_a_question() -> None:
    """With two different accounts of one site nothing is merged, nothing is seen, and a person is asked."""
    hers, his = (Identity(id=each.key) for each in ACCOUNTS)
    theirs, old = proven_by_old(days_ago=1)
    linked = proving(theirs, someone("p_ana", hers, minutes=5), old.with_member(his))
    assert (linked.profile_id, linked.merged) == ("p_ana", ())
    assert set(Sight(linked.profiles["p_ana"], ANA.key, at(9)).levels) == {ANA.key}
    (refused,) = linked.refused
    asked = attested_both(refused, message(ANA, minutes=9), proven_edge(ANA, ADDRESS, at(9)))
    assert (asked.rule, asked.records) == ("proof.email_code", (ANA.key, ADDRESS.key))
    assert "ana@example.com" not in asked.reasons[0].words
