"""The panel: all that a person at a desk should know of whoever writes to them, as values for a template.

The same for the page of a person, beside a conversation, and embedded in a help desk.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from middleware.console.parts import Console, ConsoleBrand
from middleware.console.people.masking import PLACES, PRIVATE, Eyes, revealed_of
from middleware.console.people.seen_by_bots import Seen, seen_by_bots
from middleware.console.visit import Visit
from middleware.domain.conversation import Claim, Conversation, Window
from middleware.domain.identifiers import Identifier
from middleware.domain.text import cleaned
from middleware.errors import CursorError
from middleware.identity.evidence import RULES
from middleware.identity.joined.shape import Contact, JoinedOrder, JoinedTicket
from middleware.identity.joined.values import PERSON
from middleware.pipeline.person import Person, read_person
from middleware.pipeline.timeline import FIRST_LOOK, TimelineView, read_timeline

SHOWN_ORDERS = 5
"""Orders and tickets that are open to the eye; more are folded, and beyond those only their number is said."""
FOLDED_ORDERS = 50

_LONGEST_NAME = 120
_ELSEWHERE = frozenset({*PLACES, "country", "full_name", "first_name", "last_name"})
"""Fields that the panel shows by themselves."""


@dataclass(frozen=True, slots=True)
class ContactSeen:
    """One identifier as it is shown. `value` None: not to this role. `rule` names its text `people.rule.<rule>`."""

    mark: str
    kind: str
    value: str | None
    contact: Contact
    rule: str


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """One value that a source has on record."""

    name: str
    value: str | None
    source: str
    as_of: Any
    pinned: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel shows. `person` None: nobody is known. `seen` None: no conversation where a bot could see them."""

    brand: str
    person: Person | None
    conversation: Conversation | None
    eyes: Eyes
    window: Window | None = None
    seen: Seen | None = None
    timeline: TimelineView | None = None

    @property
    def name(self) -> str:
        """What to call them; empty if nobody knows."""
        if self.person is not None and self.person.joined.name is not None:
            return self.eyes.text(cleaned(str(self.person.joined.name.value), _LONGEST_NAME))
        return ""

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels on which they have written."""
        return tuple(sorted({each.channel for each in self.person.conversations})) if self.person is not None else ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What they have typed of themselves, the latest first."""
        every = self.person.conversations if self.person is not None else ()
        found = sorted({claim.model_dump_json(): claim for each in every for claim in each.claims}.values(),
                       key=lambda claim: claim.at, reverse=True)  # fmt: skip
        return tuple(found[:10])

    @property
    def contacts(self) -> tuple[ContactSeen, ...]:
        """Each identifier with the best evidence for it."""
        known = self.person.joined.contacts if self.person is not None else ()
        return tuple(
            ContactSeen(mark_of_identifier(each.identifier), each.kind, self.eyes.contact(each.identifier), each,
                        rule_key(each.rule))
            for each in known
            if not is_of_the_console(each.identifier)
        )  # fmt: skip

    @property
    def address(self) -> tuple[FieldSeen, ...]:
        """The address, place by place."""
        address = self.person.joined.address if self.person is not None else None
        if address is None:
            return ()
        told = [(each, getattr(address, each)) for each in (*PLACES, "country")]
        return tuple(
            FieldSeen(
                name, self.eyes.private(name, str(value)) if name in PLACES else str(value),
                address.source, address.as_of, name in address.pinned,
            )
            for name, value in told
            if value
        )  # fmt: skip

    @property
    def fields(self) -> tuple[FieldSeen, ...]:
        """The other values that sources have on record."""
        values = self.person.joined.values.items() if self.person is not None else ()
        rest = [(name, each) for name, each in values if name not in _ELSEWHERE]
        return tuple(
            FieldSeen(name, self._value(name, each.value), each.source, each.as_of, each.pinned) for name, each in rest
        )

    def _value(self, name: str, value: object) -> str | None:
        text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        return self.eyes.private(name, text) if name in PRIVATE else self.eyes.text(text)

    @property
    def orders(self) -> tuple[JoinedOrder, ...]:
        """Those that are shown, newest first."""
        return self.person.joined.purchases.orders[:FOLDED_ORDERS] if self.person is not None else ()

    @property
    def orders_left_out(self) -> int:
        """How many more there are."""
        return self.person.joined.purchases.known_count - len(self.orders) if self.person is not None else 0

    @property
    def tickets(self) -> tuple[JoinedTicket, ...]:
        """Open ones first."""
        if self.person is None:
            return ()
        return (*self.person.joined.open_tickets, *self.person.joined.solved_tickets)

    @property
    def engaged(self) -> tuple[tuple[str, Any], ...]:
        """What became of marketing e-mails, as key and moment."""
        if self.person is None:
            return ()
        found = self.person.joined.engagement
        what = ("opened_at", "clicked_at", "bounced_at", "complained_at", "unsubscribed_at")
        return tuple((each, moment) for each in what if (moment := getattr(found, each)) is not None)


