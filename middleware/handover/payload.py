"""Handing over: from a context, the blocks that are allowed and a level, the plain data that leaves the house."""

import hashlib
import math
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from middleware.domain.context import BLOCKS, HANDED_OVER, LOOKUPS, Block, Context, IdentityView
from middleware.domain.identifiers import LEVEL_OF_EVIDENCE, Evidence, Level
from middleware.domain.known_views import PROVEN_FIELDS, DetailsView
from middleware.domain.untrusted import Raw, Untrusted
from middleware.handover.marks import Mark, fields_of

MOST_ELEMENTS = 50
"""Elements of one list, and entries of one object without a model."""
_DEEPEST = 4
"""How deep what others put into an attachment's details may be nested."""
_EXACT = 2**53
"""Whole numbers up to here are exact for every reader of JSON."""

Json = dict[str, Any]


class Foreign(str):
    """A text that others wrote, inside this package: what is not one of these is our own word."""

    __slots__ = ()


def hand_over(
    context: Context, *, blocks: Collection[str] = HANDED_OVER, level: Level = Level.VERIFIED, ids: bool = False
) -> Json:
    """The context as it leaves the house: plain data by `throughline.context/1`, without what is not there.

    Only the named blocks. Nothing above the sender's own level or `level`, the lower of them, even if the context has
    it: such a block is `missing`, as if there were nothing. Texts that others wrote are without unseen characters and
    bounded, lists have at most 50 elements. Without `ids` there is no profile id, and ids of platforms are short names
    that stand for them.
    """
    return {key: plain(value) for key, value in foreign(context, blocks=blocks, level=level, ids=ids).items()}


def foreign(context: Context, *, blocks: Collection[str], level: Level, ids: bool) -> Json:
    """The same, in which every text that others wrote is a `Foreign`: what views and explanations are made from."""
    return _model(allowed(context, blocks, level), ids=ids)


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
    """The same value with nothing in it but what JSON has."""
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


def allowed(context: Context, blocks: Collection[str], level: Level) -> Context:
    """The context with the named blocks only, and nothing in it above the level."""
    ceiling = min(level, context.identity.level)
    kept: dict[str, Any] = {name: _block(getattr(context, name), ceiling) for name in BLOCKS if name in blocks}
    gone = dict.fromkeys(set(BLOCKS) - set(kept))
    looked_up = context.lookups if LOOKUPS in blocks else None
    if looked_up is not None:
        looked_up = {name: _there(each, ceiling) for name, each in looked_up.items()}
    about = {"cart": kept.get("cart"), "product": kept.get("product") or kept.get("ad_click")}
    links = {purpose: link for purpose, link in context.links.items() if _has_value(about.get(purpose))}
    return context.model_copy(
        update={
            **gone,
            **kept,
            LOOKUPS: looked_up,
            "identity": _identity(context.identity, ceiling),
            "links": links,
        },
    )


def _has_value(block: Block[Any] | None) -> bool:
    return block is not None and block.value is not None


def _block(block: Block[Any] | None, ceiling: Level) -> Block[Any] | None:
    return _there(block, ceiling) if block is not None else None


def _there(block: Block[Any], ceiling: Level) -> Block[Any]:
    if block.needs_level > ceiling:
        return Block[Any](state="missing", needs_level=block.needs_level)
    if isinstance(block.value, DetailsView) and ceiling < Level.VERIFIED:
        fields = {name: each for name, each in block.value.fields.items() if name not in PROVEN_FIELDS}
        return block.model_copy(update={"value": block.value.model_copy(update={"fields": fields})})
    return block


def _identity(identity: IdentityView, ceiling: Level) -> IdentityView:
    """The identity as far as the level goes: below the sender's own, no identifier that is reached beyond it."""
    if ceiling >= identity.level:
        return identity
    why = tuple(reason for reason in identity.why if _level_of(reason.evidence) <= ceiling)
    reached = {reason.identifier for reason in why}
    identifiers = tuple(each for each in identity.identifiers if each in reached)
    return identity.model_copy(update={"level": ceiling, "why": why, "identifiers": identifiers})


def _level_of(evidence: str) -> Level:
    """What an edge lets through; a word that is not in the table opens nothing, so it is beyond every level."""
    return LEVEL_OF_EVIDENCE[Evidence(evidence)] if evidence in set(Evidence) else Level.VERIFIED


def _model(model: BaseModel, *, ids: bool) -> Json:
    """One model as an object, without what is None."""
    values = ((field.key, field.mark, getattr(model, field.name)) for field in fields_of(type(model)))
    found = ((key, _value(value, mark, ids=ids)) for key, mark, value in values)
    return {key: value for key, value in found if value is not None}


def _value(value: Any, mark: Mark, *, ids: bool, depth: int = 0) -> Any:  # noqa: ANN401 - a field of any model
    match value:
        case BaseModel():
            return _model(value, ids=ids)
        case Mapping() | tuple() | list() if depth >= _DEEPEST:
            return None
        case Mapping():
            return _object(value, mark, ids=ids, depth=depth + 1)
        case tuple() | list():
            elements = (_value(each, mark, ids=ids, depth=depth + 1) for each in value[:MOST_ELEMENTS])
            return [each for each in elements if each is not None]
    return _scalar(value, mark, ids=ids)


def _scalar(value: Any, mark: Mark, *, ids: bool) -> Any:  # noqa: ANN401 - a field of any model
    match value:
        case Level():
            return value.name.lower()
        case str():
            return _text(str(value), mark, ids=ids)
        case datetime():
            return to_jsonable_python(value)
        case int() if abs(value) > _EXACT:
            return _text(str(value), mark, ids=ids)
        case float() if not math.isfinite(value):
            return None
    return value if isinstance(value, bool | int | float) else None


def _object(value: Mapping[Any, Any], mark: Mark, *, ids: bool, depth: int) -> Json:
    entries = list(value.items())[:MOST_ELEMENTS]
    named = ((_text(str(key), mark, ids=True), _value(each, mark, ids=ids, depth=depth)) for key, each in entries)
    return {key: each for key, each in named if key is not None and each is not None}


def _text(text: str, mark: Mark, *, ids: bool) -> str | None:
    match mark:
        case Untrusted():
            shown = mark.handed_over(text)
            return Foreign(shown) if shown is not None else None
        case Raw(dropped=dropped) if not ids:
            return None if dropped else _short_name(text)
        case Raw():
            return Foreign(Untrusted(1000).handed_over(text) or "")
    return text


def _short_name(raw: str) -> str:
    """A name that stands for an id: WhatsApp's message ids, for one, have the phone number inside."""
    return hashlib.blake2b(raw.encode(errors="surrogatepass"), digest_size=12).hexdigest()
