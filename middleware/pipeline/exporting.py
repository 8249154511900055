"""Everything that is kept of one person, as JSON, a part at a time: for the person who asks what is known of them.

What is here: the joined profile, each identifier with its evidence and what it brought, conversations, verdicts of
merging, and every event with the turn that was decided on it. Files that were sent are named and not contained.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel

from middleware.domain.identity import Identity
from middleware.domain.journal import Verdict
from middleware.domain.timeline import Entry
from middleware.domain.turn import Turn, turn_id
from middleware.identity.merging import pair_id
from middleware.pipeline.person import Person
from middleware.pipeline.timeline import MOST_ENTRIES, read_timeline
from middleware.ports import BrandStore, Recorded

FORMAT = "throughline.person/1"


async def export_person(store: BrandStore, brand: str, person: Person, now: datetime) -> AsyncIterator[bytes]:
    """The JSON of one person, in pieces: one object. Raises StoreUnavailable."""
    profile = person.profile
    members = [member.identifier for member in profile.members]
    identities = await store.get(Identity, members)
    verdicts = await store.get(Verdict, [pair_id(profile.id, home) for home in profile.homes - {profile.id}])
    head = {
        "format": FORMAT,
        "brand": brand,
        "at": now.isoformat(),
        "profile": _plain(person.joined),
        "merged_from": sorted(profile.homes - {profile.id}),
        "verdicts": [_plain(each.record) for _, each in sorted(verdicts.items())],
        "identifiers": [_plain(identities[key].record) for key in members if key in identities],
        "consent": [_plain(word) for word in profile.words],
        "conversations": [_plain(each) for each in person.conversations],
    }
    yield orjson.dumps(head)[:-1] + b',"events":['
    first = True
    async for entries in _entries(store, person):
        for event in await _with_turns(store, brand, entries):
            yield (b"" if first else b",\n") + orjson.dumps(event)
            first = False
    yield b"]}\n"


async def _entries(store: BrandStore, person: Person) -> AsyncIterator[Sequence[Entry]]:
    before: str | None = None
    while True:
        view = await read_timeline(store, person.profile, before=before, most=MOST_ENTRIES)
        yield view.entries
        if view.next is None:
            return
        before = view.next


async def _with_turns(store: BrandStore, brand: str, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    recorded = await store.get(Recorded, [entry.event for entry in entries])
    events = [recorded[entry.event].record.event for entry in entries if entry.event in recorded]
    turns = await store.get(Turn, [turn_id(brand, event) for event in events])
    found = []
    for event in events:
        turn = turns.get(turn_id(brand, event))
        found.append({"event": _plain(event), **({"turn": _plain(turn.record)} if turn is not None else {})})
    return found


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_none=True)
