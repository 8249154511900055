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
        "shopify, generic",
        "orders/*, order",
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
    "crm.contact_field": Rule(
        "hubspot",
        "contact.*",
        "email, phone, name",
        Evidence.CLAIMED,
        "whoever fills in a form, an import or an agent writes into such a record; HubSpot asks nobody for proof",
    ),
    "crm.contact_merge": Rule(
        "hubspot",
        "contact.merge",
        "mergedObjectIds + primaryObjectId",
        Evidence.CLAIMED,
        "somebody tidied the records, or HubSpot did by their addresses; who they belong to nobody has proved",
    ),
    "help_desk.user_field": Rule(
        "zendesk",
        "user.*, triggers",
        "email, phone, name",
        Evidence.CLAIMED,
        "an e-mail with any sender's address, or a form, makes such a user",
    ),
    "help_desk.requester": Rule(
        "zendesk",
        "ticket.*, triggers",
        "requester_id",
        Evidence.ATTESTED,
        "the help desk assigns the user to the ticket itself; who that user is it does not know",
        only="which help desk user asked for this ticket",
    ),
    "mapped.record": Rule(
        "generic, csv",
        "record",
        "any field",
        Evidence.CLAIMED,
        "somebody typed it into a form or a file; who signs the webhook or imports the file has not looked at it",
    ),
    "personal_link": Rule(
        "shopify",
        "checkouts/*, orders/*",
        "note_attributes.throughline",
        Evidence.CARRIED,
        "we gave this link to one sender; it came back, but links get forwarded",
        only="the cart it came back on",
    ),
    "email_tool.profile_field": Rule(
        "klaviyo, mailchimp, mandrill",
        "*",
        "email, phone, name",
        Evidence.CLAIMED,
        "whoever fills in a sign-up form puts any address on a list",
    ),
    "email_tool.activity": Rule(
        "klaviyo, mandrill",
        "opened, clicked",
        "profile, msg.email",
        Evidence.CLAIMED,
        "e-mails get forwarded, and scanners open them: who opened or clicked nobody knows",
    ),
    "lead_form.answer": Rule(
        "messenger",
        "leadgen",
        "field_data",
        Evidence.CLAIMED,
        "a lead form can be filled in with anybody's address",
    ),
    "proof.email_code": Rule(
        "throughline",
        "one-time code",
        "sender + stored e-mail address",
        Evidence.PROVEN,
        "whoever wrote the code back could read the mail at this address; counts for 30 days",
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
