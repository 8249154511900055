"""How the person can be reached, with the best evidence that each contact is theirs.

An e-mail address in a record is a claim; a phone that a channel sends beside its own id is attested; a contact on an
order is attested for that order only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from middleware.domain.identifiers import LEVEL_OF_EVIDENCE, Evidence, Identifier, IdentifierKind
from middleware.domain.profile import Member
from middleware.identity.disclosure import source_of
from middleware.identity.evidence import RULES
from middleware.identity.joined.shape import KEPT_PARTS, Contact

_SHOWN = frozenset(
    {
        IdentifierKind.MESSENGER,
        IdentifierKind.INSTAGRAM,
        IdentifierKind.WHATSAPP,
        IdentifierKind.PHONE,
        IdentifierKind.EMAIL,
        IdentifierKind.SHOP_CUSTOMER,
        IdentifierKind.SITE_ACCOUNT,
        IdentifierKind.SOURCE_RECORD,
    }
)
_SENDERS = {
    IdentifierKind.MESSENGER: "messenger.sender",
    IdentifierKind.INSTAGRAM: "instagram.sender",
    IdentifierKind.WHATSAPP: "whatsapp.sender",
}


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why one identifier is counted as the person's."""

    identifier: str
    evidence: Evidence
    rule: str
    source: str
    at: datetime | None
    only: str | None = None

    def strength(self) -> tuple[int, bool, str, str]:
        """Better evidence first, what is about the whole person before what is about one thing."""
        return (-LEVEL_OF_EVIDENCE[self.evidence], self.only is not None, self.rule, self.source)


def contacts_of(members: Sequence[Member]) -> tuple[Contact, ...]:
    """The contacts of a profile: the best believed first; more than the bound are left out at the end."""
    suspended = {member.identifier: member.suspended for member in members if member.suspended is not None}
    by_identifier: dict[str, list[_Reason]] = {}
    for member in members:
        for reason in _reasons(member):
            if _is_shown(reason.identifier):
                by_identifier.setdefault(reason.identifier, []).append(reason)
    found = [_contact(key, reasons, suspended.get(key)) for key, reasons in by_identifier.items()]
    found.sort(key=lambda each: (-LEVEL_OF_EVIDENCE[each.evidence], each.only is not None, each.identifier))
    return tuple(found[:KEPT_PARTS])


def _contact(key: str, reasons: Sequence[_Reason], suspended: str | None) -> Contact:
    best = min(reasons, key=_Reason.strength)
    times = [reason.at for reason in reasons if reason.at is not None]
    return Contact(
        identifier=key,
        kind=Identifier.from_key(key).kind.value,
        evidence=best.evidence,
        rule=best.rule,
        only=best.only,
        sources=tuple(sorted({reason.source for reason in reasons})[:KEPT_PARTS]),
        as_of=max(times, default=None),
        suspended=suspended,
    )


def _is_shown(key: str) -> bool:
    try:
        return Identifier.from_key(key).kind in _SHOWN
    except ValueError:
        return False


def _reasons(member: Member) -> Iterable[_Reason]:
    """What one member says of itself and of other identifiers."""
    yield _itself(member)
    source = source_of(member.identifier)
    for edge in member.edges:
        only = RULES[edge.rule].only if edge.rule in RULES else None
        for end in (edge.to, member.identifier):
            yield _Reason(end, edge.evidence, edge.rule, source, edge.at, only)
    for order in member.fragment.orders:
        rule = RULES["shop.order_contact"]
        for contact in order.contacts:
            yield _Reason(contact, rule.evidence, "shop.order_contact", rule.source, order.version.at, rule.only)
    yield from _claims(member, source)


def _itself(member: Member) -> _Reason:
    """A sender's id, and a phone that was written from, is the channel's own word; others are here by their edges."""
    kind = Identifier.from_key(member.identifier).kind
    source = source_of(member.identifier)
    rule = _SENDERS.get(kind)
    if kind is IdentifierKind.PHONE and member.fragment.first_seen is not None:
        rule, source = "whatsapp.sender", "whatsapp"
    if rule is None:
        return _Reason(member.identifier, Evidence.CLAIMED, "member", source, None)
    return _Reason(member.identifier, RULES[rule].evidence, rule, source, member.fragment.first_seen)


def _claims(member: Member, source: str) -> Iterable[_Reason]:
    """Addresses and phones that stand in records and on checkouts: anyone can have typed them."""
    record, customer = member.fragment.record, member.fragment.customer
    if record is not None and not record.gone:
        for field, kind in (("email", IdentifierKind.EMAIL), ("phone", IdentifierKind.PHONE)):
            for text in record.texts(field):
                key = Identifier(kind, "", text).key
                yield _Reason(key, Evidence.CLAIMED, f"{record.source}.record", source, record.version.at)
    if customer is not None and not customer.gone:
        for contact in customer.contacts:
            yield _Reason(contact, Evidence.CLAIMED, "shop.customer_contact", source, customer.version.at)
    for cart in member.fragment.carts:
        for contact in cart.contacts:
            yield _Reason(contact, Evidence.CLAIMED, "shop.checkout_contact", source, cart.version.at)
