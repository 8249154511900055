"""The evidence table: for each source, topic and field how far it can be believed, and why.

Everything that links two identifiers or attaches a fact to one names a row of this table. What has no row here
links nothing.
"""

from dataclasses import dataclass

from middleware.domain.identifiers import Evidence


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `only` limits what the evidence is about, where it is not the person as a whole."""

    source: str
    topic: str
    field: str
    evidence: Evidence
    reason: str
    only: str | None = None


RULES: dict[str, Rule] = {
    "messenger.sender": Rule(
        "messenger", "*", "sender.id", Evidence.ATTESTED, "Meta signs the delivery and assigns the id itself"
    ),
    "instagram.sender": Rule(
        "instagram", "*", "sender.id", Evidence.ATTESTED, "Meta signs the delivery and assigns the id itself"
    ),
    "whatsapp.sender": Rule(
        "whatsapp",
        "messages",
        "from + from_user_id",
        Evidence.ATTESTED,
        "WhatsApp verified the number at registration and sends it beside the business-scoped id itself",
    ),
    "whatsapp.identity_change": Rule(
        "whatsapp",
        "user_id_update, system",
        "previous + current",
        Evidence.ATTESTED,
        "WhatsApp itself says that one identifier became the other",
    ),
    "webchat.sender": Rule(
        "webchat",
        "*",
        "key",
        Evidence.ATTESTED,
        "the visitor's id is the hash of a random key that only this browser has, and shows each time",
        only="the browser, not who sits before it",
    ),
    "site.signed_token": Rule(
        "webchat",
        "signed token",
        "sub, shop_customer, email with email_verified",
        Evidence.PROVEN,
        "the brand's own site signed, for this one visitor and a short time, whom it has logged in",
    ),
    "shop.order_contact": Rule(
        "shopify",
        "orders/*",
        "phone, email, customer.id",
        Evidence.ATTESTED,
        "whoever ordered wrote this contact onto this order; it says nothing of other orders of that customer",
        only="the order it stands on",
    ),
    "shop.checkout_contact": Rule(
        "shopify", "checkouts/*", "phone, email, customer.id", Evidence.CLAIMED, "anyone can type it"
    ),
    "shop.customer_contact": Rule(
        "shopify",
        "customers/*",
        "email, phone",
        Evidence.CLAIMED,
        "whoever fills in a checkout, a newsletter form or a registration writes into such a record",
    ),
    "shop.customer_merge": Rule(
        "shopify",
        "customers/merge",
        "kept + deleted",
        Evidence.CLAIMED,
        "the shop tidies its records; who they belong to it has not looked at",
    ),
    "personal_link": Rule(
        "shopify",
        "checkouts/*, orders/*",
        "note_attributes.throughline",
        Evidence.CARRIED,
        "we gave this link to one sender; it came back, but links get forwarded",
        only="the cart it came back on",
    ),
    "chat.typed": Rule(
        "any channel",
        "messages",
        "text",
        Evidence.CLAIMED,
        "what someone types is a claim, never an identity",
    ),
    "channel.display_name": Rule(
        "any channel", "*", "profile.name", Evidence.CLAIMED, "the customer chooses it freely"
    ),
    "channel.sender_profile": Rule(
        "messenger, instagram",
        "sender_profile",
        "name, locale, timezone",
        Evidence.CLAIMED,
        "the platform hands on what the customer has set, freely",
    ),
}
"""Rule name -> row. `docs/identity.md` shows the table."""

RULE_BESIDE: dict[str, str] = {"whatsapp": "whatsapp.sender", "webchat": "site.signed_token"}
"""Connector -> the row by which identifiers that an event names beside its anchor belong to the same person."""
