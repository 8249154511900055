"""The timeline of one identifier: what happened, newest first, in pages that never change once they are full.

Pure. The head holds what was noted last, so that the first look costs one read however long the timeline is; what is
older lies on pages of 32, found by their number. A page comes to be in two steps: 32 entries are set aside in the head
(`full`), and only what is *stored* in the head is written as a page. So a page has one content, whoever writes it and
however often, and nothing is lost if one of two writes does not land.
"""

from collections.abc import Iterable
from datetime import datetime

from middleware.domain.events import Event, EventKind
from middleware.domain.record import Record
from middleware.domain.text import cleaned

PAGE_SIZE = 32
KEPT_AT_HEAD = 16
"""Entries that stay in the head when a page is set aside: at least so many are shown by one read."""
DROPPED_AT = 24
"""Entries in the head from which on a page that was set aside is written a second time, and leaves the head."""
LONGEST_LINE = 120


class Entry(Record):
    """One thing that happened, in one line. The line has no word of the customer and no contact."""

    at: datetime
    event: str
    kind: EventKind
    connector: str
    line: str

    def rank(self) -> tuple[datetime, str]:
        """Order in time, ties by event key."""
        return (self.at, self.event)


class TimelinePage(Record):
    """Entries of one identifier, oldest first. `id` is the identifier's key, `|` and the page's number."""

    id: str
    entries: tuple[Entry, ...]


class TimelineHead(Record):
    """What was noted last. `id` is the identifier's key; `entries` and `full` are oldest first.

    `pages`: how many there are, the one that is set aside among them. `until`: the newest entry that is on a page or
    set aside.
    """

    id: str
    pages: int = 0
    entries: tuple[Entry, ...] = ()
    full: tuple[Entry, ...] = ()
    until: Entry | None = None

    def holds(self, event: str) -> bool:
        """Whether an event is in the head."""
        return any(entry.event == event for entry in (*self.entries, *self.full))

    def page_at_hand(self) -> TimelinePage | None:
        """The page that is set aside."""
        return TimelinePage(id=page_id(self.id, self.pages - 1), entries=self.full) if self.full else None


def page_id(identifier: str, number: int) -> str:
    """The id of a page: the oldest has the number 0."""
    return f"{identifier}|{number}"


def may_be_on_a_page(head: TimelineHead, event: Event) -> bool:
    """Whether an event is so old that it may stand on a full page. Then `noted` has to know if it is on record."""
    return head.until is not None and not head.holds(event.key) and (event.occurred_at, event.key) <= head.until.rank()


def noted(head: TimelineHead, event: Event, *, on_record: bool) -> tuple[TimelineHead, tuple[TimelinePage, ...]]:
    """The head after an event, and the pages to insert in the same write; a page that is there already is fine.

    Doing it again changes nothing. `on_record` is whether the event was recorded before; it is looked at only where
    `may_be_on_a_page` holds, so for an event that comes in time nobody needs to know.
    """
    if head.holds(event.key) or (on_record and may_be_on_a_page(head, event)):
        return head, ()
    entries = tuple(sorted((*head.entries, entry_of(event)), key=Entry.rank))
    after = head.model_copy(update={"entries": entries})
    page = head.page_at_hand()
    if page is not None and len(entries) == KEPT_AT_HEAD + 1:
        return after, (page,)
    if page is not None and len(entries) >= DROPPED_AT:
        return after.model_copy(update={"full": ()}), (page,)
    return (after if page is not None else _set_aside(after)), ()


def _set_aside(head: TimelineHead) -> TimelineHead:
    """The oldest entries become a page once there are enough beside those that stay."""
    if len(head.entries) < PAGE_SIZE + KEPT_AT_HEAD:
        return head
    full, rest = head.entries[:PAGE_SIZE], head.entries[PAGE_SIZE:]
    newest = max(filter(None, (head.until, full[-1])), key=Entry.rank)
    return head.model_copy(update={"entries": rest, "full": full, "pages": head.pages + 1, "until": newest})


def entry_of(event: Event) -> Entry:
    """The line of an event."""
    line = cleaned(" ".join(filter(None, _words(event))), LONGEST_LINE)
    return Entry(at=event.occurred_at, event=event.key, kind=event.kind, connector=event.connector, line=line)


def _words(event: Event) -> Iterable[str | None]:
    """What happened, in words of ours and names that the brand gave: no text of a customer, no contact."""
    yield event.kind.value.replace("_", " ")
    if event.message is not None:
        yield event.message.kind.replace("_", " ")
    yield from _of_shop(event)
    if event.agent is not None:
        yield f"{event.agent.act.what.replace('_', ' ')} by {event.agent.by}"
    if event.ticket is not None:
        yield f"{event.ticket.id} {event.ticket.state}"
    if event.email is not None:
        yield event.email.what + (" by a machine" if event.email.by_machine else "")
        yield event.email.campaign
    if event.view is not None:
        yield event.view.title or event.view.product if event.view.what == "product" else event.view.what
    if event.referral is not None:
        yield event.referral.headline or event.referral.ad_id or event.referral.ref
    if event.record is not None:
        yield "gone" if event.record.gone else ", ".join(each.field for each in event.record.values)
    if event.optin is not None:
        yield f"{event.optin.purpose} {'granted' if event.optin.granted else 'withdrawn'}"
    if event.consents:
        yield ", ".join(f"{each.channel} {each.state}" for each in event.consents)


def _of_shop(event: Event) -> Iterable[str | None]:
    if event.order is not None:
        total = event.order.total
        yield f"{event.order.number} {event.order.present_state()}"
        yield f"{total.as_decimal()} {total.currency}" if total is not None else None
    if event.refund is not None and event.refund.amount is not None:
        yield f"{event.refund.amount.as_decimal()} {event.refund.amount.currency}"
    if event.shipment is not None:
        yield "failed" if event.shipment.failed else "delivered" if event.shipment.delivered else "sent"
    if event.cart is not None:
        yield f"{len(event.cart.items)} lines"
