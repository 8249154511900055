"""Which identifiers of an event belong together, and to which profile: exact, by attestation alone. Pure.

Two profiles that come to share an attested identifier are merged by rule: one pointer on the younger one. A phone
that turns up with another business-scoped id, though nobody said that the id changed, may have a new owner: it is
suspended, so that it neither links nor discloses, until the platform says otherwise.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import SHARED_BY_MANY, Edge, Identity, Seat, conversation_id_of, profile_id_of
from middleware.domain.profile import Profile
from middleware.identity.evidence import RULE_BESIDE, RULES
from middleware.identity.mailboxes import MAY_HAVE_NEW_OWNER, in_doubt
from middleware.identity.merging import pair_id, why_apart

_CHANGE = "whatsapp.identity_change"
ONLY_PROPOSES = "merges by this rule were undone too often: it only proposes"
NUMBER_HAS_NEW_OWNER = "the number is in use under another business-scoped id"

WhyApart = Callable[[Profile, Profile], str | None]
"""Why two profiles may not be merged, in words."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Two profiles that an event makes one: `younger` points to `older` from now on."""

    younger: str
    older: str
    rule: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Two profiles that share an attested identifier and are kept apart, with the reason in words."""

    one: str
    other: str
    why: str


@dataclass(frozen=True, slots=True)
class Linked:
    """What an event says about who belongs together."""

    identities: dict[str, Identity]
    """The event's identifiers after linking, by key."""
    profile_id: str
    """The sender's profile: a key of `profiles`."""
    profiles: dict[str, Profile]
    """Every profile that these identities belong to, with them as members; merged ones with their pointer."""
    conversation_id: str
    merged: tuple[Merged, ...] = ()
    refused: tuple[Refused, ...] = ()
    """Profiles that share an attested identifier, and are not merged all the same: a person has to look at them."""


def link(
    event: Event,
    known: Mapping[str, Identity],
    roots: Mapping[str, Profile],
    apart: Collection[str] = (),
    proven: Edge | None = None,
    held: Collection[str] = (),
) -> Linked:
    """Link the identifiers of a channel event.

    `known` are the identities that exist, by key, suspended ones among them; `roots` maps every profile id that they
    name to the profile that it resolves to; `apart` are the pairs that somebody decided not to be one person, `held`
    those that the rule at work may only propose. `proven` leads from the sender to what this very event proves to be
    theirs, which is among `known`.
    """
    assert event.anchor is not None  # noqa: S101 - for the type checker: only events of a person are linked
    identities = {key: known.get(key, Identity(id=key)) for key in _keys_of(event, known)}
    identities = _with_edges(event, identities, proven)
    identities = _with_suspensions(event, identities, roots)
    joined = _joined(event, identities, roots, _against(apart, held), proven)
    profile = joined.into
    home = _home(event, identities, roots, joined)
    identities = {key: _seated(identity, home) for key, identity in identities.items()}
    conversation_id = _conversation_of(event, identities)
    seat = Seat(channel=event.connector, account=event.account, conversation_id=conversation_id)
    # Nobody has written from what is proven: it has no part in the conversation.
    beside = proven.to if proven is not None else None
    identities = {
        key: identity if identity.suspended or key == beside else identity.with_seat(seat)
        for key, identity in identities.items()
    }
    profiles = {each.id: each for each in (profile, *joined.others)}
    for identity in identities.values():
        shown = _shown_in(identity, roots, joined)
        if shown is not None:
            profiles[shown.id] = profiles.get(shown.id, shown).with_member(identity)
    merges = tuple(Merged(each.id, profile.id, each.merged_by or "") for each in joined.others)
    return Linked(identities, profile.id, profiles, conversation_id, merges, joined.refused)


def _keys_of(event: Event, known: Mapping[str, Identity]) -> list[str]:
    named = [event.anchor, *event.also]
    if event.change is not None:
        named += [event.change.current, event.change.previous]
    return sorted({*(identifier.key for identifier in named if identifier is not None), *known})


def _with_edges(event: Event, identities: dict[str, Identity], proven: Edge | None) -> dict[str, Identity]:
    anchor = event.anchor
    assert anchor is not None  # noqa: S101 - for the type checker
    linked = dict(identities)
    for other in event.also if event.connector in RULE_BESIDE else ():
        linked[other.key] = linked[other.key].with_edge(_edge(anchor, RULE_BESIDE[event.connector], event))
    if event.change is not None and event.change.previous != event.change.current:
        current = event.change.current.key
        edge = _edge(event.change.previous, _CHANGE, event)
        linked[current] = linked[current].with_edge(edge, latest=True)
    if proven is not None:
        linked[anchor.key] = linked[anchor.key].with_edge(proven, latest=True)
    return linked


