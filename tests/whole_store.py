"""Everything that a store holds, to look for what must not be in it: every collection of a brand and of no brand."""

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote

import bson

from middleware.store.mongo import MongoBrandStore
from tests.running import Running

Haystack = dict[str, list[bytes]]
"""Documents as bytes, by `database.collection`."""


async def whole_store(shop: Running) -> Haystack:
    """All documents of both databases."""
    found: Haystack = {}
    for name, store in (("glow", shop.here.store.brand("glow")), ("common", shop.here.store.common)):
        assert isinstance(store, MongoBrandStore)
        database = store._database
        for collection in await database.list_collection_names():
            documents = await database[collection].find({}).to_list(None)
            found[f"{name}.{collection}"] = [bson.encode(document) for document in documents]
    return found


def found_in(haystack: Haystack, needles: Iterable[str]) -> set[tuple[str, str]]:
    """Which of these stand where, in any encoding in which they plausibly would."""
    return {
        (needle, place)
        for needle in needles
        for place, documents in haystack.items()
        if any(_stands_in(document, needle) for document in documents)
    }


def _stands_in(document: bytes, needle: str) -> bool:
    raw = needle.encode()
    plain = {raw, json.dumps(needle)[1:-1].encode(), quote(needle).encode(), quote(needle, safe="").encode()}
    # In base64 three alignments are possible; what depends on the letters beside it is cut off.
    shifted = (base64.b64encode(b"\0" * shift + raw)[(0, 2, 3)[shift] :].rstrip(b"=")[:-1] for shift in range(3))
    low = document.lower()
    return any(each.lower() in low for each in plain) or any(each in document for each in shifted if len(each) > 5)
