"""A joined profile as it may be shown to whoever looks over a shoulder: what names a person is masked."""

from middleware.domain.identifiers import Identifier
from middleware.identity.joined.shape import Address, Joined, JoinedTicket, Question, Valued

_OPEN = frozenset({"country", "language", "time_zone", "lifecycle_stage", "lead_status"})
"""Fields that name nobody."""


def masked(joined: Joined) -> Joined:
    """The same without names, addresses, contacts, dates of birth, and words that somebody wrote."""
    contacts = tuple(each.model_copy(update={"identifier": _identifier(each.identifier)}) for each in joined.contacts)
    return joined.model_copy(
        update={
            "name": _value(joined.name) if joined.name is not None else None,
            "contacts": contacts,
            "address": _address(joined.address) if joined.address is not None else None,
            "values": {field: each if field in _OPEN else _value(each) for field, each in joined.values.items()},
            "open_tickets": tuple(map(_ticket, joined.open_tickets)),
            "solved_tickets": tuple(map(_ticket, joined.solved_tickets)),
            "open_questions": tuple(map(_question, joined.open_questions)),
        }
    )


def _identifier(key: str) -> str:
    return Identifier.from_key(key).masked()


def _value(value: Valued) -> Valued:
    return value.model_copy(update={"value": _text(str(value.value))})


def _text(text: str) -> str:
    """The first letter of each word."""
    return " ".join(f"{word[0]}…" for word in text.split()[:4])


def _address(address: Address) -> Address:
    hidden = {
        field: _text(text) for field in ("street", "city", "postcode") if (text := getattr(address, field)) is not None
    }
    return address.model_copy(update=hidden)


def _ticket(ticket: JoinedTicket) -> JoinedTicket:
    return ticket.model_copy(update={"subject": _text(ticket.subject), "url": None})


def _question(question: Question) -> Question:
    field = _identifier(question.field) if question.why == "suspended" else question.field
    values = question.values if question.field in _OPEN else tuple(map(_value, question.values))
    return question.model_copy(update={"field": field, "values": values})
