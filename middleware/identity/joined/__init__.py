"""The joined profile for people: everything that is known of one person, with where it comes from. Pure.

`join` works it out from the members' fragments. Nothing of it is stored: what is joined can be taken apart again.
"""

from collections.abc import Sequence

from middleware.domain.conversation import Conversation
from middleware.domain.ownership import Ownership
from middleware.domain.profile import Member, Profile
from middleware.domain.source_record import Scalar
from middleware.domain.tag_names import Names, names_of
from middleware.identity.joined.buying import carts_of, purchases_of
from middleware.identity.joined.contacts import contacts_of
from middleware.identity.joined.doing import clicks_of, consents_of, engagement_of, seen_by, tickets_of
from middleware.identity.joined.shape import KEPT_PARTS, Consented, Joined, Question
from middleware.identity.joined.values import picked

__all__ = ["Joined", "join", "segments_of", "tags_of"]


def join(profile: Profile, ownership: Ownership, conversations: Sequence[Conversation] = ()) -> Joined:
    """The whole picture of one person, the same whatever the order of members and conversations.

    What a suspended identifier brought may be somebody else's: of it only its contact and its opt-outs are here.
    """
    members = sorted(profile.members, key=lambda member: member.identifier)
    sure = [member for member in members if member.suspended is None]
    values = picked(sure, ownership)
    tags, segments = tags_of(sure), segments_of(sure)
    first_click, last_click = clicks_of(sure)
    open_tickets, solved_tickets = tickets_of(sure)
    consents = consents_of(members, profile.words, conversations)
    return Joined(
        profile_id=profile.id,
        created_at=profile.created_at,
        name=values.name,
        contacts=contacts_of(members),
        address=values.address,
        values=values.values,
        tags=tags.names,
        segments=segments.names,
        refused_names={**segments.refused, **tags.refused},
        purchases=purchases_of(sure),
        carts=carts_of(sure),
        seen=seen_by(sure),
        first_click=first_click,
        last_click=last_click,
        engagement=engagement_of(each for member in sure for each in member.fragment.emails),
        open_tickets=open_tickets,
        solved_tickets=solved_tickets,
        consents=consents,
        open_questions=(*values.questions, *_contradictions(consents), *_suspensions(members)),
    )


def tags_of(members: Sequence[Member]) -> Names:
    """The tags of all sources together, as they are called here."""
    said = [tag for member in members for tag in _listed(member, "tags")]
    customers = (member.fragment.customer for member in members)
    said += [tag for customer in customers if customer is not None and not customer.gone for tag in customer.tags]
    return names_of(sorted(said))


def segments_of(members: Sequence[Member]) -> Names:
    """The segments that sources put the person into."""
    fields = ("segments", "custom.segments")
    return names_of(sorted(each for member in members for field in fields for each in _listed(member, field)))


def _listed(member: Member, field: str) -> tuple[str, ...]:
    record = member.fragment.record
    value: Scalar = record.value(field) if record is not None and not record.gone else None
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) and value else ()


def _contradictions(consents: Sequence[Consented]) -> list[Question]:
    """Consent that one source has and another one denies: nothing is sent, and a person should look."""
    return [
        Question(field=f"{each.channel} {each.purpose}", why="consent", about=f"{each.state} counts")
        for each in consents
        if each.state != "subscribed" and any(said.state == "subscribed" for said in each.said)
    ]


def _suspensions(members: Sequence[Member]) -> list[Question]:
    found = [
        Question(field=member.identifier, why="suspended", about=member.suspended)
        for member in members
        if member.suspended is not None
    ]
    return found[:KEPT_PARTS]
