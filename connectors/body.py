"""Webhook bodies as values: read once, strictly, and cheaply when they are ordinary.

orjson is the fast path. It turns integers beyond 64 bit into floats without a word and refuses a body for one
lone surrogate, so what looks like either is read by the standard library instead: then one bad event can be
rejected alone while its neighbours in the batch go on.
"""

import hashlib
import json
import math
import re
from typing import Any

import orjson

from middleware.errors import BodyRefused

MAX_DEPTH = 32
"""How deep the part that belongs to one event may be nested."""

_LONGEST_INTEGER = 4_000
"""Digits; Python itself refuses to read more than 4,300."""

_INT64 = range(-(2**63), 2**63)

_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
"""All digits look alike, and both exponent letters: a long number is then found without a slow search."""

_LARGE_EXPONENT = re.compile(rb"(?:\A|[:\[,])\s*-?[0-9.]+[eE]\+?[0-9]{3}")
_LONG_RUN = b"0" * 19
_LONG_NUMBER = re.compile(rb"(?:\A|[:\[,])\s*-?[0-9]{19}")


def read_json(raw: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """The value of a JSON body in UTF-8, without byte order mark, NaN and Infinity.

    Integers keep every digit and lone surrogates are kept, so that `why_not_storable` can find them. Raises
    `BodyRefused` for anything that is no such JSON.
    """
    if b"\\u0000" not in raw and not _has_long_number(raw, raw.translate(_ALIKE)):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            pass  # a lone surrogate or a number beyond double, perhaps: the careful reader decides
    return _read_carefully(raw)


def may_be_unstorable(raw: bytes) -> bool:
    """Whether a body deserves a full walk. Ordinary bodies do not; every unstorable one does."""
    alike = raw.translate(_ALIKE)
    return (
        raw.count(b"{") + raw.count(b"[") > MAX_DEPTH
        or b"\\u0000" in raw
        or b"\\ud" in raw
        or b"\\uD" in raw
        or _has_large_exponent(raw, alike)
        or _has_long_number(raw, alike)
    )


def why_not_storable(value: object) -> str | None:
    """Why the store could not keep a JSON value and give it back unchanged; None when it can."""
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        inner = _parts(part)
        if inner is None:
            reason = _why_not_scalar(part)
        else:
            reason = f"nested deeper than {MAX_DEPTH}" if depth >= MAX_DEPTH else None
            waiting.extend((each, depth + 1) for each in inner)
        if reason is not None:
            return reason
    return None


def to_bytes(value: object) -> bytes:
    """A JSON value as bytes, the same bytes for equal values. Raises `BodyRefused` for absurd nesting."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        pass  # surrogates, big integers or deep nesting: what orjson cannot write, the standard library can
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
    except RecursionError:
        raise BodyRefused("nested too deeply to be taken apart") from None


def digest(value: object) -> str:
    """A key for a JSON value to which its platform gives no id, 32 hex digits: the same content has the same key."""
    return hashlib.blake2b(to_bytes(value), digest_size=16).hexdigest()


def _has_long_number(raw: bytes, alike: bytes) -> bool:
    """Whether a number of 19 digits or more may stand in the body; ids in strings do not count."""
    return _LONG_RUN in alike and _LONG_NUMBER.search(raw) is not None


def _has_large_exponent(raw: bytes, alike: bytes) -> bool:
    """Whether a number beyond double may stand in the body; ids in strings look like one often enough."""
    return (b"0e000" in alike or b"0e+000" in alike) and _LARGE_EXPONENT.search(raw) is not None


def _parts(value: object) -> list[object] | None:
    """What is inside a container, keys included; None for a scalar."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else None


def _why_not_scalar(value: object) -> str | None:
    if isinstance(value, str):
        return _why_not_text(value)
    if isinstance(value, int) and value not in _INT64:
        return "an integer beyond 64 bit"
    if isinstance(value, float) and not math.isfinite(value):
        return "a number that is not finite"
    return None


def _why_not_text(text: str) -> str | None:
    if "\0" in text:
        return "a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a lone surrogate"
    return None


def _read_carefully(raw: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        # Decoded here, because `json.loads` would guess UTF-16 and UTF-32 from bytes.
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, parse_int=_integer)
    except RecursionError:
        raise BodyRefused("nested too deeply") from None
    except UnicodeDecodeError:
        raise BodyRefused("not UTF-8") from None
    except ValueError:
        raise BodyRefused("not JSON") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _integer(digits: str) -> int | float:
    """An integer; an absurdly long one as infinity, so that only the event that bears it is rejected."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf
