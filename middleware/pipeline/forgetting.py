"""Whether an event is about somebody who was erased: looked at with the identities that it names, in one command.

What is dropped leaves nothing behind, not even what an earlier try at the same event had written.
"""

import asyncio
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from middleware.domain.attachments import AttachmentPiece, Attachments
from middleware.domain.erasing import (
    THINGS,
    ErasingKey,
    Forgotten,
    fate_of,
    named_by,
    without_contacts,
    without_forgotten,
)
from middleware.domain.events import Event
from middleware.domain.identifiers import Identifier
from middleware.domain.identity import Identity
from middleware.domain.jobs import Job, JobKind
from middleware.domain.order_numbers import OrderNumber
from middleware.domain.turn import Turn, turn_id_of
from middleware.errors import StoreUnavailable
from middleware.pipeline.unlisting import delete_under, unlist
from middleware.ports import BrandStore, DeadLetter, Delete, InboxEntry, Put, Recorded, Stored

WAITS_FOR = timedelta(milliseconds=200)
"""What somebody does anew while their erasure is still deleting is looked at again after so long."""

SETTLES = timedelta(seconds=15)
"""After so long everything has landed that had been begun before the hashes were there, and every board has learned of
the conversations that were emptied.
"""

OF_EVENTS = frozenset(JobKind) - {JobKind.PASS_ON, JobKind.MERGING, JobKind.ERASE}
"""Kinds of job that are about an event, by its key."""


class Erased(Exception):  # noqa: N818 - a verdict on the event, caught where the path is written down
    """The event is about somebody who was erased."""


class ErasureUnderWay(Exception):  # noqa: N818 - a state of the work
    """Somebody who is being erased does something anew: it goes on once that is done."""


@dataclass(slots=True)
class Forgetting:
    """The keyed hashes of one brand. `key`: that of the settings; without one it is made once, in the common store."""

    common: BrandStore
    brand: str
    key: bytes | None = field(default=None, repr=False)
    settles: timedelta = SETTLES
    _making: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def look(self) -> None:
        """Have the key at hand, so that no message waits for it. Raises StoreUnavailable."""
        await self._key()

    async def hashed(self, keys: Collection[str]) -> dict[str, str]:
        """Hash by identifier key. Raises StoreUnavailable."""
        key = await self._key()
        return {each: self._hash(key, "identifier", each) for each in keys}

    async def erasure_id(self, cause: str) -> str:
        """The id of the erasure that has this cause."""
        return self._hash(await self._key(), "erasure", cause)[:32]

    async def _key(self) -> bytes:
        if self.key is None:
            async with self._making:
                if self.key is None:
                    self.key = await self._kept_key()
        return self.key

    async def _kept_key(self) -> bytes:
        known = await self.common.get(ErasingKey, ["key"])
        if not known:
            await self.common.write(Put(ErasingKey(secret=secrets.token_hex(32))))
            known = await self.common.get(ErasingKey, ["key"])
        return bytes.fromhex(known["key"].record.secret)

    def _hash(self, key: bytes, *parts: str) -> str:
        # The lengths keep the parts apart, whatever stands in them.
        said = "".join(f"{len(part)}:{part}" for part in (self.brand, *parts))
        return hmac.digest(key, said.encode(errors="replace"), "sha256").hex()


class Known(NamedTuple):
    """What is kept under some identifiers, and which of them were erased, both by key."""

    identities: dict[str, Stored[Identity]]
    forgotten: dict[str, Forgotten]


async def known_under(
    store: BrandStore, keys: Collection[str], forgetting: Forgetting | None, named: Collection[str] = ()
) -> Known:
    """The identities under these keys; which of them, and of `named`, were erased. One command, read as of one time."""
    if forgetting is None:
        return Known(await store.get(Identity, keys), {})
    hashes = await forgetting.hashed({*keys, *named})
    identities, found = await asyncio.gather(
        store.get(Identity, keys), store.get(Forgotten, list(hashes.values()))
    )  # fmt: skip
    return Known(identities, {key: found[each].record for key, each in hashes.items() if each in found})


def judged(event: Event, known: Known) -> Event:
    """The event as it is to be absorbed. Raises Erased for what is dropped, ErasureUnderWay for what has to wait."""
    if not known.forgotten:
        return event
    somebodys = {key for key, each in known.identities.items() if each.record.profile_id is not None}
    fate = fate_of(event, known.forgotten, known.identities, somebodys)
    if fate == "dropped":
        raise Erased
    if fate == "waits":
        raise ErasureUnderWay
    return without_forgotten(event, known.forgotten)


