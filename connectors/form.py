"""Webhook bodies that are forms (`application/x-www-form-urlencoded`): read strictly, once.

Some platforms write objects as names with brackets: `data[merges][FNAME]=Ana`.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from middleware.errors import BodyRefused

MAX_FIELDS = 2_000
_MAX_NAME = 256
_MAX_DEPTH = 8

_NAME = re.compile(r"(?P<first>[^\[\]]+)(?P<rest>(?:\[[^\[\]]*\])*)")
_INNER = re.compile(r"\[([^\[\]]*)\]")


def read_form(raw: bytes) -> dict[str, str]:
    """The fields of a form in UTF-8, empty ones included. Raises `BodyRefused` for what is none, and for one that
    names a field twice.
    """
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise BodyRefused("a form that is not ASCII outside and UTF-8 inside") from None
    except ValueError:
        raise BodyRefused("no form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BodyRefused("a form that names a field twice")
    return fields


def nested(fields: Mapping[str, str]) -> dict[str, Any]:
    """The fields with their brackets opened: `data[id]` is `id` in `data`.

    Raises `BodyRefused` for brackets that do not fit, for absurd depth, and for a name that is both a value and an
    object.
    """
    found: dict[str, Any] = {}
    for name, value in fields.items():
        *path, last = _path(name)
        place = found
        for step in path:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise BodyRefused("a form whose brackets contradict each other")
        if last in place:
            raise BodyRefused("a form whose brackets contradict each other")
        place[last] = value
    return found


def _path(name: str) -> list[str]:
    match = _NAME.fullmatch(name) if len(name) <= _MAX_NAME else None
    path = [match["first"], *_INNER.findall(match["rest"])] if match is not None else []
    if not 0 < len(path) <= _MAX_DEPTH:
        raise BodyRefused("a form with a name that cannot be read")
    return path