def rule_key(rule: str) -> str:
    """The last part of the key of the text that says what a rule is."""
    return rule.replace(".", "_") if rule in RULES else "record" if rule.endswith(".record") else "member"


def mark_of_identifier(key: str) -> str:
    """What stands for an identifier in forms and addresses: it is somebody's, and does not belong there."""
    return hashlib.blake2b(key.encode(errors="replace"), digest_size=9).hexdigest()


def is_of_the_console(key: str) -> bool:
    """Whether an identifier is nothing but where edits of people are kept: it names nobody."""
    return Identifier.from_key(key).scope.partition(":")[0] == PERSON


def kind_of(key: str) -> str:
    """The sort of an identifier."""
    return Identifier.from_key(key).kind.value


def safe_link(address: str | None) -> str:
    """An address out of data that may be linked to: http and https, nothing else."""
    if not address or len(address) > 2_000:  # noqa: PLR2004 - characters, as browsers take them
        return ""
    try:
        return address if urlsplit(address).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


def eyes_of(visit: Visit, revealed: Iterable[str] = ()) -> Eyes:
    """What whoever asks may see."""
    is_agent = visit.does("agent")
    return Eyes(is_agent, is_agent, revealed_of(frozenset(revealed)) if is_agent else frozenset())


async def panel_of(
    console: Console,
    brand: ConsoleBrand,
    profile_id: str,
    eyes: Eyes,
    *,
    conversation: str = "",
    beside: Conversation | None = None,
    before: str = "",
) -> Panel:
    """The panel of one person, `beside` a conversation that was read, or the one named; else the latest of theirs.

    One whom nobody knows has a panel, too: it says so. 404 for a conversation that is not theirs, 400 for a place in
    the timeline that there is not.
    """
    person = await read_person(brand.brand, profile_id)
    if person is None:
        return Panel(brand.name, None, None, eyes)
    beside = beside or person.conversation(conversation)
    if conversation and beside is None:
        raise web.HTTPNotFound
    timeline, seen = await asyncio.gather(
        _timeline(brand, person, before), _seen(console, brand.name, person, beside, eyes)
    )
    window = beside.window(console.clock.now()) if beside is not None else None
    return Panel(brand.name, person, beside, eyes, window, seen, timeline)


async def _seen(
    console: Console, brand: str, person: Person, beside: Conversation | None, eyes: Eyes
) -> Seen | None:  # fmt: skip
    if beside is None or beside.channel not in console.channels:
        return None
    return seen_by_bots(await console.look_up.context_in(brand, person.profile, beside), eyes)


async def _timeline(brand: ConsoleBrand, person: Person, before: str) -> TimelineView:
    try:
        return await read_timeline(brand.store, person.profile, before=before or None, most=FIRST_LOOK)
    except CursorError:
        raise web.HTTPBadRequest from None