def _edge(to: Identifier, rule: str, event: Event) -> Edge:
    return Edge(to=to.key, evidence=RULES[rule].evidence, rule=rule, at=event.occurred_at)


def _with_suspensions(
    event: Event, identities: dict[str, Identity], roots: Mapping[str, Profile]
) -> dict[str, Identity]:
    """Suspend or free each phone, by whether all business-scoped ids seen with it are one person."""
    one_person = _same_person(event, identities, roots)
    checked = dict(identities)
    for key, identity in identities.items():
        if Identifier.from_key(key).kind is IdentifierKind.PHONE and identity.suspended != SHARED_BY_MANY:
            in_order = _has_one_holder(identity, one_person) and not _was_given_up(event, identity, roots)
            checked[key] = identity.with_suspension(None if in_order else NUMBER_HAS_NEW_OWNER)
    return checked


def _was_given_up(event: Event, phone: Identity, roots: Mapping[str, Profile]) -> bool:
    """Whether the number was replaced by another one before somebody now writes from it. It stays in doubt."""
    if phone.suspended == NUMBER_HAS_NEW_OWNER and not phone.edges:
        return True
    root = roots.get(phone.profile_id) if phone.profile_id is not None else None
    if root is None or event.change is not None:
        return False
    given_up = _changes_to(phone.id, (edge for member in root.members for edge in member.edges))
    taken = [edge.at for edge in phone.edges if edge.rule == _CHANGE]
    last = max(given_up, default=None)
    return last is not None and last < event.occurred_at and last > max(taken, default=datetime.min.replace(tzinfo=UTC))


def _changes_to(previous: str, edges: Iterable[Edge]) -> list[datetime]:
    """When the platform said that an identifier became another one."""
    return [edge.at for edge in edges if edge.to == previous and edge.rule == _CHANGE]


def _same_person(event: Event, identities: dict[str, Identity], roots: Mapping[str, Profile]) -> dict[str, str]:
    """Identifier key -> a name for the person, for all keys that are known to be somebody's.

    An identity change makes the two identifiers one person, whatever their profiles were.
    """
    person: dict[str, str] = {}
    for key, identity in identities.items():
        if identity.profile_id is not None and identity.profile_id in roots:
            person[key] = roots[identity.profile_id].id
    for root in roots.values():
        person.update({member.identifier: root.id for member in root.members if member.suspended is None})
    if event.change is not None:
        previous, current = event.change.previous.key, event.change.current.key
        one = person.get(previous) or person.get(current) or previous
        gone = {person.get(previous), person.get(current)} - {None}
        person = {key: one if whose in gone else whose for key, whose in person.items()}
        person.update({previous: one, current: one})
    return person


def _has_one_holder(phone: Identity, person: Mapping[str, str]) -> bool:
    """Whether the business-scoped ids of each portfolio that were seen with this phone are one person."""
    holders: dict[str, set[str]] = {}
    for edge in phone.edges:
        other = Identifier.from_key(edge.to)
        if other.kind is IdentifierKind.WHATSAPP:
            holders.setdefault(other.scope, set()).add(person.get(edge.to, edge.to))
    return all(len(people) == 1 for people in holders.values())


@dataclass(frozen=True, slots=True)
class _Joined:
    """The sender's profile, those that are merged into it, and those that may not be."""

    into: Profile
    others: tuple[Profile, ...]
    refused: tuple[Refused, ...]
    ids: frozenset[str]
    """What `into` is put together from."""


def _against(apart: Collection[str], held: Collection[str]) -> WhyApart:
    def why(one: Profile, other: Profile) -> str | None:
        return why_apart(one, other, apart) or (ONLY_PROPOSES if pair_id(one.id, other.id) in held else None)

    return why


