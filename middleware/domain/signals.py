"""What a person does beside writing: tickets, marketing e-mails, pages of the brand's site.

Each is kept in bounded lists that forget by a rule which looks only at what never changes, so that absorbing stays
commutative (`domain/fragment.py`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeVar

from middleware.domain.commerce import Money, Version
from middleware.domain.record import Record

KEPT_TICKETS = 30
KEPT_EMAILS = 50
KEPT_VIEWS = 50

TicketState = Literal["new", "open", "pending", "on_hold", "solved", "closed", "deleted", "unknown"]


class Ticket(Record):
    """One version of a help desk's ticket. `requester` is the key of the identifier of who asked.

    `subject` is what the customer or an agent wrote: untrusted text.
    """

    id: str
    state: TicketState
    version: Version
    created_at: datetime
    requester: str | None = None
    subject: str = ""
    priority: str | None = None
    channel: str | None = None
    tags: tuple[str, ...] = ()
    url: str | None = None
    solved_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for something."""
        return self.state in {"new", "open", "pending", "on_hold"}


EmailDeed = Literal["sent", "opened", "clicked", "bounced", "complained", "unsubscribed", "subscribed", "other"]


class EmailActivity(Record):
    """What became of one marketing e-mail. `key` is the event that told it.

    `by_machine`: opened or clicked by a proxy or a scanner, not by a person (Apple's Mail Privacy Protection opens
    everything); said by the source, or certain from its user agent.
    """

    key: str
    at: datetime
    what: EmailDeed
    campaign: str | None = None
    subject: str | None = None
    url: str | None = None
    by_machine: bool = False

    def rank(self) -> tuple[datetime, str]:
        """Order in time, ties by event key."""
        return (self.at, self.key)


class PageView(Record):
    """One look at the brand's site. `path` is without query and fragment; `search` what was searched for.

    `product` is what the site calls the product: its handle, id or SKU. `link` is the personal link that the visit
    came by.
    """

    key: str
    at: datetime
    what: Literal["page", "product", "search", "cart"]
    path: str = ""
    title: str | None = None
    product: str | None = None
    price: Money | None = None
    search: str | None = None
    link: str | None = None

    def rank(self) -> tuple[datetime, str]:
        """Order in time, ties by event key."""
        return (self.at, self.key)


Deed = TypeVar("Deed", EmailActivity, PageView)


def latest(deeds: Iterable[Deed], most: int) -> tuple[Deed, ...]:
    """The latest of these, each once, in the order of time."""
    by_key = {deed.key: deed for deed in sorted(deeds, key=lambda each: each.model_dump_json())}
    return tuple(sorted(by_key.values(), key=lambda each: each.rank())[-most:])


def newest_tickets(tickets: Iterable[Ticket]) -> tuple[Ticket, ...]:
    """The newest version of each ticket; of more than are kept those that were opened last."""
    newest: dict[str, Ticket] = {}
    for ticket in tickets:
        known = newest.get(ticket.id)
        newest[ticket.id] = _both(known, ticket) if known is not None else ticket
    return tuple(sorted(newest.values(), key=lambda each: (each.created_at, each.id))[-KEPT_TICKETS:])


def _both(known: Ticket, incoming: Ticket) -> Ticket:
    newer, older = (incoming, known) if known.version < incoming.version else (known, incoming)
    return newer.model_copy(
        update={
            "created_at": min(known.created_at, incoming.created_at),
            "requester": newer.requester or older.requester,
        }
    )