async def drop(store: BrandStore, brand: str, event: Event, forgetting: Forgetting | None) -> None:
    """End the work on an event of somebody who was erased; the inbox entry goes last. Raises StoreUnavailable."""
    await leave_nothing(store, brand, [event.key])
    if event.anchor is not None and event.anchor.kind in THINGS:
        await _take_thing(store, event, forgetting)
    await store.write(Delete(InboxEntry, event.key))


async def leave_nothing(store: BrandStore, brand: str, event_keys: Collection[str]) -> dict[str, int]:
    """Delete what is kept of these events, but for their inbox entries; how much of each kind there was."""
    recorded = await store.get(Recorded, event_keys)
    turns = await store.get(Turn, [turn_id_of(brand, key) for key in event_keys])
    files = await store.get(Attachments, event_keys)
    letters = await store.get(DeadLetter, event_keys)
    jobs = await store.get(Job, [Job.id_of(kind, key) for key in event_keys for kind in sorted(OF_EVENTS)])
    pieces = [piece for each in files.values() for piece in each.record.piece_ids()]
    await store.write(
        *(Delete(Job, key) for key in jobs),
        *(Delete(AttachmentPiece, key) for key in pieces),
        *(Delete(Attachments, key) for key in files),
        *(Delete(DeadLetter, key) for key in letters),
        *(Delete(Turn, key) for key in turns),
        *(Delete(Recorded, key) for key in recorded),
    )
    return {
        "events": len(recorded),
        "turns": len(turns),
        "files": sum(len(each.record.files) for each in files.values()),
        "set_aside": len(letters),
        "jobs": len(jobs),
    }


async def _take_thing(store: BrandStore, event: Event, forgetting: Forgetting | None) -> None:
    """What a try that landed by half may have left of an order or another thing, under it and under its contacts."""
    assert event.anchor is not None  # noqa: S101 - callers have looked
    thing = event.anchor.key
    known = await known_under(store, {*named_by(event), thing}, forgetting)
    changes: list[Put | Delete] = [Delete(Identity, thing)]
    if event.order is not None and (number := OrderNumber.of(event.order.number, thing)) is not None:
        changes.append(Delete(OrderNumber, number.id))
    await store.write(*changes)
    for key, stored in known.identities.items():
        if key == thing or stored.record.profile_id is not None:
            continue
        left = scrubbed(stored.record, {thing, *known.forgotten})
        if is_empty(left):
            await delete_under(store, [key])
        elif all(await store.write(stored.put(left))):
            await unlist(store, key)
        else:
            raise StoreUnavailable("others keep changing the same identifiers")


def is_empty(identity: Identity) -> bool:
    """Whether nothing is kept under an identifier that belongs to no profile."""
    return identity.profile_id is None and not identity.edges and identity.fragment == Identity(id="").fragment


def scrubbed(identity: Identity, gone: Collection[str]) -> Identity:
    """Somebody else's identity without what is kept in it of erased identifiers and things, all by key."""
    named = [Identifier.from_key(key) for key in gone]
    things = {(each.kind, each.value) for each in named if each.kind in THINGS}
    fragment = identity.fragment
    parts: Mapping[str, object] = {
        "orders": tuple(
            each.model_copy(update={"contacts": tuple(key for key in each.contacts if key not in gone)})
            for each in fragment.orders
            if ("shop_order", each.id) not in things
        ),
        "carts": tuple(
            each.model_copy(update={"contacts": tuple(key for key in each.contacts if key not in gone)})
            for each in fragment.carts
            if not {("shop_checkout", each.token), ("shop_cart", each.token)} & things
        ),
        "tickets": tuple(
            each for each in fragment.tickets if ("ticket", each.id) not in things and each.requester not in gone
        ),
    }
    left = identity.with_fragment(fragment.model_copy(update=parts))
    edges = tuple(each for each in left.edges if each.to not in gone)
    holders = tuple(each for each in left.holders if each not in gone)
    if (edges, holders) == (left.edges, left.holders):
        return left
    return left.model_copy(update={"edges": edges, "holders": holders, "facts": left.facts + 1})


def scrubbed_event(recorded: Stored[Recorded], gone: Collection[str]) -> Put | None:
    """The change that takes erased contacts off somebody else's event; None where none stand on it."""
    event = recorded.record.event
    after = without_contacts(event, gone)
    return recorded.put(Recorded(id=recorded.record.id, event=after)) if after is not event else None
