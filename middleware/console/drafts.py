"""What the drafts of templates and of flows have in common: what is typed, and what if somebody else was quicker."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from middleware.console.routes import Rule
from middleware.console.users import all_users
from middleware.console.visit import Visit
from middleware.domain.journal import LONGEST_NOTE
from middleware.pipeline.templates.looking import unified

_MEANT = re.compile(r" - did you mean ([\w.]+)\?$")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else has saved or published meanwhile. `mine` is what is typed over what they have, by field of the
    form, `lines` what differs.
    """

    by: str
    at: datetime | None
    mine: Mapping[str, str]
    lines: tuple[str, ...]
    did: Literal["saved", "published"] = "saved"


def differing(theirs: str, mine: str) -> tuple[str, ...]:
    """The lines that differ, with a sign before each and a few around them."""
    return tuple(unified(theirs, mine, "", "").rstrip("\n").split("\n")[2:])


def typed_text(form: Mapping[str, str], field: str, before: str) -> str:
    """A whole text out of a form. Browsers send lines with ends of their own; the text keeps those that it had."""
    text = form.get(field, "").replace("\r\n", "\n")
    return text.replace("\n", "\r\n") if "\r\n" in before else text


def note_of(form: Mapping[str, str]) -> str:
    """Why, in the words of whoever does it."""
    return form.get("note", "").strip()[:LONGEST_NOTE]


def meant_in(message: str) -> str:
    """What was probably meant, as a finding says it at its end; empty if it says nothing of that."""
    meant = _MEANT.search(message)
    return meant[1] if meant else ""


async def others(visit: Visit, rule: Rule) -> list[str]:
    """The names of the others of this brand who may do what `rule` says."""
    found: list[str] = []
    async for stored in all_users(visit.console.store.common):
        user = stored.record
        if rule.lets_in(user) and visit.brand.name in user.brands and user.id != visit.user.id and not user.disabled:
            found.append(user.name)
    return found
