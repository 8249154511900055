"""A delivery of Meta's taken apart by sender, for a bot that gets it in our place: nothing of it is left out.

Unlike `alone`, which keeps one person's own part, this keeps whatever Meta sent beside it, too: what we do not
understand may be what the bot is waiting for.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from connectors import meta
from connectors.signatures import hex_signature, sha1_hex_signature
from middleware.ports import SenderPart

_OF_EVERY_ENTRY = frozenset({"id", "time"})
_OF_EVERY_VALUE = frozenset({"messaging_product", "metadata"})
"""What stands with every part of an entry, of a change's value. Anything else goes with the first of them, once."""


class Leaf(NamedTuple):
    """The smallest thing that goes to one sender. `path` leads to it: entry, list, item, list of its value, item of
    that; it may end after the entry or after the item. `contact` is what a change says of the sender beside it.
    """

    path: tuple[Any, ...]
    account: str | None
    sender: str | None
    contact: dict[str, Any] | None = None


def parts_of(body: object, leaves_of: Callable[[int, dict[str, Any]], Iterator[Leaf]]) -> Sequence[SenderPart]:
    """The parts of a body, by what each entry holds. An entry in which nothing is found is one thing by itself."""
    entries = body.get("entry") if isinstance(body, dict) else None
    found: dict[tuple[str | None, str | None], list[Leaf]] = {}
    everything: list[Leaf] = []
    for place, entry in enumerate(entries if isinstance(entries, list) else ()):
        whole = Leaf((place,), meta.account_or_none(entry.get("id")) if isinstance(entry, dict) else None, None)
        some = list(leaves_of(place, entry)) if isinstance(entry, dict) else []
        everything += some or [whole]
    for leaf in everything:
        found.setdefault((leaf.account, leaf.sender), []).append(leaf)
    if not found or not isinstance(body, dict):
        return [SenderPart(None, None, partial(_written, body))]
    return [SenderPart(*who, partial(_body, body, mine, everything)) for who, mine in found.items()]


def signature(body: bytes, secret: bytes, received: Mapping[str, str]) -> dict[str, str]:
    """See `PassesOn.signature`. The old `X-Hub-Signature` is made where Meta still sent it: some bots look at nothing
    else.
    """
    signed = {"x-hub-signature-256": hex_signature(body, secret)}
    if "x-hub-signature" in received:
        signed["x-hub-signature"] = sha1_hex_signature(body, secret)
    return signed


def _body(body: dict[str, Any], mine: Sequence[Leaf], everything: Sequence[Leaf]) -> bytes:
    entries = []
    for place, entry in enumerate(body["entry"]):
        here = [leaf for leaf in mine if leaf.path[0] == place]
        if here:
            of_all = [leaf for leaf in everything if leaf.path[0] == place]
            entries.append(_entry(entry, here, of_all))
    return _written({**body, "entry": entries})


def _entry(entry: Any, mine: Sequence[Leaf], of_all: Sequence[Leaf]) -> Any:  # noqa: ANN401 - JSON is anything
    if len(mine[0].path) == 1:
        return entry
    taken_apart = {leaf.path[1] for leaf in of_all}
    kept: dict[str, Any] = {}
    for name, value in entry.items():
        if name not in taken_apart:
            if name in _OF_EVERY_ENTRY or of_all[0] in mine:
                kept[name] = value
            continue
        items = [
            _item(value[place], _at(mine, name, place), _at(of_all, name, place))
            for place in dict.fromkeys(leaf.path[2] for leaf in mine if leaf.path[1] == name)
        ]
        if items:
            kept[name] = items
    return kept


def _at(leaves: Iterable[Leaf], name: str, place: int) -> list[Leaf]:
    return [leaf for leaf in leaves if leaf.path[1:3] == (name, place)]


def _item(item: Any, mine: Sequence[Leaf], of_all: Sequence[Leaf]) -> Any:  # noqa: ANN401 - JSON is anything
    """An item, or a change with those lists of its value that hold something of the sender."""
    if len(mine[0].path) == 3:  # noqa: PLR2004 - entry, list, item: the path ends here
        return item
    taken_apart, is_first = {leaf.path[3] for leaf in of_all}, of_all[0] in mine
    value: dict[str, Any] = {}
    for name, part in item["value"].items():
        if name == "contacts" and isinstance(part, list):
            value[name] = _contacts(part, mine, of_all, is_first=is_first)
        elif name in taken_apart:
            value[name] = [part[leaf.path[4]] for leaf in mine if leaf.path[3] == name]
        elif name in _OF_EVERY_VALUE or is_first:
            value[name] = part
    return {**item, "value": {name: part for name, part in value.items() if part != []}}


def _contacts(contacts: list[Any], mine: Sequence[Leaf], of_all: Sequence[Leaf], *, is_first: bool) -> list[Any]:
    """The sender's own contacts; those that belong to nobody go with the first part."""
    own = {id(leaf.contact) for leaf in mine}
    of_anybody = {id(leaf.contact) for leaf in of_all}
    return [each for each in contacts if id(each) in own or (is_first and id(each) not in of_anybody)]


def _written(value: object) -> bytes:
    """JSON as Meta writes it, with everything but ASCII escaped. Raises ValueError for what JSON has no word for."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except RecursionError:
        raise ValueError("nested too deeply") from None
