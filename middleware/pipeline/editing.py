"""What a person of the brand says of a customer: it goes before every source until that person lets go.

An edit is a record of the source `person`, told by an event like every other record: so it is in the timeline, comes
out the same when fragments are worked out anew, and stays with its side when profiles are taken apart. It identifies
nobody, and opens nothing: no edge leads to it, so a bot is not told of it.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime

from middleware.domain.commerce import Version
from middleware.domain.events import Event, EventKind, event_key
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.identity import Identity
from middleware.domain.profile import Profile
from middleware.domain.source_record import FieldValue, SourceRecord
from middleware.domain.text import cleaned
from middleware.errors import ThroughlineError
from middleware.identity.joined import Joined
from middleware.identity.joined.shape import Valued
from middleware.identity.joined.values import PERSON, is_of_a_person
from middleware.pipeline.absorb_facts import absorb_facts
from middleware.pipeline.forgetting import Erased, ErasureUnderWay, Forgetting
from middleware.ports import BrandStore, Delete, Put, Recorded

CONSOLE = "console"
"""The connector of what was edited in the console."""

LONGEST_VALUE = 200

EDITABLE = (
    "full_name", "street", "postcode", "city", "state", "country", "birth_date", "language", "company", "job_title",
)  # fmt: skip
"""The fields that a person can pin. Not contacts: those are identifiers, and what is typed never is one."""

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)


class NotEditable(ThroughlineError):  # noqa: N818 - a verdict on the request
    """No such field, or no such value of it. The text is the kind of value that it takes."""


class ChangedMeanwhile(ThroughlineError):  # noqa: N818 - a state of the record
    """The value is another one than whoever edits it has seen."""


def present_value(joined: Joined, field: str) -> str:
    """What is believed of a field now; empty if nothing is."""
    if field == "full_name":
        return str(joined.name.value) if joined.name is not None else ""
    if joined.address is not None and field in {"street", "postcode", "city", "state", "country"}:
        return getattr(joined.address, field) or ""
    valued = joined.values.get(field)
    return str(valued.value) if valued is not None else ""


def is_pinned(joined: Joined, field: str) -> bool:
    """Whether a person has said it, and has not let go."""
    if field == "full_name":
        return joined.name is not None and joined.name.pinned
    if joined.address is not None and field in joined.address.pinned:
        return True
    valued: Valued | None = joined.values.get(field)
    return valued is not None and valued.pinned


def seen_as(joined: Joined, field: str) -> str:
    """A field as somebody sees it who is about to edit it: its value, and whether a person has said it."""
    return f"{int(is_pinned(joined, field))}{present_value(joined, field)}"


async def edit_field(
    store: BrandStore,
    brand: str,
    profile: Profile,
    field: str,
    value: str | None,
    *,
    nonce: str,
    by: str,
    now: datetime,
    forgetting: Forgetting | None = None,
) -> None:
    """Pin a field to a value, or let go of it (None). The same edit (`nonce`) made again changes nothing.

    Raises NotEditable, also for a person who has just been erased.
    """
    said = checked_value(field, value) if value is not None else None
    for home in [profile.id] if value is not None else _homes_that_pin(profile, field):
        await _tell(store, brand, home, FieldValue(field=field, value=said, version=_version(brand, nonce, home, now),
                                                   identifies=False), by, forgetting)  # fmt: skip


async def was_edited(store: BrandStore, brand: str, profile: Profile, nonce: str) -> bool:
    """Whether this very edit was made before."""
    keys = [_key(brand, nonce, home) for home in profile.homes]
    return bool(await store.get(Recorded, keys))


def _homes_that_pin(profile: Profile, field: str) -> list[str]:
    """What was put together here from several profiles may be pinned in each."""
    pinned = (member.fragment.record for member in profile.members if is_of_a_person(member))
    return sorted({each.id for each in pinned if each is not None and each.value(field) is not None})


def _key(brand: str, nonce: str, home: str) -> str:
    return event_key(CONSOLE, brand, f"{nonce}.{home}")


def _version(brand: str, nonce: str, home: str, now: datetime) -> Version:
    return Version(at=now, event=_key(brand, nonce, home))


async def _tell(
    store: BrandStore, brand: str, home: str, told: FieldValue, by: str, forgetting: Forgetting | None
) -> None:  # fmt: skip
    """Tell it like any source's news of a record."""
    version = told.version
    anchor = Identifier(IdentifierKind.SOURCE_RECORD, f"{PERSON}:{brand}", home)
    event = Event(
        key=version.event,
        kind=EventKind.RECORD,
        connector=CONSOLE,
        account=brand,
        occurred_at=version.at,
        received_at=version.at,
        anchor=anchor,
        record=SourceRecord(id=home, source=PERSON, version=version, values=(told,)),
        raw={"by": by},
    )
    # It belongs to this profile from the beginning, and founds none of its own.
    if home not in await store.get(Profile, [home]):
        raise NotEditable("text")
    await store.write(Put(Identity(id=anchor.key, profile_id=home)))
    try:
        await absorb_facts(store, event, forgetting)
    except (Erased, ErasureUnderWay):
        await store.write(Delete(Identity, anchor.key))
        raise NotEditable("text") from None


def checked_value(field: str, value: str) -> str:
    """The value as it is kept. Raises NotEditable."""
    said = cleaned(value, LONGEST_VALUE)
    if field not in EDITABLE or not said:
        raise NotEditable("text")
    shape = _SHAPES.get(field)
    if field == "country":
        said = said.upper()
    if shape is not None and not shape.fullmatch(said):
        raise NotEditable(field)
    if field == "birth_date":
        try:
            date.fromisoformat(said)
        except ValueError:
            raise NotEditable(field) from None
    return said


_SHAPES: Mapping[str, re.Pattern[str]] = {
    "country": _COUNTRY,
    "language": _LANGUAGE,
    "birth_date": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
}
