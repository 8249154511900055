"""Disclosure goes along the path: what this sender may see is what the weakest edge on the best way to it allows.

Pure functions over one profile. A typed claim never is an edge, so it never opens anything.
"""

import heapq
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cached_property

from middleware.domain.commerce import Cart, Order
from middleware.domain.customer import SourceConsent
from middleware.domain.fragment import AdClick, Fragment, newest_order
from middleware.domain.identifiers import LEVEL_OF_EVIDENCE, Identifier, IdentifierKind, Level
from middleware.domain.identity import Edge
from middleware.domain.profile import ConsentWord, Member, Profile
from middleware.domain.signals import EmailActivity, PageView, Ticket, newest_tickets
from middleware.domain.source_record import FLOWS
from middleware.identity.evidence import RULES
from middleware.identity.proof import RULE as BY_CODE
from middleware.identity.proof import level_of

PHONE_COUNTS_FOR = timedelta(days=90)
"""How long a phone on an order speaks for whoever has the number. Numbers that lie idle are given to somebody else
after 45 to 90 days (Princeton, "Security and Privacy Risks of Number Recycling at Mobile Carriers", 2021).
"""


class Sight:
    """What one sender can see of a profile now: the level at which each identifier is reached, and by which edge."""

    def __init__(self, profile: Profile, sender: str, now: datetime, signed_in: Collection[str] = frozenset()) -> None:
        """`signed_in` are the browsers, by key, whose visitor the site has signed for: they are somebody's."""
        self.profile = profile
        self._signed_in = signed_in
        self.sender = sender
        self._now = now
        self.levels: dict[str, Level] = {}
        self.edges: dict[str, Edge] = {}
        self._widen()

    def _widen(self) -> None:
        """Widest path from the sender: at each step the identifier that is reached best (Dijkstra on minima)."""
        edges_of = _edges_both_ways(self.profile)
        if self.sender not in edges_of:
            return
        queue: list[tuple[int, str, int]] = [(-Level.VERIFIED, self.sender, -1)]
        edges: list[Edge] = []
        while queue:
            negated, identifier, by = heapq.heappop(queue)
            if identifier in self.levels:
                continue
            self.levels[identifier] = Level(-negated)
            if by >= 0:
                self.edges[identifier] = edges[by]
            for onward in edges_of[identifier]:
                if onward.to not in self.levels:
                    level = min(-negated, _lets_through(onward, self._now))
                    heapq.heappush(queue, (-level, onward.to, len(edges)))
                    edges.append(onward)

    def level(self) -> Level:
        """The sender's disclosure level: the best at which anything beside themselves is reached."""
        others = [level for identifier, level in self.levels.items() if identifier != self.sender]
        if self.sender in self.levels and Identifier.from_key(self.sender).kind is IdentifierKind.PHONE:
            others.append(Level.LINKED)
        return max([Level.CHANNEL, *others])

    def is_browser(self) -> bool:
        """Whether the sender is a browser on the brand's site: what was looked at there is its own."""
        return Identifier.from_key(self.sender).kind is IdentifierKind.VISITOR

    def orders(self, *, now: datetime) -> tuple[Order, ...]:
        """Orders on which an identifier stands that the sender is attested to own, newest first.

        The newest version of the order decides whether the contact still stands on it. A phone that stands on an
        order which is long ago speaks only for who was seen with it back then: numbers are given to others.
        """
        newest: dict[str, Order] = {}
        for member in self.profile.members:
            for order in member.fragment.orders:
                newest[order.id] = newest_order(newest.get(order.id), order)
        own = {identifier for identifier, level in self.levels.items() if level >= Level.LINKED}
        told = [
            order
            for order in newest.values()
            if any(self._speaks_for(contact, order, now) for contact in own.intersection(order.contacts))
        ]
        return tuple(sorted(told, key=lambda order: (order.created_at, order.id), reverse=True))

    def _speaks_for(self, contact: str, order: Order, now: datetime) -> bool:
        """Whether a contact of the sender that stands on an order still means that the order is the sender's."""
        if Identifier.from_key(contact).kind is not IdentifierKind.PHONE:
            return True
        if now - max(order.created_at, order.version.at) <= PHONE_COUNTS_FOR:
            return True
        seen = self._seen_with(contact)
        return seen is not None and seen - order.created_at <= PHONE_COUNTS_FOR

    def _seen_with(self, phone: str) -> datetime | None:
        """Since when the sender is known to have this phone: they wrote from it, or the platform sent it with them.

        Who wrote from the number under another id does not count: it may have been whoever had it before.
        """
        if phone == self.sender:
            member = self.profile.member(phone)
            return member.fragment.first_seen if member is not None else None
        leading = self.edges.get(phone)
        told = [leading.at] if leading is not None else []
        told += [edge.at for other, edge in self._edges_at(phone) if other == self.sender and _is_attested(edge)]
        return min(told, default=None)

    def cart(self, now: datetime) -> tuple[Cart | None, bool]:
        """The newest open cart that came back through a link given to this sender, and whether one was withheld.

        Withheld: the checkout bears an identity that is not attested for the sender. Links get forwarded, and a
        stranger's products are a stranger's data.
        """
        best: Cart | None = None
        withheld = False
        for member in self.profile.members:
            link = member.link
            if link is None or link.issued_to != self.sender or self._level_of(member.identifier) < Level.CARRIED:
                continue
            for cart in member.fragment.open_carts():
                if cart.version.at > link.expires_at or now > link.expires_at:
                    continue
                if any(self._bears_another_identity(each) for each in member.fragment.of_one_basket(cart)):
                    withheld = True
                elif best is None or best.version < cart.version:
                    best = cart
        return best, withheld

    def _bears_another_identity(self, cart: Cart) -> bool:
        """Whether somebody typed who they are, and it is not all attested for the sender."""
        if not cart.contacts:
            return cart.is_personal
        return any(self._level_of(contact) < Level.LINKED for contact in cart.contacts)

    def clicks(self) -> tuple[AdClick, AdClick] | None:
        """The sender's own first and last ad click: on the identifiers reached by attestation alone."""
        own = [member.fragment for member in self.profile.members if self._level_of(member.identifier) >= Level.LINKED]
        firsts = [fragment.first_click for fragment in own if fragment.first_click]
        lasts = [fragment.last_click for fragment in own if fragment.last_click]
        if not firsts or not lasts:
            return None
        return min(firsts, key=AdClick.rank), max(lasts, key=AdClick.rank)

    def views(self, now: datetime) -> tuple[tuple[PageView, ...], bool]:
        """What the sender looked at on the brand's site, latest first, and whether something was withheld.

        From the sender's own browser, all of it. What came back through a link that was given to this sender: products
        only, as long as the link counts; withheld once that browser is attested to be somebody's who is not the sender.
        """
        seen: dict[str, PageView] = {}
        withheld = False
        for member in self.profile.members:
            if _is(member, IdentifierKind.VISITOR) and member.identifier in self._own:
                seen |= {view.key: view for view in member.fragment.views}
            through = self._seen_through(member, now)
            if through and self._is_somebody_elses(member):
                withheld = True
            else:
                seen |= {view.key: view for view in through}
        return tuple(sorted(seen.values(), key=PageView.rank, reverse=True)), withheld

    def _seen_through(self, member: Member, now: datetime) -> list[PageView]:
        """The products that were looked at through a link that was given to this sender and still counts."""
        link = member.link
        if link is None or link.issued_to != self.sender or self._level_of(member.identifier) < Level.CARRIED:
            return []
        if now > link.expires_at:
            return []
        return [view for view in member.fragment.views if view.what == "product" and view.at <= link.expires_at]

    def _is_somebody_elses(self, link: Member) -> bool:
        """Whether the browser that came by a link is attested to be of somebody, and not of the sender."""
        browser = link.link.visitor if link.link is not None else None
        if browser is None:
            return False
        if browser in self._signed_in and self._level_of(browser) < Level.LINKED:
            return True
        towards = (other for other, edge in self._edges_at(browser) if _is_attested(edge))
        return any(self._level_of(other) < Level.LINKED for other in towards)

    def _edges_at(self, identifier: str) -> list[tuple[str, Edge]]:
        """All edges at an identifier with its other end, whichever side keeps them and wherever they lead."""
        found: list[tuple[str, Edge]] = []
        for member in self.profile.members:
            if member.identifier == identifier:
                found += [(edge.to, edge) for edge in member.edges]
            else:
                found += [(member.identifier, edge) for edge in member.edges if edge.to == identifier]
        return found

    def records(self) -> tuple[Member, ...]:
        """The records of sources that are the sender's by an attested or proven path, in the order of their keys.

        What flows noted stands beside what a platform says of a sender, which is a claim and not among them.
        """
        own = self._own_members()
        told = (each for each in own if _is(each, IdentifierKind.SOURCE_RECORD, IdentifierKind.SHOP_CUSTOMER))
        noted = ((each, each.fragment.record) for each in own if not _is(each, IdentifierKind.SOURCE_RECORD))
        by_flows = (
            each.model_copy(update={"fragment": Fragment(record=record)})
            for each, record in noted
            if record is not None and record.source == FLOWS
        )
        return tuple(sorted((*told, *by_flows), key=lambda each: each.identifier))

    def tickets(self) -> tuple[tuple[str, Ticket], ...]:
        """Tickets that the sender asked for by an attested or proven path, the one opened last first: each with the
        help desk's name.

        The newest version of a ticket decides who asked. Without anybody who asked, the ticket itself must be the
        sender's.
        """
        by_desk: dict[str, list[Ticket]] = {}
        for member in self.profile.members:
            for ticket in member.fragment.tickets:
                by_desk.setdefault(Identifier.from_key(member.identifier).scope, []).append(ticket)
        told = [
            (desk, ticket)
            for desk, tickets in sorted(by_desk.items())
            for ticket in newest_tickets(tickets)
            if ticket.state != "deleted"
            and (ticket.requester or Identifier(IdentifierKind.TICKET, desk, ticket.id).key) in self._own
        ]
        return tuple(sorted(told, key=lambda each: (each[1].created_at, each[0], each[1].id), reverse=True))

    def emails(self) -> tuple[tuple[str, EmailActivity], ...]:
        """What became of marketing e-mails to the sender, by an attested or proven path, latest first: each with the
        source's name.
        """
        known = {
            each.key: (source_of(member.identifier), each)
            for member in self._own_members()
            for each in member.fragment.emails
        }
        return tuple(sorted(known.values(), key=lambda told: told[1].rank(), reverse=True))

    def consents(self) -> tuple[tuple[str, SourceConsent], ...]:
        """What sources say of the sender's consent, by an attested or proven path: each with the source's name."""
        return tuple(
            (source_of(member.identifier), consent)
            for member in self._own_members()
            for consent in member.fragment.consents
        )

    def words(self) -> tuple[ConsentWord, ...]:
        """The words on consent that were said by the sender's own identifiers."""
        return tuple(word for word in self.profile.words if word.by in self._own)

    def proven(self) -> frozenset[str]:
        """Which of the sender's own identifiers are reached by proven edges alone."""
        return frozenset(each for each in self._own if self._level_of(each) >= Level.VERIFIED)

    def _own_members(self) -> tuple[Member, ...]:
        return tuple(member for member in self.profile.members if member.identifier in self._own)

    @cached_property
    def _own(self) -> frozenset[str]:
        """What is the sender's as a whole: by attested or proven edges that are about the person and not about a
        single thing of theirs, by rules that stand in the evidence table.
        """
        edges_of = _edges_both_ways(self.profile)
        reached, ahead = set[str](), [self.sender] if self.sender in edges_of else []
        while ahead:
            identifier = ahead.pop()
            if identifier in reached:
                continue
            reached.add(identifier)
            ahead += [edge.to for edge in edges_of[identifier] if _is_attested(edge) and _is_about_the_person(edge)]
        return frozenset(reached)

    def _level_of(self, identifier: str) -> Level:
        return self.levels.get(identifier, Level.NEW)


