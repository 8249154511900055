"""Phone numbers and e-mail addresses as identifiers: one spelling for one number, one for one mailbox.

Two texts give the same identifier only if they surely name the same thing, because equal identifiers are what
people are recognised by. What is doubtful gives none.
"""

import hashlib

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    CountryCodeSource,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
)

from middleware.domain.identifiers import Identifier, IdentifierKind

MAX_EMAIL = 320
"""64 for the mailbox, one for the @, 255 for the domain (RFC 5321, 4.5.3.1)."""

_MEXICO = 52


def phone_identifier(text: str, country: str | None) -> Identifier | None:
    """The number as E.164, or None for what is no number that one person can be reached at.

    `country` (ISO 3166 alpha-2) reads national numbers; without it only international ones are understood.
    """
    number = _parsed(text, country)
    if number is None or number.extension or not (_is_plausible(number) or _is_mexican_mobile(number)):
        return None
    return Identifier(IdentifierKind.PHONE, "", phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _parsed(text: str, country: str | None) -> PhoneNumber | None:
    region = country.strip().upper() if country else None
    try:
        return phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return None


def _is_plausible(number: PhoneNumber) -> bool:
    # A "+" leaves no doubt whose number it is, and number plans grow faster than the tables about them. A
    # country that we supplied is a guess: there the number has to exist in that country's plan.
    if number.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN:
        return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return phonenumbers.is_valid_number(number)


def _is_mexican_mobile(number: PhoneNumber) -> bool:
    """Whether it is written `+52 1` and ten digits: mobiles in Mexico until 2019, and as WhatsApp writes them still.

    The tables know it no more. A national number that begins with 1, or `+52 01`, is something else.
    """
    one, rest = divmod(number.national_number or 0, 10**10)
    if number.country_code != _MEXICO or one != 1 or not phonenumbers.is_valid_number(PhoneNumber(_MEXICO, rest)):
        return False
    digits = phonenumbers.normalize_digits_only(number.raw_input or "")
    return digits.endswith(f"{_MEXICO}{number.national_number}")


def email_identifier(text: str) -> Identifier | None:
    """The address normalised and in lower case, or None for what is no deliverable form of an address.

    Look-alike letters stay different, and so do tags (`ana+shop@...`): only the mailbox's owner knows whether
    they mean the same. No look-up is made.
    """
    given = text.strip()
    try:
        address = validate_email(given, check_deliverability=False).normalized if len(given) <= MAX_EMAIL else ""
    except EmailNotValidError:
        return None
    if not address or _has_folded(given, address):
        return None
    return Identifier(IdentifierKind.EMAIL, "", address.lower())


def address_hash(address: str) -> str:
    """What Mailchimp calls a member of an audience: the MD5 of the normalised address. It names and hides nothing."""
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()


def _has_folded(text: str, address: str) -> bool:
    # Unicode normalisation turns a few letters into ASCII ones (the Kelvin sign into "K"): another mailbox.
    return address.rpartition("@")[0].isascii() and not text.rpartition("@")[0].isascii()
