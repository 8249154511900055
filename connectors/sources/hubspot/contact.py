"""Which properties of a HubSpot contact are which fields of the profile.

Source: HubSpot developers, "Contacts" and "Default contact properties". All of it is a claim: somebody typed it into a
form or into HubSpot.
"""

from collections.abc import Mapping

from connectors.fields import as_id
from connectors.told_values import Field, Told, country, day, email, language, phone, text, told
from middleware.domain.commerce import Version
from middleware.domain.customer import ConsentState, SourceConsent

PROPERTIES: Mapping[str, Field] = {
    "email": Field("email", email),
    "email_address": Field("email", email),
    "work_email": Field("email.work", email),
    "firstname": Field("first_name", text),
    "lastname": Field("last_name", text),
    "phone": Field("phone", phone),
    "mobilephone": Field("phone.mobile", phone),
    "address": Field("street", text),
    "city": Field("city", text),
    "zip": Field("postcode", text),
    "state": Field("state", text),
    "country": Field("country", country),
    "hs_country_region_code": Field("country", country),
    "date_of_birth": Field("birth_date", day),
    "hs_language": Field("language", language),
    "company": Field("company", text),
    "jobtitle": Field("job_title", text),
    "lifecyclestage": Field("lifecycle_stage", text),
    "hs_lead_status": Field("lead_status", text),
}
"""Property -> field. Of two properties for one field the later row wins, unless it is empty."""

_COUNTRY = {name: PROPERTIES[name] for name in ("country", "hs_country_region_code")}

OPTED_OUT = "hs_email_optout"
_OPT_OUTS: Mapping[str, ConsentState] = {"true": "unsubscribed", "false": "unknown"}
MERGED = "hs_merged_object_ids"
"""Ids of the contacts that were merged into this one, with `;` between them."""

ASKED_FOR = (*PROPERTIES, OPTED_OUT, MERGED)
"""The properties that a pull asks for."""


def read_contact(properties: Mapping[str, object], version: Version, among: str | None) -> Told:
    """What these properties say; national phone numbers are read in the contact's own country, else in `among`."""
    own = told(_COUNTRY, properties, version, None)
    countries = [each.value for each in own.values if isinstance(each.value, str)]
    return told(PROPERTIES, properties, version, countries[0] if countries else among)


def read_consents(properties: Mapping[str, object], version: Version) -> tuple[SourceConsent, ...]:
    """What HubSpot says of marketing e-mails: whether somebody opted out of all of them, never that they opted in."""
    said = _OPT_OUTS.get(str(properties.get(OPTED_OUT)).lower())
    return (SourceConsent(channel="email", state=said, version=version),) if said is not None else ()


def merged_ids(properties: Mapping[str, object]) -> tuple[str, ...]:
    """The contacts that this one has taken in."""
    given = properties.get(MERGED)
    parts = given.split(";") if isinstance(given, str) else []
    return tuple(sorted({each for each in map(as_id, map(str.strip, parts)) if each}))
