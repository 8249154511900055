"""Blocks on demand: they are worked out, or asked for, only when a flow wants them. By name: where they stand.

`lookups.stock` is what the look-up `stock` said. A decision that wants one which is not there raises NotEnriched, and
is made again on a context that has it. Where nobody can be asked, as when a turn is decided again, it is `missing`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from middleware.domain.context import LOOKUPS, Block, Context
from middleware.domain.identifiers import Level
from middleware.domain.look_ups import ORDERS

NOBODY_ASKED = "nobody was asked: this decides on what is known"

REFRESHED = frozenset({ORDERS})
"""Look-ups that read a block of the context anew: it has the same name."""

_LOOK_UP = f"{LOOKUPS}."


def name_of_look_up(look_up: str) -> str:
    """The name of the block that a look-up fills."""
    return f"{_LOOK_UP}{look_up}"


def is_look_up(name: str) -> bool:
    """Whether a block is what a look-up says."""
    return name.startswith(_LOOK_UP)


def with_blocks(context: Context, blocks: Mapping[str, Block[Any]]) -> Context:
    """The context with these blocks on demand, by name.

    One that reads a block of the context anew (`REFRESHED`) takes that block's place where it has a value, or is
    withheld; under its own name stands how that went.
    """
    looked_up = {name.removeprefix(_LOOK_UP): each for name, each in blocks.items() if name.startswith(_LOOK_UP)}
    others = {name: each for name, each in blocks.items() if not name.startswith(_LOOK_UP)}
    for name in REFRESHED & looked_up.keys():
        if looked_up[name].value is not None or looked_up[name].state == "withheld":
            others[name] = looked_up[name]
        looked_up[name] = looked_up[name].model_copy(update={"value": None})
    lookups = {LOOKUPS: {**(context.lookups or {}), **looked_up}} if looked_up else {}
    return context.model_copy(update={**others, **lookups})


def missing(why: str) -> Block[Any]:
    """A block that is not there, and why."""
    return Block[Any](state="missing", needs_level=Level.NEW, why=why)


def all_missing(names: Iterable[str], why: str = NOBODY_ASKED) -> dict[str, Block[Any]]:
    """Blocks that are not there, by name, and why."""
    return {name: missing(why) for name in names}
