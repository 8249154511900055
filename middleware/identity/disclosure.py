"""Disclosure goes along the path: what this sender may see is what the weakest edge on the best way to it allows.

Pure functions over one profile. A typed claim never is an edge, so it never opens anything.
"""

import heapq
from datetime import datetime

from middleware.domain.commerce import Cart, Order
from middleware.domain.fragment import AdClick, newest_order
from middleware.domain.identifiers import LEVEL_OF_EVIDENCE, Identifier, IdentifierKind, Level
from middleware.domain.profile import Edge, Profile


class Sight:
    """What one sender can see of a profile: the level at which each identifier is reached, and by which edge."""

    def __init__(self, profile: Profile, sender: str) -> None:
        self.profile = profile
        self.sender = sender
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
                    level = min(-negated, LEVEL_OF_EVIDENCE[onward.evidence])
                    heapq.heappush(queue, (-level, onward.to, len(edges)))
                    edges.append(onward)

    def level(self) -> Level:
        """The sender's disclosure level: the best at which anything beside themselves is reached."""
        others = [level for identifier, level in self.levels.items() if identifier != self.sender]
        if self.sender in self.levels and Identifier.from_key(self.sender).kind is IdentifierKind.PHONE:
            others.append(Level.LINKED)
        return max([Level.CHANNEL, *others])

    def orders(self) -> tuple[Order, ...]:
        """Orders on which an identifier stands that the sender is attested to own, newest first.

        The newest version of the order decides whether the contact still stands on it.
        """
        newest: dict[str, Order] = {}
        for member in self.profile.members:
            for order in member.fragment.orders:
                newest[order.id] = newest_order(newest.get(order.id), order)
        own = {identifier for identifier, level in self.levels.items() if level >= Level.LINKED}
        told = [order for order in newest.values() if own.intersection(order.contacts)]
        return tuple(sorted(told, key=lambda order: (order.created_at, order.id), reverse=True))

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

    def _level_of(self, identifier: str) -> Level:
        return self.levels.get(identifier, Level.NEW)


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
