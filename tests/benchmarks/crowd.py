"""A crowd: the people of the demo, copied in the store until there are as many as asked for.

Their documents are what the core wrote, byte by byte; a copy differs in ids, addresses and times, each as long as it
was, so that nothing is decoded and twenty thousand people take minutes.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError

from middleware.cli.demo_stage import Stage
from middleware.domain.candidates import Candidate
from middleware.domain.conversation import Conversation
from middleware.domain.identity import Identity
from middleware.domain.journal import JournalEntry
from middleware.domain.order_numbers import OrderNumber
from middleware.domain.profile import Profile
from middleware.domain.timeline import TimelinePage
from middleware.domain.turn import Turn
from middleware.ports import Recorded
from middleware.store.collections import COLLECTIONS

_KINDS = (Identity, TimelinePage, Profile, Conversation, OrderNumber, Turn, JournalEntry)
_COPIED = tuple(dict.fromkeys(COLLECTIONS[kind].name for kind in _KINDS))
_EVENTS = COLLECTIONS[Recorded].name
_CANDIDATES = COLLECTIONS[Candidate].name
_OPEN_AT_MOST = 50
"""Copies whose open questions are copied, too: nobody leaves ten thousand of them open."""

_HEX = re.compile(rb"[0-9a-f]{12,}")
_LETTERS = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARKS = b"!$()*,;=@^"
_SHORT = 8
"""Values of identifiers that are shorter stand for nobody by themselves: they are replaced with what names them."""

_DAYS = timedelta(days=60)
_AT_ONCE = 400
_DUPLICATE = 11000


async def fill(stage: Stage, people: int, events: int) -> dict[str, int]:
    """Copy until there are so many profiles and events; how many documents there are of each kind then."""
    database = stage.here.brands["glow"].store._database.with_options(
        codec_options=CodecOptions(document_class=RawBSONDocument)
    )
    known = {name: await database[name].find().to_list(None) for name in (*_COPIED, _EVENTS, _CANDIDATES)}
    copies = max(1, -(-people // len(known[COLLECTIONS[Profile].name])) - 1)
    rounds = max(1, -(-events // (len(known[_EVENTS]) * copies)))
    counts = {name: len(documents) for name, documents in known.items()}
    for name in known:
        most = min(copies, _OPEN_AT_MOST) if name == _CANDIDATES else copies
        some: list[RawBSONDocument] = []
        for number in range(1, most + 1):
            some += _copied(known, name, number, copies, rounds if name == _EVENTS else 1)
            if some and (len(some) >= _AT_ONCE or number == most):
                counts[name] += await _insert(database[name], some)
                some = []
    return counts


async def _insert(collection: Any, documents: Sequence[RawBSONDocument]) -> int:
    """How many came in: of two ids that differ in nothing but where the number of a copy goes, one does not."""
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != _DUPLICATE for each in error.details["writeErrors"]):
            raise
        return int(error.details["nInserted"])
    return len(documents)


def _copied(
    known: dict[str, list[RawBSONDocument]], name: str, number: int, copies: int, rounds: int
) -> Iterator[RawBSONDocument]:
    """Copy so many of a kind of document; of events several rounds, each with ids of its own."""
    names = _names(known, number)
    ago = int((_DAYS * number / copies).total_seconds() * 1_000)
    times = {_packed(each): _packed(each - ago) for document in known[name] for each in _times(document)}
    for document in known[name]:
        raw = bytes(document.raw)
        for was, becomes in (*names, *times.items()):
            raw = raw.replace(was, becomes)
        key = str(RawBSONDocument(raw)["_id"]).encode()
        yield RawBSONDocument(raw)
        before, _, last = key.rpartition(b":")
        for again in range(1, rounds):
            # Signs that no id has.
            yield RawBSONDocument(raw.replace(key, before + b":" + _MARKS[again : again + 1] + last[1:]))


def _names(known: dict[str, list[RawBSONDocument]], number: int) -> Sequence[tuple[bytes, bytes]]:
    """What stands for somebody, longest first, and what stands for them in a copy."""
    keys = {str(document["_id"]).lstrip("~") for document in known[COLLECTIONS[Identity].name]}
    short = sorted(key.encode() for key in keys if len(_value(key)) < _SHORT)
    # As few letters as there are have to tell all of them apart.
    names = {each: each[:-2] + _digits(number * len(short) + place, 2) for place, each in enumerate(short)}
    long = {_value(key).encode() for key in keys if len(_value(key)) >= _SHORT}
    long |= {found for documents in known.values() for each in documents for found in _HEX.findall(bytes(each.raw))}
    names |= {each: _other(each, number) for each in long}
    return sorted(names.items(), key=lambda each: len(each[0]), reverse=True)


def _value(key: str) -> str:
    return key.rpartition("|")[2]


def _other(value: bytes, number: int) -> bytes:
    """The same with a number in it, as long and of the same letters."""
    if value[-1:].isdigit() and value.lstrip(b"+").isdigit():
        return value[:-6] + b"%05d" % number + value[-1:]
    if _HEX.fullmatch(value):
        return value[:-10] + b"%04x" % number + value[-6:]
    if b"@" in value:
        name, _, host = value.partition(b"@")
        return name[:-3] + _digits(number, 3) + b"@" + host
    return value[:-3] + _digits(number, 3)


def _digits(number: int, many: int) -> bytes:
    found = b""
    for _ in range(many):
        number, rest = divmod(number, len(_LETTERS))
        found = _LETTERS[rest : rest + 1] + found
    return found


def _times(value: Any) -> Iterator[int]:
    """All times in a document, in milliseconds."""
    if isinstance(value, datetime):
        yield round(value.replace(tzinfo=UTC).timestamp() * 1_000)
    elif hasattr(value, "values"):
        for each in value.values():
            yield from _times(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _times(each)


def _packed(milliseconds: int) -> bytes:
    return milliseconds.to_bytes(8, "little", signed=True)