def source_of(identifier: str) -> str:
    """The source behind an identifier as people read it: connector and account of a record, else its kind."""
    kind, scope, _ = Identifier.from_key(identifier)
    return scope if kind in {IdentifierKind.SOURCE_RECORD, IdentifierKind.TICKET} else kind.value


def _lets_through(edge: Edge, now: datetime) -> Level:
    """The level up to which an edge discloses now: a proof by code grows old."""
    return level_of(edge, now) if edge.rule == BY_CODE else LEVEL_OF_EVIDENCE[edge.evidence]


def _is(member: Member, *kinds: IdentifierKind) -> bool:
    return Identifier.from_key(member.identifier).kind in kinds


def _is_attested(edge: Edge) -> bool:
    return LEVEL_OF_EVIDENCE[edge.evidence] >= Level.LINKED


def _is_about_the_person(edge: Edge) -> bool:
    rule = RULES.get(edge.rule)
    return rule is not None and rule.only is None


def _edges_both_ways(profile: Profile) -> dict[str, list[Edge]]:
    """The edges from each member that is not suspended to the others, whichever side keeps them."""
    members = {m.identifier: m for m in profile.members if m.suspended is None}
    edges: dict[str, list[Edge]] = {identifier: [] for identifier in members}
    for identifier, member in members.items():
        for edge in member.edges:
            if edge.to in members:
                edges[identifier].append(edge)
                edges[edge.to].append(edge.model_copy(update={"to": identifier}))
    return edges
