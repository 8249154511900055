"""Stage 6, absorb: facts go into the fragment of their anchor and into the joined profile. Doing it again changes
nothing.

A person's own event is written under the lease of their lane, in the same command that takes it. What a source tells
belongs to no conversation: `absorb_facts.py`.
"""

from middleware.domain.changes import SAID_BY_CUSTOMER
from middleware.domain.events import Event, EventKind
from middleware.domain.fragment import Fragment, Name
from middleware.domain.identity import Identity
from middleware.domain.journal import JournalEntry, journal_id
from middleware.domain.policy import consent_word
from middleware.identity.candidates import attested_both
from middleware.identity.linking import Merged
from middleware.identity.merging import DECIDED_APART
from middleware.pipeline.absorb_facts import click_of, word_of
from middleware.pipeline.beside import wanted
from middleware.pipeline.passage import LaneBusy, Passage
from middleware.pipeline.rules import count_merge
from middleware.pipeline.timeline import noting
from middleware.ports import Put, Recorded, Stored

_CUSTOMER_WROTE = frozenset({EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL, EventKind.STANDBY})


async def absorb(passage: Passage) -> None:
    """Absorb a channel event, take the lane and want its jobs: one command. Raises LaneBusy if somebody was quicker."""
    sender = passage.sender
    absorbed = sender.record.with_fragment(after_event(sender.record.fragment, passage.event))
    _keep(passage, Stored(absorbed, sender.version))
    _take_word(passage)
    asked, jobs = wanted(passage)
    lease = passage.new_lease()
    leased = Stored(absorbed.model_copy(update={"lease": lease, "asked": asked}), sender.version)
    heads, pages = await noting(passage.brand.store, [passage.head] if passage.head is not None else [], passage.event)
    puts = [*_changed(passage, leased), *heads]
    recorded = Put(Recorded(id=passage.event.key, event=passage.event))
    journal = [Put(_entry_of(each, passage.event)) for each in passage.merged]
    proven = passage.code.edge if passage.code is not None else None
    conflicts = [each for each in passage.refused if each.why != DECIDED_APART]
    asked_about = [Put(attested_both(each, passage.event, proven)) for each in conflicts]
    landed = await passage.brand.store.write(*puts, recorded, *pages, *journal, *asked_about, *map(Put, jobs))
    if not all(landed[: len(puts)]):
        raise LaneBusy(passage.now())
    _now_stored(passage, {id(put.record) for put in puts}, leased)
    for merge in passage.merged:
        await count_merge(passage.brand.store, merge.rule, passage.now())


def _changed(passage: Passage, leased: Stored[Identity]) -> list[Put]:
    """What this event changes: profiles, the sender with the lease, and the identities beside."""
    beside = (each for key, each in passage.identities.items() if key not in {leased.record.id, *passage.unchanged})
    return [
        *(each.put(each.record) for key, each in passage.profiles.items() if key not in passage.unchanged),
        leased.put(leased.record),
        *(each.put(each.record) for each in beside),
    ]


def _keep(passage: Passage, sender: Stored[Identity]) -> None:
    """Put the sender's new state into the passage: into the identities and into the profile."""
    key = sender.record.id
    if sender.record == passage.identities[key].record:
        return
    passage.identities[key] = sender
    passage.unchanged.discard(key)
    for home, profile in passage.profiles.items():
        if profile.record.member(key) is not None:
            passage.profiles[home] = Stored(profile.record.with_member(sender.record), profile.version)
            passage.unchanged.discard(home)


def _take_word(passage: Passage) -> None:
    """Keep on the profile what the customer says of promotions."""
    event, profile = passage.event, passage.profiles[passage.profile_id]
    said = event.message.text if event.message is not None and event.kind in SAID_BY_CUSTOMER else ""
    granted = event.optin.granted if event.optin is not None else consent_word(said)
    if granted is None or event.anchor is None:
        return
    home = passage.sender.record.profile_id or passage.profile_id
    word = word_of(profile.record, event, event.anchor.key, home, event.connector, granted=granted)
    if profile.record.with_word(word) != profile.record:
        passage.profiles[passage.profile_id] = Stored(profile.record.with_word(word), profile.version)
        passage.unchanged.discard(passage.profile_id)


def _entry_of(merge: Merged, event: Event) -> JournalEntry:
    """The journal's entry of two profiles that an event makes one: it is carried out by the very write."""
    return JournalEntry(
        id=journal_id("merge", merge.older, merge.younger, event.key),
        kind="merge",
        stays=merge.older,
        moves=merge.younger,
        rule=merge.rule,
        by="rule",
        at=event.occurred_at,
        note=event.key,
        state="done",
    )


def _now_stored(passage: Passage, written: set[int], leased: Stored[Identity]) -> None:
    """Count up the versions of what was just written."""
    passage.identities[leased.record.id] = leased
    for key, identity in passage.identities.items():
        if id(identity.record) in written:
            passage.identities[key] = Stored(identity.record, identity.version + 1)
    for key, profile in passage.profiles.items():
        if id(profile.record) in written:
            passage.profiles[key] = Stored(profile.record, profile.version + 1)


def after_event(fragment: Fragment, event: Event) -> Fragment:
    """The sender's fragment after a channel event."""
    if event.kind in _CUSTOMER_WROTE:
        fragment = fragment.seen_at(event.occurred_at)
    if event.referral is not None:
        fragment = fragment.with_click(click_of(event, event.referral))
    if event.name:
        fragment = fragment.with_name(_claimed(event, event.name))
    if event.record is not None:
        fragment = fragment.with_record(event.record)
    told = event.sender_profile
    if told is not None and told.locale:
        fragment = fragment.with_locale(_claimed(event, told.locale))
    if told is not None and told.time_zone:
        fragment = fragment.with_time_zone(_claimed(event, told.time_zone))
    return fragment


def _claimed(event: Event, value: str) -> Name:
    """A value as the customer set it, with where it comes from: the platform's events, or its answer to a question."""
    source = f"{event.connector}.sender_profile" if event.kind is EventKind.SENDER_PROFILE else event.connector
    return Name(value=value[:256], at=event.occurred_at, event=event.key, source=source)
