"""One line of the timeline in the visitor's language.

Lines are kept in English, in few forms. What is in none of them is told as it was kept.
"""

import re
from decimal import Decimal

from markupsafe import Markup

from middleware.console.language import Language
from middleware.domain.events import EventKind
from middleware.domain.timeline import Entry

_FORMS = {
    EventKind.MESSAGE: ("people.part.", re.compile(r"(?P<what>[a-z ]+)")),
    EventKind.AGENT: ("people.did.", re.compile(r"(?P<what>[a-z ]+) by (?P<by>\S+)")),
    EventKind.SHIPMENT: ("people.parcel.", re.compile(r"(?P<what>[a-z]+)")),
    EventKind.TICKET: ("people.ticket.", re.compile(r"(?P<number>\S+) (?P<what>[a-z_]+)")),
    EventKind.ORDER: (
        "people.order.",
        re.compile(r"(?P<number>\S+) (?P<what>[a-z_]+)(?: (?P<amount>[\d.]+) (?P<currency>[A-Z]{3}))?"),
    ),
}
"""Under which key the words stand, and what a line has behind its kind, as `middleware.domain.timeline` writes it."""


def happened(entry: Entry, language: Language) -> Markup:
    """What happened, but for its kind; empty where that says it all."""
    said = entry.line.removeprefix(entry.kind.value.replace("_", " ")).strip()
    if entry.kind is EventKind.MESSAGE and said == "text":
        return Markup()
    prefix, form = _FORMS.get(entry.kind, ("", None))
    found = form.fullmatch(said) if form is not None else None
    key = prefix + found["what"].replace(" ", "_") if found is not None else ""
    if found is None or not language.has(key):
        return Markup('<bdi lang="en">{}</bdi>').format(said) if said else Markup()
    parts = found.groupdict()
    told = [parts.get("number"), language.text(key, by=parts.get("by"))]
    if parts.get("amount"):
        told.append(language.money(Decimal(parts["amount"]), parts["currency"]))
    return Markup(" ").join(Markup("<bdi>{}</bdi>").format(each) for each in told if each)