def _joined(
    event: Event,
    identities: dict[str, Identity],
    roots: Mapping[str, Profile],
    why_not: WhyApart,
    proven: Edge | None,
) -> _Joined:
    """The sender's profile, with all that attested identifiers join to it: the oldest one stays."""
    assert event.anchor is not None  # noqa: S101 - for the type checker
    doubtful = in_doubt(identities, roots, event.received_at)
    sure = {key: each for key, each in identities.items() if _root_id(each, roots) not in doubtful}
    coming = [each for each in sure.values() if each.profile_id is None and each.suspended is None]
    first, *others = _sender_first(_found(event, sure, coming, roots), identities[event.anchor.key], roots)
    together, refused = [first], [Refused(first.id, each, MAY_HAVE_NEW_OWNER) for each in sorted(doubtful)]
    for other in others:
        hers = (_with_members(first, coming), *together[1:])
        why = next(filter(None, (why_not(each, other) for each in hers)), None)
        if why is None:
            together.append(other)
        else:
            refused.append(Refused(first.id, other.id, why))
    oldest, *younger = sorted(together, key=Profile.age)
    into = oldest
    if event.occurred_at < oldest.created_at and _is_home(oldest, identities[event.anchor.key]):
        into = oldest.model_copy(update={"created_at": event.occurred_at})
    for other in younger:
        into = into.with_members_of(other)
    rule = _CHANGE if event.change is not None else RULE_BESIDE.get(event.connector)
    rule = proven.rule if proven is not None else rule
    merged = tuple(other.model_copy(update={"merged_into": into.id, "merged_by": rule}) for other in younger)
    return _Joined(into, merged, tuple(refused), frozenset(each.id for each in together))


def _root_id(identity: Identity, roots: Mapping[str, Profile]) -> str | None:
    root = roots.get(identity.profile_id) if identity.profile_id is not None else None
    return root.id if root is not None else None


def _with_members(profile: Profile, identities: Iterable[Identity]) -> Profile:
    for identity in identities:
        profile = profile.with_member(identity)
    return profile


def _found(
    event: Event, identities: dict[str, Identity], coming: Sequence[Identity], roots: Mapping[str, Profile]
) -> list[Profile]:
    """The profiles that the event's identifiers resolve to, oldest first.

    A new one goes before them if there is none, or if a sender without one brings ids (`coming`) that cannot be those
    of a person who is found.
    """
    found = {
        roots[identity.profile_id].id: roots[identity.profile_id]
        for identity in identities.values()
        if identity.profile_id is not None and identity.suspended is None and identity.profile_id in roots
    }
    in_order = sorted(found.values(), key=Profile.age)
    assert event.anchor is not None  # noqa: S101 - for the type checker
    sender = identities[event.anchor.key]
    founded = profile_id_of(event.anchor, in_doubt=sender.suspended is not None)
    new = roots.get(founded, Profile(id=founded, created_at=event.occurred_at))
    is_somebody_else = sender.profile_id is None and any(
        why_apart(_with_members(new, coming), each) for each in in_order
    )
    return [new, *in_order] if not in_order or is_somebody_else else in_order


def _sender_first(found: list[Profile], sender: Identity, roots: Mapping[str, Profile]) -> list[Profile]:
    """The sender's own profile before the others: with those that may not be joined it is the one that counts."""
    own = roots.get(sender.profile_id) if sender.profile_id is not None and sender.suspended is None else None
    return found if own is None else [own, *(each for each in found if each.id != own.id)]


def _is_home(profile: Profile, sender: Identity) -> bool:
    return sender.profile_id in {None, profile.id}


def _home(event: Event, identities: dict[str, Identity], roots: Mapping[str, Profile], joined: _Joined) -> str:
    """The profile that new identifiers of the event name: the one of the identifier that they came with.

    It may be merged into another one. Should the two be taken apart again, they go with it.
    """
    assert event.anchor is not None  # noqa: S101 - for the type checker
    for key in (event.anchor.key, *sorted(identities)):
        home = identities[key].profile_id
        if home is None or identities[key].suspended is not None:
            continue
        if home in roots and roots[home].id in joined.ids:
            return home
    return joined.into.id


def _seated(identity: Identity, home: str) -> Identity:
    """The identity with a profile, unless it has one or may not link."""
    if identity.profile_id is not None or identity.suspended is not None:
        return identity
    return identity.model_copy(update={"profile_id": home})


def _shown_in(identity: Identity, roots: Mapping[str, Profile], joined: _Joined) -> Profile | None:
    """The profile that shows an identity: the sender's, or its own where that is suspended or kept apart."""
    own = roots.get(identity.profile_id) if identity.profile_id is not None else None
    if identity.suspended is None and (own is None or own.id in joined.ids):
        return joined.into
    return own


def _conversation_of(event: Event, identities: dict[str, Identity]) -> str:
    """The conversation on the event's account: the anchor's own, else one that an identifier beside it has."""
    assert event.anchor is not None  # noqa: S101 - for the type checker
    keys = [event.anchor.key, *(key for key in identities if key != event.anchor.key)]
    for key in keys:
        seat = identities[key].seat(event.connector, event.account)
        if seat is not None and identities[key].suspended is None:
            return seat
    in_doubt = identities[event.anchor.key].suspended is not None
    return conversation_id_of(event.connector, event.account, event.anchor, in_doubt=in_doubt)
