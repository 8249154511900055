"""E-mail addresses and phone numbers, in the forms that are compared. Nothing is rewritten: these are for looking."""

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

_NO_DIGIT = re.compile(r"\D+")
_SHORTEST_PHONE = 6
_TAIL = 8
_AREA_AND_NUMBER = 10
_BRAZIL, _BRAZIL_LONG = "55", 13
_RUSSIAN = 11
"""Digits of a number in Russia and Kazakhstan, where 8 is dialled for the calling code 7."""
_LONGEST_PREFIX = 3
"""Digits of a calling code, which one of two spellings may lack."""
_SHORTEST_NATIONAL = 7

_ROLE_NAMES = (
    "info office kontakt contact contacto contatto contato sales vertrieb verkauf ventas vendas vendite support help"
    " service hello hallo hola ciao mail admin administrator webmaster postmaster noreply no-reply shop store boutique"
    " tienda loja negozio bestellung bestellungen orders order pedidos commande commandes ordini zamowienia buero"
    " buchhaltung accounting billing invoice facturas rechnung rechnungen team reception empfang rezeption recepcion"
    " biuro sklep kontor post accueil secretariat sekretariat secretaria enquiries einkauf purchasing compras"
    " marketing hr jobs press presse kundenservice newsletter klantenservice verkoop administratie zakaz sale"
    " poczta inkoop privacy family familie familia famille famiglia"
)
_ROLES = frozenset(_ROLE_NAMES.split())
_GOOGLE = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True, slots=True)
class Email:
    """An address in small letters, and in looser forms."""

    address: str
    local: str
    domain: str
    bare: str
    """The local part without a plus tag, dots, dashes and underscores."""
    mailbox: str
    """What its provider may deliver to: without a plus tag, and at Google without dots."""
    is_role: bool
    """Read by a desk, not by one person."""


def email_of(text: str) -> Email | None:
    """The address in a text; None if there is none."""
    address = text.strip().strip("<>").casefold().removeprefix("mailto:")
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or " " in address:
        return None
    untagged = local.partition("+")[0] or local
    bare = re.sub(r"[._-]+", "", untagged) or untagged
    google = domain in _GOOGLE
    mailbox = f"{untagged.replace('.', '') if google else untagged}@{'gmail.com' if google else domain}"
    return Email(address, local, domain, bare, mailbox, untagged in _ROLES or bare in _ROLES)


def phone_of(text: str) -> str | None:
    """The digits of a number without zeros before the country or area code; None if too few to say anything."""
    digits = _NO_DIGIT.sub("", text.replace("(0)", "")).lstrip("0")
    return digits if len(digits) >= _SHORTEST_PHONE and len(set(digits)) > 1 else None


def tail_of(phone: str) -> str:
    """The end of a number, which all spellings of it share."""
    return phone[-_TAIL:]


def same_number(one: str, other: str) -> bool:
    """Whether two spellings are one number: the same digits, with or without a calling code before them."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) == len(long) == _RUSSIAN and short[1:] == long[1:]:
        return {short[0], long[0]} == {"7", "8"}
    return len(short) >= _SHORTEST_NATIONAL and long.endswith(short) and len(long) - len(short) <= _LONGEST_PREFIX


def same_subscriber(one: str, other: str) -> bool:
    """Whether two numbers differ only by a digit that a country has put in: Brazil 9, Mexico 1, Argentina 9."""
    return not _spellings(one).isdisjoint(_spellings(other))


def _spellings(phone: str) -> frozenset[str]:
    found = {phone}
    if phone.startswith(("521", "549")) and len(phone) == _AREA_AND_NUMBER + 3:
        found.add(phone[:2] + phone[3:])
    if phone.startswith(_BRAZIL) and len(phone) == _BRAZIL_LONG and phone[4] == "9":
        found.add(phone[:4] + phone[5:])
    return frozenset(found)


def slip_in_number(one: str, other: str) -> bool:
    """Whether one digit, or the order of two, is all that differs in the ends of two numbers."""
    return OSA.distance(one[-_AREA_AND_NUMBER:], other[-_AREA_AND_NUMBER:], score_cutoff=1) == 1
